"""An organisation's own policy on top of a shipped one: what it changes, and errors that name its own file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from planner.case import read_case
from planner.errors import PolicyError
from planner.pipeline import compute
from planner.policy import load_policy
from planner.view import build_view
from tests.conftest import EXAMPLE

OWN_RULE = """rules:
  - name: market_service
    when: {field: market_alternative, equals: market_saas}
    then: repurchase
    points: 99
    because: {sv: Vi köper först, en: We buy first}
    source: Kommunfullmäktige 2026 (exempel)
  - {name: no_alternative, remove: true}
  - name: council_keeps
    when: {field: business_verdict, equals: keep}
    then: retain
    points: 3
    because: {sv: Fullmäktige vill behålla, en: The council wants to keep}
    source: Kommunfullmäktige 2026 (exempel)
"""


def _own(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_own_rules_replace_add_and_remove(tmp_path: Path) -> None:
    _own(tmp_path / "policy", policy="extends: standard\n", decisions=OWN_RULE)
    own, standard = load_policy("./policy", tmp_path), load_policy()
    points = {rule.name: rule.points for rule in own.decisions.rules}
    before = {rule.name: rule.points for rule in standard.decisions.rules}
    assert points["market_service"] == 99 and points["council_keeps"] == 3 and "no_alternative" not in points
    changed = {"market_service", "council_keeps", "no_alternative"}
    assert {name: value for name, value in points.items() if name not in changed} == {
        name: value for name, value in before.items() if name not in changed
    }
    assert [rule.name for rule in own.decisions.rules][: len(before) - 1] == [
        name for name in before if name != "no_alternative"
    ]
    assert own.is_own("market_service") and own.is_own("council_keeps") and not own.is_own("full_overlap")
    assert own.lenses == standard.lenses and own.name == "policy"


def test_a_number_is_changed_alone(tmp_path: Path) -> None:
    _own(tmp_path / "policy", policy="extends: standard\n", effort="day_rate: {value: 9000}\n")
    own, standard = load_policy("./policy", tmp_path), load_policy()
    assert own.effort.day_rate.value == 9000 and own.effort.day_rate.unit == standard.effort.day_rate.unit
    assert own.effort.work == standard.effort.work


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN_RULE.replace("points: 99", "pints: 99"), ["decisions.yaml:", "pints", "points"]),
        (
            OWN_RULE.replace("field: business_verdict", "field: busines_verdict"),
            ["busines_verdict", "business_verdict"],
        ),
        (OWN_RULE.replace("name: no_alternative", "name: nobody"), ["decisions.yaml:8", "nobody", "remove"]),
        ("rules: &a []\ngates: *a\n", ["decisions.yaml:2", "aliases"]),
        (
            "gates:\n  - name: nothing_left\n    when: {field: users, equals: 1}\n    verdict: deny\n    options: [retire, retain, rehost,"
            " relocate, repurchase, replatform, refactor]\n    because: {sv: a, en: a}\n    source: a\n",
            ["nothing_left", "nothing would be left"],
        ),
        (
            "gates:\n"
            + "".join(
                f"  - name: {name}\n    when: {{field: users, equals: 1}}\n    verdict: {verdict}\n    options: [rehost]\n"
                "    because: {sv: a, en: a}\n    source: a\n"
                for name, verdict in (("no_move", "deny"), ("do_move", "allow_with"))
            ),
            ["no_move", "do_move", "contradict", "rehost"],
        ),
    ],
)
def test_errors_name_the_place_in_the_own_file(tmp_path: Path, text: str, words: list[str]) -> None:
    _own(tmp_path / "policy", policy="extends: standard\n", decisions=text)
    with pytest.raises(PolicyError) as caught:
        load_policy("./policy", tmp_path)
    for word in words:
        assert word in str(caught.value)


def test_the_line_of_a_wrong_key_is_that_of_the_own_file(tmp_path: Path) -> None:
    _own(tmp_path / "policy", policy="extends: standard\n", decisions=OWN_RULE.replace("points: 3", "points: three"))
    with pytest.raises(PolicyError, match=r"decisions\.yaml:12"):
        load_policy("./policy", tmp_path)


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        ({"one": "extends: ../two\n", "two": "extends: ../one\n"}, "circle"),
        ({"one": "extends: ./.\n"}, "circle"),
        ({"one": "extends: standrad\n"}, "standard"),
        ({"one": "extend: standard\n"}, "only which policy"),
    ],
)
def test_circles_and_unknown_policies_are_refused(tmp_path: Path, heads: dict[str, str], words: str) -> None:
    for name, head in heads.items():
        _own(tmp_path / name, policy=head)
    with pytest.raises(PolicyError) as caught:
        load_policy("./one", tmp_path)
    assert words in str(caught.value)


@pytest.mark.slow
def test_the_documents_show_which_rules_are_the_organisations_own(tmp_path: Path) -> None:
    case = tmp_path / "case"
    shutil.copytree(EXAMPLE, case, ignore=shutil.ignore_patterns("plan"))
    _own(case / "policy", policy="extends: standard\n", decisions=OWN_RULE)
    head = (case / "case.yaml").read_text(encoding="utf-8")
    (case / "case.yaml").write_text(head + "\npolicy: ./policy\n", encoding="utf-8")
    plan = compute(read_case(case))
    view = build_view(plan, "sv", "intern")
    own = {row.name for row in view.rules if "organisationens egen regel" in row.source}
    assert own == {"market_service", "council_keeps"}
    origins = plan.portfolio["evidence"].drop_duplicates("rule").set_index("rule")["origin"].astype(str).to_dict()
    assert origins["market_service"] == "policy" and origins["archive_before_retirement"] == "standard"
