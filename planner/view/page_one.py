"""Page one: what is asked of whom and when, what the plan says, what it costs, what threatens it and how sure we
are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from planner.view.desk import Desk, iso, number
from planner.view.model.page_one import Ask, Count, Coverage, Lens, Risk, Year
from planner.view.model.schedule import Tick, Wave
from planner.view.model.terms import Ref, Span

ORDER = ("retire", "repurchase", "rehost", "relocate", "replatform", "refactor", "retain", "undecided")
MAX_RISKS = 6
# Smaller counts are not published: with the name of a task they could point out one system
# (public-sector reference 7.1).
SMALL_COUNT = 3
DAY, YEAR = r"\d{4}-\d\d-\d\d", r"\d{4}"
Ends = dict[tuple[str, str], pd.Timestamp]


def counts(desk: Desk) -> tuple[Count, ...]:
    """Systems by disposition, in the order in which documents list them; options that nobody got are shown as 0."""
    made = []
    total = max(len(desk.decisions), 1)
    for key in ORDER:
        mine = desk.decisions[desk.decisions["key"] == key]
        made.append(
            Count(
                key,
                desk.texts.say(f"option_{key}"),
                desk.texts.say(f"option_{key}_means"),
                len(mine),
                int((mine["state"] == "settled").sum()),
                len(mine) / total,
                desk.span(desk.days, mine.index),
                desk.span(desk.money["one_off"], mine.index),
            )
        )
    return (*made, *_foundation(desk))


def _foundation(desk: Desk) -> list[Count]:
    days = desk.foundation_days
    if days == (0.0, 0.0, 0.0):
        return []
    rate = desk.plan.policy.effort.day_rate.value
    cost = (days[0] * rate, days[1] * rate, days[2] * rate)
    say = desk.texts.say
    return [Count("foundation", say("option_foundation"), say("option_foundation_means"), 0, 0, 0.0, days, cost)]


def totals(desk: Desk) -> tuple[Span, Span]:
    """All work in person-days and SEK: every system, and the common foundation."""
    rows = counts(desk)
    return _sum(row.days for row in rows), _sum(row.cost_sek for row in rows)


def _sum(spans: Iterable[Span]) -> Span:
    known = [span for span in spans if span[1] is not None]
    low, likely, high = (round(sum(span[at] or 0.0 for span in known), 2) for at in range(3))
    return low, likely, high


def asks(desk: Desk) -> tuple[Ask, ...]:
    """Decisions asked for, soonest first."""
    ends = desk.table("activities").groupby(["group_id", "phase"])["end_date"].max().to_dict()
    made = [*_budget(desk), *_money(desk), *_notices(desk), *_undecided(desk, ends)]
    of_task = desk.decisions["tasks"].dropna().str.split().explode()
    for task in desk.plan.policy.decisions.tasks:
        mine = of_task.index[of_task == task.name].unique()
        if len(mine):
            count = len(mine)
            words = getattr(task.text, desk.texts.language), getattr(task.decided_by, desk.texts.language)
            days = (task.days.low * count, task.days.likely * count, task.days.high * count)
            made.append(
                Ask(
                    f"task-{task.name}",
                    words[0],
                    words[1],
                    _first_end(ends, desk, mine, "decide"),
                    _shown(desk, mine),
                    None if _is_telling(desk, count) else count,
                    days if desk.is_internal else (None, None, None),
                    desk.texts.say("ask_blocks_few" if _is_telling(desk, count) else "ask_blocks", count=count),
                )
            )
    return tuple(sorted(made, key=lambda ask: (ask.by_date or "9999", -(ask.count or 0), ask.what)))


def _is_telling(desk: Desk, count: int) -> bool:
    return count < SMALL_COUNT and not desk.is_internal


def _shown(desk: Desk, ids: pd.Index) -> tuple[Ref, ...]:
    return desk.refs(ids) if desk.is_internal else ()


def _first_end(ends: Ends, desk: Desk, ids: pd.Index, phase: str) -> str | None:
    dates = [ends[group, phase] for group in desk.group_of.reindex(ids) if (group, phase) in ends]
    return iso(min(dates)) if dates else None


def _budget(desk: Desk) -> list[Ask]:
    first = years(desk)[:1]
    due = date(desk.plan.case.start_date.year - 1, 11, 30)
    if not first:
        return []
    cost = desk.texts.say(
        "ask_budget",
        year=first[0].year,
        cost=desk.written(first[0].cost_sek / 1e6, ".1f"),
    )
    by_date = due if due >= desk.plan.case.plan_date else desk.plan.case.start_date
    return [
        Ask(
            f"budget-{first[0].year}",
            cost,
            desk.texts.say("by_council"),
            by_date.isoformat(),
            (),
            0,
            (None, None, None),
            desk.texts.say("ask_budget_why"),
        )
    ]


def _money(desk: Desk) -> list[Ask]:
    """New money that the plan counts on, for as long as it can still be asked for; a few purchases are not public."""
    found = desk.table("findings").query("code == 'money_to_ask_for'")
    # The public hears this too: nothing but a day and a year comes out of a finding.
    found = found[found["value"].str.fullmatch(DAY) & found["detail"].str.fullmatch(YEAR)]
    planned = {str(year.year): desk.written(year.cost_sek / 1e6, ".1f") for year in years(desk)}
    made = []
    for (by_date, year), part in found.groupby(["value", "detail"]):
        count = len(part)
        if by_date < desk.plan.case.plan_date.isoformat() or _is_telling(desk, count):
            continue
        words = "ask_money" if year in planned else "ask_money_bought"
        made.append(
            Ask(
                f"money-{year}",
                desk.texts.say(words, year=year, count=count, cost=planned.get(year)),
                desk.texts.say("by_budget"),
                by_date,
                _shown(desk, pd.Index(part["row_id"])),
                count,
                (None, None, None),
                desk.texts.say("ask_money_why"),
            )
        )
    return made


def _notices(desk: Desk) -> list[Ask]:
    facts = desk.table("facts").set_index("system_id")
    leaving = desk.decisions.index[desk.decisions["key"].isin(["retire", "repurchase"])]
    dates = facts.loc[leaving, "notice_date"].dropna()
    plan_date = pd.Timestamp(desk.plan.case.plan_date)
    soon = dates[(dates >= plan_date) & (dates < plan_date + pd.DateOffset(months=18))]
    if soon.empty or not desk.is_internal:
        return []
    what = desk.texts.say("ask_notice", count=len(soon))
    return [
        Ask(
            "notice",
            what,
            desk.texts.say("by_owners"),
            iso(soon.min()),
            desk.refs(soon.index),
            len(soon),
            (None, None, None),
            desk.texts.say("ask_notice_why"),
        )
    ]


def _undecided(desk: Desk, ends: Ends) -> list[Ask]:
    mine = desk.decisions.index[desk.decisions["key"] == "undecided"]
    if mine.empty:
        return []
    by_date = _first_end(ends, desk, mine, "investigate")
    what = desk.texts.say("ask_investigate", count=len(mine))
    return [
        Ask(
            "investigate",
            what,
            desk.texts.say("by_it"),
            by_date,
            _shown(desk, mine),
            len(mine),
            desk.span(desk.days, mine),
            desk.texts.say("ask_investigate_why"),
        )
    ]


def waves(desk: Desk) -> tuple[Wave, ...]:
    """Waves with their place on the timeline, as shares of the time from the start to the last cut-over."""
    table = desk.table("waves")
    activities = desk.table("activities").set_index("group_id")
    facts = desk.table("facts").set_index("system_id")
    made = []
    first, length = _timeline(desk)
    for number_, part in table.groupby("wave"):
        ids = pd.Index(part["system_id"])
        start, end = part["start_date"].min(), part["end_date"].max()
        servers = facts.loc[ids, "server_count"]
        binding = activities.loc[activities.index.isin(part["group_id"]), "bound_by"].value_counts().sort_index()
        made.append(
            Wave(
                int(number_),
                _quarter(desk, str(part["quarter"].iloc[0])),
                f"{start:%Y-%m-%d}",
                f"{end:%Y-%m-%d}",
                desk.refs(ids),
                int(servers.sum()) if desk.is_internal else None,
                desk.span(desk.days, ids),
                desk.span(desk.money["one_off"], ids),
                round((start - first).days / length, 4),
                round((end - start).days / length, 4),
                desk.texts.say(f"bound_{binding.idxmax()}"),
            )
        )
    return tuple(made)


def _quarter(desk: Desk, quarter: str) -> str:
    year, _, number_ = quarter.partition("-Q")
    return desk.texts.say("quarter", year=year, number=number_)


def _timeline(desk: Desk) -> tuple[pd.Timestamp, int]:
    table = desk.table("waves")
    first = pd.Timestamp(desk.plan.case.first_monday)
    last = table["end_date"].max() if len(table) else first
    return first, max((last - first).days, 1)


def ticks(desk: Desk) -> tuple[Tick, ...]:
    """First days of years on the timeline."""
    first, length = _timeline(desk)
    days = [pd.Timestamp(year, 1, 1) for year in range(first.year + 1, (first + pd.Timedelta(days=length)).year + 1)]
    return (
        Tick(str(first.year), 0.0),
        *(Tick(str(day.year), round((day - first).days / length, 4)) for day in days),
    )


def years(desk: Desk) -> tuple[Year, ...]:
    """Planned work by calendar year; the cost is likely person-days at the policy's day rate."""
    load = desk.table("workload")
    rate = desk.plan.policy.effort.day_rate.value
    sums = load.groupby(load["week_date"].dt.year)[["used_days", "capacity_days"]].sum()
    return tuple(
        Year(int(year), round(float(used), 1), round(float(used) * rate, 0), round(float(capacity), 1))
        for year, used, capacity in sums.itertuples()
    )


