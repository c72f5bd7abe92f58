"""One large case from its files to waves: wall time of every step up to the schedule.

    python -m benchmarks.waves [--servers 30000]

A municipality of benchmarks.fleet with twenty servers a system, and teams that grow with it. The goal for 30,000
servers is 30 seconds from files to waves.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.fleet import write_fleet
from planner.case import read_case
from planner.pipeline import compute

GOAL_SECONDS = 30
SERVERS_A_SYSTEM, SYSTEMS_OF_A_TEAM = 20, 300
Result = TypeVar("Result")


class _HasWaves(Exception):
    """The schedule is made; what follows is not measured here."""


def write_large(folder: Path, servers: int) -> Path:
    """Write the case; the same one every time."""
    systems = max(servers // SERVERS_A_SYSTEM, 1)
    write_fleet(folder, 1, systems)
    place = next(folder.iterdir())
    _, *rows = (place / "register.csv").read_text(encoding="utf-8").splitlines()
    names, draw = [row.split(";")[0] for row in rows], random.Random(1)
    lines = ["Servernamn;System;Operativsystem;vCPU;RAM GB;Disk GB"]
    for at in range(servers):
        size = draw.choice(["2;4;80", "2;8;120", "4;16;250", "8;32;600"])
        lines.append(f"prov{at:06d};{names[at % len(names)]};{draw.choice(['Windows Server 2019', 'RHEL 8'])};{size}")
    (place / "servrar.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    case, times = place / "case.yaml", max(systems // SYSTEMS_OF_A_TEAM, 1)
    larger = re.sub(r"(per_week: )(\d+)", lambda found: f"{found[1]}{int(found[2]) * times}", case.read_text("utf-8"))
    case.write_text(larger, encoding="utf-8")
    return place


def timed(folder: Path) -> dict[str, float]:
    """Seconds of every step up to the schedule."""
    took: dict[str, float] = {}

    def call(name: str, step: Callable[[], Result]) -> Result:
        began = time.perf_counter()
        done = step()
        took[name] = time.perf_counter() - began
        if name == "schedule":
            raise _HasWaves
        return done

    began = time.perf_counter()
    case = read_case(folder)
    took["read_case"] = time.perf_counter() - began
    try:
        compute(case, call)
    except _HasWaves:
        return took
    raise AssertionError("the pipeline has no schedule")


def main() -> None:
    """Print the time of each step and of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=30_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        took = timed(write_large(Path(place), given.servers))
    for name, seconds in took.items():
        print(f"{name:12} {seconds:7.2f} s")
    print(f"{'together':12} {sum(took.values()):7.2f} s for {given.servers} servers; goal {GOAL_SECONDS} s for 30,000")


if __name__ == "__main__":
    main()
