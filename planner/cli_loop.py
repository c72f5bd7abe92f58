"""The commands about plans that were made: `history`, `diff` and `review apply`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.errors import PlannerError
from planner.language import Language

if TYPE_CHECKING:
    from planner.review import Approval, Read
    from planner.store import History, SavedPlan
    from planner.texts import Texts

SHOWN = 40
OutFolder = Annotated[Path | None, typer.Option("--out", help="Folder for plan_changes.csv and plan_causes.csv.")]
Lang = Annotated[Language | None, typer.Option("--lang", help="Language of the messages.")]


def history(
    case: Annotated[Path, typer.Argument(help="Folder of the case.", metavar="CASE")],
    keep: Annotated[int | None, typer.Option("--keep", min=1, help="Name what lies beyond the last so many.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove what --keep names; decided plans stay.")] = False,
    lang: Lang = None,
) -> None:
    """List the plans of a case, the current one first, and which of them was decided by whom."""
    from planner.case import read_case
    from planner.store import open_history

    read = read_case(case)
    texts, kept = _texts(lang or read.language), open_history(read)
    for line in _listed(kept, texts):
        typer.echo(line)
    for problem in kept.lost():
        typer.echo(f"fardplan: {problem}", err=True)
    if keep is not None:
        _thin(kept, keep, remove, texts)
    elif remove:
        raise PlannerError("--remove needs a rule", remedy="Say with --keep how many plans stay.")


def _listed(kept: History, texts: Texts) -> list[str]:
    say, lines = texts.diff["history"], []
    for entry in kept.entries():
        about = entry.plan.manifest
        line = say["line"].format(
            plan=entry.plan.plan_id, date=about.get("plan_date"), parent=entry.plan.parent or say["first"]
        )
        marks = [say["current"]] if entry.is_current else []
        marks += [say["decided"].format(**entry.decision)] if entry.decision else []
        lines.append("  ".join([line, *marks]))
    return lines or [say["none"]]


def _thin(kept: History, keep: int, remove: bool, texts: Texts) -> None:
    say, removable = texts.diff["history"], kept.removable(keep)
    if not removable:
        typer.echo(say["keeps"])
    elif not remove:
        typer.echo(say["removable"].format(keep=keep, plans=" ".join(removable)))
    for plan_id in removable if remove else []:
        kept.shelf.remove(plan_id)
        typer.echo(say["removed"].format(plan=plan_id))


def compare_plans(
    old: Annotated[str, typer.Argument(help="Folder of a plan; or, with --case, its id, current or decided.")],
    new: Annotated[str, typer.Argument(help="The same for the newer one.")],
    case: Annotated[Path | None, typer.Option("--case", help="Case in whose history the plans are.")] = None,
    out: OutFolder = None,
    everything: Annotated[bool, typer.Option("--all", help="Print every change.")] = False,
    lang: Lang = None,
) -> None:
    """Say what differs between two plans, and which cell, line, fact or price caused each change."""
    from planner.csvfile import to_csv_bytes
    from planner.diff import diff
    from planner.view.changes import changes_page

    plans = [_plan(name, case) for name in (old, new)]
    found = diff(*plans)
    language = lang or plans[1].inputs.get("case", {}).get("language", "sv")
    for line in _lines(found.is_empty, changes_page(found, _texts(language)), _texts(language), everything):
        typer.echo(line)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in found.tables().items():
            (out / f"{name}.csv").write_bytes(to_csv_bytes(frame))
            typer.echo(str(out / f"{name}.csv"))


def _plan(name: str, case: Path | None) -> SavedPlan:
    from planner.case import read_case
    from planner.store import open_history, open_saved

    return open_history(read_case(case)).plan(name) if case is not None else open_saved(Path(name))


def _lines(is_empty: bool, page: object, texts: Texts, everything: bool) -> list[str]:
    from planner.render.formats import count
    from planner.view.model.changes import Changes

    assert isinstance(page, Changes)
    say = texts.diff
    lines = [say["heading"].format(old=page.old_id, new=page.new_id)]
    if is_empty:
        return [*lines, say["nothing"]]

    def shown(value: float | str | None) -> str:
        unknown = str(texts.values["unknown"])
        return unknown if value is None else value if isinstance(value, str) else count(value, texts.language)

    if page.inputs:
        lines += ["", say["causes"], *(f"  {line}" for line in page.inputs)]
    differing = [row for row in page.totals if row.before != row.after]
    if differing:
        lines += ["", say["totals"], *(f"  {row.label}: {shown(row.before)} → {shown(row.after)}" for row in differing)]
    lines += ["", say["changes"]]
    for item in page.systems if everything else page.systems[:SHOWN]:
        lines.append(f"  {item.system.name} ({item.system.system_id}), {item.label}: {item.before} → {item.after}")
        lines += [f"    {cause}" for cause in item.causes]
    if not page.systems:
        lines.append(f"  {say['same_plans']}")
    more = len(page.systems) - SHOWN
    return [*lines, *([f"  {say['more'].format(count=more)}"] if more > 0 and not everything else [])]


def _texts(language: str) -> Texts:
    from planner.texts import load_texts

    return load_texts(language)


review_app = typer.Typer(help="People's decisions about a plan, in review.yaml.", no_args_is_help=True)


class Take(StrEnum):
    """Whose word holds where two reviewers contradict each other."""

    ours = "ours"
    theirs = "theirs"


@review_app.command("apply")
def apply_review(
    case: Annotated[Path, typer.Argument(help="Folder of the case.", metavar="CASE")],
    file: Annotated[Path, typer.Argument(help="A review, such as one sent back by a reviewer.", metavar="FILE")],
    take: Annotated[Take | None, typer.Option("--take", help="Settle contradictions: ours or theirs.")] = None,
    lang: Lang = None,
) -> None:
    """Check a review and merge it into review.yaml of the case; approvals make their plans decided.

    Where two reviewers contradict each other nothing is written until --take says whose word holds.
    """
    from planner.case import read_case
    from planner.review import FILE, merge, read_review, write_review
    from planner.store import open_history

    read = read_case(case)
    say = _texts(lang or read.language).diff["review"]
    if not file.is_file():
        raise PlannerError("the review does not exist", place=str(file), remedy="Name the file to apply.")
    theirs, kept = read_review(file), open_history(read)
    _refuse_unknown(theirs, kept)
    done = merge(read_review(read.folder / FILE), theirs, take.value if take else None)
    for conflict in done.conflicts:
        typer.echo(say["conflict"].format(**vars(conflict)))
    if done.conflicts:
        raise PlannerError(
            "two reviewers contradict each other", place=str(file), value=len(done.conflicts), remedy=say["settle"]
        )
    write_review(done.review, read.folder / FILE)
    typer.echo(say["merged"].format(added=done.added, replaced=done.replaced, known=done.known, file=FILE))
    if later := sum(row["when"] > read.plan_date for row in theirs.rows()):
        typer.echo(say["not_yet"].format(count=later, date=read.plan_date))
    for approval in theirs.review.approvals:
        told = {"plan": approval.plan, "by": approval.by, "date": approval.date}
        decided = kept.decide(approval.plan, _record(kept, approval))
        if decided != approval.plan:
            typer.echo(say["decided_later"].format(**told, decided=decided, place=f"{kept.place}/decisions/{decided}"))
            continue
        typer.echo(say["decided"].format(**told))
        if kept.current and kept.current.plan_id != approval.plan:
            typer.echo(say["not_current"].format(**told, current=kept.current.plan_id))


def _refuse_unknown(theirs: Read, kept: History) -> None:
    """Refuse decisions on systems and plans that there are not, before anything is written."""
    import difflib

    from planner.diff.rows import parsed

    for at, approval in enumerate(theirs.review.approvals):
        if approval.plan not in kept.shelf.plans():
            place = theirs.places.get(("approvals", at), "")
            raise PlannerError(
                "there is no such plan in the history",
                place=place,
                value=approval.plan,
                remedy="See fardplan history, and the plan's id on its first page.",
            )
    if kept.current is None:
        return
    known = set(parsed(kept.current.table("systems"), "systems", ["system_id"])["system_id"])
    for row in theirs.rows():
        # Records of a match need be no systems any more; reading the sources says where one of them is unknown.
        if row["other_id"] is None and row["system_id"] not in known:
            near = difflib.get_close_matches(row["system_id"], sorted(known), n=1)
            hint = f"Did you mean '{near[0]}'?" if near else "See systems.csv of the plan."
            raise PlannerError("no such system", place=row["place"], value=row["system_id"], remedy=hint)


def _record(kept: History, approval: Approval) -> dict[str, object]:
    """Who approved which bytes: the hash is that of the plan's manifest, which holds those of all its tables."""
    import hashlib

    from planner.store import MANIFEST

    content = kept.shelf.read(approval.plan, MANIFEST) or b""
    said = approval.model_dump(mode="json", exclude_none=True)
    return {**said, "manifest_sha256": hashlib.sha256(content).hexdigest()}
