"""Reading inventories: a register as CSV in three sizes, and what reading costs beside parsing the same file alone.

    python -m benchmarks.inventories [--sizes 1000 10000 250000]

The register is drawn: most cells blank or dirty as in a real one. Prints seconds of CPU for the whole reading (header,
values, units, provenance of every cell, findings, conservation of rows) and their ratio to the standard library's CSV
reader on the same bytes in the same run.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import tempfile
import time
from pathlib import Path

from planner.case import read_case
from planner.ingest import ingest
from planner.policy import load_policy

CASE = """organisation: Provby kommun
plan_date: 2026-11-23
start_date: 2027-01-11
sources: [{file: register.csv}]
teams: [{role: application, name: Applikation, days_per_week: 10}]
"""
HEADER = [
    "System-id",
    "Systemnamn",
    "Organisation",
    "Leverantör",
    "Driftform",
    "Årskostnad kr",
    "Avtalsslut",
    "Antal användare",
    "Verksamhetskritiskt",
    "KLASSA (K-R-T)",
    "Operativsystem",
    "Anteckning",
]


def register(count: int, seed: int = 1) -> str:
    """A register with one row per system."""
    draw = random.Random(seed)
    rows = [";".join(HEADER)]
    for number in range(count):
        cells = [
            f"S{number:06d}",
            f"System {number}",
            draw.choice(["Miljö", "Skola", "Vård", "Bygg", "Kultur"]),
            f"Leverantör {draw.randrange(400)}",
            draw.choice(["Egen drift", "SaaS", "Extern drift", "", ""]),
            draw.choice(["", f"{draw.randrange(1, 900)} tkr"]),
            draw.choice(["2028-06-30", "Löpande - uppsägningstid på 3-12 månader", "", "vet ej"]),
            draw.choice(["", str(draw.randrange(5000))]),
            draw.choice(["Helt", "Ej", ""]),
            draw.choice(["3-2-2", "1-1-1", ""]),
            draw.choice(["Win 2012R2 std", "RHEL7.9", "", ""]),
            draw.choice(["", f"not {number % 97}"]),
        ]
        rows.append(";".join(cells))
    return "\r\n".join(rows)


def run(count: int) -> tuple[float, float, int]:
    """Seconds of CPU for reading the inventory and for parsing its CSV, and cells with a place."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "case.yaml").write_text(CASE, encoding="utf-8")
        (folder / "register.csv").write_text(register(count), encoding="utf-8")
        case = read_case(folder)
        start = time.process_time()
        with (folder / "register.csv").open(encoding="utf-8", newline="") as file:
            parsed = sum(1 for _ in csv.reader(file, delimiter=";"))
        alone = time.process_time() - start
        matching = load_policy().matching
        start = time.process_time()
        tables = ingest(case, matching)
        whole = time.process_time() - start
    assert parsed == count + 1 == len(tables["systems"]) + 1
    return whole, alone, len(tables["provenance"])


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 250_000])
    print(*(f"{name:>12}" for name in ("systems", "reading s", "cells", "x csv alone", "peak GiB")))
    for count in parser.parse_args().sizes:
        whole, alone, cells = run(count)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{count:12} {whole:12.2f} {cells:12} {whole / alone:12.1f} {peak:12.2f}", flush=True)


if __name__ == "__main__":
    main()
