"""A small case with a circle, a retirement, a deadline and a freeze, planned once for the tests that look at it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pandas as pd

from planner.case import read_case
from planner.pipeline import compute
from planner.plan import Plan
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schedule.alternatives import Alternatives, Choice
from tests.conftest import write_case

SCHEDULED = (
    "activities", "placements", "demand", "waves", "workload", "wave_bounds", "wave_checks", "clashes", "relaxations",
    "solution",
)  # fmt: skip
SOURCES = (
    "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
    "  - {file: samband.csv, reader: dataflows}\n"
)
REGISTER = "Id;Namn;IT Bedömning;Verksamhet Bedömning;Säkerhetsskydd;Måste vara klart;Årskostnad;Alternativ\n" + "".join(
    f"S{number};System {number};{verdict};{verdict};Nej;{deadline};100 tkr;Nej\n"
    for number, verdict, deadline in [
        (1, "Vidmakthållande", ""), (2, "Vidmakthållande", ""), (3, "Vidmakthållande", ""), (4, "Avveckling", ""),
        (5, "Vidmakthållande", "2027-02-15"), (6, "", ""),
    ]
)  # fmt: skip
SERVERS = "Server;System;vCPU;Minne (GB);Disk (GB);Operativsystem;Status\n" + "".join(
    f"srv{number};S{number};2;8;100;Windows Server 2022;På\n" for number in (1, 2, 3, 5)
)
FLOWS = "Från,Till,Syfte\nS1,S2,a\nS2,S1,b\nS3,S1,c\nS3,S4,d\nS3,S3,e\nS1,Nationell tjänst,f\n"
FREEZES = (
    "freezes:\n  - {name: sommar, first: 2027-06-28, last: 2027-08-15, capacity_pct: 40}\nmax_cutovers_per_week: 2\n"
)


@lru_cache
def planned_small() -> Plan:
    """The small case, planned."""
    files = {"system.csv": REGISTER, "servrar.csv": SERVERS, "samband.csv": FLOWS}
    with tempfile.TemporaryDirectory() as folder:
        return compute(read_case(write_case(Path(folder), files, SOURCES, extra=FREEZES)))


def unscheduled() -> Portfolio:
    """The small case up to its schedule."""
    tables = planned_small().portfolio.tables
    return Portfolio({name: tables[name] for name in tables if name not in SCHEDULED})


def tampered(plan: Plan, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Portfolio:
    """The finished plan with one table changed afterwards."""
    tables = {name: frame.copy() for name, frame in plan.portfolio.tables.items()}
    tables[table] = change(tables[table])
    return Portfolio(tables)


def changed(portfolio: Portfolio, table: str, system_id: str, **values: object) -> Portfolio:
    """Other values for one system."""
    frame = portfolio[table].copy()
    for name, value in values.items():
        frame.loc[frame["system_id"] == system_id, name] = value
    return Portfolio({**portfolio.tables, table: frame})


def bought(portfolio: Portfolio, route: str = "open_procedure") -> Portfolio:
    """The small case with System 5 bought as a service; to rehost it comes next."""
    options = portfolio["options"].copy()
    mine = options["system_id"] == "S5"
    options.loc[mine, "is_allowed"] = options.loc[mine, "option"].isin(["rehost", "repurchase"])
    options.loc[mine & (options["option"] == "rehost"), "score"] = 10
    portfolio = Portfolio({**portfolio.tables, "options": options})
    choice = Choice("S5", "repurchase", str(portfolio["decisions"].set_index("system_id").at["S5", "disposition"]))
    made = Alternatives(portfolio, planned_small().case, load_policy()).decided((choice,))
    return changed(made, "facts", "S5", lead_route=route)
