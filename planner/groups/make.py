"""The step: circles and hard links first, then flows under the limit, each member with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from planner.case import Case
from planner.groups.findings import findings
from planner.groups.partition import partition, steady
from planner.groups.precedence import CHANGING, Arrow, circles, order_of
from planner.groups.reasons import reasons
from planner.groups.split import Split, split
from planner.groups.ties import HARD, ties_of
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import conform


@dataclass
class Units:
    """What is never parted, and what had to be."""

    whole: list[list[str]] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)

    @property
    def dropped(self) -> set[Arrow]:
        """Arrows of the order that have to be decoupled."""
        return {arrow for one in self.splits for arrow in one.dropped}


def group(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """Group systems and order the groups.

    Systems that wait for each other in a circle and systems with a hard link change together, with what stands between
    them; other flows join systems with actions of one family as long as the group can change hands in a week. No group
    is larger than the policy's cap: what is too large for it is split, and a finding says what has to be decoupled.

    Returns
    -------
    dict of DataFrame
        groups (every system is in exactly one), precedence (between groups, without circles), ties (every flow between
        two systems, and whether it crosses a border), findings.
    """
    order, ties = order_of(portfolio), ties_of(portfolio, policy)
    disposition = portfolio["decisions"].set_index("system_id")["disposition"]
    is_moved = _both(ties, disposition.isin(policy.groups.moved))
    hard = ties[ties["kind"].isin(HARD) & is_moved]
    units = _units(portfolio, order, ties, hard, policy)
    of = _joined(units, order, ties, disposition, _before(portfolio), case, policy)
    told = reasons(of, units.splits, order, ties[is_moved], portfolio)
    groups = conform(told.sort_values(["group_id", "system_id"]), "groups")
    dropped = units.dropped
    is_dropped = pd.Series([arrow in dropped for arrow in _arrows(order)], index=order.index, dtype=bool)
    fates = _fates(ties, of, disposition.isin(CHANGING), set(order.loc[is_dropped, "flow_id"]))
    return {
        "groups": groups,
        "precedence": _between(order[~is_dropped], of),
        "ties": fates,
        "findings": findings(units.splits, fates, disposition, portfolio, policy),
    }


def _arrows(order: pd.DataFrame) -> list[Arrow]:
    return list(zip(order["before"], order["after"], strict=True))


def _both(ties: pd.DataFrame, flags: pd.Series) -> pd.Series:
    """Whether both ends of each tie have a flag."""
    return ties["source_system_id"].map(flags).astype(bool) & ties["target_system_id"].map(flags).astype(bool)


def _pairs(ties: pd.DataFrame) -> list[Arrow]:
    return list(zip(ties["source_system_id"], ties["target_system_id"], strict=True))


def _units(portfolio: Portfolio, order: pd.DataFrame, ties: pd.DataFrame, hard: pd.DataFrame, policy: Policy) -> Units:
    # A hard link is an arrow both ways: what can be reached from each other then is the circle, its hard links and all
    # that stands between them, so that no circle of groups can arise.
    arrows = sorted(set(_arrows(order)))
    both_ways = [arrow for pair in sorted(set(_pairs(hard))) for arrow in (pair, pair[::-1])]
    cap, made = int(policy.groups.max_systems.value), Units()
    found = circles(portfolio["systems"]["system_id"].tolist(), [*arrows, *both_ways])
    weights: dict[Arrow, float] = {}
    if any(len(members) > cap for members in found):
        summed = ties.groupby(["source_system_id", "target_system_id"])["weight"].sum()
        weights = {(str(one), str(other)): float(weight) for (one, other), weight in summed.items()}
    for members in found:
        if len(members) <= cap:
            made.whole.append(members)
        else:
            parts = split(members, arrows, weights, policy.groups.weights.against_order.value, cap)
            made.splits.append(parts)
            made.whole += parts.parts
    made.whole.sort()
    return made


def _before(portfolio: Portfolio) -> dict[str, str]:
    """Group in the plan before of every system that is to stay in it."""
    rows = portfolio["baseline"]
    pairs = rows.loc[rows["is_kept"].astype(bool), ["system_id", "group_id"]].dropna().drop_duplicates()
    return dict(pairs.itertuples(index=False, name=None))


def _joined(
    units: Units,
    order: pd.DataFrame,
    ties: pd.DataFrame,
    disposition: pd.Series,
    before: dict[str, str],
    case: Case,
    policy: Policy,
) -> pd.Series:
    """Group of every system: units joined by ordinary flows."""
    at = {member: number for number, unit in enumerate(units.whole) for member in unit}
    families: dict[str, int] = {
        option: number for number, family in enumerate(policy.groups.families) for option in family
    }
    family_of = [_family(unit, disposition, families) for unit in units.whole]
    weights: dict[tuple[int, int], float] = {}
    for (source, target), weight in zip(_pairs(ties), ties["weight"], strict=True):
        one, other = sorted((at[source], at[target]))
        if one != other and weight > 0 and family_of[one] is not None and family_of[one] == family_of[other]:
            weights[one, other] = weights.get((one, other), 0.0) + float(weight)
    dropped = units.dropped
    arrows = {(at[first], at[then]) for first, then in _arrows(order) if (first, then) not in dropped}
    limit = min(int(policy.groups.max_systems.value), case.max_cutovers_per_week)
    sizes = [len(unit) for unit in units.whole]
    between = sorted(arrow for arrow in arrows if arrow[0] != arrow[1])
    homes = {number: before[unit[0]] for number, unit in enumerate(units.whole) if unit[0] in before}
    labels = steady(sizes, weights, between, limit, homes) if homes else partition(sizes, weights, between, limit)
    first: dict[int, str] = {}
    for unit, label in zip(units.whole, labels, strict=True):
        first[label] = min(unit[0], first.get(label, unit[0]))
    return pd.Series({member: f"g-{first[labels[number]]}" for member, number in at.items()}, dtype="string")


def _family(unit: list[str], disposition: pd.Series, families: dict[str, int]) -> int | None:
    found = {families.get(disposition[member]) for member in unit}
    return found.pop() if len(found) == 1 else None


def _fates(ties: pd.DataFrame, of: pd.Series, changes: pd.Series, decoupled: set[str]) -> pd.DataFrame:
    source, target = ties["source_system_id"].map(of), ties["target_system_id"].map(of)
    fate = pd.Series("border", index=ties.index).mask(~_both(ties, changes), "stays")
    fate = fate.mask(ties["service"].notna(), "shared").mask(source == target, "inside")
    made = ties.assign(source_group_id=source, target_group_id=target, fate=fate)
    return conform(made.assign(is_decoupled=made["flow_id"].isin(decoupled)), "ties")


def _between(order: pd.DataFrame, of: pd.Series) -> pd.DataFrame:
    between = order.assign(before_group_id=order["before"].map(of), after_group_id=order["after"].map(of))
    between = between[between["before_group_id"] != between["after_group_id"]]
    joined = (
        between.sort_values("flow_id")
        .groupby(["before_group_id", "after_group_id", "reason"], sort=True)["flow_id"]
        .agg(" ".join)
    )
    return conform(joined.reset_index(name="flows"), "precedence")
