"""The flow `refresh_catalogue`: reads cloud facts from AWS into a dated snapshot, of which the newest is `latest`.

Retries are botocore's alone: the flow and its task have none.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

ZONE = ZoneInfo("Europe/Stockholm")
LATEST = "latest"


@flow(name="refresh_catalogue", persist_result=False, retries=0)
def refresh_catalogue(
    folder: str = ".fardplan/catalogue",
    regions: list[str] | None = None,
    captured_date: date | None = None,
    profile: str | None = None,
) -> str:
    """Read a snapshot into `folder` and let its link `latest` point there.

    A case with `catalogue: PATH/latest` is watched through it, so that new facts make a new plan.

    Parameters
    ----------
    folder
        Folder of snapshots.
    regions, profile
        As for `fardplan catalogue refresh`.
    captured_date
        Date to write on the snapshot; today in Stockholm by default.

    Returns
    -------
    The snapshot's folder.
    """
    day = captured_date or datetime.now(ZONE).date()
    out = Path(folder) / f"aws-{day.isoformat()}"
    made = read_snapshot(str(out), regions, day, profile)
    _point(Path(folder) / LATEST, out)
    create_table_artifact(_parts(out), key="catalogue-parts", description=f"Cloud facts as of {day.isoformat()}")
    return made


@task(name="read_snapshot", cache_policy=NO_CACHE, persist_result=False, retries=0)
def read_snapshot(out: str, regions: list[str] | None, day: date, profile: str | None) -> str:
    """Read a snapshot; one of the day that is whole is left as it is."""
    from planner.catalogue.client import open_session
    from planner.catalogue.refresh import DEFAULT_REGIONS, refresh
    from planner.catalogue.snapshot import is_unfinished

    place = Path(out)
    if place.exists() and not is_unfinished(place):
        return out
    newest = place.parent / LATEST
    last = newest.resolve() if newest.exists() else None
    return str(refresh(place, regions or list(DEFAULT_REGIONS), day, open_session(profile), last=last))


def _point(link: Path, target: Path) -> None:
    """Let a link point to a folder beside it, in one step."""
    fresh = link.with_name(f".{link.name}.new-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.name)
    fresh.replace(link)


def _parts(folder: Path) -> list[dict[str, str]]:
    from planner.catalogue import load_catalogue

    load_catalogue.cache_clear()
    columns = ("region", "part", "state", "captured_date", "reason")
    parts = load_catalogue(folder).manifest["parts"]
    return [{name: str(part.get(name) or "") for name in columns} for part in parts]