def lenses(desk: Desk) -> tuple[Lens, ...]:
    """Classes of every lens over all systems; those that cannot be assessed stay in the sum."""
    table = desk.table("lenses")
    made = []
    for name, lens in desk.plan.policy.lenses.lenses.items():
        mine = table[table["lens"] == name]
        found = mine["class"].value_counts()
        order = [*(item.name for item in lens.classes), "uncertain", "not_assessable"]
        shown = tuple((desk.texts.value(f"{name}_class", key), int(found.get(key, 0))) for key in order)
        assessed = len(mine) - int(found.get("not_assessable", 0))
        made.append(
            Lens(
                name,
                desk.texts.say(f"lens_{name}"),
                desk.texts.say(f"lens_{name}_idea"),
                shown,
                assessed,
                len(mine),
            )
        )
    return tuple(made)


def risks(desk: Desk) -> tuple[Risk, ...]:
    """What threatens the plan: deadlines that it misses, then what concerns most systems."""
    facts = desk.table("facts").set_index("system_id")
    activities = desk.table("activities").set_index("group_id")
    late = set(activities.index[activities["is_late"].astype(bool)])
    beyond = set(activities.index[activities["end_date"] > pd.Timestamp(desk.plan.case.horizon_date)])
    lens = desk.table("lenses").pivot(index="system_id", columns="lens", values="class")
    leaving = desk.decisions.index[desk.decisions["key"].isin(["retire", "repurchase"])]
    passed = facts.loc[leaving, "notice_date"] < pd.Timestamp(desk.plan.case.plan_date)
    staying = desk.decisions.index[desk.decisions["key"].isin(["retain", "rehost", "relocate"])]
    closed = lens.loc[staying, "openness"] == "closed"
    found = {
        "unsupported": facts.index[(facts["support_status"] == "ended").fillna(False).astype(bool)],
        "undecided": desk.decisions.index[desk.decisions["key"] == "undecided"],
        "open": desk.decisions.index[desk.decisions["state"] == "open"],
        "late": desk.group_of.index[desk.group_of.isin(late)],
        "beyond": desk.group_of.index[desk.group_of.isin(beyond)],
        "notice_passed": passed.index[passed.fillna(False).astype(bool)],
        "red": lens.index[lens["relevance"] == "red"],
        "closed_stays": closed.index[closed.fillna(False).astype(bool)],
    }
    horizon = desk.texts.day(desk.plan.case.horizon_date.isoformat())
    made = [
        Risk(key, desk.texts.say(f"risk_{key}", count=len(ids), horizon=horizon), desk.refs(ids), len(ids))
        for key, ids in found.items()
        if len(ids)
    ]
    return tuple(sorted(made, key=lambda risk: (risk.key != "late", -risk.count, risk.key))[:MAX_RISKS])


