"""A fleet of synthetic municipalities: what planning them all costs, and how it scales with workers.

    python -m benchmarks.fleet [--cases 12] [--systems 300] [--workers 1 2] [--threads] [--all] [--keep FOLDER]

Every municipality has a register, servers and data flows of its own, drawn from a market of some hundred products that
many have bought, so that there is something to find in common. The municipalities and all they own are invented.
Prints wall time and CPU of the planning and of the report, and what 290 would take at that pace. That line is an
extrapolation, unless all 290 were run (--all).
"""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

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
