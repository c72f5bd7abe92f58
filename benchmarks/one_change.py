"""One changed cell in a large case: what the next plan costs, beside one from cold.

    python -m benchmarks.one_change [--systems 10000]

A municipality of benchmarks.fleet is planned twice, so that its plan keeps to one before it; then one cell after
another of the register is written, and the case planned with what the plan before it has. Prints CPU seconds from the
files to the verified tables, of the tables as bytes, and of the same plan from cold; both plans are compared byte by
byte. Nothing is rendered.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

from benchmarks.fleet import write_fleet
from planner import pipeline
from planner.case import read_case
from planner.plan import Plan
from planner.reuse import Reuse
from planner.store import History, open_history, plan_files

# Column of the register, what is written there, and what it touches.
CHANGES = (
    ("Produkt", "Nyprogram 1", "a name"),
    ("Årskostnad kr", "77 tkr", "what a system costs today"),
    ("Avtalsslut", "2031-06-30", "the end of a contract"),
    ("Antal användare", "61000", "the work of some ways to move a system"),
    ("IT Bedömning", "Avveckling", "what becomes of a system"),
)
Timed = tuple[Plan, dict[str, bytes], History, float, float]


def planned(folder: Path, *, from_cold: bool = False) -> Timed:
    """The next plan, its files, the history it is for, and CPU seconds of its tables and of their bytes."""
    cold = patch.object(pipeline, "Reuse", lambda settings, before: Reuse(settings, None))
    with cold if from_cold else nullcontext():
        began = time.process_time()
        case = read_case(folder)
        history = open_history(case)
        plan = pipeline.compute(case, history=history)
        made = time.process_time()
        files = plan_files(plan)
    return plan, files, history, made - began, time.process_time() - made


def kept(timed: Timed) -> None:
    """Make a plan the current one."""
    plan, files, history, *_ = timed
    history.keep(plan, files)


def write_cell(register: Path, column: str, value: str) -> None:
    """Change the system in the middle."""
    head, *rows = register.read_text(encoding="utf-8").splitlines()
    cells = rows[len(rows) // 2].split(";")
    cells[head.split(";").index(column)] = value
    rows[len(rows) // 2] = ";".join(cells)
    register.write_text("\n".join((head, *rows, "")), encoding="utf-8")


def main() -> None:
    """Print one line for every change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        write_fleet(Path(place), 1, given.systems)
        case = next(Path(place).iterdir())
        for name in ("Nyprogram 2", "Nyprogram 3"):
            write_cell(case / "register.csv", "Produkt", name)
            kept(planned(case))
        print(f"{'cell':16} {'tables':>8} {'bytes':>8} {'cold':>8}  ratio  asked again")
        for column, value, what in CHANGES:
            write_cell(case / "register.csv", column, value)
            cold, warm = planned(case, from_cold=True), planned(case)
            assert warm[1] == cold[1], "the plan is another than that from cold"
            before = open_history(read_case(case)).current
            known = before.manifest["asked"] if before else {}
            again = [name for name, asked in warm[0].asked.items() if known.get(name) != asked]
            print(
                f"{column:16} {warm[3]:6.1f} s {warm[4]:6.1f} s {cold[3]:6.1f} s {warm[3] / cold[3]:6.2f}  "
                f"{', '.join(again) or 'neither the schedule nor the futures'} ({what})"
            )
            kept(warm)


if __name__ == "__main__":
    main()
