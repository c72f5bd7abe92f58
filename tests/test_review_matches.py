"""A person says that two records are one, or that they are two: in review.yaml, with a name, a reason and a last day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from planner import pipeline
from planner.case import read_case
from planner.diff import diff
from planner.errors import ReviewError
from planner.pipeline import compute
from planner.plan import Plan
from planner.review import merge, read_review, write_review
from planner.store import as_saved
from tests.test_matching import SYSTEMS, decided
from tests.test_review import HEAD, WHO

SOURCES = "".join(f"  - {{file: {file}}}\n" for file in SYSTEMS)
ONE, OTHER = SYSTEMS


@pytest.fixture
def case(make_case: Callable[..., Path]) -> Path:
    return make_case(SYSTEMS, SOURCES)


def of(plan: Plan, rule: str) -> tuple[str, str]:
    """Keys of the pair that a rule found."""
    row = plan.portfolio["matches"].set_index("rule").loc[rule]
    return row["left_key"], row["right_key"]


def said(pair: tuple[str, str], decision: str, more: str = WHO) -> str:
    records = f"records: [{{key: '{pair[0]}', file: {ONE}}}, {{key: '{pair[1]}', file: {OTHER}}}]"
    return f"  - {{{records}, decision: {decision}, {more}}}\n"


def planned(case: Path, *entries: str) -> Plan:
    (case / "review.yaml").write_text(HEAD + "matches:\n" + "".join(entries), encoding="utf-8")
    return compute(read_case(case))


def states(plan: Plan) -> list[str]:
    return [str(state) for state in plan.portfolio["reviews"]["state"]]


@pytest.mark.slow
def test_two_records_become_one_and_two_stay_two(case: Path) -> None:
    before = compute(read_case(case))
    name, merged = of(before, "name"), of(before, "name_and_organisation")
    after = planned(case, said(name, "same"), said(merged, "different"))
    matches = after.portfolio["matches"].set_index(["left_key", "right_key"])["state"]
    assert (matches[name], matches[merged]) == ("confirmed", "refused")
    assert len(after.portfolio["systems"]) == len(before.portfolio["systems"])
    assert states(after) == ["active", "active"]
    assert (after.portfolio["systems"]["name"] == "Eken").sum() == 2
    assert after.fingerprints["review"] != before.fingerprints["review"]


@pytest.mark.slow
def test_it_is_as_an_answer_in_matches_csv(case: Path, make_case: Callable[..., Path]) -> None:
    before = compute(read_case(case))
    mine = planned(case, said(of(before, "name"), "same")).portfolio
    files = {**SYSTEMS, "matches.csv": decided(dict(before.portfolio.tables), {3: "samma"})}
    theirs = compute(read_case(make_case(files, SOURCES + "  - {file: matches.csv}\n", name="answers"))).portfolio
    for table in ("systems", "matches", "identifiers", "provenance"):
        assert mine[table].equals(theirs[table]), table


@pytest.mark.parametrize(
    ("entries", "expected", "code"),
    [
        ([("same", f"{WHO}, expires: 2026-11-22")], ["expired"], "review_expired"),
        ([("same", "by: A, date: 2026-12-01, why: Senare")], ["not_yet"], "review_not_yet"),
        ([("same", WHO), ("different", "by: B, date: 2026-11-21, why: Nej")], ["contradictory"] * 2, "review_contradictory"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_what_does_not_hold_is_told_and_not_used(
    case: Path, entries: list[tuple[str, str]], expected: list[str], code: str
) -> None:
    before = compute(read_case(case))
    pair = of(before, "name")
    # Whichever record is named first, it is about the same two.
    after = planned(case, *(said(pair, decision, more) for decision, more in entries))
    assert states(after) == expected
    assert after.portfolio["systems"].equals(before.portfolio["systems"])
    found = after.portfolio["findings"].query("code == @code")
    assert found["row"].tolist() == [3 + at for at in range(len(entries))]
    assert found["file"].unique().tolist() == ["review.yaml"]


@pytest.mark.slow
def test_a_record_that_is_gone_is_told(case: Path) -> None:
    after = planned(case, said(("Finns inte", "Inte heller"), "same"))
    assert states(after) == ["unknown_record"]
    (value,) = after.portfolio["findings"].query("code == 'review_unknown_record'")["value"]
    assert "Finns inte" in value


@pytest.mark.slow
def test_another_answer_in_matches_csv_is_told(case: Path, make_case: Callable[..., Path]) -> None:
    before = compute(read_case(case))
    files = {**SYSTEMS, "matches.csv": decided(dict(before.portfolio.tables), {3: "olika"})}
    both = make_case(files, SOURCES + "  - {file: matches.csv}\n", name="both")
    after = planned(both, said(of(before, "name"), "same"))
    assert len(after.portfolio["findings"].query("code == 'decisions_contradict'")) == 1


@pytest.mark.slow
def test_the_diff_names_the_line_of_the_decision(case: Path) -> None:
    before = compute(read_case(case))
    after = planned(case, said(of(before, "name"), "same"))
    found = diff(as_saved(before), as_saved(after))
    gone = [causes for item, causes in zip(found.changes, found.causes, strict=True) if item.kind == "removed"]
    assert len(gone) == 1
    assert (gone[0][0].kind, gone[0][0].place) == ("review", "review.yaml:3")


def test_two_reviewers_who_see_it_otherwise_are_shown(case: Path, tmp_path: Path) -> None:
    pair = of(compute(read_case(case)), "name")
    ours, theirs = tmp_path / "ours.yaml", tmp_path / "theirs.yaml"
    ours.write_text(HEAD + "matches:\n" + said(pair, "same"), encoding="utf-8")
    turned = said(pair, "different", "by: Arkitekt, date: 2026-11-21, why: Nej").replace(
        f"{{key: '{pair[0]}', file: {ONE}}}, {{key: '{pair[1]}', file: {OTHER}}}",
        f"{{key: '{pair[1]}', file: {OTHER}}}, {{key: '{pair[0]}', file: {ONE}}}",
    )
    theirs.write_text(HEAD + "matches:\n" + turned, encoding="utf-8")
    (conflict,) = merge(read_review(ours), read_review(theirs)).conflicts
    assert "same" in conflict.ours and "different" in conflict.theirs
    taken = merge(read_review(ours), read_review(theirs), "theirs")
    write_review(taken.review, ours)
    assert read_review(ours).review == taken.review
    text = ours.read_text(encoding="utf-8")
    assert text.index("records:") < text.index("decision:") < text.index("by:")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (f"{{records: [{{key: a, file: b}}, {{key: a, file: b}}], decision: same, {WHO}}}", "name two"),
        (f"{{records: [{{key: a, file: b}}], decision: same, {WHO}}}", "records"),
        (f"{{records: [{{key: a, file: b}}, {{key: c, file: b}}], decision: samma, {WHO}}}", "same"),
    ],
)
def test_a_wrong_entry_names_its_line(case: Path, entry: str, said: str) -> None:
    (case / "review.yaml").write_text(f"{HEAD}matches:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(ReviewError, match=said) as refused:
        compute(read_case(case))
    assert "review.yaml:3" in str(refused.value)


@pytest.mark.slow
def test_documents_and_check_know_it(case: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    pair = of(compute(read_case(case)), "name")
    planned(case, said(pair, "same"))
    made = pipeline.plan(case)
    assert "samma sak eller inte" in (made.folder / "roadmap.html").read_text(encoding="utf-8")
    assert run("check", case)[0] == 0
