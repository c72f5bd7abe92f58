"""People's decisions: they go through the rules' own way, are checked again after every edit, and are never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from planner import pipeline
from planner.case import read_case
from planner.cli import app
from planner.errors import ReviewError
from planner.pipeline import compute
from planner.plan import Plan
from planner.portfolio import Portfolio
from planner.review import Read, Review, merge, read_review
from planner.review.model import json_schema
from planner.store import open_history
from planner.verify import verify
from planner.view import build_view
from tests.conftest import EXAMPLE, REPOSITORY, planned_example

WHO = "by: Systemägare, date: 2026-11-20, why: Beslut i styrgruppen"
HEAD = "format: fardplan-review/1\n"
REGISTER = (
    "Id;Namn;IT Bedömning;Verksamhet Bedömning;Aktiva användare\n"
    "S1;Eken;Avveckling;Avveckling;20\nS2;Tallen;;;30\nS3;Granen;Utveckling;;40\n"
)
SOURCES = "  - {file: system.csv, reader: systems}\n"


def reviewed(folder: Path, text: str) -> Path:
    """Write a review into a folder."""
    path = folder / "review.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The example with decisions of every kind."""
    case = tmp_path_factory.mktemp("review") / "case"
    import shutil

    shutil.copytree(EXAMPLE, case, ignore=shutil.ignore_patterns("plan", "plans"))
    before = planned_example().portfolio
    denied = before["options"][(before["options"]["denied_by"].notna())]
    proposed = before["decisions"].dropna(subset="disposition")
    no = denied[denied["system_id"].isin(proposed["system_id"])].iloc[0]
    reviewed(
        case,
        "overrides:\n"
        f"  - {{system: S009, disposition: rehost, {WHO}, expires: 2027-06-30}}\n"
        f"  - {{system: {no['system_id']}, disposition: {no['option']}, {WHO}}}\n"
        f"  - {{system: S002, effort_days: {{low: 10, likely: 20, high: 40}}, {WHO}}}\n"
        f"  - {{system: S003, disposition: retain, {WHO}, expires: 2026-11-22}}\n"
        f"  - {{system: S404, disposition: retain, {WHO}}}\n"
        f"  - {{system: S004, disposition: retain, {WHO}}}\n"
        "  - {system: S004, disposition: retire, by: Arkitekt, date: 2026-11-21, why: Nej}\n"
        "  - {system: S005, disposition: retain, by: Arkitekt, date: 2026-12-01, why: Senare}\n"
        f"pins:\n  - {{system: S001, quarter: 2027-Q1, {WHO}}}\n"
        f"  - {{system: S022, not_before: 2027-01-01, {WHO}}}\n"
        f"accepted_risks:\n  - {{system: S001, risk: no_such_risk, {WHO}}}\n"
        f"dispensations:\n  - {{system: S001, gate: no_such_gate, {WHO}, expires: 2027-01-01}}\n",
    )
    return compute(read_case(case))


def told(plan: Plan, code: str) -> list[tuple[str, str, int]]:
    """System, value and line of each finding of a code."""
    found = plan.portfolio["findings"].query("code == @code")
    return list(found[["row_id", "value", "row"]].itertuples(index=False, name=None))


@pytest.mark.slow
def test_an_override_leads_with_its_evidence_and_what_led_is_the_runner_up(decided: Plan) -> None:
    before = planned_example().portfolio["decisions"].set_index("system_id").loc["S009"]
    after = decided.portfolio["decisions"].set_index("system_id").loc["S009"]
    assert before["disposition"] != "rehost"
    assert (after["disposition"], after["runner_up"]) == ("rehost", before["disposition"])
    own = decided.portfolio["evidence"].query("system_id == 'S009' and kind == 'review'").iloc[0]
    assert (own["effect"], own["options"], own["cells"]) == ("override", "rehost", "review.yaml:3")
    assert (own["because_sv"], own["source"]) == ("Beslut i styrgruppen", "Systemägare, 2026-11-20")
    lost = decided.portfolio["options"].query("system_id == 'S009' and is_allowed and option != 'rehost'")
    assert set(lost["lost_because"]) == {"overridden"}
    assert decided.portfolio["flips"].query("system_id == 'S009'").empty


@pytest.mark.slow
def test_everything_after_it_is_computed_again(decided: Plan) -> None:
    phases = decided.portfolio["effort"].query("system_id == 'S009'")["phase"].tolist()
    assert "prepare" in phases and "procure" not in phases
    assert "S009" in set(decided.portfolio["waves"]["system_id"])
    assert not decided.has_errors, decided.portfolio["findings"].query("severity == 'error'")


