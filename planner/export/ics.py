"""iCalendar: a wave is an event of whole days, which calendars update when the plan changes."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

from planner.errors import PlannerError
from planner.export.material import Asked, Export
from planner.render.characters import in_one_line
from planner.texts import Texts, load_texts
from planner.view.model import View, Wave

# Days since then are the sequence of a plan's first calendar: without memory, that of a later day is higher.
FIRST_DAY = date(2020, 1, 1)
SAID = ("SUMMARY", "DESCRIPTION", "DTSTART", "DTEND", "STATUS")


def write_ics(view: View, asked: Asked) -> Export:
    """Write the calendar.

    Uids are made from the organisation and the wave's number; SEQUENCE rises with the day of the plan. Where the
    calendar that was sent out last is given, it rises for the events that differ and for no other, and waves that are
    no more are cancelled.
    """
    from icalendar import Calendar

    texts = load_texts(view.meta.language)
    planned = date.fromisoformat(view.meta.plan_date)
    sent = _events(asked.base) if asked.base is not None else {}
    calendar = Calendar()
    calendar.add("prodid", "-//Färdplan//fardplan//SV")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", in_one_line(texts.export["calendar"].format(organisation=view.meta.organisation)))
    for wave in view.waves:
        event = _event(wave, view, texts)
        _number(event, sent.pop(str(event["UID"]), None), planned)
        calendar.add_component(event)
    for gone in sent.values():
        calendar.add_component(_cancelled(gone, planned))
    return Export((calendar.to_ical(),), len(view.waves))


def _event(wave: Wave, view: View, texts: Texts) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", f"plan-wave-{wave.number}@{_domain(view.meta.organisation)}")
    event.add("summary", in_one_line(texts.export["wave_title"].format(number=wave.number, quarter=wave.quarter)))
    event.add("dtstart", date.fromisoformat(wave.start_date))
    # The end is exclusive.
    event.add("dtend", date.fromisoformat(wave.end_date) + timedelta(days=1))
    event.add("description", "\n".join(in_one_line(ref.name) for ref in wave.systems))
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
