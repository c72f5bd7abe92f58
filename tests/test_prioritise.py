"""Priorities: AWS's table number for number, unknowns as ranges, and ranks that depend on nothing but the scores."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.case import Case
from planner.errors import PolicyError
from planner.policy import POLICIES, load_policy
from planner.policy.priority import Attribute, Priority, readable
from planner.portfolio import Portfolio
from planner.prioritise import prioritise
from planner.schema import conform
from planner.yamlfile import read_model

CASE = Case.model_validate(
    {
        "organisation": "Provby kommun",
        "plan_date": date(2026, 11, 23),
        "start_date": date(2027, 1, 11),
        "sources": [{"file": "system.csv", "reader": "systems"}],
        "teams": [{"role": "platform", "name": "Plattform", "days_per_week": 10}],
    }
)
PROFILES = {name: read_model(Priority, POLICIES / name / "priority.yaml", PolicyError) for name in ("standard", "aws")}
BEST: dict[str, Any] = {
    "environment": "test",
    "criticality": 1,
    "os_family": "linux",
    "server_count": 1,
    "depends_on_count": 1,
    "disposition": "rehost",
}
WORST = {
    "environment": "production",
    "criticality": 4,
    "os_family": "unix",
    "server_count": 11,
    "disposition": "refactor",
    "depends_on_count": 5,
    "needed_by_count": 6,
}
CHOICES: dict[str, list[Any]] = {
    "environment": [None, "test", "development", "production", "unknown_stated"],
    "criticality": [None, 1, 2, 3, 4],
    "personal_data": [None, "none", "ordinary", "sensitive", "children_or_criminal"],
    "osl_secrecy": [None, "none", "weak", "strong", "absolute"],
    "os_family": [None, "windows", "linux", "unix", "other"],
    "server_count": [None, 1, 3, 4, 10, 11, 200],
    "depends_on_count": [None, 1, 3, 4, 10, 11],
    "disposition": [None, "retire", "retain", "rehost", "relocate", "repurchase", "replatform", "refactor"],
}
SYSTEM = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()})
SYSTEMS = st.lists(SYSTEM, min_size=2, max_size=12)


def _portfolio(rows: list[dict[str, Any]]) -> Portfolio:
    names = ["depends_on_count", "needed_by_count", *CHOICES, "has_own_servers"]
    frame = pd.DataFrame([dict.fromkeys(names) | row for row in rows])
    frame["system_id"] = [row.get("system_id", f"S{at:03d}") for at, row in enumerate(rows)]
    counts = ["depends_on_count", "needed_by_count"]
    frame[counts] = frame[counts].astype("Int64").fillna(0)
    facts = frame[["system_id", *counts, "server_count", "os_family", "has_own_servers"]]
    asked = frame[["system_id", "environment", "criticality", "personal_data", "osl_secrecy"]]
    decided = frame[["system_id", "disposition"]].assign(state="open")
    return Portfolio(
        {
            "systems": conform(asked.assign(name=frame["system_id"]), "systems"),
            "facts": conform(facts.assign(is_provisional=False, known_fields=1), "facts"),
            "decisions": conform(decided, "decisions"),
        }
    )


def _prioritised(rows: list[dict[str, Any]], profile: Priority = PROFILES["standard"]) -> pd.DataFrame:
    policy = load_policy().model_copy(update={"priority": profile})
    return prioritise(_portfolio(rows), CASE, policy)["priorities"].set_index("system_id")


def _all_known(best: bool) -> Priority:
    """AWS's table with the two attributes that our inventory lacks read from columns that stand in for them."""
    aws = PROFILES["aws"]
    stand_ins = {"regulatory_framework": "osl_secrecy", "operations_team_readiness": "personal_data"}
    pick = max if best else min
    changed = [
        item.model_copy(update={"field": stand_ins[item.name], "scores": {"none": pick(item.points)}})
        if item.name in stand_ins
        else item
        for item in aws.attributes
    ]
    return aws.model_copy(update={"attributes": changed})


def test_the_aws_table_gives_its_published_bounds() -> None:
    aws = PROFILES["aws"]
    assert (aws.lowest, aws.highest) == (100, 488)
    known = {"personal_data": "none", "osl_secrecy": "none"}
    for row, best, total in [(BEST, True, 488), (WORST, False, 100)]:
        scored = _prioritised([row | known], _all_known(best)).iloc[0]
        assert (scored["score_low"], scored["score_high"], scored["known"]) == (total, total, 8)
        assert pd.isna(scored["missing"])


