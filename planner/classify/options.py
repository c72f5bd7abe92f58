"""All seven options of every system, with their points and why they are not proposed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.rules.reading import Readings
from planner.rules.scores import NOBODY, Scores
from planner.schema import conform

REASONS = ["fewer_points", "tie_order", "no_reason", "denied", "overridden"]


def weighed(readings: Readings, scores: Scores) -> pd.DataFrame:
    """Table options: one row per system and option, by system and name of the option."""
    order = np.argsort(scores.options)
    names = [scores.options[at] for at in order]
    count, gates = len(readings.facts), [reading.item.name for reading in readings.gates]
    by = scores.denied_by[:, order].ravel()
    frame = pd.DataFrame(
        {
            "system_id": readings.facts.system_ids.array.repeat(len(names)),
            "option": pd.Categorical.from_codes(np.tile(np.arange(len(names)), count), names),
            "is_allowed": ~scores.denied[:, order].ravel(),
            "score": scores.now[:, order].ravel(),
            "score_low": scores.low[:, order].ravel(),
            "score_high": scores.high[:, order].ravel(),
            "lost_because": pd.Categorical.from_codes(_lost_because(scores)[:, order].ravel(), REASONS),
            "denied_by": pd.Categorical.from_codes(by, pd.Index(gates, dtype="string")),
        }
    )
    return conform(frame, "options")


def _lost_because(scores: Scores) -> NDArray[np.int64]:
    """Number of the reason, -1 for the proposed one."""
    rows = np.arange(len(scores.now))
    at = np.where(scores.leader == NOBODY, 0, scores.leader)
    best = np.where(scores.leader == NOBODY, np.inf, scores.now[rows, at])[:, None]
    why = np.select(
        [scores.denied, scores.chosen[:, None], scores.now <= 0, scores.now == best], [3, 4, 2, 1], default=0
    )
    why[rows[scores.leader != NOBODY], scores.leader[scores.leader != NOBODY]] = -1
    return why
