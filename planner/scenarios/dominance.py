"""Which scenarios are dominated: another one is no worse in anything and better in something."""

from __future__ import annotations

from dataclasses import dataclass

from planner.scenarios.measures import Measure, ScenarioResult


@dataclass(frozen=True)
class Dominance:
    """A scenario, one that dominates it, and the measures in which that one is better."""

    name: str
    by: str
    better_in: tuple[str, ...]


def dominated(results: list[ScenarioResult]) -> list[Dominance]:
    """Every dominated scenario with the first that dominates it.

    What is unknown in one of two scenarios, or a cost that is known of other systems, could be better or worse: then
    neither dominates. Of a range the worse end counts.
    """
    planned = [result for result in results if not result.problem]
    found = []
    for one in planned:
        for other in planned:
            better = _better(other, one) if other.name != one.name else None
            if better:
                found.append(Dominance(one.name, other.name, better))
                break
    return found


def _better(one: ScenarioResult, other: ScenarioResult) -> tuple[str, ...] | None:
    """Measures in which one is better; None when it is worse in any, or when that cannot be told."""
    better = []
    for key, mine in one.measures.items():
        told = _compared(mine, other.measures[key])
        if told is None or told < 0:
            return None
        if told > 0:
            better.append(key)
    return tuple(better) or None


def _compared(mine: Measure, theirs: Measure) -> int | None:
    """1 for better, 0 for the same, -1 for worse, None where it cannot be told."""
    if mine.worst is None or theirs.worst is None:
        return 0 if mine.worst is theirs.worst else None
    if mine.unit == "sek" and (mine.known, mine.total) != (theirs.known, theirs.total):
        return None
    if mine.worst == theirs.worst:
        return 0
    is_less = mine.worst < theirs.worst  # type: ignore[operator]
    return 1 if is_less == (mine.better == "less") else -1