def pilots(desk: Desk) -> tuple[Ref, ...]:
    """Suggested pilots, the easiest first."""
    table = desk.table("priorities").sort_values("rank")
    ids = table.loc[table["is_pilot_candidate"].fillna(False).astype(bool), "system_id"]
    return tuple(Ref(str(key), desk.names[str(key)]) for key in ids)


def process_first(desk: Desk) -> tuple[Ref, ...]:
    """Systems whose process is reviewed before they move: do not pave the cow path."""
    table = desk.table("lenses")
    bad = table.loc[(table["lens"] == "business_value") & (table["low"] >= 50), "system_id"]
    return desk.refs(bad)


def coverage(desk: Desk) -> tuple[Coverage, ...]:
    """How much is known of what the plan rests on."""
    systems = desk.table("systems").set_index("system_id")
    facts = desk.table("facts").set_index("system_id")
    flows = facts["depends_on_count"] + facts["needed_by_count"] > 0
    total = len(systems)
    known = {
        "settled": desk.decisions["state"] == "settled",
        "proposed": desk.decisions["key"] != "undecided",
        "owner": systems["has_owner"].notna(),
        "cost": systems["annual_cost_sek"].notna(),
        "contract": systems["contract_end_date"].notna() | systems["is_contract_rolling"].notna(),
        "flows": flows,
        "classified": systems["klassa_k"].notna(),
        "servers": facts["server_count"].notna(),
        "support": facts["support_status"].notna(),
    }
    rows = [_coverage(desk, key, flags) for key, flags in known.items()]
    reviews = desk.table("reviews").query("kind == 'disposition' and state == 'active'")
    confirmed = int(reviews["system_id"].nunique())
    return (*rows, Coverage(desk.texts.say("coverage_confirmed"), confirmed, total))


def _coverage(desk: Desk, key: str, flags: pd.Series) -> Coverage:
    known = flags.astype(bool)
    return Coverage(desk.texts.say(f"coverage_{key}"), int(known.sum()), len(known), _shown(desk, known.index[~known]))


def today(desk: Desk) -> tuple[float | None, Coverage]:
    """Known running cost today, and of how many systems it is known."""
    cost = desk.table("systems")["annual_cost_sek"]
    return number(cost.sum(min_count=1)), Coverage(desk.texts.say("coverage_cost"), int(cost.notna().sum()), len(cost))


def target(desk: Desk) -> tuple[tuple[float | None, float | None, float | None], Coverage]:
    """Yearly list price in USD of what moves to the cloud, and of how many servers it is known."""
    costs = desk.table("costs").query("kind == 'target'")
    low, high = number(costs["low_usd"].sum(min_count=1)), number(costs["high_usd"].sum(min_count=1))
    targets = desk.table("targets").query("state != 'not_moved'")
    known = Coverage(desk.texts.say("coverage_priced"), int((targets["state"] == "sized").sum()), len(targets))
    return (low, None, high), known
