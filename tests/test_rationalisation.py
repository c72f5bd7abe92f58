"""211 applications with the headers of the application-rationalisation tool: where it contradicts itself, we do not.

That tool gives 64 applications two different verdicts, uses none of the 85 dependencies and overlooks the 38
applications with a redundancy of 2 or 3 (peers reference, section 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from planner.case import read_case
from planner.pipeline import compute
from planner.policy import load_policy
from planner.portfolio import Portfolio
from tests.conftest import write_case
from tests.rationalisation.portfolio import (
    APPLICATIONS,
    DEPENDENCIES,
    REDUNDANCY,
    UNIX,
    applications,
    dependencies,
    register,
    servers,
)

# Cost is a yearly sum without a currency in that form; here it is in SEK.
REGISTER = """  - file: applikationer.csv
    reader: systems
    columns:
      organisation: Owner
      function_code: Category
      users: Usage
      annual_cost_sek: Cost
      overlap: Redundancy
"""
SERVERS = "  - {file: servrar.csv, reader: servers}\n"
# What today's system table has no column for: kept word for word in table attributes, and no rule reads it.
NOT_READ = [
    "Business Value",
    "Tech Health",
    "Security",
    "Strategic Fit",
    "Last Updated",
    "Composite Score",
    "Action Recommendation",
    "Comments",
]
Found = Iterator[tuple[str, "pd.Series | pd.Index"]]
CHANGING = {"retire", "rehost", "relocate", "repurchase", "replatform", "refactor"}
TO_INSTANCES = {"rehost", "relocate", "replatform", "refactor"}
PHASES = {
    "retire": {"decide", "close"},
    "retain": {"decide"},
    "repurchase": {"decide", "procure", "prepare", "move", "close"},
    "": {"investigate", "decide"},
} | {option: {"decide", "prepare", "move"} for option in TO_INSTANCES}


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.slow) for name in ("alone", "with_servers")]
)
def planned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    """The portfolio, planned once: the register alone, and with a list of servers beside it."""
    files = {"applikationer.csv": register(), "servrar.csv": servers()}
    sources = REGISTER + (SERVERS if request.param == "with_servers" else "")
    return compute(read_case(write_case(tmp_path_factory.mktemp("case"), dict(files), sources))).portfolio


def _decided(planned: Portfolio) -> pd.DataFrame:
    names = planned["systems"].set_index("system_id")["name"]
    decisions = planned["decisions"].set_index("system_id")
    return decisions.assign(name=names, option=decisions["disposition"].fillna(""))


def contradictions(planned: Portfolio) -> list[str]:
    """Every way in which one system has two verdicts: the decision against each other table, as `what: system`."""
    decided = _decided(planned)
    checks = (_keys, _weeks, _work, _targets, _options, _points, _tasks, _flips)
    found = [item for check in checks for item in check(planned, decided)]
    return [f"{what}: {key}" for what, ids in found for key in sorted(set(ids))]


def _keys(planned: Portfolio, decided: pd.DataFrame) -> Found:
    for name in ("decisions", "groups", "facts"):
        ids, wanted = planned[name]["system_id"], planned["systems"]["system_id"]
        yield f"twice in {name}", ids[ids.duplicated()]
        yield f"not in {name}", wanted[~wanted.isin(ids)]


def _weeks(planned: Portfolio, decided: pd.DataFrame) -> Found:
    option, waves = decided["option"], planned["waves"]["system_id"]
    yield "two waves", waves[waves.duplicated()]
    yield "a wave and no change", waves[~waves.map(option).isin(CHANGING)]
    yield "a change and no wave", option.index[option.isin(CHANGING) & ~option.index.isin(waves)]
    groups = planned["groups"].assign(is_changing=planned["groups"]["system_id"].map(option).isin(CHANGING))
    groups["is_changing"] = groups.groupby("group_id")["is_changing"].transform("any")
    cut = planned["activities"].loc[planned["activities"]["has_cutover"].astype(bool), "group_id"]
    yield "a cut-over and no change", groups.loc[groups["group_id"].isin(cut) & ~groups["is_changing"], "system_id"]


def _work(planned: Portfolio, decided: pd.DataFrame) -> Found:
    effort = planned["effort"]
    allowed = effort["system_id"].map(decided["option"].map(PHASES))
    wrong = [phase not in phases for phase, phases in zip(effort["phase"], allowed, strict=True)]
    yield "work of another option", effort.loc[wrong, "system_id"]


def _targets(planned: Portfolio, decided: pd.DataFrame) -> Found:
    targets = planned["targets"]
    moves = targets["system_id"].map(decided["option"]).isin(TO_INSTANCES)
    yield "a target and no move", targets.loc[~moves & targets["instance_type"].notna(), "system_id"]
    yield "a move and no target", targets.loc[moves & (targets["state"] == "not_moved"), "system_id"]


def _options(planned: Portfolio, decided: pd.DataFrame) -> Found:
    options = planned["options"]
    is_chosen = options["option"] == options["system_id"].map(decided["option"])
    yield "denied and proposed", options.loc[is_chosen & ~options["is_allowed"].astype(bool), "system_id"]
    yield "lost and proposed", options.loc[is_chosen & options["lost_because"].notna(), "system_id"]
    yield "neither lost nor proposed", options.loc[~is_chosen & options["lost_because"].isna(), "system_id"]
    denials = planned["evidence"].query("effect == 'deny' and outcome == 'true'")
    each = denials.assign(option=denials["options"].str.split()).explode("option")
    is_denied = each["option"] == each["system_id"].map(decided["option"])
    yield "denied by evidence and proposed", each.loc[is_denied, "system_id"]


def _points(planned: Portfolio, decided: pd.DataFrame) -> Found:
    rules = planned["evidence"].query("kind == 'rule' and outcome == 'true'")
    spoken = rules[rules["options"] == rules["system_id"].map(decided["option"])]
    points = spoken.groupby("system_id")["points"].sum().reindex(decided.index).fillna(0)
    yield "points that no evidence gives", decided.index[points != decided["score"].fillna(0)]
    first = rules.set_index(["system_id", "rule"])["options"]
    main = decided["main_rule"].dropna()
    said = [first[(key, rule)] for key, rule in main.items()]
    yield "a main rule for another option", main.index[said != decided.loc[main.index, "option"]]


def _tasks(planned: Portfolio, decided: pd.DataFrame) -> Found:
    asked: dict[str, set[str | None]] = {}
    for gate in load_policy().decisions.gates:
        for option in gate.options:
            asked.setdefault(option, set()).update((gate.task, gate.task_on_unknown))
    given = decided["tasks"].dropna().str.split()
    wrong = [not set(names) <= asked.get(decided.at[key, "option"], set()) for key, names in given.items()]
    yield "a task of another option", given.index[wrong]


def _flips(planned: Portfolio, decided: pd.DataFrame) -> Found:
    flips, settled = planned["flips"], decided[decided["state"] == "settled"]
    yield (
        "a flip to the same option",
        flips.loc[flips["disposition"] == flips["system_id"].map(decided["option"]), "system_id"],
    )
    yield "settled and flipped", settled.index[settled.index.isin(flips["system_id"])]
    yield "settled and asked about", settled.index[settled["unknown_fields"].notna()]


def test_the_portfolio_is_as_published_and_the_same_every_time() -> None:
    items = applications()
    assert len(items) == len({item.name for item in items}) == APPLICATIONS
    assert Counter(item.redundancy for item in items) == REDUNDANCY
    assert len({item.owner for item in items}) == 15
    assert len(dependencies()) == len(set(dependencies())) == DEPENDENCIES
    assert register() == register()


def test_every_row_is_a_system_and_every_cell_is_kept(planned: Portfolio) -> None:
    systems = planned["systems"].set_index("name")
    items = applications()
    assert len(systems) == APPLICATIONS
    assert planned["rejects"].empty
    for column, values in {
        "organisation": [item.owner for item in items],
        "function_code": [item.category for item in items],
        "overlap": [item.redundancy for item in items],
        "users": [item.users for item in items],
    }.items():
        assert systems.loc[[item.name for item in items], column].tolist() == values
    unknown = planned["findings"].query("code == 'unknown_column'")["value"].tolist()
    assert unknown == NOT_READ
    kept = planned["attributes"].groupby("header").size()
    assert (kept[["Business Value", "Tech Health", "Security", "Strategic Fit", "Last Updated"]] == APPLICATIONS).all()


def test_no_system_has_two_verdicts(planned: Portfolio) -> None:
    assert len(planned["decisions"]) == APPLICATIONS
    assert contradictions(planned) == []


@pytest.mark.parametrize(
    ("table", "column", "value", "what"),
    [
        ("decisions", "disposition", "retain", "a wave and no change"),
        ("decisions", "disposition", "retain", "a cut-over and no change"),
        ("decisions", "disposition", "rehost", "work of another option"),
        ("decisions", "disposition", "refactor", "points that no evidence gives"),
        ("decisions", "disposition", "retain", "a task of another option"),
        ("decisions", "disposition", "retain", "lost and proposed"),
        ("decisions", "disposition", "retain", "a main rule for another option"),
        ("decisions", "disposition", pd.NA, "a wave and no change"),
        ("decisions", "state", "settled", "settled and asked about"),
        ("options", "is_allowed", False, "denied and proposed"),
    ],
)
def test_a_planted_contradiction_is_found(
    planned: Portfolio, table: str, column: str, value: object, what: str
) -> None:
    key = planned["decisions"].query("disposition == 'retire'")["system_id"].iloc[0]
    changed = planned[table].copy()
    changed.loc[changed["system_id"] == key, column] = value
    assert f"{what}: {key}" in contradictions(Portfolio({**planned.tables, table: changed}))


def test_a_target_for_what_is_retired_would_be_found(planned: Portfolio) -> None:
    retired = planned["decisions"].query("disposition == 'retire'")["system_id"]
    targets = planned["targets"].copy()
    if targets.empty:
        pytest.skip("no list of servers")
    mine = targets["system_id"].isin(retired)
    assert mine.any()
    targets["instance_type"] = targets["instance_type"].astype("string").mask(mine, "m7i.large")
    assert any(
        item.startswith("a target and no move")
        for item in contradictions(Portfolio({**planned.tables, "targets": targets}))
    )


def test_a_denied_option_is_never_proposed(planned: Portfolio) -> None:
    denied = planned["options"][~planned["options"]["is_allowed"].astype(bool)]
    proposed = denied.merge(
        planned["decisions"], left_on=["system_id", "option"], right_on=["system_id", "disposition"]
    )
    assert proposed.empty
    # Servers of a family that the target cannot run deny rehost, for which they would otherwise speak.
    assert (denied["option"] == "rehost").any() == (planned["servers"]["os"] == UNIX).any()


def test_all_dependencies_are_links_with_both_ends(planned: Portfolio) -> None:
    names = planned["systems"].set_index("system_id")["name"]
    links = planned["links"]
    assert len(links) == DEPENDENCIES
    pairs = zip(links["source_system_id"].map(names), links["target_system_id"].map(names), strict=True)
    assert set(pairs) == set(dependencies())
    assert set(links["state"]) <= {"stated", "proposed"}
    cells = planned["provenance"].query("table == 'dataflows' and column == 'quote'")
    assert set(cells["row_id"]) == set(links["flow_id"])


def test_every_dependency_is_honoured_or_explained(planned: Portfolio) -> None:
    verdicts = {row.flow_id: _verdict(planned, row) for row in planned["links"].itertuples()}
    broken = {flow: verdict for flow, verdict in verdicts.items() if verdict.startswith("broken")}
    assert not broken
    if len(planned["targets"]):  # with the list of servers most ends change, so that order matters
        assert Counter(verdicts.values())["honoured"] >= 20


def _verdict(planned: Portfolio, link: Any) -> str:
    """What became of one dependency: honoured (one group, or weeks in order), or why no order is needed."""
    decided, ends = _decided(planned), [link.source_system_id, link.target_system_id]
    source, target = decided.loc[ends, "option"]
    if "" in (source, target):
        undecided = decided.loc[ends][lambda rows: rows["option"] == ""]
        is_told = (undecided["state"] == "needs_decision").all() and undecided["unknown_fields"].notna().all()
        return "explained: undecided, and what to ask is listed" if is_told else "broken: undecided and unsaid"
    if "retain" in (source, target):
        return "explained: an end stays"
    if source == "retire" and target != "retire":
        return "explained: the dependant is retired"
    first, then = ends if target == "retire" else ends[::-1]
    return "honoured" if _is_in_order(planned, first, then, link.flow_id) else "broken: not in order"


def _is_in_order(planned: Portfolio, first: str, then: str, flow_id: str) -> bool:
    groups = planned["groups"].set_index("system_id")["group_id"]
    before, after = groups[first], groups[then]
    order = planned["precedence"].query("before_group_id == @before and after_group_id == @after")
    is_named = any(flow_id in flows.split() for flows in order["flows"])
    weeks = planned["activities"].query("has_cutover").set_index("group_id")
    return before == after or (is_named and weeks.at[before, "end_week"] < weeks.at[after, "start_week"])


def test_large_and_full_redundancy_speak_for_retirement(planned: Portfolio) -> None:
    fired = planned["evidence"].query("kind == 'rule' and outcome == 'true' and options == 'retire'")
    names = planned["systems"].set_index("system_id")["name"]
    by_rule = {rule: set(rows["system_id"].map(names)) for rule, rows in fired.groupby("rule", observed=True)}
    for rule, level in (("full_overlap", 3), ("large_overlap", 2)):
        assert by_rule[rule] == {item.name for item in applications() if item.redundancy == level}
    points = planned["options"].query("option == 'retire'").set_index("system_id")["score"]
    overlapping = planned["systems"].query("overlap >= 2")["system_id"]
    assert len(overlapping) == REDUNDANCY[2] + REDUNDANCY[3]
    assert (points[overlapping] > 0).all()
    bare = planned["systems"].query("overlap <= 1 and users > 0")["system_id"]
    assert (points[bare] == 0).all()


def test_full_redundancy_without_a_reason_to_keep_is_retired(planned: Portfolio) -> None:
    options = planned["decisions"].set_index("system_id")["disposition"]
    wholly = planned["systems"].query("overlap == 3")["system_id"]
    best = planned["options"][planned["options"]["option"] != "retire"].groupby("system_id")["score"].max()
    assert (options[wholly[wholly.map(best) < 35]] == "retire").all()
    assert len(wholly[wholly.map(best) < 35]) > 0


def test_the_plan_holds_by_the_independent_checker(planned: Portfolio) -> None:
    assert planned["findings"].query("severity == 'error'").empty
