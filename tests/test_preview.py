"""What a new reading changes: applied to the earlier tables, the changes give the new ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.case import read_case
from planner.csvfile import from_csv_bytes, to_csv_bytes
from planner.errors import PlannerError
from planner.ingest import ingest
from planner.plan import FORMAT
from planner.portfolio import Portfolio
from planner.preview import ENTITIES, Preview, preview
from planner.schema import conform, load_table
from planner.store import MANIFEST, load_tables

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
SYSTEMS = st.dictionaries(
    st.sampled_from(["S1", "S2", "S3", "å;\"'\n", " S4"]),
    st.fixed_dictionaries(
        {
            "name": TEXTS.filter(bool),
            "vendor": st.none() | TEXTS,
            "users": st.none() | st.integers(0, 10_000_000),
            "annual_cost_sek": st.none() | st.floats(0, 1e10),
            "is_strategic": st.none() | st.booleans(),
            "contract_end_date": st.none() | st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
            "overlap": st.none() | st.integers(0, 3),
        }
    ),
)


def systems_of(given: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """A table of systems, as ingest would give it."""
    rows = [{"system_id": key, **values} for key, values in given.items()]
    frame = pd.DataFrame(rows) if rows else pd.DataFrame()
    if rows:
        frame["contract_end_date"] = pd.to_datetime(frame["contract_end_date"]).dt.normalize()
    return conform(frame, "systems")


def saved(frame: pd.DataFrame, name: str = "systems") -> pd.DataFrame:
    """A table as an earlier plan gives it back."""
    return from_csv_bytes(to_csv_bytes(frame), name)


def applied(old: pd.DataFrame, changes: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The texts of the earlier table, changed as told."""
    texts = pd.read_csv(pd.io.common.BytesIO(to_csv_bytes(old)), dtype=str, keep_default_na=False)
    records = {row["system_id"]: row for row in texts.to_dict("records")}
    for row in changes.astype("object").where(changes.notna(), "").to_dict("records"):
        if row["change"] == "gone":
            del records[row["key"]]
            continue
        if row["change"] == "updated":
            assert records[row["key"]][row["field"]] == row["before"]
        records.setdefault(row["key"], dict.fromkeys(old.columns, ""))[row["field"]] = row["after"]
    return records


@pytest.mark.slow
@settings(deadline=None, max_examples=15)
@given(SYSTEMS, SYSTEMS)
def test_changes_applied_to_the_old_table_give_the_new(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> None:
    old, new = saved(systems_of(before)), systems_of(after)
    found = preview(Portfolio({"systems": new}), {"systems": old})
    texts = pd.read_csv(pd.io.common.BytesIO(to_csv_bytes(new)), dtype=str, keep_default_na=False)
    assert applied(old, found.changes) == {row["system_id"]: row for row in texts.to_dict("records")}
    counts = found.counts.set_index("entity").loc["systems"]
    assert counts["created"] + counts["updated"] + counts["unchanged"] == len(new)
    assert counts["unchanged"] + counts["updated"] + counts["gone"] == len(old)


@pytest.mark.slow
@settings(deadline=None, max_examples=8)
@given(SYSTEMS)
def test_the_same_reading_changes_nothing_and_survives_its_file(given: dict[str, dict[str, Any]]) -> None:
    frame = systems_of(given)
    found = preview(Portfolio({"systems": frame}), {"systems": saved(frame)})
    assert found.changes.empty and found.counts.set_index("entity").loc["systems", "unchanged"] == len(frame)


REGISTER = "Id;Namn;Leverantör;Årskostnad\nS1;Eken;Skogen AB;100\nS2;Tallen;;\nS3;Granen;;5\n"
SOURCES = "  - {file: system.csv, reader: systems}\n"


def planned(make_case: Callable[..., Path], register: str = REGISTER) -> Path:
    """A case with the folder of an earlier plan: what comparing reads of it."""
    folder = make_case({"system.csv": register}, SOURCES)
    (folder / "plan" / "tables").mkdir(parents=True)
    (folder / "plan" / MANIFEST).write_text(json.dumps({"format": FORMAT}), encoding="utf-8")
    for name, frame in ingest(read_case(folder)).items():
        (folder / "plan" / "tables" / f"{name}.csv").write_bytes(to_csv_bytes(frame))
    return folder


def compared(folder: Path) -> Preview:
    """What the case changes against its plan."""
    return preview(Portfolio(ingest(read_case(folder))), load_tables(folder / "plan", ENTITIES))


def test_each_change_names_its_cell(make_case: Callable[..., Path]) -> None:
    then = REGISTER.replace("100", "200").replace("S3;Granen;;5", "S4;Alen;;").replace("Skogen AB", "") + ";;x;\n"
    folder = planned(make_case)
    (folder / "system.csv").write_text(then, encoding="utf-8")
    found = compared(folder)
    columns = ["entity", "key", "name", "change", "field", "before", "after", "cause_file", "cause_row", "cause_column"]
    rows = found.changes[columns].astype("object").where(found.changes[columns].notna(), None).to_numpy().tolist()
    assert rows == [
        ["systems", "S1", "Eken", "updated", "vendor", "Skogen AB", None, "system.csv", 2, None],
        ["systems", "S1", "Eken", "updated", "annual_cost_sek", "100.0", "200.0", "system.csv", 2, "D"],
        ["systems", "S3", "Granen", "gone", "system_id", "S3", None, None, None, None],
        ["systems", "S4", "Alen", "created", "system_id", None, "S4", "system.csv", 4, "A"],
        ["systems", "S4", "Alen", "created", "name", None, "Alen", "system.csv", 4, "B"],
    ]
    counts = found.counts.set_index("entity").loc["systems"]
    assert counts.tolist() == [1, 1, 1, 1, 1]


@pytest.mark.slow
def test_a_column_that_the_earlier_plan_does_not_know_is_no_change(make_case: Callable[..., Path]) -> None:
    folder = planned(make_case)
    path = folder / "plan" / "tables" / "systems.csv"
    old = pd.read_csv(path, dtype=str).drop(columns=["vendor"]).assign(unheard_of="x")
    path.write_bytes(old.to_csv(index=False).encode())
    assert compared(folder).changes.empty


def _foreign(folder: Path) -> None:
    about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**about, "format": "fardplan-plan/0"}), encoding="utf-8")


def _without_tables(folder: Path) -> None:
    (folder / "tables").rename(folder / "elsewhere")


def _twice(folder: Path) -> None:
    path = folder / "tables" / "systems.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[-1]]), encoding="utf-8")


def _garbled(folder: Path) -> None:
    path = folder / "tables" / "systems.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("100.0", "hundra"), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_foreign, "another format"),
        (_without_tables, "without its tables"),
        (_twice, "without a key"),
        (_garbled, "cannot be read"),
        (lambda folder: (folder / "manifest.json").unlink(), "no plan here"),
        (lambda folder: (folder / "manifest.json").write_text("[1]"), "another format"),
    ],
)
def test_a_plan_that_cannot_be_compared_with_is_told_in_words(
    make_case: Callable[..., Path], damage: Callable[[Path], object], words: str
) -> None:
    folder = planned(make_case)
    damage(folder / "plan")
    with pytest.raises(PlannerError, match=words):
        compared(folder)


def test_every_entity_has_a_key_of_its_own() -> None:
    assert all(load_table(entity).names[0].endswith("_id") for entity in ENTITIES)
