"""The flow `watch_inventories`: looks at cases where they live, and tells Prefect which of them have changed.

It plans nothing itself: a trigger waits until the events of a case have ceased, and then starts one `plan_roadmap`.
"""

from __future__ import annotations

from pathlib import Path

from prefect import flow, get_run_logger

from flows.events import tell_changed
from planner.origins import SystemClock, cases_in, read_seen, remember, watch


@flow(name="watch_inventories", persist_result=False, retries=0)
def watch_inventories(cases: list[str], store: str = ".fardplan", settle_seconds: float = 5) -> list[str]:
    """Tell of each case that has changed since the last look; a case that was never seen has.

    Parameters
    ----------
    cases
        Folders of cases or of cases' folders, `git+PATH` or `s3://bucket/prefix`.
    store
        Folder in which to remember what was seen.
    settle_seconds
        Time between two looks at a folder; only when they show the same is it read.

    Returns
    -------
    The changed cases.
    """
    logger, seen = get_run_logger(), read_seen(Path(store))
    changed: dict[str, str | None] = {}
    for case in cases_in(cases):
        found = watch(case, seen, SystemClock(), settle_seconds)
        if found.problem:
            logger.warning("%s: %s", case, found.problem)
        elif found.state == "unsettled":
            logger.info("%s: is being written to; left to the next look", case)
        elif found.state == "changed" and found.fingerprint:
            # Told first and remembered then: what could not be told is told again.
            tell_changed({case: found.fingerprint})
            seen[case] = found.fingerprint
            remember(Path(store), seen)
            changed[case] = found.fingerprint
    return list(changed)
