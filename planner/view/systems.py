"""One card per system: what is proposed, why, what lost and why, what is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pandas as pd

from planner.view.desk import POINTS, Desk, iso, number, text, whole
from planner.view.evidence import Told, asks, weighing, weighty
from planner.view.groups import why
from planner.view.model.systems import Alternative, Fit, Flip, LensResult, Step, System, Work
from planner.view.model.terms import Ref
from planner.view.sizing import sizing_of

STATED = ("contract_end_date", "dispensation_until_date", "risk_accepted_until_date", "deadline_date")
DERIVED = ("support_end_date", "notice_date", "procurement_start_date", "procurement_start_p50_date")
PHASES = ("investigate", "decide", "procure", "prepare", "move", "close")
LENS = ("lens", "class", "class_low", "class_high", "low", "high", "known", "inputs")
LOST = ("option", "score", "score_low", "score_high", "is_allowed", "lost_because", "denied_by")
VERDICTS = ("allow", "allow_with", "needs_decision", "deny")

Made = TypeVar("Made")


def systems(desk: Desk) -> tuple[System, ...]:
    """All systems, by wave and name; details only for internal audiences."""
    shelves = _Shelves(desk)
    rows = desk.table("systems").set_index("system_id")[["name", "organisation", "business_area"]].join(desk.decisions)
    made = [_system(desk, shelves, str(row.Index), row) for row in rows.itertuples()]
    return tuple(
        sorted(made, key=lambda item: (item.wave is None, item.wave or 0, item.name.casefold(), item.system_id))
    )


class _Shelves:
    """Rows of the tables by system, sorted once."""

    def __init__(self, desk: Desk) -> None:
        self.told = Told(desk)
        self.waves = _each(desk.table("waves"), "wave", "quarter", "end_date")
        self.facts = _each(desk.table("facts"), "server_count", *DERIVED)
        self.dates = _each(desk.table("systems"), *STATED)
        self.groups = _each(desk.table("groups"), "group_id", "reason", "detail")
        self.costs = _by(desk.table("costs"), "system_id") if desk.is_internal else {}
        details = desk.is_internal
        self.evidence = weighing(desk) if details else {}
        lost = desk.table("options").dropna(subset="lost_because")[["system_id", *LOST]]
        self.alternatives = _alike(lost, partial(_alternatives, desk)) if details else {}
        self.flips = _alike(desk.table("flips"), partial(_flips, desk)) if details else {}
        self.lenses = _lenses(desk) if details else {}
        self.fits = _fits(desk) if details else {}
        self.steps = _steps(desk) if details else {}
        self.assumed = _by(desk.table("effort").dropna(subset="assumed"), "system_id") if details else {}
        self.work = _alike(_by_phase(desk), partial(_work, desk)) if details else {}
        links = desk.table("links").dropna(subset=["source_system_id", "target_system_id"])
        self.reviews = _by(desk.table("reviews"), "system_id") if details else {}
        self.sizing = sizing_of(desk) if details else {}
        self.needs = _pairs(desk, links, "source_system_id", "target_system_id") if details else {}
        self.needed_by = _pairs(desk, links, "target_system_id", "source_system_id") if details else {}


def _by(frame: pd.DataFrame, column: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by one column; column by column to lists, since pandas' own records take three times as long."""
    shelf: dict[str, list[dict[str, Any]]] = defaultdict(list)
    values = {str(name): frame[name].astype(object).tolist() for name in frame}
    for key, row in zip(values[column], zip(*values.values(), strict=True), strict=True):
        shelf[str(key)].append(dict(zip(values, row, strict=True)))
    return shelf


def _each(frame: pd.DataFrame, *columns: str) -> dict[str, dict[str, Any]]:
    """The one row of each system."""
    return {key: row for key, (row,) in _by(frame[["system_id", *columns]], "system_id").items()}


def _alike(frame: pd.DataFrame, make: Callable[[list[dict[str, Any]]], Made]) -> dict[str, Made]:
    """What the rows of each system become; systems with the same rows share one answer."""
    names = [str(name) for name in frame if name != "system_id"]
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    values = zip(*(frame[name].astype(object).tolist() for name in names), strict=True)
    for key, row in zip(frame["system_id"].tolist(), values, strict=True):
        rows[str(key)].append(row)
    distinct = dict.fromkeys(map(tuple, rows.values()))
    made = {mine: make([dict(zip(names, row, strict=True)) for row in mine]) for mine in distinct}
    return {key: made[tuple(mine)] for key, mine in rows.items()}


def _pairs(desk: Desk, links: pd.DataFrame, one: str, other: str) -> dict[str, tuple[Ref, ...]]:
    ends: dict[str, set[str]] = defaultdict(set)
    for key, end in zip(links[one].tolist(), links[other].tolist(), strict=True):
        ends[str(key)].add(str(end))
    return {key: desk.refs(others) for key, others in ends.items()}


