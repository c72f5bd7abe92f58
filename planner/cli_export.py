"""`fardplan export`: files for the tools that carry a plan out, with what their targets would refuse."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.language import Language

if TYPE_CHECKING:
    from planner.export import Export, Planned
    from planner.view import View

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
    lang: Annotated[Language | None, typer.Option("--lang", help="Language; the plan's own by default.")] = None,
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
    from planner.export.told import refused_csv, told
    from planner.texts import load_texts

    name = format_.value
    wanted = audience_of(name, audience)
    asked = Asked(account_id, domain, url, _content(base))
    material, language = _material(source, name, lang, wanted)
    made = export(name, material, asked)
    texts = load_texts(language)
    files = _write(made, out)
    if refused is not None and made.refused:
        _save(refused, refused_csv(made.refused, texts))
    for line in told(made, name, files, texts):
        typer.echo(line)
    raise typer.Exit(HAS_REFUSED if made.refused else DONE)


def read_edits(
    source: Annotated[Path, typer.Argument(help="The plan folder, or the case, that was exported.", metavar="CASE")],
    file: Annotated[Path, typer.Argument(help="Workbook or wave mapping that a person has filled in.", metavar="FILE")],
    out: Annotated[Path | None, typer.Option("--out", help="Review to write them to, as YAML.")] = None,
    on: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="When it was decided; needed with --out.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Role of who decided, where the file does not say.")] = None,
) -> None:
    """Read what a person changed in an exported workbook or wave mapping: all of it or nothing."""
    from planner.errors import PlannerError
    from planner.export.as_review import as_review
    from planner.export.edits import read_waves
    from planner.export.review_sheet import is_workbook, read_workbook
    from planner.texts import load_texts
    from planner.view import View

    content = _content(file) or b""
    material, language = _material(source, "xlsx" if is_workbook(content) else "waves", None, "intern")
    edits = (
        read_workbook(content, material, file.name)
        if isinstance(material, View)
        else read_waves(content, material, file.name)
    )
    say = load_texts(language).export
    for edit in edits:
        typer.echo(say["edit"].format(**vars(edit), what=say[f"edit_{edit.field}"]).rstrip(" ,;"))
    typer.echo(say["edits"].format(count=len(edits)))
    if out is not None:
        if on is None:
            raise PlannerError("nobody said when it was decided", remedy="Give --date.")
        _save(out, as_review(edits, on.date(), by, file.name))


def _material(source: Path, name: str, lang: str | None, audience: str) -> tuple[Planned | View, str]:
    """What the format is made from: of a saved plan, or of a case that is planned now."""
    from planner.export import EXPORTERS
    from planner.store import MANIFEST

    if (source / MANIFEST).is_file():
        return _saved_view(source, lang, audience) if EXPORTERS[name].is_from_view else _saved_tables(source, lang)
    from planner.case import read_case
    from planner.export import Planned
    from planner.pipeline import compute
    from planner.store import open_history
    from planner.view import build_view

    case = read_case(source)
    plan = compute(case, history=open_history(case))
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


def _content(path: Path | None) -> bytes | None:
    from planner.errors import PlannerError

    try:
        return path.read_bytes() if path is not None else None
    except OSError as reason:
        raise PlannerError(f"the file cannot be read ({reason.strerror})", place=str(path)) from None


def _write(made: Export, out: Path) -> list[tuple[Path, int]]:
    """Write the files; several are numbered."""
    many = len(made.files) > 1
    paths = [out.with_name(f"{out.stem}-{at}{out.suffix}") if many else out for at in range(1, len(made.files) + 1)]
    for path, content in zip(paths, made.files, strict=True):
        _save(path, content)
    return [(path, len(content)) for path, content in zip(paths, made.files, strict=True)]


def _save(path: Path, content: bytes) -> None:
    from planner.errors import PlannerError

    try:
        path.write_bytes(content)
    except OSError as reason:
        raise PlannerError(f"the file cannot be written ({reason.strerror})", place=str(path)) from None