@pytest.mark.parametrize(
    ("changed", "points"),
    [
        ({"environment": "development"}, -30),
        ({"environment": "production"}, -60),
        ({"criticality": 2}, -20),
        ({"criticality": 3}, -40),
        ({"os_family": "unix"}, -40),
        ({"server_count": 3}, 0),
        ({"server_count": 4}, -16),
        ({"server_count": 10}, -16),
        ({"server_count": 11}, -32),
        ({"depends_on_count": 3}, 0),
        ({"depends_on_count": 2, "needed_by_count": 2}, -40),
        ({"needed_by_count": 11}, -60),
        ({"disposition": "replatform"}, -24),
        ({"disposition": "refactor"}, -36),
    ],
)
def test_every_step_of_the_aws_table(changed: dict[str, Any], points: float) -> None:
    scored = _prioritised([BEST, BEST | changed], PROFILES["aws"])
    assert scored["score_low"].iloc[1] - scored["score_low"].iloc[0] == points
    assert scored["score_high"].iloc[1] - scored["score_high"].iloc[0] == points


def test_what_no_column_holds_counts_as_unknown() -> None:
    scored = _prioritised([BEST], PROFILES["aws"]).iloc[0]
    # Regulatory framework 10..60 and readiness of the operations team 10..80 are open.
    assert (scored["score_low"], scored["score_high"], scored["score_max"]) == (368, 488, 488)
    assert (scored["known"], scored["inputs"]) == (6, 8)
    assert scored["missing"] == "regulatory_framework operations_team_readiness"


def test_unknown_is_a_range_and_never_the_lowest_score() -> None:
    known = BEST | {"personal_data": "none", "osl_secrecy": "none"}
    scored = _prioritised([known, {**known, "environment": None}, {**known, "environment": "unknown_stated"}])
    assert (scored["score_low"].iloc[0], scored["score_high"].iloc[0]) == (418, 418)
    assert scored["score_low"].tolist()[1:] == [358, 358]
    assert scored["score_high"].tolist()[1:] == [418, 418]
    assert scored["missing"].tolist()[1:] == ["environment", "environment"]


def test_no_listed_data_flow_is_not_the_same_as_no_dependencies() -> None:
    missing = _prioritised([BEST, {**BEST, "depends_on_count": 0}])["missing"].str.split()
    assert ["dependency_count" in names for names in missing] == [False, True]


def test_a_bought_service_is_known_to_have_no_servers() -> None:
    rows = [{**BEST, "server_count": None}, {**BEST, "server_count": None, "has_own_servers": False}]
    missing = _prioritised(rows)["missing"].str.split()
    assert ["server_count" in names for names in missing] == [True, False]


def test_ties_go_to_the_wider_chance_and_then_to_the_id() -> None:
    # Test 80, development 50 and production 20: unknown is in the middle, like development.
    rows = [{**BEST, "environment": "development"}, {**BEST, "environment": None}, BEST, BEST]
    assert _prioritised(rows)["rank"].tolist() == [4, 3, 1, 2]


@pytest.mark.parametrize(
    ("changed", "is_pilot"),
    [
        ({}, True),
        ({"environment": "production", "criticality": 2}, True),
        ({"environment": "production", "criticality": 3}, False),
        ({"environment": None, "criticality": 3}, None),
        ({"environment": None, "criticality": 1}, True),
        ({"depends_on_count": 4}, False),
        ({"depends_on_count": None}, None),
        ({"disposition": "retain"}, False),
        ({"disposition": None}, None),
        ({"personal_data": "sensitive"}, False),
        ({"personal_data": None}, None),
    ],
)
def test_pilots_are_three_valued(changed: dict[str, Any], is_pilot: bool | None) -> None:
    answer = _prioritised([BEST | {"personal_data": "none", "osl_secrecy": "none"} | changed]).iloc[0]
    assert answer["is_pilot_candidate"] is pd.NA if is_pilot is None else answer["is_pilot_candidate"] == is_pilot


def test_only_the_first_of_those_that_could_be_pilots_are_offered() -> None:
    fit = BEST | {"personal_data": "none", "osl_secrecy": "none"}
    rows = [fit | {"environment": "development"}] * 6 + [fit] * 6 + [fit | {"disposition": "retain"}]
    scored = _prioritised(rows)
    offered = scored[scored["is_pilot_candidate"].astype(bool)]
    assert offered["rank"].tolist() == [7, 8, 9, 10, 1, 2, 3, 4, 5, 6]


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(rows=SYSTEMS, data=st.data(), profile=st.sampled_from(sorted(PROFILES)))
def test_the_order_of_rows_does_not_matter(rows: list[dict[str, Any]], data: st.DataObject, profile: str) -> None:
    rows = [row | {"system_id": f"S{at:03d}"} for at, row in enumerate(rows)]
    shuffled = data.draw(st.permutations(rows))
    pd.testing.assert_frame_equal(_prioritised(rows, PROFILES[profile]), _prioritised(shuffled, PROFILES[profile]))


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(rows=SYSTEMS, data=st.data(), profile=st.sampled_from(sorted(PROFILES)))
def test_a_better_input_never_lowers_the_rank(rows: list[dict[str, Any]], data: st.DataObject, profile: str) -> None:
    """Better: another known value with a higher score, or the best value where nothing was known."""
    at = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from([name for name in CHOICES if name in _scores(PROFILES[profile])]))
    before, better = rows[at][name], _scores(PROFILES[profile])[name]
    least = better.get(str(before), max(better.values()))
    after = data.draw(st.sampled_from([value for value in CHOICES[name] if better.get(str(value), -1) >= least]))
    improved = [*rows[:at], rows[at] | {name: after}, *rows[at + 1 :]]
    old, new = _prioritised(rows, PROFILES[profile]), _prioritised(improved, PROFILES[profile])
    assert new["rank"].iloc[at] <= old["rank"].iloc[at]
    assert new["score_low"].iloc[at] >= old["score_low"].iloc[at]


