"""A plan that has decided systems change hands in other quarters than was decided is told of."""

from __future__ import annotations

from typing import Any

from prefect import get_run_logger
from prefect.blocks.core import Block
from prefect.events import Event, Resource

from flows.events import CASE, send
from planner.pipeline import Outcome
from planner.view.model.changes import Changed

DECIDED_CHANGED = "fardplan.decided.changed"
CODE = "decided_wave_changed"


def tell_of_decided(made: Outcome, name: str, block: str | None) -> list[str]:
    """Send an event, and a message through a notification block, where this plan moved what was decided.

    Parameters
    ----------
    made
        The plan. What an earlier plan moved already has been told.
    name
        The case, as its events name it.
    block
        A notification block of the server as type/name, such as `slack-webhook/it-board`; none sends no message. A
        message that cannot be sent is logged, and the plan stands.

    Returns
    -------
    list of str
        Ids of the systems.
    """
    findings = made.plan.portfolio["findings"]
    decided = set(findings.loc[findings["code"] == CODE, "row_id"])
    changes = made.view.changes.systems if made.view.changes else ()
    moved = [item for item in changes if item.kind in ("moved", "removed") and item.system.system_id in decided]
    if moved:
        send([_event(name, made.plan.plan_id, moved)])
        _message(made, moved, block)
    return [item.system.system_id for item in moved]


def _event(name: str, plan_id: str, moved: list[Changed]) -> Event:
    resource = Resource({"prefect.resource.id": f"{CASE}.{name}", "prefect.resource.name": name})
    systems = [item.system.system_id for item in moved]
    return Event(event=DECIDED_CHANGED, resource=resource, payload={"plan": plan_id, "systems": systems})


def _message(made: Outcome, moved: list[Changed], block: str | None) -> None:
    lines = [f"{item.system.name}: {item.before} → {item.after}. {' '.join(item.causes)}".strip() for item in moved]
    logger = get_run_logger()
    for line in lines:
        logger.warning(line)
    if block is None:
        return
    try:
        channel: Any = Block.load(block)
        channel.notify("\n".join(lines), subject=f"{made.view.meta.organisation}: {made.plan.plan_id}")
    except Exception as reason:
        # Hosts, passwords and message formats fail in kinds of their own; the plan is made and stands.
        logger.error("the message to %s was not sent (%s: %s)", block, type(reason).__name__, reason)
