"""The business case in words: totals side by side, years, what moves the result, and what is left out."""

from __future__ import annotations

import pandas as pd

from planner.view.desk import Desk, number
from planner.view.model.business import BusinessCase, BusinessYear, Excluded, Lever, Measure, Outcome, State
from planner.view.page_one import SMALL_COUNT

PURCHASES = ("on_demand", "reserved_1y", "reserved_3y")
SHOWN = (
    "today",
    "plan",
    "difference",
    "npv",
    "payback_years",
    "migration",
    "cloud",
    "last_year",
    "energy_kwh",
    "co2_kg",
)
REASONS = (
    "server_without_price",
    "no_servers",
    "today_unknown",
    "replacement_without_price",
    "not_scheduled",
    "unchanged",
    "undecided",
)
TARGET_STATES = ("sized", "price_not_found", "no_type_fits", "unknown_os", "os_not_offered", "unknown_size")
COUNTERS = ("good", "short", "sparse", "doubtful", "missing")
ROW_STATES = ("known", "modelled", "capped", "brought", "on_demand_instead", "by_law", "unknown")


def business(desk: Desk) -> BusinessCase | None:
    """The business case; None where the case has no exchange rate, or too few systems to be published."""
    scope = desk.table("compared")
    count = int(scope["is_compared"].sum()) if len(scope) else 0
    if not count or (count < SMALL_COUNT and not desk.is_internal):
        return None
    policy, say = desk.plan.policy.business_case, desk.texts.say
    years = _years(desk)
    return BusinessCase(
        purchases=tuple(say(f"purchase_{key}") for key in PURCHASES),
        main=say(f"purchase_{policy.main_purchase}"),
        measures=_measures(desk),
        years=years,
        first_year=years[0].year,
        last_year=years[-1].year,
        samples=policy.samples,
        levers=_levers(desk),
        likely_npv=number(desk.table("sensitivity")["npv_likely_sek"].iloc[0]),
        compared=count,
        total=len(scope),
        modelled=int((scope["is_compared"] & (scope["today_state"] == "modelled")).sum()),
        excluded=_excluded(desk),
        outside_sek=_outside(desk),
        states=_states(desk) if desk.is_internal else (),
    )


def _measures(desk: Desk) -> tuple[Measure, ...]:
    table = desk.table("business_case").set_index(["measure", "purchase"])
    made = []
    for key in SHOWN:
        if key not in table.index:
            continue
        rows = [table.loc[(key, purchase)] for purchase in PURCHASES]
        outcomes = tuple(
            Outcome(
                number(row["likely"]),
                (number(row["p10"]), number(row["p50"]), number(row["p90"])),
                (number(row["p10_eur"]), number(row["p50_eur"]), number(row["p90_eur"])),
            )
            for row in rows
        )
        label, means = desk.texts.say(f"measure_{key}"), desk.texts.say(f"measure_{key}_means")
        made.append(Measure(key, label, means, str(rows[0]["unit"]), outcomes))
    return tuple(made)


def _main_rows(desk: Desk) -> pd.DataFrame:
    flows, main = desk.table("cash_flows"), desk.plan.policy.business_case.main_purchase
    return flows[flows["is_compared"] & flows["purchase"].isin(["every", main])]


def _years(desk: Desk) -> tuple[BusinessYear, ...]:
    """Likely amounts by year: what goes on of today's cost, the cloud, and what the move itself costs."""
    sums = _main_rows(desk).groupby(["year", "kind"])["likely_sek"].sum().unstack(fill_value=0.0).astype(float)
    start, count = desk.plan.case.start_date.year, int(desk.plan.policy.business_case.years.value)
    kinds = ("today", "ended", "contract_tail", "cloud", "migration", "double_running", "slip")
    sums = sums.reindex(index=range(start, start + count), columns=list(kinds)).fillna(0.0)
    made = []
    for year, row in zip(sums.index, sums.to_dict("records"), strict=True):
        kept = row["today"] + row["ended"] + row["contract_tail"]
        once = row["migration"] + row["double_running"] + row["slip"]
        made.append(BusinessYear(int(year), row["today"], kept, row["cloud"], once))
    return tuple(made)


def _levers(desk: Desk) -> tuple[Lever, ...]:
    rows = desk.table("sensitivity").sort_values("rank").to_dict("records")
    return tuple(
        Lever(
            desk.texts.say(f"assumption_{row['assumption']}"),
            (float(row["low"]), float(row["likely"]), float(row["high"])),
            float(row["npv_low_sek"]),
            float(row["npv_high_sek"]),
        )
        for row in rows
    )


def _excluded(desk: Desk) -> tuple[Excluded, ...]:
    """Systems outside the comparison by reason; small counts are for internal readers."""
    table = desk.table("compared")
    made = []
    for key in REASONS:
        mine = table[table["reason"] == key]
        if len(mine) and (desk.is_internal or len(mine) >= SMALL_COUNT):
            refs = desk.refs(mine["system_id"]) if desk.is_internal else ()
            made.append(Excluded(key, desk.texts.say(f"excluded_{key}"), len(mine), refs))
    return tuple(made)


def _outside(desk: Desk) -> float | None:
    flows = desk.table("cash_flows")
    return number(flows.loc[~flows["is_compared"].astype(bool), "likely_sek"].sum())


def _states(desk: Desk) -> tuple[State, ...]:
    """How many servers and rows are in each state, so that nothing that is missing goes unseen."""
    moved = desk.table("targets").query("state != 'not_moved'")
    rows = desk.table("cash_flows")
    counted = {
        "target": (moved["state"], TARGET_STATES),
        "cpu": (moved["cpu_state"], COUNTERS),
        "memory": (moved["memory_state"], COUNTERS),
        "confidence": (moved["confidence"].astype("string"), ("5", "4", "3", "2", "1")),
        "row": (rows["state"], ROW_STATES),
    }
    made = []
    for kind, (values, order) in counted.items():
        found = values.value_counts()
        prefix = "counter" if kind in ("cpu", "memory") else kind
        words = tuple((desk.texts.say(f"state_{prefix}_{key}"), int(found[key])) for key in order if found.get(key, 0))
        if words:
            made.append(State(desk.texts.say(f"state_{kind}"), words))
    return tuple(made)
