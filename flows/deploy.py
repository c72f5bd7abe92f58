"""Puts everything on a Prefect server: ``python -m flows.deploy``, behind `fardplan deploy`.

The work pool, the deployments of prefect.yaml, and the automation that ends runs whose process has died: on an
open-source server such a run stays "running" for ever and keeps its place.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.settings import PREFECT_API_URL

REPOSITORY = Path(__file__).parent.parent
POOL = "fardplan"
NAME = "fardplan: end silent runs"
# Three heartbeats of 30 seconds (PREFECT_FLOWS_HEARTBEAT_FREQUENCY in prefect.yaml): one may be lost on a busy machine.
SILENT_FOR = timedelta(seconds=90)
ENDS = ("Completed", "Failed", "Cancelled", "Crashed")


def crash_silent_runs() -> None:
    """Create the automation that marks a run as crashed when it has sent no heartbeat, in place of an earlier one."""
    with get_client(sync_client=True) as client:
        # Made anew rather than mended: it keeps nothing that would be lost.
        for known in client.read_automations_by_name(NAME):
            client.delete_automation(known.id)
        client.create_automation(_automation())


def _automation() -> AutomationCore:
    return AutomationCore(
        name=NAME,
        description="Made by fardplan deploy. A run whose process was killed is marked as crashed.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in ENDS)},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENT_FOR,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="No heartbeat: its process has died.")],
    )


def main() -> int:
    """Deploy; the exit code of the first command that failed, or 2 when there is no server."""
    if not PREFECT_API_URL.value():
        print("fardplan: there is no server to deploy to. Set PREFECT_API_URL to its address.", file=sys.stderr)
        return 2
    for command in (
        ["work-pool", "create", POOL, "--type", "process", "--overwrite"],
        ["--no-prompt", "deploy", "--all"],
    ):
        done = subprocess.run([sys.executable, "-m", "prefect", *command], cwd=REPOSITORY, check=False)
        if done.returncode:
            return done.returncode
    crash_silent_runs()
    return 0


if __name__ == "__main__":
    sys.exit(main())
