"""Explanations in plain text for the command line; the words come from the view and the templates' texts."""

from __future__ import annotations

from planner.texts import Texts, load_texts
from planner.view.model.systems import Alternative, Fit, Reason, System
from planner.view.model.terms import Span


def explain_system(system: System, language: str) -> str:
    """Everything about one system, as lines of text."""
    texts = load_texts(language)
    say = texts.interface
    lines = [f"{system.name}  ({system.system_id})", f"{system.disposition} · {system.state}"]
    if system.wave is not None:
        lines.append(f"{say['wave']} {system.wave}, {system.quarter}, {say['done']} {system.end_date}")
    lines.append(f"{say['effort']}: {_days(system.days, texts)}")
    lines += _section(say["reviewed"], list(system.reviewed))
    lines += _section(say["why"], [line for reason in system.reasons for line in _reason(reason, texts)])
    lines += _section(
        say["cannot_be_decided"], [line for reason in system.undecided for line in _reason(reason, texts)]
    )
    lines += _section(
        say["what_lost"],
        [f"{item.label}: {_scores(item, texts)}, {item.why}" for item in system.alternatives],
    )
    lines += _section(say["decisions_first"], list(system.tasks))
    lines += _section(say["answers_that_could_change"], [", ".join(system.questions)] if system.questions else [])
    lines += _section(say["would_flip"], [f"{flip.field} = {flip.answers} → {flip.leads_to}" for flip in system.flips])
    lines += _section(say["effort_parts"], [f"{work.phase}: {_days(work.days, texts)}" for work in system.work])
    lines += _section(
        say["steps"],
        [f"{step.start_date} – {step.end_date}  {step.phase} ({step.bound_by})" for step in system.steps],
    )
    lines += _section(
        say["lenses"],
        [f"{item.label}: {item.verdict} ({item.known}/{item.inputs})" for item in system.lenses],
    )
    lines += _section(say["dates"], [f"{day}  {label}" for label, day in system.dates])
    lines += _section(say["target_environments"], [_fit(item, say["missing"]) for item in system.fits])
    lines += _section(say["depends_on"], [ref.name for ref in system.depends_on])
    lines += _section(say["needed_by"], [ref.name for ref in system.needed_by])
    lines += _section(say["moves_together"], [system.circle] if system.circle else [])
    lines += _section(say["sizing"], list(system.sizing))
    lines += _section(say["assumed"], [", ".join(system.assumed)] if system.assumed else [])
    return "\n".join(lines)


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _fit(fit: Fit, missing: str) -> str:
    because = f" ({'; '.join(fit.because)})" if fit.because else ""
    open_ = f"; {missing}: {', '.join(fit.missing)}" if fit.missing else ""
    return f"{fit.verdict}: {', '.join(fit.targets)}{because}{open_}"


def _reason(reason: Reason, texts: Texts) -> list[str]:
    points = f" {_number(reason.points, texts, '+g')}" if reason.points is not None else ""
    read = "; ".join(f"{name} = {value}" for name, value in reason.values)
    lines = [
        f"{reason.kind} {reason.rule}: {reason.effect}{points} ({reason.options})",
        f"  {reason.because}",
        f"  {read}",
    ]
    if reason.cells:
        lines.append(f"  {texts.interface['cells']}: {reason.cells}")
    return [*lines, f"  {texts.interface['source']}: {reason.source}"]


def _days(days: Span, texts: Texts) -> str:
    if days[1] is None:
        return str(texts.values["unknown"])
    return f"{' / '.join(_number(value, texts) for value in days)} {texts.interface['person_days']}"


def _scores(item: Alternative, texts: Texts) -> str:
    score, low, high = (_number(value, texts) for value in (item.score, item.low, item.high))
    return f"{score} ({low} – {high})"


def _number(value: float | None, texts: Texts, form: str = "g") -> str:
    """A number with the decimal mark of the language."""
    return f"{value:{form}}".replace(".", texts.say("decimal"))
