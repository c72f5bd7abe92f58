"""All seven options of every system, with their points and why they are not proposed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.rules.reading import Readings
from planner.rules.scores import NOBODY, Scores
from planner.schema import conform

REASONS = ["fewer_points", "tie_order", "no_reason", "denied"]


def weighed(readings: Readings, scores: Scores) -> pd.DataFrame:
    """Table options: one row per system and option, by system and name of the option."""
    order = np.argsort(scores.options)
    names = np.array(scores.options, dtype=object)[order]
    count, gates = len(readings.facts), [reading.item.name for reading in readings.gates]
    by = scores.denied_by[:, order].ravel()
    frame = pd.DataFrame(
        {
            "system_id": readings.facts.system_ids.array.repeat(len(names)),
            "option": pd.array(names, dtype="string").take(np.tile(np.arange(len(names)), count)),
            "is_allowed": ~scores.denied[:, order].ravel(),
            "score": scores.now[:, order].ravel(),
            "score_low": scores.low[:, order].ravel(),
            "score_high": scores.high[:, order].ravel(),
            "lost_because": _lost_because(scores)[:, order].ravel(),
            "denied_by": pd.Categorical.from_codes(by, pd.Index(gates, dtype="string")),
        }
    )
    return conform(frame, "options")


def _lost_because(scores: Scores) -> NDArray[np.object_]:
    rows = np.arange(len(scores.now))
    at = np.where(scores.leader == NOBODY, 0, scores.leader)
    best = np.where(scores.leader == NOBODY, np.inf, scores.now[rows, at])[:, None]
    why = np.select([scores.denied, scores.now <= 0, scores.now == best], [3, 2, 1], default=0)
    texts: NDArray[np.object_] = np.array(REASONS, dtype=object)[why]
    texts[rows[scores.leader != NOBODY], scores.leader[scores.leader != NOBODY]] = None
    return texts
