"""Move groups: the cap is kept whatever the flows are, circles and hard links move together, and the order has no circle."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
import pytest
import rustworkx
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.case import Case, Source, Team
from planner.groups import group
from planner.groups.partition import cut_weight, merged, partition
from planner.groups.precedence import nearly_in_order
from planner.policy import load_policy
from planner.policy.groups import Groups
from planner.portfolio import Portfolio
from tests.inventory_graphs import Flow, ids, moving

POLICY = load_policy()
GLUE = [(number, number + 1) for number in range(4)]


def small(cap: int) -> object:
    """The standard policy with another cap."""
    cap_of = POLICY.groups.max_systems.model_copy(update={"value": float(cap)})
    return POLICY.model_copy(update={"groups": POLICY.groups.model_copy(update={"max_systems": cap_of})})


def case(cutovers: int = 3) -> Case:
    return Case(
        organisation="Provby kommun",
        plan_date=date(2026, 11, 23),
        start_date=date(2027, 1, 11),
        sources=[Source(file="system.csv")],
        teams=[Team(role="platform", name="Plattform", days_per_week=10)],
        max_cutovers_per_week=cutovers,
    )


def made(portfolio: Portfolio, *, cap: int = 50, cutovers: int = 3) -> dict[str, pd.DataFrame]:
    return group(portfolio, case(cutovers), small(cap))  # type: ignore[arg-type]


def assert_valid(tables: dict[str, pd.DataFrame], portfolio: Portfolio, cap: int) -> None:
    """Every system once, no group over the cap, an order without circles, and nothing dropped from it in silence."""
    groups, precedence, ties = tables["groups"], tables["precedence"], tables["ties"]
    assert sorted(groups["system_id"]) == sorted(portfolio["systems"]["system_id"])
    assert groups["group_id"].value_counts().max() <= cap
    graph = rustworkx.PyDiGraph()
    at = {name: graph.add_node(name) for name in groups["group_id"].unique()}
    graph.add_edges_from_no_data(
        [
            (at[one], at[other])
            for one, other in precedence[["before_group_id", "after_group_id"]].itertuples(index=False)
        ]
    )
    assert rustworkx.is_directed_acyclic_graph(graph)
    ordered = set(" ".join(precedence["flows"]).split())
    crossing = set(ties.loc[ties["fate"] == "border", "flow_id"])
    assert crossing == ordered | set(ties.loc[ties["is_decoupled"], "flow_id"])
    if ties["is_decoupled"].any():
        assert "circle_too_large" in set(tables["findings"]["code"])


FLOWS = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)).filter(lambda pair: pair[0] != pair[1]), max_size=80)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(FLOWS, st.integers(1, 8), st.integers(1, 6), st.sets(st.integers(0, 79)))
def test_the_cap_is_kept_and_the_order_has_no_circle(
    flows: list[Flow], cap: int, cutovers: int, hard: set[int]
) -> None:
    unique = list(dict.fromkeys(flows))
    purposes = {unique[number]: "delad databas" for number in hard if number < len(unique)}
    portfolio = moving(25, unique, purposes=purposes)
    assert_valid(made(portfolio, cap=cap, cutovers=cutovers), portfolio, cap)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(FLOWS, st.integers(2, 8))
def test_what_waits_for_each_other_is_parted_only_when_it_is_too_large(flows: list[Flow], cap: int) -> None:
    portfolio = moving(25, flows)
    tables = made(portfolio, cap=cap)
    of = tables["groups"].set_index("system_id")["group_id"]
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(ids(25))
    graph.add_edges_from_no_data([(one, other) for one, other in flows])
    for members in rustworkx.strongly_connected_components(graph):
        if len(members) <= cap:
            assert of[[ids(25)[member] for member in members]].nunique() == 1


WEIGHTS = st.dictionaries(
    st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda pair: pair[0] < pair[1]),
    st.floats(0.1, 9),
    max_size=60,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(WEIGHTS, st.integers(1, 7), st.booleans())
def test_the_result_is_never_worse_than_the_greedy_start(
    weights: dict[Flow, float], cap: int, is_ordered: bool
) -> None:
    arrows = sorted(weights) if is_ordered else []
    start = merged([1] * 20, weights, arrows, cap, list(range(20)))
    labels = partition([1] * 20, weights, arrows, cap)
    assert cut_weight(weights, labels) <= cut_weight(weights, start) + 1e-9
    assert max(Counter(labels).values()) <= cap


def test_two_communities_are_told_apart_and_the_bridge_is_cut() -> None:
    rng = np.random.default_rng(7)
    inside = [(one, other) for base in (0, 6) for one in range(base, base + 6) for other in range(one + 1, base + 6)]
    weights = {pair: 1.0 for pair in inside} | {(2, 8): 1.5}
    shuffled = dict(sorted(weights.items(), key=lambda _: rng.random()))
    labels = partition([1] * 12, shuffled, [], 6)
    assert labels == [0] * 6 + [6] * 6
    assert cut_weight(weights, labels) == 1.5


@pytest.mark.slow
def test_a_long_chain_gives_groups_in_order_within_seconds() -> None:
    portfolio = moving(5000, [(number, number + 1) for number in range(4999)])
    began = time.perf_counter()
    tables = made(portfolio)
    assert time.perf_counter() - began < 10
    assert_valid(tables, portfolio, 50)
    # Of 4,999 flows at most those between groups of three can be left to cross a border.
    assert tables["groups"]["group_id"].nunique() <= 5000 / 3 * 1.4
    assert tables["findings"].empty


@pytest.mark.slow
def test_a_hub_is_a_shared_service_and_ties_nothing_together() -> None:
    both = [pair for number in range(1, 10_001) for pair in ((number, 0), (0, number))]
    portfolio = moving(10_001, both)
    began = time.perf_counter()
    tables = made(portfolio)
    assert time.perf_counter() - began < 10
    assert_valid(tables, portfolio, 50)
    assert set(tables["groups"]["reason"]) <= {"alone", "flows"}
    rule = tables["ties"].query("service == 'hub'")["rule"].unique().tolist()
    assert rule == ["dependants=10000"]


@pytest.mark.slow
def test_a_circle_too_large_is_split_at_one_flow_and_told_in_words() -> None:
    count = 5000
    portfolio = moving(count, [(number, (number + 1) % count) for number in range(count)])
    began = time.perf_counter()
    tables = made(portfolio)
    assert time.perf_counter() - began < 10
    assert_valid(tables, portfolio, 50)
    told = tables["findings"].to_dict("records")
    assert [(row["code"], row["value"]) for row in told] == [("circle_too_large", "5000")]
    decoupled = tables["ties"].query("is_decoupled")
    assert len(decoupled) == 1
    assert decoupled["flow_id"].iloc[0] in told[0]["detail"]
    assert set(tables["groups"]["reason"]) == {"part_of_cycle"}


@pytest.mark.slow
def test_a_dense_circle_of_a_thousand_is_split_within_seconds() -> None:
    rng = np.random.default_rng(3)
    pairs = [(int(one), int(other)) for one, other in rng.integers(0, 1000, (6000, 2)) if one != other]
    portfolio = moving(1000, pairs)
    began = time.perf_counter()
    tables = made(portfolio, cutovers=10)
    assert time.perf_counter() - began < 15
    assert_valid(tables, portfolio, 50)


def test_a_shared_database_keeps_two_together_and_takes_along_what_stands_between() -> None:
    # 0 needs 1 and 1 needs 2, and 0 reads the database of 2: whoever moves 0 and 2 in one go has to take 1.
    portfolio = moving(3, [(0, 1), (1, 2), (0, 2)], purposes={(0, 2): "Delad databas för ärenden"})
    groups = made(portfolio, cutovers=1)["groups"].set_index("system_id")
    assert groups["group_id"].nunique() == 1
    assert groups["reason"].tolist() == ["hard_link", "flows", "hard_link"]
    assert groups.loc["S00000", "detail"] == "System S00000 → System S00002"


def test_a_latency_that_the_users_accept_is_a_hard_link() -> None:
    portfolio = moving(2, [(0, 1)])
    tables = dict(portfolio.tables)
    tables["systems"] = tables["systems"].assign(max_latency_ms=pd.array([5.0, None], dtype="Float64"))
    ties = made(Portfolio(tables), cutovers=1)["ties"]
    assert ties[["kind", "rule", "fate"]].iloc[0].tolist() == ["latency", "max_latency_ms=5", "inside"]


def test_hard_links_beyond_the_cap_are_cut_and_named() -> None:
    flows = [(number, number + 1) for number in range(7)]
    portfolio = moving(8, flows, purposes=dict.fromkeys(flows, "databaslänk"))
    tables = made(portfolio, cap=4)
    assert_valid(tables, portfolio, 4)
    assert tables["groups"]["group_id"].value_counts().tolist() == [4, 4]
    finding = tables["findings"].iloc[0]
    assert finding["code"] == "hard_links_too_many"
    cut = tables["ties"].query("fate == 'border'")["flow_id"].tolist()
    assert len(cut) == 1
    assert cut[0] in finding["detail"]


def test_flows_join_no_more_than_can_change_hands_in_a_week_and_no_other_pace() -> None:
    portfolio = moving(5, GLUE, options={4: "repurchase"})
    groups = made(portfolio, cutovers=2)["groups"].set_index("system_id")["group_id"]
    assert groups.value_counts().max() == 2
    assert (groups == groups["S00004"]).sum() == 1


def test_a_hard_link_to_what_stays_is_told() -> None:
    portfolio = moving(2, [(0, 1)], purposes={(0, 1): "databaslänk"}, options={1: "retain"})
    tables = made(portfolio)
    assert tables["findings"][["code", "row_id", "value", "detail"]].to_numpy().tolist() == [
        ["hard_link_left_behind", "S00000", "System S00001", "tie_shared_database"]
    ]
    assert tables["groups"]["group_id"].nunique() == 2


def test_a_shared_service_that_is_retired_leaves_after_its_dependants() -> None:
    portfolio = moving(
        3, [(1, 0), (2, 0)], purposes={(1, 0): "inloggning", (2, 0): "inloggning"}, options={0: "retire"}
    )
    tables = made(portfolio)
    assert tables["precedence"]["reason"].tolist() == ["dependants_leave_first"] * 2
    assert set(tables["ties"]["fate"]) == {"shared"}


def test_a_ring_is_laid_in_a_line_with_one_arrow_against_it() -> None:
    ring = [(f"n{number}", f"n{(number + 1) % 6}") for number in range(6)]
    line = nearly_in_order([f"n{number}" for number in range(6)], ring)
    assert sorted(line) == [f"n{number}" for number in range(6)]
    assert sum(line.index(first) > line.index(then) for first, then in ring) == 1


@pytest.mark.parametrize("change", [{"max_systems": 0.5}, {"families": [["rehost"], ["rehost"]]}])
def test_a_policy_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    data = POLICY.groups.model_dump()
    if "max_systems" in change:
        change = {"max_systems": {**data["max_systems"], "value": change["max_systems"]}}
    with pytest.raises(ValueError, match=r"max_systems|families"):
        Groups.model_validate({**data, **change})
