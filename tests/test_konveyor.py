"""Variants of Konveyor's application CSV (formats reference 2.13); all rows are made up."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.case import read_case
from planner.errors import InventoryError
from planner.ingest import ingest
from planner.ingest.records.rejected import rejected_files

MakeCase = Callable[..., Path]
FIRST = ["Record Type", "Application Name", "Description", "Comments", "Business Service"]
BETWEEN = ["Dependency", "Dependency Direction", "Binary Group", "Binary Artifact", "Binary Version", "Binary Packaging",
           "Repository Type", "Repository URL", "Repository Branch", "Repository Path"]  # fmt: skip
PERSONS = ["Owner", "Contributors"]


def pairs_of_tags(count: int, category: str = "Tag Category") -> list[str]:
    """Headers of so many tags."""
    return [name for at in range(1, count + 1) for name in (f"{category} {at}", f"Tag {at}")]


VARIANTS = {
    57: [*FIRST, *BETWEEN, *PERSONS, *pairs_of_tags(20)],
    55: [*FIRST, *BETWEEN, *pairs_of_tags(20)],
    45: [*FIRST, *pairs_of_tags(20)],
    15: [*FIRST, *pairs_of_tags(5)],
}


def text_of(header: list[str], rows: list[dict[str, str]], first: list[str] | None = None) -> str:
    """A file of these rows; `first` stands instead of the header, an empty one for none."""
    out = io.StringIO()
    writer = csv.writer(out)
    if first is None or first:
        writer.writerow(first or header)
    for row in rows:
        cells = [row.get(name, "") for name in header]
        writer.writerow(cells if row["Record Type"] == "1" else cells[:7])
    return out.getvalue()


def read(make_case: MakeCase, text: str, more: str = "") -> dict[str, pd.DataFrame]:
    """Ingest one file."""
    return ingest(read_case(make_case({"export.csv": text}, f"  - {{file: export.csv{more}}}\n")))


EKEN = {"Record Type": "1", "Application Name": "Eken", "Business Service": "Miljö", "Owner": "Kim Exempel <kim@exempel.test>",
        "Contributors": "Sam Exempel, Kim Exempel", "Tag Category 1": "Språk", "Tag 1": "Java"}  # fmt: skip
GRANEN = {"Record Type": "1", "Application Name": "Granen"}
NEEDS = {"Record Type": "2", "Application Name": "Eken", "Dependency": "Granen", "Dependency Direction": "SOUTHBOUND"}


def pairs(tables: dict[str, pd.DataFrame]) -> set[tuple[str, str]]:
    """Who depends on whom."""
    return set(zip(tables["dataflows"]["source_system"], tables["dataflows"]["target_system"], strict=True))


@pytest.mark.parametrize("columns", sorted(VARIANTS))
@pytest.mark.parametrize("first", [None, [], ["Typ", "Program", "Text"]], ids=["header", "no header", "other words"])
def test_every_variant_by_header_and_by_position(make_case: MakeCase, columns: int, first: list[str] | None) -> None:
    header = VARIANTS[columns]
    has_block = "Dependency" in header
    rows = [EKEN, GRANEN, *([NEEDS] if has_block else [])]
    if first:
        first = first + [f"Kolumn {at}" for at in range(len(first), columns)]
    tables = read(
        make_case, text_of(header, rows, first), ", reader: konveyor" if columns == 15 and first is not None else ""
    )
    systems = tables["systems"].set_index("name")
    assert sorted(systems.index) == ["Eken", "Granen"] and systems.loc["Eken", "business_area"] == "Miljö"
    assert pairs(tables) == ({("Eken", "Granen")} if has_block else set())
    said = tables["attributes"].set_index("header")["value"]
    assert said["Tag Category 1"] == "Språk" and said["Tag 1"] == "Java"
    assert bool(systems["has_owner"].notna().any()) == ("Owner" in header)
    assert "Exempel" not in tables["attributes"].astype("string").to_csv(), "no owner is read as a tag"
    assert (tables["findings"]["code"] == "read_by_position").sum() == (first is not None)
    row = tables["provenance"].query("column == 'name' and raw == 'Granen'")["row"].iloc[0]
    assert row == (2 if first == [] else 3)


def test_fifteen_columns_without_a_header_are_not_guessed(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError, match="no sheet is recognised"):
        read(make_case, text_of(VARIANTS[15], [GRANEN], []))


def test_another_number_of_columns_is_refused_in_words(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError, match="no header row"):
        read(make_case, "1,Eken,a\n", ", reader: konveyor")


@pytest.mark.parametrize(
    "header",
    [
        ["Record Type 1", *FIRST[1:], *BETWEEN, *PERSONS, *pairs_of_tags(4, "Tag Type")],
        [name.upper() for name in VARIANTS[57]],
        [*FIRST, *pairs_of_tags(4), "Dependency", "Dependency Direction"],
    ],
    ids=["Record Type 1 and Tag Type", "upper case", "dependency last"],
)
def test_variants_by_header(make_case: MakeCase, header: list[str]) -> None:
    names = {
        name.casefold().replace("record type 1", "record type").replace("tag type", "tag category"): name
        for name in header
    }
    rows = [
        {names[key.casefold()]: value for key, value in row.items() if key.casefold() in names}
        for row in (EKEN, GRANEN, NEEDS)
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, header)
    writer.writeheader()
    writer.writerows(rows)
    tables = read(make_case, out.getvalue())
    assert pairs(tables) == {("Eken", "Granen")}
    assert "Java" in set(tables["attributes"]["value"])


def test_a_dependency_in_the_row_of_the_application_is_read(make_case: MakeCase) -> None:
    beside = EKEN | {"Dependency": "Granen", "Dependency Direction": "northbound"}
    lost = GRANEN | {"Dependency": "Eken", "Dependency Direction": "uppåt"}
    tables = read(make_case, text_of(VARIANTS[57], [beside, lost]))
    assert len(tables["systems"]) == 2 and pairs(tables) == {("Granen", "Eken")}
    assert tables["rejects"][["row", "code"]].to_numpy().tolist() == [[3, "dependency_without_direction"]]
    counts = tables["sources"].set_index("fills")[["rows_in", "rows_used", "rows_rejected"]]
    assert counts.loc["systems"].tolist() == [2, 2, 0] and counts.loc["dataflows"].tolist() == [2, 1, 1]


def test_rejected_rows_of_a_file_without_a_header_get_one(make_case: MakeCase) -> None:
    case = read_case(
        make_case(
            {"export.csv": text_of(VARIANTS[57], [EKEN, NEEDS | {"Dependency Direction": ""}], [])},
            "  - {file: export.csv}\n",
        )
    )
    (content,) = rejected_files(case, ingest(case)["rejects"]).values()
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("fardplan_reason,Record Type,") and lines[1].startswith(
        "dependency_without_direction,2,Eken"
    )
