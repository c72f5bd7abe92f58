"""`fardplan export`: files for the tools that carry a plan out, with what their targets would refuse."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from planner.export import Export, Planned, Refusal
    from planner.texts import Texts
    from planner.view import View

SHOWN = 3
DONE, HAS_REFUSED = 0, 1


class Format(StrEnum):
    """Formats; a test holds them equal to the registry, which is not imported for --help."""

    hub = "hub"
    cmf = "cmf"
    mgn = "mgn"
    waves = "waves"
    jira = "jira"
    ics = "ics"
    archimate = "archimate"
    dcat = "dcat"
    xlsx = "xlsx"
    pdf = "pdf"
    report = "report"
    docx = "docx"


def export_plan(
    source: Annotated[Path, typer.Argument(help="A plan folder, or a case, which is planned first.", metavar="CASE")],
    format_: Annotated[Format, typer.Option("--format", help="What to write; pdf is the memo, report the whole.")],
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    lang: Annotated[str | None, typer.Option("--lang", help="sv or en; the plan's own by default.")] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="intern or offentlig; what names servers is for intern only.")
    ] = None,
    account_id: Annotated[
        str | None, typer.Option("--account-id", help="AWS account of the servers (mgn, cmf).")
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="DNS domain of host names that have none (mgn, cmf).")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="Where the plan is published (dcat).")] = None,
    base: Annotated[
        Path | None, typer.Option("--base", help="The calendar that was sent out last, or Azure's wave mapping.")
    ] = None,
    refused: Annotated[
        Path | None, typer.Option("--refused", help="CSV for the rows that the target would refuse.")
    ] = None,
) -> None:
    """Write a plan for another tool; rows that the tool would refuse are left out and told, with exit code 1."""
    from planner.export import Asked, audience_of, export
    from planner.texts import load_texts

    name = format_.value
    wanted = audience_of(name, audience)
    asked = Asked(account_id, domain, url, _content(base))
    material, language = _material(source, name, _language(lang), wanted)
    made = export(name, material, asked)
    texts = load_texts(language)
    files = _write(made, out)
    if refused is not None and made.refused:
        refused.write_bytes(_refused_file(made.refused, texts))
    for line in _told(made, name, files, texts):
        typer.echo(line)
    raise typer.Exit(HAS_REFUSED if made.refused else DONE)


def _material(source: Path, name: str, lang: str | None, audience: str) -> tuple[Planned | View, str]:
    """What the format is made from: of a saved plan, or of a case that is planned now."""
    from planner.export import EXPORTERS
    from planner.store import MANIFEST

    if (source / MANIFEST).is_file():
        return _saved_view(source, lang, audience) if EXPORTERS[name].is_from_view else _saved_tables(source, lang)
    from planner.case import read_case
    from planner.export import Planned
    from planner.pipeline import compute
    from planner.view import build_view

    case = read_case(source)
    plan = compute(case)
    language = lang or case.language
    if EXPORTERS[name].is_from_view:
        return build_view(plan, language, audience), language
    return Planned(plan.portfolio.tables, case.organisation, plan.plan_id, case.plan_date.isoformat()), language


def _saved_tables(folder: Path, lang: str | None) -> tuple[Planned, str]:
    import json

    from planner.export import TABLES, Planned
    from planner.store import MANIFEST, load_tables

    tables = load_tables(folder, TABLES)
    about = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Planned(tables, about["organisation"], about["plan_id"], about["plan_date"]), lang or "sv"


def _saved_view(folder: Path, lang: str | None, audience: str) -> tuple[View, str]:
    from planner.errors import PlannerError
    from planner.view.load import load_view

    path = folder / "plan.json"
    if not path.is_file():
        raise PlannerError("the plan folder has no plan.json", place=str(folder), remedy="Plan anew.")
    view = load_view(path.read_bytes(), str(path))
    for given, said, option in ((audience, view.meta.audience, "--audience"), (lang, view.meta.language, "--lang")):
        if given is not None and given != said:
            raise PlannerError(
                f"the saved plan is written for {option} {said}",
                place=str(path),
                value=given,
                remedy="Name the case instead.",
            )
    return view, view.meta.language


def _language(lang: str | None) -> str | None:
    from planner.errors import PlannerError
    from planner.texts import LANGUAGES

    if lang is not None and lang not in LANGUAGES:
        raise PlannerError("no such language", value=lang, remedy=f"Use one of: {', '.join(LANGUAGES)}.")
    return lang


def _content(path: Path | None) -> bytes | None:
    from planner.errors import PlannerError

    try:
        return path.read_bytes() if path is not None else None
    except OSError as reason:
        raise PlannerError(f"the file cannot be read ({reason.strerror})", place=str(path)) from None


def _write(made: Export, out: Path) -> list[tuple[Path, int]]:
    """Write the files; several are numbered."""
    from planner.errors import PlannerError

    many = len(made.files) > 1
    paths = [out.with_name(f"{out.stem}-{at}{out.suffix}") if many else out for at in range(1, len(made.files) + 1)]
    try:
        for path, content in zip(paths, made.files, strict=True):
            path.write_bytes(content)
    except OSError as reason:
        raise PlannerError(f"the file cannot be written ({reason.strerror})", place=str(out)) from None
    return [(path, len(content)) for path, content in zip(paths, made.files, strict=True)]


def _told(made: Export, name: str, files: list[tuple[Path, int]], texts: Texts) -> list[str]:
    from planner.export.limits import limits_of, targets

    say = texts.export
    lines = [say[code].format(count=count) for code, count in made.notes]
    if made.refused:
        lines.append(say["refused_count"].format(count=len({item.key for item in made.refused})))
        lines += _reasons(made.refused, say)
    if name in targets() and (made.refused or made.notes):
        limits = limits_of(name)
        lines.append(say["checked"].format(target=name, date=limits.as_of.isoformat(), source=limits.source))
    paths = ", ".join(str(path) for path, _ in files)
    size = f"{sum(size for _, size in files) / 1000:.0f} kB"
    return [*lines, say["written"].format(count=made.written, file=paths, size=size)]


def _reasons(refused: tuple[Refusal, ...], say: dict[str, str]) -> list[str]:
    """One line for each reason, with the first of its rows."""
    groups: dict[tuple[str, str], list[Refusal]] = {}
    for item in refused:
        groups.setdefault((item.column, item.code), []).append(item)
    lines = []
    for (column, code), items in groups.items():
        rows = [f"{item.name[:40]} ({item.value[:40]})" if item.value else item.name[:40] for item in items[:SHOWN]]
        more = say["refused_more"].format(count=len(items) - SHOWN) if len(items) > SHOWN else ""
        given = {"column": column, "why": say[code], "count": len(items), "rows": ", ".join(rows) + more}
        lines.append(say["refused_line"].format(**given))
    return lines


def _refused_file(refused: tuple[Refusal, ...], texts: Texts) -> bytes:
    import csv
    import io

    from planner.render.table import safe

    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(texts.export["refused_header"])
    writer.writerows(
        [safe(cell) for cell in (item.key, item.name, item.column, item.value, texts.export[item.code])]
        for item in refused
    )
    return ("\ufeff" + file.getvalue()).encode("utf-8")
