"""Where cases live and whether they have changed: a folder, a git checkout (`git+PATH`) or a prefix in S3 (`s3://...`).

A case is named by such a text wherever it is watched, so that flows pass on texts and never tables.
"""

from planner.origins.clock import Clock, SystemClock
from planner.origins.folder import is_planned
from planner.origins.origin import fetch, slug_of
from planner.origins.seen import read_seen, remember
from planner.origins.steady import Steady
from planner.origins.watching import Watched, cases_in, watch

__all__ = [
    "Clock",
    "Steady",
    "SystemClock",
    "Watched",
    "cases_in",
    "fetch",
    "is_planned",
    "read_seen",
    "remember",
    "slug_of",
    "watch",
]