@pytest.mark.slow
def test_a_gate_goes_before_an_override_and_the_contradiction_is_told(decided: Plan) -> None:
    ((system, value, line),) = told(decided, "override_denied")
    assert line == 4
    decisions = decided.portfolio["decisions"].set_index("system_id")
    assert decisions.loc[system, "disposition"] != value
    own = decided.portfolio["evidence"].query("system_id == @system and kind == 'review'")
    assert own["effect"].tolist() == ["refused"]


@pytest.mark.slow
def test_the_checker_notices_a_decision_that_was_not_followed(decided: Plan) -> None:
    decisions = decided.portfolio["decisions"]
    is_mine = decisions["system_id"] == "S009"
    turned = decisions.assign(disposition=decisions["disposition"].mask(is_mine, "retain"))
    broken = Portfolio({**decided.portfolio.tables, "decisions": turned})
    found = verify(broken, decided.case, decided.policy)["findings"].query("detail == 'promise_reviews'")
    assert found["row_id"].tolist() == ["S009"]


@pytest.mark.slow
def test_an_estimate_of_ones_own_keeps_its_sums_and_the_shares_of_the_model(decided: Plan) -> None:
    columns = ["low_days", "likely_days", "high_days"]
    mine = decided.portfolio["effort"].query("system_id == 'S002'")
    assert mine[columns].sum().tolist() == pytest.approx([10, 20, 40], abs=0.01)
    assert (mine["low_days"] <= mine["likely_days"]).all() and (mine["likely_days"] <= mine["high_days"]).all()
    model = planned_example().portfolio["effort"].query("system_id == 'S002'")
    assert mine["likely_days"].div(20).tolist() == pytest.approx(
        model["likely_days"].div(model["likely_days"].sum()).tolist(), abs=0.01
    )
    rate = decided.policy.effort.day_rate.value
    cost = decided.portfolio["costs"].query("system_id == 'S002' and kind == 'one_off'")
    assert cost["likely_sek"].tolist() == pytest.approx([20 * rate], rel=1e-3)


@pytest.mark.slow
def test_what_does_not_hold_is_told_and_not_used(decided: Plan) -> None:
    assert told(decided, "review_expired") == [("S003", "retain", 6)]
    assert told(decided, "review_unknown_system") == [("S404", "retain", 7)]
    assert told(decided, "review_contradictory") == [("S004", "retain", 8), ("S004", "retire", 9)]
    assert told(decided, "review_not_yet") == [("S005", "retain", 10)]
    assert told(decided, "pin_not_held") == [("S001", "2027-Q1", 12)]
    assert told(decided, "accepted_risk_gone") == [("S001", "no_such_risk", 15)]
    assert told(decided, "dispensation_unknown_gate") == [("S001", "no_such_gate", 17)]
    before = planned_example().portfolio["decisions"].set_index("system_id")["disposition"]
    after = decided.portfolio["decisions"].set_index("system_id")["disposition"]
    for key in ("S003", "S004", "S005"):
        assert [after[key]] == [before[key]] or (pd.isna(after[key]) and pd.isna(before[key]))
    assert decided.portfolio["pins"]["system_id"].tolist() == ["S001", "S022"]


@pytest.mark.slow
def test_the_card_says_what_is_decided_and_the_public_does_not_hear_it(decided: Plan) -> None:
    cards = {item.system_id: item for item in build_view(decided, "sv", "intern").systems}
    (line,) = cards["S009"].reviewed
    assert "förslag: Flytta. Systemägare, den 20 november 2026: Beslut i styrgruppen" in line
    assert "till och med den 30 juni 2027" in line and "review.yaml:3" in line
    assert "har gått ut" in cards["S003"].reviewed[0]
    assert not any(item.reviewed for item in build_view(decided, "sv", "offentlig").systems)


