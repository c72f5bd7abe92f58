"""Questions: what a single answer would change is true, and the form says who is asked for what."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.classification import CASE, synthetic
from planner.classify import classify
from planner.errors import PlannerError
from planner.lenses import assess
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.render.form import write_form
from planner.schema import load_table
from planner.texts import load_texts
from planner.view.questions import question_rows, summary
from tests.conftest import planned_example, slow_but

POLICY = load_policy()
LENS_INPUTS = {
    item.field for lens in POLICY.lenses.lenses.values() for group in lens.inputs.values() for item in group
} | {"customer_owns_data", "contract_end_date", "is_contract_rolling", "support_end_date"}


def _decide(portfolio: Portfolio) -> Portfolio:
    portfolio = portfolio.with_tables(assess(portfolio, CASE, POLICY))
    return portfolio.with_tables(classify(portfolio, CASE, POLICY))


@pytest.fixture(scope="module")
def example() -> Portfolio:
    """The example municipality, planned."""
    return planned_example().portfolio


@pytest.mark.slow
def test_an_answer_that_is_said_to_flip_a_proposal_flips_it() -> None:
    drawn = synthetic(120, seed=3)
    tables = {name: drawn[name] for name in ("systems", "facts", "provenance")}
    flips = _decide(Portfolio().with_tables(tables))["flips"]
    # One flip per system, of a field that no lens reads (such an answer also moves the lens).
    plain = flips[flips["field"].isin(load_table("systems").names) & ~flips["field"].isin(LENS_INPUTS)]
    tried = plain.drop_duplicates("system_id").set_index("system_id")
    assert len(tried) > 30 and tried["field"].nunique() > 3
    systems = tables["systems"].set_index("system_id")
    for name, part in tried.groupby("field"):
        as_typed = (
            part["answer"].map({"True": True, "False": False}) if systems[name].dtype == "boolean" else part["answer"]
        )
        systems[name] = systems[name].fillna(as_typed.astype(systems[name].dtype).reindex(systems.index))
    answered = _decide(Portfolio().with_tables({**tables, "systems": systems.reset_index()}))
    after = answered["decisions"].set_index("system_id")["disposition"].reindex(tried.index)
    assert (after.fillna("-") == tried["disposition"].fillna("-")).all()


def test_settled_systems_are_not_asked_about(example: Portfolio) -> None:
    settled = example["decisions"].query("state == 'settled'")["system_id"]
    assert len(settled) and not example["questions"]["system_id"].isin(settled).any()
    assert not example["flips"]["system_id"].isin(settled).any()


def test_only_unknown_columns_are_asked_for(example: Portfolio) -> None:
    systems = example["systems"].set_index("system_id")
    for row in example["questions"].query("field not in ['servers', 'system_name']").itertuples():
        if row.field in POLICY.questions.derived:
            continue
        derived = any(row.field in POLICY.questions.derived.get(name, []) for name in row.reads.split())
        assert derived or pd.isna(systems.loc[row.system_id, row.field]), row


def test_ranks_fall_with_what_they_settle(example: Portfolio) -> None:
    by_rank = example["questions"].groupby("rank")["alone"].sum()
    assert by_rank.is_monotonic_decreasing and by_rank.index[0] == 1


@pytest.mark.parametrize("language", slow_but("sv".__eq__, ["sv", "en"]))
def test_the_form_is_complete_and_repeats_byte_for_byte(example: Portfolio, language: str, tmp_path: Path) -> None:
    texts = load_texts(language)
    rows = question_rows(example, texts)
    for name in ("form.csv", "form.xlsx"):
        write_form(rows, texts, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write_form(rows, texts, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first
    read = list(csv.reader(io.StringIO((tmp_path / "form.csv").read_text("utf-8-sig")), delimiter=";"))
    assert len(read) == len(example["questions"]) + 1 and read[0][-1] == texts.interface["q_answer"]
    sheet = pd.read_excel(tmp_path / "form.xlsx", engine="calamine")
    assert len(sheet) == len(rows) and list(sheet.columns) == read[0]
    assert summary(example, texts)[0].startswith("1. ")


def test_a_form_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match=r"\.csv or \.xlsx"):
        write_form([], load_texts("sv"), tmp_path / "form.pdf")
    with pytest.raises(PlannerError, match="does not exist"):
        write_form([], load_texts("sv"), tmp_path / "nowhere" / "form.csv")