def _system(desk: Desk, shelves: _Shelves, key: str, row: Any) -> System:
    wave = shelves.waves.get(key)
    group = shelves.groups[key]
    target = next((cost for cost in shelves.costs.get(key, []) if cost["kind"] == "target"), None)
    today = next((cost for cost in shelves.costs.get(key, []) if cost["kind"] == "today"), None)
    detail = desk.is_internal
    quarter = str(wave["quarter"]).partition("-Q") if wave else ("", "", "")
    evidence = shelves.told.joined(shelves.evidence.get(key, []))
    return System(
        system_id=key,
        name=desk.names[key],
        organisation=text(row.organisation) if detail else "",
        business_area=text(row.business_area),
        key=row.key,
        disposition=desk.texts.say(f"option_{row.key}"),
        state=desk.texts.say(f"state_{row.state}"),
        state_key=row.state,
        wave=int(wave["wave"]) if wave else None,
        quarter=desk.texts.say("quarter", year=quarter[0], number=quarter[2]) if wave else "",
        end_date=iso(wave["end_date"]) if wave else None,
        days=desk.one(desk.days_of, key),
        cost_sek=desk.one(desk.money_of["one_off"], key),
        today_sek=number(today["likely_sek"]) if today else None,
        target_sek=desk.one(desk.money_of["target"], key),
        target_state=desk.texts.say(f"cost_{target['state']}") if target else "",
        servers=whole(shelves.facts[key]["server_count"]) if detail else None,
        runner_up=desk.texts.say(f"option_{row.runner_up}") if detail and not pd.isna(row.runner_up) else "",
        margin=number(row.margin) if detail else None,
        tasks=_tasks(desk, row.tasks) if detail else (),
        questions=tuple(desk.texts.field(name) for name in text(row.unknown_fields).split()) if detail else (),
        flips=shelves.flips.get(key, ()),
        reasons=tuple(shelves.told.reason(item) for item in weighty(evidence, row.key)),
        undecided=tuple(shelves.told.reason(item) for item in evidence if asks(item)),
        alternatives=shelves.alternatives.get(key, ()),
        work=shelves.work.get(key, ()),
        steps=shelves.steps.get(str(group["group_id"]), ()),
        lenses=shelves.lenses.get(key, ()),
        dates=_dates(desk, shelves.facts[key] | shelves.dates[key]) if detail else (),
        fits=shelves.fits.get(key, ()),
        depends_on=shelves.needs.get(key, ()),
        needed_by=shelves.needed_by.get(key, ()),
        circle=why(desk, group) if detail else "",
        assumed=_assumed(desk, shelves.assumed.get(key, [])),
        sizing=shelves.sizing.get(key, ()),
        reviewed=tuple(_reviewed(desk, item) for item in shelves.reviews.get(key, [])),
    )


def _flips(desk: Desk, rows: list[dict[str, Any]]) -> tuple[Flip, ...]:
    answers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        answers[str(row["field"]), text(row["disposition"]) or "undecided"].append(str(row["answer"]))
    return tuple(
        Flip(
            desk.texts.field(name),
            ", ".join(desk.texts.value(name, value) for value in values),
            desk.texts.say(f"option_{key}"),
        )
        for (name, key), values in answers.items()
    )


def _dates(desk: Desk, facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Known dates that the proposal turns on, the first first."""
    known = [(iso(facts[name]), desk.texts.field(name)) for name in (*STATED, *DERIVED)]
    return tuple((label, day) for day, label in sorted((day, label) for day, label in known if day))


def _fits(desk: Desk) -> dict[str, tuple[Fit, ...]]:
    """Targets of each system by verdict and reasons."""
    fit, language = desk.plan.policy.cloud_fit, desk.texts.language
    labels = {target.name: getattr(target.label, language) for target in fit.targets}
    because = {gate.name: getattr(gate.because, language) for gate in fit.gates}
    table = desk.table("target_fit")[["system_id", "target", "verdict", "gates", "missing"]]
    return _alike(table, lambda rows: _fits_of(desk, rows, labels, because))


def _fits_of(
    desk: Desk, rows: list[dict[str, Any]], labels: dict[str, str], because: dict[str, str]
) -> tuple[Fit, ...]:
    """In the policy's order of preference, those that are open first."""
    order = {name: at for at, name in enumerate(labels)}
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (VERDICTS.index(str(row["verdict"])), order[str(row["target"])])):
        missing = text(row["missing"]) if row["verdict"] == "needs_decision" else ""
        groups[str(row["verdict"]), text(row["gates"]), missing].append(labels[str(row["target"])])
    return tuple(
        Fit(
            desk.texts.say(f"fit_{verdict}"),
            tuple(targets),
            tuple(because[name] for name in gates.split()),
            tuple(desk.texts.field(name) for name in missing.split()),
        )
        for (verdict, gates, missing), targets in groups.items()
    )


