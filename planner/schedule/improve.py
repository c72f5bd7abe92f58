"""Search over schedules by the kernel alone: other rules, justification of modes, and orders shaken a little."""

from __future__ import annotations

import numpy as np

from planner.schedule.kernel import Kernel
from planner.schedule.priority import dense
from planner.schedule.problem import Ints

SEED = 20301231


def improve(
    kernel: Kernel, rules: list[Ints], start: Ints, mode: Ints, placements: int, bound: int
) -> tuple[Ints, Ints]:
    """The best of some schedules, the given one among them; `placements` limits the work, in activities placed.

    The stream of chance has a fixed seed: the same problem gives the same schedules. Nothing is better than the lower
    `bound`, and an order that was tried gives what it gave: small problems end early with the same schedule.
    """
    problem = kernel.problem
    best = (_value(kernel, start, mode), start, mode)
    left = placements // max(len(problem), 1)
    for rule in rules[1:] if left else []:
        best = _better(kernel, best, rule)
        left -= 1
    chance = np.random.default_rng(SEED)
    reach = 0.02
    tried: set[bytes] = set()
    while left > 0 and best[0] > (0, bound):
        # Earlier ends first, each moved by a share of the whole: near orders of the best one.
        key = best[1] + chance.normal(0, reach * max(int(best[1].max(initial=0)), 1), len(problem))
        before, order = best[0], dense(key)
        if order.tobytes() not in tried:
            tried.add(order.tobytes())
            best = _better(kernel, best, order)
        reach = 0.02 if best[0] < before else min(reach * 1.1, 0.3)
        left -= 1
    return best[1], best[2]


def _better(kernel: Kernel, best: tuple[tuple[int, int], Ints, Ints], rule: Ints) -> tuple[tuple[int, int], Ints, Ints]:
    start, mode, failed = kernel.schedule(rule)
    if failed >= 0:
        return best
    value = _value(kernel, start, mode)
    return (value, start, mode) if value < best[0] else best


def _value(kernel: Kernel, start: Ints, mode: Ints) -> tuple[int, int]:
    """Weeks over hard deadlines first, then the objective."""
    problem = kernel.problem
    over = np.maximum(problem.ends(start, mode) - problem.deadline, 0).sum()
    spent = np.maximum(problem.spend[mode].sum(axis=0) - problem.stock, 0).sum()
    return int(over + spent), problem.objective(start, mode)
