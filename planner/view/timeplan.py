"""What holds the timetable: what binds each wave, how the teams are used, which deadlines are missed and why."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from planner.view.desk import Desk, iso, text, whole
from planner.view.model.schedule import Bound, Load, Missed, Rule, Tick, Used, Way


def bounds(desk: Desk) -> tuple[Bound, ...]:
    """For every wave what keeps it from being earlier, in words."""
    table = desk.table("wave_bounds").to_dict("records")
    return tuple(
        Bound(int(row["wave"]), _bound(desk, row), _longest(desk, row), _slack(desk, int(row["slack_weeks"])))
        for row in table
    )


def _bound(desk: Desk, row: dict[str, Any]) -> str:
    """What binds, and what lies behind it where that is another group."""
    because = _because(desk, row["bound_by"], text(row["bound_detail"]))
    if not text(row["behind_by"]):
        return because
    behind = _because(desk, row["behind_by"], text(row["behind_detail"]))
    group = _group(desk, text(row["behind_group_id"]))
    is_same = text(row["bound_detail"]).split("/")[0] == text(row["behind_group_id"])
    words = "because_behind_it" if is_same else "because_behind"
    return desk.texts.say(words, because=because, group=group, behind=behind)


def _because(desk: Desk, kind: str, detail: str) -> str:
    if kind == "precedence":
        detail = _group(desk, detail.split("/")[0])
    elif kind == "capacity":
        detail = _team(desk, detail)
    elif kind == "wave_rule":
        detail = desk.texts.say(f"wave_{detail}")
    elif kind in ("freeze", "no_meeting"):
        detail = _freeze(desk, detail)
    else:
        detail = ""
    return desk.texts.say(f"because_{kind}", detail=detail)


def _group(desk: Desk, group_id: str) -> str:
    if group_id == "foundation":
        return desk.texts.say("option_foundation")
    names = [ref.name for ref in desk.refs(desk.members_of[group_id])]
    return names[0] if len(names) == 1 else desk.texts.say("group_of", name=names[0], others=len(names) - 1)


def _team(desk: Desk, role: str) -> str:
    return next((team.name for team in desk.plan.case.teams if team.role == role), role)


def _freeze(desk: Desk, names: str) -> str:
    rules = {rule.name: getattr(rule.text, desk.texts.language) for rule in desk.plan.policy.schedule.calendar}
    return ", ".join(rules.get(name, name) for name in names.split(", "))


def _slack(desk: Desk, weeks: int) -> str:
    return desk.texts.say("slack_weeks" if weeks >= 0 else "slack_late", weeks=abs(weeks))


def _longest(desk: Desk, row: dict[str, Any]) -> str:
    phase = desk.texts.say(f"phase_{row['longest_phase']}").lower()
    return desk.texts.say("longest_phase", phase=phase, weeks=int(row["longest_weeks"]))


def loads(desk: Desk) -> tuple[Load, ...]:
    """How each team is used, week by week for the picture and by half-year for the table."""
    table = desk.table("workload")
    weeks = max(int(table["week"].max()) + 1, 1) if len(table) else 1
    made = []
    for role, part in table.groupby("role"):
        most = max(float(part["capacity_days"].max()), 1e-9)
        bars = tuple(
            (round(week / weeks, 4), round(used / most, 3), round(capacity / most, 3))
            for week, used, capacity in zip(part["week"], part["used_days"], part["capacity_days"], strict=True)
        )
        half = part["week_date"].dt.year.astype(str) + "-" + ((part["week_date"].dt.month > 6) + 1).astype(str)
        sums = part.groupby(half)[["used_days", "capacity_days"]].sum()
        used = tuple(
            Used(_half(desk, str(key)), round(float(days), 1), round(float(capacity), 1), _share(days, capacity))
            for key, days, capacity in sums.itertuples()
        )
        full = part["capacity_days"] > 0
        busiest = float((part["used_days"] / part["capacity_days"].where(full)).max()) if full.any() else 0.0
        made.append(Load(_team(desk, str(role)), bars, used, round(busiest, 3), 1 / weeks))
    return tuple(made)


def load_ticks(desk: Desk) -> tuple[Tick, ...]:
    """First days of years on the picture of the teams, which ends with the last work."""
    weeks, first = desk.table("workload")["week"].max() + 1, pd.Timestamp(desk.plan.case.first_monday)
    if pd.isna(weeks):
        return ()
    length = int(weeks) * 7
    years = range(first.year + 1, (first + pd.Timedelta(days=length)).year + 1)
    later = (Tick(str(year), round((pd.Timestamp(year, 1, 1) - first).days / length, 4)) for year in years)
    return (Tick(str(first.year), 0.0), *later)


def _share(used: float, capacity: float) -> float | None:
    return round(float(used) / float(capacity), 3) if capacity else None


def _half(desk: Desk, half: str) -> str:
    year, _, number = half.partition("-")
    return desk.texts.say("half_year", year=year, number=number)


def missed(desk: Desk) -> tuple[Missed, ...]:
    """Deadlines that the plan misses: the constraints that clash, in words, and what would have to give way."""
    clashes, ways = (_by_group(desk.table(name)) for name in ("clashes", "relaxations"))
    waves = desk.table("waves").drop_duplicates("group_id").set_index("group_id")["wave"].to_dict()
    made = []
    for group_id, (first, *others) in clashes.items():
        sentence = desk.texts.say(
            "cannot_be_done" if first["is_proven"] else "is_not_done",
            wave=whole(waves.get(group_id)),
            deadline=desk.texts.day(iso(first["deadline_date"])),
            weeks=int(first["late_weeks"]),
        )
        reasons = tuple(_clash(desk, row) for row in others)
        mine = tuple(_way(desk, row, first["deadline_date"]) for row in ways.get(group_id, []))
        made.append(Missed(desk.refs(desk.members_of[group_id]), sentence, reasons, mine))
    return tuple(made)


def _by_group(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_dict("records"):
        found[row["group_id"]].append({str(key): value for key, value in row.items()})
    return found


def _clash(desk: Desk, row: dict[str, Any]) -> str:
    subject, kind = text(row["subject"]), row["kind"]
    if kind in ("capacity", "shared_capacity"):
        subject = _team(desk, subject)
    elif kind in ("precedence", "lead_time"):
        subject = _group(desk, subject)
    elif kind == "freeze" and subject:
        kind = "freeze_named"
    elif kind == "phases":
        subject = ", ".join(desk.texts.say(f"phase_{name}").lower() for name in subject.split())
    elif kind == "wave_rule":
        subject = desk.texts.say(f"wave_{subject}")
    date = desk.texts.day(desk.plan.case.start_date.isoformat())
    return desk.texts.say(f"clash_{kind}", subject=subject, weeks=whole(row["weeks"]), date=date)


def _way(desk: Desk, row: dict[str, Any], deadline: pd.Timestamp) -> Way:
    subject = text(row["subject"])
    if row["kind"] == "more_people":
        subject = _team(desk, subject)
    elif row["kind"] == "without_rule":
        subject = desk.texts.say(f"wave_{subject}")
    elif row["kind"] == "without_order":
        subject = _group(desk, subject)
    elif row["kind"] == "other_disposition":
        subject = ", ".join(_choice(desk, choice, deadline) for choice in text(row["choices"]).split())
    first = desk.texts.day(iso(row["first_date"]))
    days = 0 if pd.isna(row["days_more"]) else round(float(row["days_more"]))
    more = desk.texts.say("days_more" if days > 0 else "days_fewer", days=abs(days)) if days else ""
    amount = (
        f"{row['amount']:,.0f}".replace(",", "\u00a0") if row["unit"] == "sek_per_year" else desk.written(row["amount"])
    )
    words = desk.texts.say(f"way_{row['kind']}", subject=subject, amount=amount, date=first, more=more)
    price = None if pd.isna(row["price_sek"]) else float(row["price_sek"])
    is_enough = row["kind"] == "later_deadline" or row["end_date"] <= deadline
    return Way(words, price, f"{row['end_date']:%Y-%m-%d}", bool(is_enough))


def _choice(desk: Desk, choice: str, deadline: pd.Timestamp) -> str:
    """Another option for a system beside the proposed one; what is not replaced needs its contract for longer."""
    system_id, _, option = choice.rpartition("=")
    words = {name: desk.texts.say(f"option_{key}").lower()
             for name, key in (("option", option), ("now", desk.decisions.at[system_id, "key"]))}  # fmt: skip
    ends = desk.table("systems").set_index("system_id").at[system_id, "contract_end_date"]
    is_longer = option != "repurchase" and pd.notna(ends) and ends <= deadline
    return desk.texts.say("way_longer" if is_longer else "way_choice", system=desk.names[system_id], **words)


def rules(desk: Desk) -> tuple[Rule, ...]:
    """The wave rules and whether the plan keeps them."""
    table = desk.table("wave_checks").to_dict("records")
    say = desk.texts.say
    return tuple(Rule(say(f"wave_{row['rule']}"), say(f"level_{row['level']}"), _state(desk, row)) for row in table)


def _state(desk: Desk, row: dict[str, Any]) -> str:
    if row["state"] != "broken":
        return desk.texts.say(f"rule_{row['state']}")
    return desk.texts.say("rule_broken", waves=", ".join(text(row["waves"]).split()))


def quality(desk: Desk) -> str:
    """How good the timetable is, in a sentence."""
    table = desk.table("solution")
    if not len(table):
        return ""
    row = table.iloc[0]
    if not pd.isna(row["moved_systems"]):
        return _kept(desk, row)
    return desk.texts.say(
        f"quality_{row['status']}", gap=desk.written(row["gap_pct"], ".1f"), weeks=int(row["makespan_weeks"])
    )


def _kept(desk: Desk, row: pd.Series) -> str:
    """What keeping to the plan before costs."""
    weeks = int(row["anew_makespan_weeks"] - row["makespan_weeks"])
    word = "same" if weeks == 0 else "sooner" if weeks < 0 else "later"
    end = desk.texts.say(f"anew_{word}", weeks=abs(weeks))
    return desk.texts.say("quality_kept", moved=int(row["moved_systems"]), anew=int(row["anew_moved_systems"]), end=end)


def foundation(desk: Desk) -> str:
    """Wave 0: when the foundation that everything in the cloud stands on is laid."""
    rows = desk.table("activities").query("phase == 'foundation'")
    if not len(rows):
        return ""
    first, last = rows["start_date"].min(), rows["end_date"].max()
    return desk.texts.say("wave_zero", first=desk.texts.day(iso(first)), last=desk.texts.day(iso(last)))
