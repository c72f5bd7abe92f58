"""One card per system: what is proposed, why, what lost and why, what is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pandas as pd

from planner.lineage import written
from planner.view.desk import POINTS, Desk, iso, number, text, whole
from planner.view.evidence import joined
from planner.view.groups import why
from planner.view.model.systems import Alternative, Fit, Flip, LensResult, Reason, Step, System, Work
from planner.view.model.terms import Ref
from planner.view.sizing import sizing_of

STATED = ("contract_end_date", "dispensation_until_date", "risk_accepted_until_date", "deadline_date")
DERIVED = ("support_end_date", "notice_date", "procurement_start_date", "procurement_start_p50_date")
PHASES = ("investigate", "decide", "procure", "prepare", "move", "close")
VERDICTS = ("allow", "allow_with", "needs_decision", "deny")


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
        self.told: dict[str, Any] = {}
        self.waves = desk.table("waves").set_index("system_id").to_dict("index")
        self.facts = desk.table("facts").set_index("system_id").to_dict("index")
        self.dates = desk.table("systems").set_index("system_id")[list(STATED)].to_dict("index")
        self.groups = desk.table("groups").set_index("system_id").to_dict("index")
        self.costs = _by(desk.table("costs"), "system_id") if desk.is_internal else {}
        details = desk.is_internal
        evidence = desk.table("evidence")
        self.evidence = (
            _by(evidence[(evidence["outcome"] == "true") | (evidence["kind"] == "gate")], "system_id")
            if details
            else {}
        )
        self.options = _by(desk.table("options"), "system_id") if details else {}
        self.flips = _by(desk.table("flips"), "system_id") if details else {}
        self.lenses = _by(desk.table("lenses"), "system_id") if details else {}
        self.fits = _by(desk.table("target_fit"), "system_id") if details else {}
        self.activities = (
            _by(desk.table("activities").sort_values(["start_week", "end_week", "activity_id"]), "group_id")
            if details
            else {}
        )
        self.assumed = _by(desk.table("effort").dropna(subset="assumed"), "system_id") if details else {}
        self.work = _by(_by_phase(desk), "system_id") if details else {}
        links = desk.table("links").dropna(subset=["source_system_id", "target_system_id"])
        self.reviews = _by(desk.table("reviews"), "system_id") if details else {}
        self.sizing = sizing_of(desk) if details else {}
        self.needs = _pairs(desk, links, "source_system_id", "target_system_id") if details else {}
        self.needed_by = _pairs(desk, links, "target_system_id", "source_system_id") if details else {}


def _by(frame: pd.DataFrame, column: str) -> dict[str, list[dict[str, Any]]]:
    shelf: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.to_dict("records"):
        shelf[str(row[column])].append({str(key): value for key, value in row.items()})
    return shelf


def _pairs(desk: Desk, links: pd.DataFrame, one: str, other: str) -> dict[str, tuple[Ref, ...]]:
    return {str(key): desk.refs(part[other].unique()) for key, part in links.groupby(one)}


def _system(desk: Desk, shelves: _Shelves, key: str, row: Any) -> System:
    wave = shelves.waves.get(key)
    group = shelves.groups[key]
    target = next((cost for cost in shelves.costs.get(key, []) if cost["kind"] == "target"), None)
    today = next((cost for cost in shelves.costs.get(key, []) if cost["kind"] == "today"), None)
    detail = desk.is_internal
    quarter = str(wave["quarter"]).partition("-Q") if wave else ("", "", "")
    evidence = joined(shelves.evidence.get(key, []))
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
        flips=_flips(desk, shelves.flips.get(key, [])),
        reasons=tuple(_reason(desk, item, shelves.told) for item in _weighty(evidence, row.key)),
        undecided=tuple(_reason(desk, item, shelves.told) for item in evidence if _asks(item)),
        alternatives=_alternatives(desk, shelves.options.get(key, [])),
        work=tuple(_work(desk, item) for item in shelves.work.get(key, [])),
        steps=tuple(_step(desk, item) for item in shelves.activities.get(str(group["group_id"]), [])),
        lenses=tuple(_lens(desk, item) for item in shelves.lenses.get(key, [])),
        dates=_dates(desk, shelves.facts[key] | shelves.dates[key]) if detail else (),
        fits=_fits(desk, shelves.fits.get(key, [])),
        depends_on=shelves.needs.get(key, ()),
        needed_by=shelves.needed_by.get(key, ()),
        circle=why(desk, group) if detail else "",
        assumed=_assumed(desk, shelves.assumed.get(key, [])),
        sizing=shelves.sizing.get(key, ()),
        reviewed=tuple(_reviewed(desk, item) for item in shelves.reviews.get(key, [])),
    )


def _weighty(rows: list[dict[str, Any]], chosen: str) -> list[dict[str, Any]]:
    """What holds: first what speaks for the proposal, then gates, then what speaks for something else."""
    holding = [row for row in rows if row["outcome"] == "true"]
    rank = {"review": 0, "gate": 1, "rule": 2}
    return sorted(
        holding,
        key=lambda row: (
            0 if row["options"] == chosen else rank[row["kind"]],
            -(number(row["points"]) or 0),
            row["rule"],
        ),
    )


def _asks(item: dict[str, Any]) -> bool:
    return bool(item["outcome"] == "unknown" and item["effect"] == "needs_decision")


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


def _fits(desk: Desk, rows: list[dict[str, Any]]) -> tuple[Fit, ...]:
    """Targets by verdict and reasons, in the policy's order of preference, those that are open first."""
    fit, language = desk.plan.policy.cloud_fit, desk.texts.language
    labels = {target.name: getattr(target.label, language) for target in fit.targets}
    because = {gate.name: getattr(gate.because, language) for gate in fit.gates}
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