def _scores(profile: Priority) -> dict[str, dict[str, float]]:
    """Score of each choice, worked out one by one."""
    found: dict[str, dict[str, float]] = {}
    for item in profile.attributes:
        name = "depends_on_count" if item.field == "dependency_count" else item.field
        if name in CHOICES:
            values = [value for value in CHOICES[name] if value is not None]
            found[name] = {str(value): score for value in values if (score := _score(item, value)) is not None}
    return found


def _score(item: Attribute, value: Any) -> float | None:
    if item.scores:
        return item.scores.get(str(value))
    return next(band.score for band in item.bands or [] if band.at_most is None or value <= band.at_most)


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(rows=SYSTEMS, profile=st.sampled_from(sorted(PROFILES)))
def test_ranges_lie_within_the_profile_and_shrink_to_a_point_when_all_is_known(
    rows: list[dict[str, Any]], profile: str
) -> None:
    scored = _prioritised(rows, PROFILES[profile])
    assert scored["score_low"].between(PROFILES[profile].lowest, scored["score_high"]).all()
    assert (scored["score_high"] <= scored["score_max"]).all()
    assert ((scored["score_low"] == scored["score_high"]) == (scored["known"] == scored["inputs"])).all()
    assert sorted(scored["rank"]) == list(range(1, len(rows) + 1))


def test_an_empty_inventory_gives_an_empty_table() -> None:
    empty = Portfolio({"systems": conform(pd.DataFrame(), "systems")})
    policy = load_policy().model_copy(update={"priority": PROFILES["standard"]})
    assert prioritise(empty, CASE, policy)["priorities"].empty


GIVEN: dict[str, Any] = {
    "name": "environment",
    "field": "environment",
    "scores": {"test": 80, "production": 20},
    "factor": 1.0,
    "because": {"sv": "Skäl", "en": "Reason"},
    "source": "own model",
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"field": "enviroment"}, "did you mean 'environment'"),
        ({"scores": {"tset": 80}}, "is never 'tset'"),
        ({"scores": None}, "either 'scores'"),
        ({"scores": None, "bands": [{"at_most": 3, "score": 1}, {"score": 2}]}, "bands need a number"),
        ({"field": "users", "scores": None, "bands": [{"at_most": 9, "score": 1}, {"at_most": 3, "score": 2}]}, "rise"),
        ({"factor": 0}, "greater than 0"),
    ],
)
def test_a_wrong_attribute_is_refused_in_words(changed: dict[str, Any], words: str) -> None:
    Attribute.model_validate(GIVEN)
    with pytest.raises(ValidationError, match=words):
        Attribute.model_validate(GIVEN | changed)


def test_a_profile_names_each_attribute_once_and_reads_known_fields() -> None:
    profile = PROFILES["standard"].model_dump(by_alias=True, exclude_none=True)
    profile["attributes"] = [item | {"field": item.get("field")} for item in profile["attributes"]]
    assert Priority.model_validate(profile) == PROFILES["standard"]
    with pytest.raises(ValidationError, match="stands twice"):
        Priority.model_validate(profile | {"attributes": [*profile["attributes"], profile["attributes"][0]]})
    pilot = profile["pilot"] | {"when": {"field": "dependencies", "at_most": 3}}
    with pytest.raises(ValidationError, match="unknown field 'dependencies'"):
        Priority.model_validate(profile | {"pilot": pilot})


def test_urgency_is_no_part_of_a_shipped_profile() -> None:
    fields = {item.field for profile in PROFILES.values() for item in profile.attributes if item.field}
    assert not {field for field in fields if readable()[field].type == "date" or "support_" in field}


def test_the_aws_policy_is_the_standard_one_with_another_profile() -> None:
    aws, standard = load_policy("aws"), load_policy()
    assert (aws.priority, standard.priority) == (PROFILES["aws"], PROFILES["standard"])
    assert aws.decisions == standard.decisions