def _tasks(desk: Desk, names: object) -> tuple[str, ...]:
    wanted = set(text(names).split())
    return tuple(
        getattr(task.text, desk.texts.language) for task in desk.plan.policy.decisions.tasks if task.name in wanted
    )


def _assumed(desk: Desk, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    drivers = sorted({driver for row in rows for driver in str(row["assumed"]).split()})
    return tuple(desk.texts.say(f"driver_{driver}") for driver in drivers)


def _alternatives(desk: Desk, rows: list[dict[str, Any]]) -> tuple[Alternative, ...]:
    lost = sorted(rows, key=lambda row: (not row["is_allowed"], -row["score"], row["option"]))
    return tuple(_alternative(desk, row) for row in lost)


def _alternative(desk: Desk, row: dict[str, Any]) -> Alternative:
    why = desk.texts.say(f"lost_{row['lost_because']}")
    if row["lost_because"] == "denied":
        why = f"{why}: {getattr(desk.rules[str(row['denied_by'])].because, desk.texts.language)}"
    return Alternative(
        desk.texts.say(f"option_{row['option']}"),
        float(row["score"]),
        float(row["score_low"]),
        float(row["score_high"]),
        why,
    )


def _reviewed(desk: Desk, row: dict[str, Any]) -> str:
    """One decision of a person, and whether it holds."""
    kind, value = str(row["kind"]), str(row["value"])
    day = desk.texts.day
    until = desk.texts.say("reviewed_until", date=day(iso(row["expires"]))) if iso(row["expires"]) else ""
    return desk.texts.say(
        "reviewed",
        kind=desk.texts.diff["reviews"][kind],
        value=desk.texts.say(f"option_{value}") if kind == "disposition" else day(value),
        who=row["who"],
        date=day(iso(row["when"])),
        why=row["why"],
        until=until,
        state=desk.texts.say(f"reviewed_{row['state']}"),
        place=row["place"],
    )


def _by_phase(desk: Desk) -> pd.DataFrame:
    """Person-days of each system by phase, in the order of the phases."""
    days = [f"{point}_days" for point in POINTS]
    table = desk.table("effort").groupby(["system_id", "phase"], as_index=False)[days].sum()
    return table.assign(at=table["phase"].map(PHASES.index)).sort_values(["system_id", "at"])


def _work(desk: Desk, rows: list[dict[str, Any]]) -> tuple[Work, ...]:
    return tuple(_phase(desk, row) for row in rows)


def _phase(desk: Desk, row: dict[str, Any]) -> Work:
    low, likely, high = (round(float(row[f"{point}_days"]), 2) for point in POINTS)
    return Work(desk.texts.say(f"phase_{row['phase']}"), (low, likely, high))


def _steps(desk: Desk) -> dict[str, tuple[Step, ...]]:
    """Activities of each group; its systems share them."""
    table = desk.table("activities").sort_values(["start_week", "end_week", "activity_id"])
    return {key: tuple(_step(desk, row) for row in rows) for key, rows in _by(table, "group_id").items()}


def _step(desk: Desk, row: dict[str, Any]) -> Step:
    return Step(
        desk.texts.say(f"phase_{row['phase']}"),
        iso(row["start_date"]) or "",
        iso(row["end_date"]) or "",
        desk.texts.say(f"bound_{row['bound_by']}"),
    )


def _lenses(desk: Desk) -> dict[str, tuple[LensResult, ...]]:
    """Results of each system; those that are alike are one."""
    table = desk.table("lenses")[["system_id", *LENS]]
    worded: dict[tuple[str, ...], LensResult] = {}
    found: dict[str, list[LensResult]] = defaultdict(list)
    for row in zip(*(table[name].astype(object).tolist() for name in table), strict=True):
        key = tuple(map(str, row[1:]))
        one = worded.get(key) or worded.setdefault(key, _lens(desk, dict(zip(LENS, row[1:], strict=True))))
        found[str(row[0])].append(one)
    return {system: tuple(results) for system, results in found.items()}


def _lens(desk: Desk, row: dict[str, Any]) -> LensResult:
    field = f"{row['lens']}_class"
    verdict = desk.texts.value(field, row["class"])
    if row["class"] == "uncertain":
        verdict = desk.texts.say(
            "lens_between",
            low=desk.texts.value(field, row["class_low"]),
            high=desk.texts.value(field, row["class_high"]),
        )
    return LensResult(
        desk.texts.say(f"lens_{row['lens']}"),
        verdict,
        number(row["low"]),
        number(row["high"]),
        int(row["known"]),
        int(row["inputs"]),
    )
