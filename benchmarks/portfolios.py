"""Synthetic problems with the structure of a portfolio: groups of five phases, hubs, freezes, teams, deadlines."""

from __future__ import annotations

import numpy as np

from planner.schedule.problem import Draft, Problem, Segment

PHASES = 5
YEARS = 5


def portfolio(activities: int, seed: int = 1) -> Problem:
    """Groups with decide, procure, prepare, move and cut-over, a fifth of them waiting for another group.

    Teams are as large as it takes to do the work in some three and a half years; summers have 40 % of them and no
    cut-overs. One group in ten is needed by many, as a platform is, and one in five has a deadline.
    """
    rng = np.random.default_rng(seed)
    weeks = 52 * YEARS * 4
    groups = activities // PHASES
    draft = Draft(weeks, makespan_weight=10)
    procure = rng.choice([0, 13, 26, 65], groups, p=[0.6, 0.15, 0.2, 0.05])
    decide, prepare, move = (rng.integers(low, high, groups) for low, high in ((3, 7), (2, 10), (1, 5)))
    lengths = np.stack([decide, procure, prepare, move, np.ones(groups, dtype=np.int64)])
    amounts = rng.integers(200, 3000, (PHASES, groups))
    roles = np.stack([rng.permuted(np.arange(5)) for _ in range(groups)], axis=1)
    lengths = np.maximum(lengths, 1)
    work = np.zeros(5)
    np.add.at(work, roles.ravel(), (lengths * amounts).ravel())
    share = np.where((np.arange(weeks) % 52 >= 24) & (np.arange(weeks) % 52 < 31), 0.4, 1.0)
    for role in range(5):
        draft.add_renewable(f"role {role}", np.maximum(share * work[role] / (52 * 3.5), 3000).astype(np.int64))
    draft.add_renewable("cut-overs", [max(3, groups // 100)])
    summer = draft.add_closed(share < 1)
    platforms = max(groups // 10, 1)
    for group in range(groups):
        last = -1
        for phase in range(PHASES):
            is_cutover = phase == PHASES - 1
            has_deadline = is_cutover and group % 5 == 0
            at = draft.add_activity(
                f"g{group}/{phase}", closed_row=summer if is_cutover else -1, end_weight=2 * is_cutover,
                due=int(rng.integers(80, 230)) if has_deadline else 52 * 4, late_weight=1000 if has_deadline else 100,
            )  # fmt: skip
            length, amount, role = int(lengths[phase, group]), int(amounts[phase, group]), int(roles[phase, group])
            demand = {role: amount} | ({5: 1} if is_cutover else {})
            draft.add_mode(Segment(length, demand))
            if phase == 2:
                draft.add_mode(Segment(2 * length, {role: -(-amount // 2)}))
            if last >= 0:
                draft.add_before(last, at)
            if is_cutover and group > platforms and group % 5 == 1:
                # Popular ones are needed by more: the number falls off from the first.
                needed = int(platforms * rng.random() ** 3)
                draft.add_before(needed * PHASES + PHASES - 1, at)
            last = at
    return draft.problem()
