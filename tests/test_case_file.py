"""case.yaml is changed where a source is added or completed, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from planner.case import Source, read_case
from planner.case_file import raw_sources, source_data, with_source, write_source
from planner.errors import CaseError
from tests.conftest import TEAMS

HEAD = "# Vår kommun\norganisation: Provby   # inte på riktigt\nplan_date: 2026-11-23\nstart_date: 2027-01-11\n"
NEW = Source(
    file="ny.csv", reader="servers", columns={"name": ["Maskin"]}, units={"memory_gib": "MB"}, header="0123456789"
)
PLACES = {
    "block": "sources:\n  - file: a.csv   # första\n    reader: systems\n\n  # fler kommer\n",
    "block without indent": "sources:\n- file: a.csv\n",
    "flow items": "sources:\n  - {file: a.csv, reader: systems}  # första\n",
    "flow list": "sources: [{file: a.csv}]  # alla\n",
    "none yet": "sources: []  # inga än\n",
    "nothing said": "sources:\n  # inga än\n",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_source_is_added_and_every_other_byte_stays(place: str, newline: str) -> None:
    before = ("\ufeff" + HEAD + PLACES[place] + TEAMS).replace("\n", newline)
    after = with_source(before, NEW, None)
    was, now = yaml.safe_load(before), yaml.safe_load(after)
    assert now["sources"] == [*(was["sources"] or []), source_data(NEW)]
    assert {key: value for key, value in now.items() if key != "sources"} == {
        key: value for key, value in was.items() if key != "sources"
    }
    kept = iter(after)
    assert all(mark in kept for mark in before.replace("[]", "")), "something was taken away or moved"
    assert newline == "\n" or "\n" not in after.replace("\r\n", "")


def test_a_case_without_sources_or_last_line_break_gets_both() -> None:
    after = with_source(HEAD + TEAMS.rstrip("\n"), NEW, None)
    assert after.startswith(HEAD + TEAMS) and yaml.safe_load(after)["sources"] == [source_data(NEW)]


def test_a_source_is_completed_key_by_key_and_its_comments_stay() -> None:
    before = (
        f"{HEAD}sources:\n  - file: ny.csv  # från drift\n    columns:\n      # deras ord\n      name: [Maskin]  # säkert\n"
        f"      os: Op\n    ignore: [Ägare]\n\n  - file: b.csv\n{TEAMS}"
    )
    whole = {"name": ["Maskin"], "os": ["Op", "OS-namn"], "vcpu": ["Kärnor"]}
    source = Source(file="ny.csv", reader="servers", columns=whole, ignore=["Ägare", "E-post"])
    after = with_source(before, source, 0)
    assert yaml.safe_load(after)["sources"] == [source_data(source), {"file": "b.csv"}]
    for comment in ("# från drift", "      # deras ord\n", "[Maskin]  # säkert", "\n\n  - file: b.csv\n"):
        assert comment in after
    assert with_source(after, source, 0) == after


@pytest.mark.parametrize("item", ["{file: ny.csv}", "{file: ny.csv, columns: {name: [Maskin]}}"])
def test_a_source_in_one_line_becomes_a_block(item: str) -> None:
    after = with_source(f"{HEAD}sources:\n  - {item}  # ny\n  - file: b.csv\n{TEAMS}", NEW, 0)
    assert yaml.safe_load(after)["sources"] == [source_data(NEW), {"file": "b.csv"}]
    assert after.startswith(HEAD) and after.endswith(f"  # ny\n  - file: b.csv\n{TEAMS}")


@pytest.mark.parametrize("name", ["1234567890", "yes", "a: b", "a # b", "'x'", "å, ä", "- x", "[x]", "*"])
def test_words_that_yaml_would_misread_are_quoted(name: str) -> None:
    source = Source(file="x.csv", columns={"name": [name]}, keep=[name], header=name)
    assert yaml.safe_load(with_source(HEAD, source, None))["sources"] == [source_data(source)]


def test_a_case_that_would_be_wrong_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(f"{HEAD}sources: []\n", encoding="utf-8")
    with pytest.raises(CaseError, match="teams"):
        write_source(path, NEW, None)
    assert path.read_text(encoding="utf-8") == f"{HEAD}sources: []\n"
    assert [item.name for item in tmp_path.iterdir()] == ["case.yaml"]


def test_what_is_written_is_a_case(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(f"{HEAD}sources: []\n{TEAMS}", encoding="utf-8")
    path.chmod(0o640)
    write_source(path, NEW, None)
    assert read_case(tmp_path).sources == [NEW] == raw_sources(path)[0]
    assert path.stat().st_mode & 0o777 == 0o640