def _reason(desk: Desk, item: dict[str, Any], told: dict[str, Any]) -> Reason:
    """One piece of evidence in words; `told` keeps what many pieces have in common, so that they share it."""

    def once(kind: str, of: object, say: Callable[[str], Any]) -> Any:
        key = f"{kind} {of}"
        if key not in told:
            told[key] = say(str(of))
        return told[key]

    texts = desk.texts
    return Reason(
        rule=once("rule", item["rule"], str),
        kind=texts.say(f"kind_{item['kind']}"),
        outcome=texts.say(f"outcome_{item['outcome']}"),
        effect=texts.say(f"effect_{item['effect']}"),
        because=once("because", item[f"because_{texts.language}"], str),
        source=once("source", item["source"], lambda said: said.replace("own model", texts.say("own_model"))),
        values=once("values", item["values"], lambda said: _values(desk, said)),
        cells=written(*(text(item[name]) for name in ("record", "letters", "cells"))),
        points=number(item["points"]),
        options=once("options", item["options"], lambda said: _options(desk, said)),
    )


def _values(desk: Desk, said: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=")[::2] for part in said.split("; "))
    return tuple((desk.texts.field(name), _value(desk, name, value)) for name, value in pairs)


def _value(desk: Desk, name: str, value: str) -> str:
    is_amount = name.endswith("_sek") and value.isdecimal()
    return f"{int(value):,}".replace(",", desk.texts.say("group")) if is_amount else desk.texts.value(name, value)


def _options(desk: Desk, said: str) -> str:
    return ", ".join(desk.texts.say(f"option_{option}") for option in said.split())


def _alternatives(desk: Desk, rows: list[dict[str, Any]]) -> tuple[Alternative, ...]:
    lost = [row for row in rows if not pd.isna(row["lost_because"])]
    lost.sort(key=lambda row: (not row["is_allowed"], -row["score"], row["option"]))
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
    until = desk.texts.say("reviewed_until", date=iso(row["expires"])) if iso(row["expires"]) else ""
    return desk.texts.say(
        "reviewed",
        kind=desk.texts.diff["reviews"][kind],
        value=desk.texts.say(f"option_{value}") if kind == "disposition" else value,
        who=row["who"],
        date=iso(row["when"]),
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


def _work(desk: Desk, row: dict[str, Any]) -> Work:
    low, likely, high = (round(float(row[f"{point}_days"]), 2) for point in POINTS)
    return Work(desk.texts.say(f"phase_{row['phase']}"), (low, likely, high))


def _step(desk: Desk, row: dict[str, Any]) -> Step:
    return Step(
        desk.texts.say(f"phase_{row['phase']}"),
        f"{row['start_date']:%Y-%m-%d}",
        f"{row['end_date']:%Y-%m-%d}",
        desk.texts.say(f"bound_{row['bound_by']}"),
    )


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
