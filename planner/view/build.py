"""A plan to a view, for one audience and one language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from planner import __version__
from planner.case import Exchange
from planner.collector import paused
from planner.diff import Diff
from planner.look.read import read_look
from planner.plan import Plan
from planner.texts import load_texts
from planner.view import appendix, business, goals, groups, overlaps, page_one, risk, timeplan
from planner.view.changes import changes_page
from planner.view.desk import Desk
from planner.view.model import Meta, View
from planner.view.model.page_one import Count
from planner.view.model.schedule import Wave
from planner.view.model.systems import System
from planner.view.model.terms import Span
from planner.view.pairs import pairs
from planner.view.providers import providers
from planner.view.systems import systems
from planner.view.wave_pages import wave_pages

AUDIENCES = ("intern", "offentlig")
SCHEMA = "fardplan-view/1"
UNKNOWN: Span = (None, None, None)
Counted = TypeVar("Counted", Count, Wave)


@paused()
def build_view(
    plan: Plan, language: str, audience: str, changes: Diff | None = None, decision: dict[str, Any] | None = None
) -> View:
    """Build the view.

    Parameters
    ----------
    plan
        The plan.
    language
        `sv` or `en`.
    audience
        `intern` sees everything; `offentlig` sees names, actions, quarters, decisions and totals: what it may not
        see is never put
        into the view (public-sector reference 7.1, own model).
    changes
        What differs from the plan before.
    decision
        Record of the approval of this plan; it is a draft without one.
    """
    desk = Desk(plan, load_texts(language), audience == "intern")
    cards = systems(desk)
    notes = appendix.notes(desk.table("findings"), desk.table("rejects"), desk.names, desk.texts)
    today, today_known = page_one.today(desk)
    (low_usd, _, high_usd), target_known = page_one.target(desk)
    total_days, total_cost = page_one.totals(desk)
    inside = desk.is_internal
    return View(
        schema=SCHEMA,
        meta=_meta(desk, audience, decision),
        conclusion=_conclusion(desk, cards),
        asks=page_one.asks(desk),
        counts=tuple(_totals_only(desk, count) for count in page_one.counts(desk)),
        total_days=total_days,
        total_cost_sek=total_cost,
        today_sek=today,
        today_known=today_known,
        target_sek=desk.span(desk.money["target"]),
        target_usd=(low_usd, None, high_usd),
        target_known=target_known,
        years=page_one.years(desk),
        business=business.business(desk),
        waves=tuple(_totals_only(desk, wave) for wave in page_one.waves(desk)),
        ticks=page_one.ticks(desk),
        uncertain=risk.uncertain(desk),
        risk_ticks=risk.ticks(desk),
        samples=int(plan.policy.simulation.samples.value),
        deadlines=risk.deadlines(desk) if inside else (),
        critical=risk.critical(desk) if inside else (),
        groups=groups.groups(desk) if inside else (),
        flow_fates=groups.flows_by_fate(desk) if inside else (),
        foundation=timeplan.foundation(desk),
        quality=timeplan.quality(desk),
        bounds=timeplan.bounds(desk) if inside else (),
        loads=timeplan.loads(desk) if inside else (),
        load_ticks=timeplan.load_ticks(desk) if inside else (),
        missed=timeplan.missed(desk) if inside else (),
        wave_rules=timeplan.rules(desk) if inside else (),
        end_date=max((card.end_date for card in cards if card.end_date), default=None),
        goal_date=plan.policy.outlook.target_date.isoformat(),
        goals=goals.goals(desk),
        curve=goals.curve(desk),
        blocked=goals.blocked(desk) if inside else (),
        without_benefit=desk.refs(goals.without_benefit(desk)) if inside else (),
        pilots=page_one.pilots(desk) if inside else (),
        pilots_low=plan.policy.priority.pilot.confirm_low,
        pilots_high=plan.policy.priority.pilot.confirm_high,
        clusters=overlaps.clusters(desk) if inside else (),
        pairs=pairs(desk) if inside else (),
        risks=page_one.risks(desk) if inside else (),
        process_first=page_one.process_first(desk) if inside else (),
        lenses=page_one.lenses(desk) if inside else (),
        coverage=page_one.coverage(desk),
        systems=cards,
        findings=notes if inside else (),
        finding_counts=appendix.finding_counts(notes, desk.texts),
        rules=appendix.rules(desk),
        laws=appendix.laws(desk),
        providers=providers(desk),
        assumptions=appendix.assumptions(desk),
        has_details=inside,
        changes=changes_page(changes, desk.texts, None if inside else desk.names) if changes else None,
        wave_pages=wave_pages(desk, timeplan.bounds(desk), risk.uncertain(desk)) if inside else (),
        look=read_look(plan.case.look, plan.case.folder),
    )


def _totals_only(desk: Desk, row: Counted) -> Counted:
    """Work and cost of a few systems are for internal readers; the public gets the totals of the plan."""
    return row if desk.is_internal else replace(row, days=UNKNOWN, cost_sek=UNKNOWN)


def _conclusion(desk: Desk, cards: tuple[System, ...]) -> str:
    parts = [
        f"{count.systems} {desk.texts.say(f'sum_{count.key}')}" for count in page_one.counts(desk) if count.systems
    ]
    last = max((card.end_date for card in cards if card.end_date), default=None)
    said = desk.texts.say("conclusion", total=len(cards), parts=_listed(parts, desk.texts.say("and")))
    if last is None:
        return said
    return f"{said} {_end(desk, last)}"


def _end(desk: Desk, last: str) -> str:
    """When all is done: first the planned day, or the day to count on where the planned one hardly holds."""
    say, day, whole = desk.texts.say, desk.texts.day, risk.uncertain(desk)[-1:]
    if not whole:
        return say("conclusion_end", date=day(last))
    sure = day(whole[0].p80_date)
    if not whole[0].is_unlikely:
        return f"{say('conclusion_end', date=day(last))} {say('conclusion_sure', date=sure)}"
    pct = round(whole[0].on_plan * 100)
    chance = say("chance" if pct else "chance_least", pct=pct)
    return say("conclusion_unlikely", sure=sure, date=day(last), chance=chance)


def _listed(parts: list[str], last: str) -> str:
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _meta(desk: Desk, audience: str, decision: dict[str, Any] | None) -> Meta:
    case = desk.plan.case
    priced = desk.table("targets").dropna(subset="price_as_of").sort_values("price_as_of")
    rate = case.exchange
    return Meta(
        organisation=case.organisation,
        is_invented=case.is_invented,
        language=desk.texts.language,
        audience=audience,
        plan_date=case.plan_date.isoformat(),
        start_date=case.start_date.isoformat(),
        horizon_date=case.horizon_date.isoformat(),
        plan_id=desk.plan.plan_id,
        version=__version__,
        policy=desk.plan.policy.name,
        diary_number=case.diary_number,
        contact_role=case.contact_role,
        region=case.region,
        exchange=_exchange(desk, rate) if rate else None,
        price_as_of=str(priced["price_as_of"].iloc[0]) if len(priced) else None,
        price_source=str(priced["price_source"].iloc[0]) if len(priced) else None,
        catalogue_date=desk.plan.catalogue["captured_date"],
        catalogue_made_with=desk.plan.catalogue["made_with"],
        catalogue_parts=appendix.catalogue_parts(desk),
        sources=appendix.sources(desk),
        decision=desk.texts.diff["history"]["decided"].format(**decision) if decision else None,
    )


def _exchange(desk: Desk, rate: Exchange) -> str:
    euro = f", {desk.written(rate.sek_per_eur, '.2f')} SEK/EUR" if rate.sek_per_eur else ""
    day, source = desk.texts.day(rate.as_of.isoformat()), desk.texts.of_policy(rate.source)
    return f"{desk.written(rate.sek_per_usd, '.2f')} SEK/USD{euro}, {day}, {source}"
