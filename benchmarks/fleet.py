"""A fleet of synthetic municipalities: what planning them all costs, and how it scales with workers.

    python -m benchmarks.fleet [--cases 12] [--systems 300] [--workers 1 2] [--threads] [--tables-only] [--all]

Every municipality has a register, servers and data flows of its own, drawn from a market of some hundred products that
many have bought, so that there is something to find in common. The municipalities and all they own are invented.
Prints wall time of the planning, CPU of the report, and what 290 would take at that pace: an extrapolation, unless all
290 were run (--all).
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from planner.fleet_run import CaseRun, find_cases, plan_all, plan_one, write_report

MUNICIPALITIES = 290
VENDORS, PRODUCTS = 60, 400
AREAS = ["Skola", "Vård och omsorg", "Miljö och bygg", "Teknik", "Kultur och fritid", "Ekonomi", "Personal", "It"]
CASE = """organisation: Provköping {number:03d}
is_invented: true
plan_date: 2026-11-23
start_date: 2027-01-11
exchange: {{sek_per_usd: 10.5, as_of: 2026-11-02, source: egen modell}}
sources:
  - {{file: register.csv, reader: systems}}
  - {{file: servrar.csv, reader: servers}}
  - {{file: floden.csv, reader: dataflows}}
teams:
  - {{role: platform, name: Plattform, days_per_week: 40}}
  - {{role: application, name: Applikation, days_per_week: 60}}
  - {{role: procurement, name: Inköp, days_per_week: 25}}
  - {{role: business, name: Verksamhet, days_per_week: 40}}
  - {{role: security, name: Säkerhet, days_per_week: 20}}
max_cutovers_per_week: 8
"""


def write_fleet(folder: Path, cases: int, systems: int) -> None:
    """Write the cases, one folder each; the same ones every time."""
    for number in range(cases):
        draw = random.Random(number)
        place = folder / f"provkoping-{number:03d}"
        place.mkdir(parents=True, exist_ok=True)
        names = [_name(draw, at) for at in range(systems)]
        (place / "case.yaml").write_text(CASE.format(number=number), encoding="utf-8")
        (place / "register.csv").write_text(_register(draw, names), encoding="utf-8")
        (place / "servrar.csv").write_text(_servers(draw, names), encoding="utf-8")
        (place / "floden.csv").write_text(_flows(draw, names), encoding="utf-8")


def _name(draw: random.Random, at: int) -> tuple[str, str, str]:
    """Name, product and vendor: half of the systems are a product of the market, the rest are their owner's own."""
    if at % 2:
        return f"Egensystem {draw.randrange(10**6)} ({at})", "", ""
    product = int(PRODUCTS * draw.random() ** 2)
    return f"Provprogram {product} ({at})", f"Provprogram {product}", f"Provleverantör {product % VENDORS} AB"


def _register(draw: random.Random, names: list[tuple[str, str, str]]) -> str:
    head = ["Systemnamn", "Produkt", "Leverantör", "Verksamhetsområde", "Driftform", "Årskostnad kr", "Avtalsslut"]
    head += ["Antal användare", "Verksamhetskritiskt", "KLASSA (K-R-T)", "Operativsystem", "IT Bedömning"]
    rows = [
        [
            *name,
            draw.choice(AREAS),
            draw.choice(["Egen drift", "SaaS", "Extern drift", "", ""]),
            draw.choice(["", f"{draw.randrange(1, 900)} tkr"]),
            draw.choice(["", f"{draw.randrange(2027, 2031)}-06-30", ""]),
            draw.choice(["", str(draw.randrange(5000))]),
            draw.choice(["Helt", "Ej", ""]),
            draw.choice(["3-2-2", "1-1-1", ""]),
            draw.choice(["Windows Server 2012 R2", "Windows Server 2019", "RHEL 7", "", ""]),
            draw.choice(["Avveckling", "Utveckling", "", "", ""]),
        ]
        for name in names
    ]
    return _csv([head, *rows])


def _servers(draw: random.Random, names: list[tuple[str, str, str]]) -> str:
    head = ["Servernamn", "System", "Operativsystem", "vCPU", "RAM GB", "Disk GB"]
    rows = [
        [
            f"prov{at:04d}",
            name[0],
            draw.choice(["Windows Server 2016", "Windows Server 2019", "RHEL 8", "Ubuntu 22.04"]),
            str(draw.choice([2, 2, 4, 8])),
            str(draw.choice([4, 8, 16, 32])),
            str(draw.choice([80, 120, 250, 600])),
        ]
        for at, name in enumerate(names)
        if at % 3
    ]
    return _csv([head, *rows])


def _flows(draw: random.Random, names: list[tuple[str, str, str]]) -> str:
    pairs = [draw.sample(range(len(names)), 2) for _ in names]
    return _csv([["Från", "Till", "Syfte"], *([names[a][0], names[b][0], "Nattlig fil"] for a, b in pairs)])


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def run(cases: dict[str, Path], out: Path, workers: int, in_threads: bool, with_documents: bool) -> float:
    """Seconds of wall time for planning the cases."""
    start = time.perf_counter()
    if in_threads:
        with ThreadPoolExecutor(workers) as pool:
            runs = list(pool.map(lambda item: plan_one(item[0], item[1], out / item[0], with_documents), cases.items()))
    else:
        runs = plan_all(cases, out, workers, with_documents)
    failed = [run for run in runs if run.problem]
    assert not failed, failed[0]
    return time.perf_counter() - start


def report_seconds(cases: dict[str, Path], out: Path) -> float:
    """Seconds of CPU for the report on plans that are there."""
    used = time.process_time()
    write_report([CaseRun(case, out / case, None) for case in cases], out, "sv")
    return time.process_time() - used


def main() -> None:
    """Print one line per number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--systems", type=int, default=300)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--threads", action="store_true", help="threads instead of processes")
    parser.add_argument("--tables-only", action="store_true", help="without documents")
    parser.add_argument("--all", action="store_true", help=f"all {MUNICIPALITIES}, with the last number of workers")
    parser.add_argument("--keep", type=Path, help="folder for cases and plans; a temporary one by default")
    given = parser.parse_args()
    count = MUNICIPALITIES if given.all else given.cases
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        write_fleet(folder / "cases", count, given.systems)
        cases = dict(list(find_cases(folder / "cases").items())[:count])
        kind = "threads" if given.threads else "processes"
        print(f"{count} cases of {given.systems} systems in {kind}; load before: {os.getloadavg()[0]:.1f}")
        print(
            *(f"{name:>12}" for name in ("workers", "wall s", "s per case", "290, min")),
            "" if given.all else "(extrapolated)",
        )
        for workers in given.workers[-1:] if given.all else given.workers:
            wall = run(cases, folder / f"plans-{workers}", workers, given.threads, not given.tables_only)
            each = wall / count
            print(f"{workers:12} {wall:12.1f} {each:12.2f} {each * MUNICIPALITIES / 60:12.1f}", flush=True)
        print(f"report: {report_seconds(cases, folder / f'plans-{given.workers[-1]}'):.1f} s of CPU")


if __name__ == "__main__":
    main()