@pytest.mark.slow
def test_a_dispensation_lifts_a_gate_of_the_policy_for_its_system_alone(make_case: Callable[..., Path]) -> None:
    case = make_case({"system.csv": REGISTER}, SOURCES, extra="policy: ./policy\n")
    (case / "policy").mkdir()
    (case / "policy" / "policy.yaml").write_text("extends: standard\n", encoding="utf-8")
    gate = (
        "gates:\n  - name: house_rule\n    when: {field: it_verdict, equals: retire}\n    verdict: deny\n"
        "    options: [retire]\n    because: {sv: Husregel, en: House rule}\n    source: own model\n"
    )
    (case / "policy" / "decisions.yaml").write_text(gate, encoding="utf-8")
    options = compute(read_case(case)).portfolio["options"].query("option == 'retire'").set_index("system_id")
    if options["denied_by"].isna().all():
        pytest.fail("the gate of the test denies nothing")
    reviewed(case, f"dispensations:\n  - {{system: S1, gate: house_rule, {WHO}, expires: 2027-01-01}}\n")
    plan = compute(read_case(case))
    after = plan.portfolio["options"].query("option == 'retire'").set_index("system_id")
    assert options.loc["S1", "denied_by"] == "house_rule" and pd.isna(after.loc["S1", "denied_by"])
    assert not plan.has_errors
    late = compute(read_case(case, date(2027, 1, 2)))
    assert late.portfolio["options"].query("option == 'retire'").set_index("system_id").loc["S1", "denied_by"] == (
        "house_rule"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "overrides:\n  - {system: S1, dispositon: retain, by: a, date: 2026-01-01, why: b}\n",
            "review.yaml:3.*dispos",
        ),
        ("overrides:\n  - {system: S1, by: a, date: 2026-01-01, why: b}\n", "review.yaml:3.*exactly one"),
        ("overrides:\n  - {system: S1, disposition: keep, by: a, date: 2026-01-01, why: b}\n", "review.yaml:3"),
        ("pins:\n  - {system: S1, quarter: 2027-Q5, by: a, date: 2026-01-01, why: b}\n", "review.yaml:3.*quarter"),
        ("pins:\n  - {system: S1, quarter: 2027-Q1, date: 2026-01-01, why: b}\n", "'pins.0.by' is missing"),
        ("dispensations:\n  - {system: S1, gate: g, by: a, date: 2026-01-01, why: b}\n", "expires.*missing"),
        (
            "pins:\n  - {system: S1, not_after: 2027-01-01, by: a, date: 2026-01-02, expires: 2026-01-01, why: b}\n",
            "expires",
        ),
    ],
)
def test_a_wrong_review_is_told_by_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ReviewError, match=words):
        read_review(reviewed(tmp_path, text))


def test_the_schema_is_in_sync_and_takes_what_the_model_takes(golden: Callable[[Path, bytes], None]) -> None:
    golden(REPOSITORY / "docs" / "schemas" / "review.schema.json", json_schema())
    text = HEAD + f"overrides:\n  - {{system: S1, disposition: retain, {WHO}}}\n"
    data = json.loads(json.dumps(yaml.safe_load(text), default=str))
    jsonschema.validate(data, json.loads(json_schema()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "no_such_key": 1}, json.loads(json_schema()))


def read(**parts: list[dict[str, Any]]) -> Read:
    """A review from plain data."""
    given = {
        name: [{"by": "Systemägare", "date": "2026-11-20", "why": "Beslut", **item} for item in items]
        for name, items in parts.items()
    }
    return Read(Review.model_validate({"format": "fardplan-review/1", **given}))


def test_reviews_are_merged_and_two_roles_that_differ_are_shown() -> None:
    ours = read(overrides=[{"system": "S1", "disposition": "retain"}, {"system": "S2", "disposition": "retire"}])
    theirs = read(
        overrides=[
            {"system": "S1", "disposition": "rehost", "by": "Arkitekt"},
            {"system": "S2", "disposition": "retain", "date": "2026-11-22"},
            {"system": "S3", "disposition": "retain"},
        ]
    )
    done = merge(ours, theirs)
    assert (done.added, done.replaced, done.known) == (1, 1, 0)
    (conflict,) = done.conflicts
    assert conflict.subject == "S1 disposition"
    assert "retain (Systemägare" in conflict.ours and "rehost (Arkitekt" in conflict.theirs
    chosen = {take: merge(ours, theirs, take).review.overrides[0].disposition for take in ("ours", "theirs")}
    assert chosen == {"ours": "retain", "theirs": "rehost"}
    assert merge(ours, ours).known == 2


