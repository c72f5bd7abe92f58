"""The event that a case has changed: sent, and known to have arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from prefect.events import Event, Resource, get_events_client

from planner.origins import slug_of

CHANGED = "fardplan.inventory.changed"
CASE = "fardplan.case"


def tell_changed(fingerprints: Mapping[str, str | None]) -> None:
    """Send one event per case, and return when the server has them all; it is not enough to have sent them.

    Parameters
    ----------
    fingerprints
        What each changed case looks like now; unknown when another system told of it.
    """
    events = [
        Event(
            event=CHANGED,
            resource=Resource({"prefect.resource.id": f"{CASE}.{slug_of(case)}", "prefect.resource.name": case}),
            payload={"case": case, "fingerprint": fingerprint},
        )
        for case, fingerprint in fingerprints.items()
    ]
    send(events)


def send(events: list[Event]) -> None:
    """Send events, and return when the server has them all."""
    asyncio.run(_send(events))


async def _send(events: list[Event]) -> None:
    async with get_events_client(checkpoint_every=1) as client:
        for event in events:
            await client.emit(event)
