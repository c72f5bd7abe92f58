"""What the case says of all rows of a source: it fills blanks, names its place, and is refused where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from planner.case import read_case
from planner.errors import InventoryError
from planner.ingest import ingest

MakeCase = Callable[..., Path]
SERVERS = "Server;Miljö;vCPU\r\na1;Test;2\r\na2;;4\r\na3;;\r\n"


def source(constants: str) -> str:
    return f"  - {{file: s.csv, reader: servers, constants: {constants}}}\n"


def test_blanks_are_filled_and_a_cell_of_the_file_goes_before(make_case: MakeCase) -> None:
    tables = ingest(read_case(make_case({"s.csv": SERVERS}, source("{environment: production, vcpu: 8}"))))
    servers = tables["servers"].set_index("name")
    assert servers["environment"].to_dict() == {"a1": "test", "a2": "production", "a3": "production"}
    assert servers["vcpu"].to_dict() == {"a1": 2, "a2": 4, "a3": 8}
    said = tables["provenance"].astype("object").set_index(["row_id", "column"])
    cell = said.loc[(servers.at["a3", "server_id"], "vcpu")]
    assert (cell["file"], cell["row"], cell["cell_column"], cell["raw"]) == ("s.csv", 4, "case.yaml", "8")
    assert said.loc[(servers.at["a1", "server_id"], "environment"), "cell_column"] == "B"


@pytest.mark.parametrize(
    ("constants", "words"),
    [
        ("{environment: skarp}", ["environment", "skarp", "production"]),
        ("{vcpu: många}", ["vcpu", "många"]),
        ("{environment: ''}", ["environment", "unknown"]),
        ("{name: a}", ["name", "tells one record from another"]),
        ("{colour: red}", ["colour", "docs/tables.md"]),
    ],
)
def test_what_cannot_be_is_refused_in_words(make_case: MakeCase, constants: str, words: list[str]) -> None:
    with pytest.raises(InventoryError) as told:
        ingest(read_case(make_case({"s.csv": SERVERS}, source(constants))))
    assert all(word in str(told.value) for word in (*words, "case.yaml (s.csv)"))