@pytest.mark.slow
def test_apply_writes_nothing_on_a_conflict_and_an_approval_decides_its_plan(
    make_case: Callable[..., Path], tmp_path: Path
) -> None:
    case = make_case({"system.csv": REGISTER}, SOURCES)
    pipeline.plan(case)
    history = open_history(read_case(case))
    assert history.current is not None
    plan_id = history.current.plan_id
    sent = tmp_path / "sent.yaml"

    def apply(text: str, *more: str) -> tuple[int, str]:
        sent.write_text(HEAD + text, encoding="utf-8")
        done = CliRunner().invoke(app, ["review", "apply", str(case), str(sent), *more])
        return done.exit_code, done.output + str(done.exception or "")

    code, _ = apply(f"overrides:\n  - {{system: S2, disposition: retain, {WHO}}}\n")
    assert code == 0
    before = (case / "review.yaml").read_bytes()
    code, said = apply("overrides:\n  - {system: S2, disposition: retire, by: Arkitekt, date: 2026-11-21, why: Nej}\n")
    assert code != 0 and "contradict" in said and "retire (Arkitekt" in said
    code, said = apply(f"overrides:\n  - {{system: S22, disposition: retain, {WHO}}}\n")
    assert code != 0 and "Did you mean 'S2'" in said
    later = WHO.replace("2026-11-20", "2026-11-24")
    gone = f"matches:\n  - {{records: [{{key: A1, file: a.csv}}, {{key: S2, file: b.csv}}], decision: same, {WHO}}}\n"
    for text, said_of_it in ((f"pins:\n  - {{system: S2, quarter: 2028-Q1, {later}}}\n", True), (gone, False)):
        code, said = apply(text)
        # Who decides today on a plan of last week is told why nothing changes.
        assert (code, "räknas inte än" in said) == (0, said_of_it), said
    before = (case / "review.yaml").read_bytes()
    code, said = apply(f"approvals:\n  - {{plan: aaaaaaaaaaaa, {WHO}}}\n")
    assert code != 0 and "no such plan" in said
    assert (case / "review.yaml").read_bytes() == before
    code, said = apply(f"approvals:\n  - {{plan: {plan_id}, {WHO}, diary_number: KS 2026/1}}\n")
    assert code == 0 and "beslutad av Systemägare" in said
    record = history.decision(plan_id)
    assert history.decided == plan_id and record is not None
    assert (record["by"], record["diary_number"], len(record["manifest_sha256"])) == ("Systemägare", "KS 2026/1", 64)
    # The override makes another plan, which nobody has decided; an approval alone makes none.
    again = pipeline.plan(case)
    assert again.plan.plan_id != plan_id and again.view.meta.decision is None
    apply(f"approvals:\n  - {{plan: {again.plan.plan_id}, {WHO}}}\n")
    final = pipeline.plan(case)
    assert final.plan.plan_id == again.plan.plan_id
    assert final.view.meta.decision == "beslutad 2026-11-20 av Systemägare"
    assert "beslutad 2026-11-20 av Systemägare" in (case / "plan" / "roadmap.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("overrides:\n", None),
        (f"overrides:\n  - {{system: 1024, disposition: retain, {WHO}}}\n", None),
        (f"overrides:\n  - {{system: S1, effort_days: {{low: 1, likely: 2, high: .inf}}, {WHO}}}\n", "in this order"),
        (f"overrides:\n  - {{system: S1, effort_days: {{low: 1, likely: .nan, high: 3}}, {WHO}}}\n", "in this order"),
        (f"pins:\n  - {{system: S1, quarter: 2027-Q5, {WHO}}}\n", "2027-Q5"),
    ],
)
def test_what_people_write_is_taken_or_refused_with_its_line(tmp_path: Path, text: str, said: str | None) -> None:
    path = reviewed(tmp_path, text)
    if said is None:
        assert [row["system_id"] for row in read_review(path).rows()] in ([], ["1024"])
        return
    with pytest.raises(ReviewError, match=said) as refused:
        read_review(path)
    assert ":3" in str(refused.value)


def approve(case: Path, plan_id: str, who: str) -> Any:
    file = case.parent / "approval.yaml"
    file.write_text(f"{HEAD}approvals:\n  - {{plan: {plan_id}, {who}}}\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["review", "apply", str(case), str(file), "--lang", "en"])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.slow
def test_an_approval_of_an_old_plan_is_told_and_an_expired_one_is_none(make_case: Callable[..., Path]) -> None:
    case = make_case({"system.csv": REGISTER}, SOURCES)
    first = pipeline.plan(case).plan.plan_id
    (case / "system.csv").write_text(REGISTER.replace("Tallen;;;30", "Tallen;;;31"), encoding="utf-8")
    second = pipeline.plan(case).plan.plan_id
    assert f"not the current plan ({second})" in approve(case, first, "by: A, date: 2026-11-20, why: Beslut")
    assert open_history(read_case(case)).decided == first
    assert "not the current" not in approve(case, second, "by: A, date: 2026-11-21, why: Beslut, expires: 2026-12-31")
    # An older decision, written down later, does not take the newer one's place.
    (case / "plans" / "decisions" / first / "manifest.json").chmod(0o644)
    said = approve(case, first, "by: B, date: 2026-11-19, why: Äldre beslut")
    assert "stays decided" in said and open_history(read_case(case)).decided == second
    made = pipeline.plan(case, plan_date=date(2027, 1, 1)).plan
    assert made.lineage.decided is None
    assert made.portfolio["findings"].query("code == 'approval_expired'")["value"].tolist() == [second]
