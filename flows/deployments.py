"""What runs when: the deployments that `fardplan serve` runs on one machine. prefect.yaml has them for a server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect.events import DeploymentEventTrigger
from prefect.schedules import Cron

from flows.catalogue import refresh_catalogue
from flows.events import CASE, CHANGED
from flows.fleet import plan_fleet
from flows.plan import plan_roadmap

ZONE = "Europe/Stockholm"
SUNDAY_NIGHT, FIRST_OF_MONTH = "0 2 * * 0", "0 4 1 * *"
# A burst of events about one case is one run: measured with 8 events, see docs/operation.md.
QUIET = timedelta(seconds=10)


def replan() -> DeploymentEventTrigger:
    """Starts one plan of a case, some seconds after the first of its events."""
    return DeploymentEventTrigger(
        name="fardplan: plan what changed",
        expect={CHANGED},
        match={"prefect.resource.id": f"{CASE}.*"},
        for_each={"prefect.resource.id"},
        within=QUIET,
        schedule_after=QUIET,
        parameters={"case": "{{ event.payload.case }}"},
    )


def deployments(cases: Path, store: Path) -> list[Any]:
    """Everything that a machine by itself runs for a folder of cases; `flows.lookout` watches it, without runs."""
    return [
        plan_roadmap.to_deployment("plan", triggers=[replan()], parameters={"store": str(store)}),
        *_fleet(cases, store),
        # Paused: it needs credentials, which not everyone has.
        refresh_catalogue.to_deployment(
            "catalogue",
            schedule=Cron(FIRST_OF_MONTH, timezone=ZONE),
            parameters={"folder": str(store / "catalogue")},
            concurrency_limit=1,
            paused=True,
        ),
    ]


def _fleet(cases: Path, store: Path) -> list[Any]:
    """The report on all; a case that is served alone has nothing to be compared with."""
    if (cases / "case.yaml").is_file():
        return []
    return [
        plan_fleet.to_deployment(
            "fleet",
            schedule=Cron(SUNDAY_NIGHT, timezone=ZONE),
            parameters={"cases": str(cases), "out": str(store / "fleet"), "tables_only": True},
            concurrency_limit=1,
        ),
    ]
