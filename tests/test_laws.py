"""Dated facts: they say what the reference says, and nothing is built on what cannot carry it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from planner.cite import cite
from planner.errors import PolicyError
from planner.facts.laws import LAWS, check_citation, load_laws
from planner.plan import Plan
from planner.policy import load_policy
from planner.view.build import build_view
from tests.conftest import REPOSITORY, planned_example

REFERENCE = REPOSITORY.parent / "shared" / "reference" / "public-sector.md"
MARKS = {"own model": "own_model"}
FACT = """
  - id: {id}
    status: {status}
    mark: {mark}
    title_sv: a
    title_en: a
    fact_sv: a
    fact_en: a
    source: a
    as_of: {as_of}
    review_by: {review_by}
    used_by: [x]
"""
GIVEN = {"id": "one", "status": "law", "mark": "verified", "as_of": "2026-01-01", "review_by": "2027-01-01"}


def _reference_rows() -> list[list[str]]:
    text = REFERENCE.read_text(encoding="utf-8")
    section = text.split("### 1.1 Fact table")[1].split("### 1.2")[0]
    rows = [[cell.strip() for cell in line.strip("|\n ").split(" | ")] for line in section.splitlines() if "|" in line]
    return [row for row in rows if re.fullmatch(r"[a-z0-9_]+", row[0]) and row[0] != "id"]


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference is not beside the repository")
def test_every_fact_of_the_reference_is_there_with_its_status_and_dates() -> None:
    rows = _reference_rows()
    assert len(rows) > 60
    assert [row[0] for row in rows if row[0] not in load_laws().by_id] == []
    for row in rows:
        fact = load_laws().by_id[row[0]]
        dates = [date.fromisoformat(cell) for cell in row if re.fullmatch(r"\d{4}-\d\d-\d\d", cell)]
        assert (fact.status, fact.mark) == (row[1], MARKS.get(row[2], row[2])), fact.id
        expected = [day for day in (fact.key_date, fact.as_of, fact.review_by) if day]
        assert dates == expected, fact.id


def test_every_fact_is_said_in_both_languages() -> None:
    for fact in load_laws().facts:
        assert fact.fact_sv.strip() and fact.fact_en.strip() and fact.title_sv.strip() and fact.title_en.strip()
        assert fact.fact_sv != fact.fact_en, fact.id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([{"status": "rumour"}], ["status", "rumour"]),
        ([{"mark": "sure"}], ["mark", "sure"]),
        ([{}, {}], ["one", "twice"]),
        ([{"review_by": "2025-01-01"}], ["review_by must lie after as_of"]),
        ([{"mark": "unverified", "review_by": "2027-06-01"}], ["unverified"]),
    ],
)
def test_mistakes_in_the_file_are_named_with_their_line(
    tmp_path: Path, changes: list[dict[str, str]], words: list[str]
) -> None:
    path = tmp_path / "laws.yaml"
    head = "schema: facts/1\ncompiled: 2026-11-23\nsource_horizon: 2026-09-30\nfacts:"
    path.write_text(head + "".join(FACT.format(**GIVEN | change) for change in changes), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_laws(path)
    assert "laws.yaml:" in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("facts", "denies", "words"),
    [
        (["sakskyd"], False, ["unknown fact", "did you mean 'sakskydd'"]),
        (["cada"], True, ["proposal"]),
        (["gdpr_transfer"], True, ["nobody has confirmed"]),
    ],
)
def test_a_citation_that_cannot_carry_is_refused(facts: list[str], denies: bool, words: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        check_citation("gate", facts, denies=denies)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(("facts", "denies"), [(["cada"], False), (["gdpr_transfer"], False), (["sakskydd"], True)])
def test_other_citations_stand(facts: list[str], denies: bool) -> None:
    check_citation("gate", facts, denies=denies)


def test_an_own_gate_that_denies_on_a_proposal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "policy.yaml").write_text("extends: standard\n", encoding="utf-8")
    gate = "{name: ready, when: {field: users, above: 9}, verdict: deny, facts: [cada], because: {sv: a, en: b}, source: s}"
    (tmp_path / "policy" / "cloud_fit.yaml").write_text(f"gates:\n  - {gate}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="a proposal may never deny"):
        load_policy("./policy", tmp_path)


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The example municipality, planned."""
    return planned_example()


def test_a_plan_cites_what_bore_on_it_and_nothing_else(planned: Plan) -> None:
    laws = planned.portfolio["laws"].set_index("fact_id")
    evidence = set(planned.portfolio["evidence"]["rule"].unique())
    assert {"sakskydd", "osl_10_2a", "litraf", "own_lead_times", "dd2030_online"} <= set(laws.index)
    for names in laws["used_by"].str.split():
        known = evidence | set(planned.policy.lenses.lenses) | {"outlook", "business_case"}
        assert set(names) & (known | {lead.route for lead in planned.policy.schedule.lead_times})
    assert "miljodata" not in laws.index


def test_a_fact_past_its_review_is_a_warning_and_marked(planned: Plan) -> None:
    day = date(2027, 1, 12) + timedelta(days=1)
    later = planned.case.model_copy(update={"plan_date": day})
    tables = cite(planned.portfolio, later, planned.policy)
    late = set(tables["laws"].loc[tables["laws"]["is_review_late"], "fact_id"])
    assert "da_fees" in late and "sakskydd" not in late
    assert set(tables["findings"]["row_id"]) == late and set(tables["findings"]["severity"]) == {"warning"}
    assert not planned.portfolio["laws"]["is_review_late"].any()
    view = build_view(planned, "sv", "offentlig")
    assert len(view.laws) == len(planned.portfolio["laws"]) and not any(row.is_late for row in view.laws)


def test_the_file_is_readable() -> None:
    assert max(len(line) for line in LAWS.read_text(encoding="utf-8").splitlines()) <= 160
    assert pd.Timestamp(load_laws().compiled) >= pd.Timestamp(load_laws().source_horizon)
