"""iCalendar: waves, decisions and starts of procurements are events of whole days, which a changed plan updates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from planner.errors import PlannerError
from planner.export.material import Asked, Export
from planner.render.characters import in_one_line
from planner.texts import Texts, load_texts
from planner.view.model import View

# Days since then are the sequence of a plan's first calendar: without memory, that of a later day is higher.
FIRST_DAY = date(2020, 1, 1)
SAID = ("SUMMARY", "DESCRIPTION", "DTSTART", "DTEND", "STATUS")


def write_ics(view: View, asked: Asked) -> Export:
    """Write the calendar.

    Uids are made from the organisation and the wave's number, or the decision's key; SEQUENCE rises with the day of
    the plan. Where the calendar that was sent out last is given, it rises for the events that differ and for no other,
    and what is no more is cancelled.
    """
    from icalendar import Calendar

    texts = load_texts(view.meta.language)
    planned = date.fromisoformat(view.meta.plan_date)
    sent = _events(asked.base) if asked.base is not None else {}
    calendar = Calendar()
    calendar.add("prodid", "-//Färdplan//fardplan//SV")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", in_one_line(texts.export["calendar"].format(organisation=view.meta.organisation)))
    events = list(_all_events(view, texts))
    for event in events:
        _number(event, sent.pop(str(event["UID"]), None), planned)
        calendar.add_component(event)
    for gone in sent.values():
        calendar.add_component(_cancelled(gone, planned))
    return Export((calendar.to_ical(),), len(events))


def _all_events(view: View, texts: Texts) -> Iterator[Any]:
    """Waves; decisions, on the last day for each; for internal readers the first procurement of a wave."""
    say = texts.export
    for wave in view.waves:
        title = say["wave_title"].format(number=wave.number, quarter=wave.quarter)
        days = date.fromisoformat(wave.start_date), date.fromisoformat(wave.end_date)
        yield _event(view, f"wave-{wave.number}", title, days, [ref.name for ref in wave.systems])
    for ask in view.asks:
        if ask.by_date:
            day = date.fromisoformat(ask.by_date)
            about = say["ask_about"].format(by_whom=ask.by_whom, consequence=ask.consequence)
            names = [about, *(ref.name for ref in ask.systems)]
            yield _event(view, f"ask-{ask.key}", say["ask_title"].format(what=ask.what), (day, day), names)
    for page in view.wave_pages:
        if page.procurements:
            day = date.fromisoformat(page.procurements[0].start_date)
            lines = [f"{one.start_date} {one.name}" for one in page.procurements]
            yield _event(
                view, f"procure-{page.number}", say["procure_title"].format(number=page.number), (day, day), lines
            )


def _event(view: View, key: str, title: str, days: tuple[date, date], about: list[str]) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", f"plan-{key}@{_domain(view.meta.organisation)}")
    event.add("summary", in_one_line(title))
    event.add("dtstart", days[0])
    # The end is exclusive.
    event.add("dtend", days[1] + timedelta(days=1))
    event.add("description", "\n".join(map(in_one_line, about)))
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _number(event: Any, sent: Any, planned: date) -> None:
    """Give an event its sequence; one that says what the earlier one said keeps that one's number and stamp."""
    if sent is not None and _said(event) == _said(sent):
        event.add("sequence", int(sent.get("SEQUENCE", 0)))
        event.add("dtstamp", sent["DTSTAMP"].dt)
        return
    earlier = -1 if sent is None else int(sent.get("SEQUENCE", 0))
    event.add("sequence", max((planned - FIRST_DAY).days, earlier + 1))
    event.add("dtstamp", datetime(planned.year, planned.month, planned.day, tzinfo=UTC))


def _cancelled(sent: Any, planned: date) -> Any:
    if str(sent.get("STATUS")) == "CANCELLED":
        return sent
    event = sent.copy(recursive=True)
    for name in ("SEQUENCE", "DTSTAMP", "STATUS"):
        event.pop(name, None)
    event.add("status", "CANCELLED")
    _number(event, sent, planned)
    return event


def _said(event: Any) -> list[bytes]:
    return [event[name].to_ical() if name in event else b"" for name in SAID]


def _events(content: bytes) -> dict[str, Any]:
    from icalendar import Calendar

    try:
        events = Calendar.from_ical(content).walk("VEVENT")
        return {str(event["UID"]): event for event in events if "DTSTAMP" in event}
    except (ValueError, KeyError, IndexError) as reason:
        raise PlannerError(
            "the earlier calendar cannot be read",
            value=str(reason)[:80],
            remedy="Give the .ics that was exported last.",
        ) from None


def _domain(organisation: str) -> str:
    """The organisation's name as the right side of a uid."""
    plain = unicodedata.normalize("NFKD", organisation).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "organisation"
