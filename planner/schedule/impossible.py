"""No plan at all: an activity that fits nowhere or work that waits for itself, said in words."""

from __future__ import annotations

import numpy as np

from planner.calendar import friday, monday
from planner.case import Case
from planner.errors import InfeasiblePlan
from planner.policy import Policy
from planner.schedule.kernel import Kernel
from planner.schedule.pose import CUTOVERS, EXTRA_YEARS, SCALE, SERVERS, Posed, pose

ENOUGH = (1, 2, 3, 5, 10, 20, 50)


def no_room(posed: Posed, at: int, case: Case, policy: Policy) -> InfeasiblePlan:
    """Say why an activity fits in no week, by what is left out until it does: the smallest reason first; and what would
    be enough."""
    activity = posed.activities[at]
    name = activity.key
    for check in (_no_team, _too_little, _never_open, _no_end):
        said = check(posed, at, case)
        if said:
            why, remedy = said
            remedy += _enough(posed, _lacking(posed, at), case, policy)
            return InfeasiblePlan(f"{name} cannot be planned, because {why}", place="case.yaml", remedy=remedy)
    return InfeasiblePlan(
        f"{name} ({_weeks(posed, at)} weeks) cannot be planned, because every week up to "
        f"{monday(case, posed.problem.weeks - 1)} is taken by work that goes before it",
        place="case.yaml: teams",
        remedy=_fullest(posed),
    )


def _lacking(posed: Posed, at: int) -> str | None:
    """The team that never has what an activity asks of it in a week."""
    demands = _demands(posed, at)
    for role_at, role in enumerate(posed.roles):
        least = min(demand.get(role_at, 0) for demand in demands)
        if least > posed.problem.capacity[role_at].max(initial=0) or (
            posed.problem.capacity[role_at].max(initial=0) == 0 and any(role_at in demand for demand in demands)
        ):
            return role
    return None


def _enough(posed: Posed, role: str | None, case: Case, policy: Policy) -> str:
    """Days a week of a team with which there is a plan, its end and its price; tried out."""
    for days in ENOUGH if role else ():
        teams = [
            team.model_copy(update={"days_per_week": float(days), "changes": []}) if team.role == role else team
            for team in case.teams
        ]
        other = pose({item.key: item for item in posed.activities}, case.model_copy(update={"teams": teams}), policy)
        start, mode, failed = Kernel(other.problem).schedule(np.arange(len(other.problem)))
        if failed < 0:
            last = int(other.problem.ends(start, mode).max()) - 1
            price = days * (last + 1) * policy.effort.day_rate.value
            return (
                f" With {days} days a week of it there is a plan that ends {friday(case, last)}; that many days until "
                f"then cost {price:,.0f} SEK at the policy's day rate.".replace(",", " ")
            )
    return ""


def _weeks(posed: Posed, at: int) -> int:
    return min(int(posed.problem.duration[mode]) for mode in posed.problem.modes(at))


def _demands(posed: Posed, at: int) -> list[dict[int, int]]:
    """Most that each mode asks of a resource in one week."""
    made = []
    for mode in posed.problem.modes(at):
        most: dict[int, int] = {}
        for _, _, demand in posed.problem.segments(mode):
            for resource, amount in demand.items():
                most[resource] = max(most.get(resource, 0), amount)
        made.append(most)
    return made


def _no_team(posed: Posed, at: int, case: Case) -> tuple[str, str] | None:
    for role_at, role in enumerate(posed.roles):
        if posed.problem.capacity[role_at].max(initial=0) == 0 and any(role_at in d for d in _demands(posed, at)):
            return f"it needs the role '{role}', whose team has no days in any week", f"Give the team '{role}' days."
    return None


def _too_little(posed: Posed, at: int, case: Case) -> tuple[str, str] | None:
    for resource, name in enumerate(posed.problem.resources):
        has = int(posed.problem.capacity[resource].max(initial=0))
        least = min(demand.get(resource, 0) for demand in _demands(posed, at))
        if least > has and name in posed.roles:
            short = (least - has) / SCALE
            return (
                f"it needs {least / SCALE:.2f} person-days a week of '{name}' and the team never has more than "
                f"{has / SCALE:.2f}",
                f"Give the team '{name}' {short:.2f} more days a week, or lower max_share_of_team in the policy.",
            )
        if least > has:
            return f"it needs {least} of '{name}' at once and there are {has}", f"Raise the limit of '{name}'."
    return None


def _never_open(posed: Posed, at: int, case: Case) -> tuple[str, str] | None:
    row = int(posed.problem.closed_row[at])
    if row >= 0 and posed.problem.closed[row].all():
        return "every week is closed to cut-overs of its areas", "Shorten a freeze or a calendar rule."
    return None


def _no_end(posed: Posed, at: int, case: Case) -> tuple[str, str] | None:
    """What it waits for ends too late even if teams had no limits: a chain that is longer than the calendar."""
    ends = _free_ends(posed)
    if ends[at] <= posed.problem.weeks:
        return None
    return (
        f"the chain of work that ends with it takes {ends[at]} weeks one after the other, and the calendar has "
        f"{posed.problem.weeks} (to {EXTRA_YEARS} years after the horizon)",
        "Break the chain: systems that do not really need each other in order, or later work in another case.",
    )


def _free_ends(posed: Posed) -> list[int]:
    ends = [0] * len(posed.problem)
    for item in Kernel(posed.problem).order(posed.problem.release * 0):
        begin = max([0, *(ends[before] + lag for before, lag in posed.problem.predecessors(int(item)))])
        ends[item] = begin + _weeks(posed, int(item))
    return ends


def _fullest(posed: Posed) -> str:
    """The resource with the most work for its capacity, and what would be enough."""
    loads = []
    problem = posed.problem
    for resource, name in enumerate(problem.resources):
        if name in (CUTOVERS, SERVERS) or name in posed.roles:
            work = sum(
                weeks * demand.get(resource, 0)
                for at in range(len(problem))
                for _, weeks, demand in problem.segments(int(problem.mode_at[at]))
            )
            total = int(problem.capacity[resource].sum()) if problem.is_renewable(resource) else 0
            loads.append((work / total if total else 0.0, name))
    share, name = max(loads)
    return f"The scarcest is '{name}': {share:.0%} of all its days until then are asked for. Raise it."


def circle(posed: Posed, activities: list[int]) -> InfeasiblePlan:
    """Name activities that wait for each other."""
    at = activities[0]
    path: list[int] = []
    while at not in path:
        path.append(at)
        at = next(before for before, _ in posed.problem.predecessors(at) if before in set(activities))
    names = [posed.problem.names[item] for item in [*path[path.index(at) :], at]][::-1]
    return InfeasiblePlan(
        f"work waits for itself: {' → '.join(names)}",
        place="groups and precedence",
        remedy="Put the groups of the circle together, or take one of its flows out.",
    )
