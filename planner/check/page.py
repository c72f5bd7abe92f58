"""The page that `fardplan check` prints: eighty columns, in the order in which a new user asks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from planner.check.findings import CONFLICTS, Group, all_found, grouped, names_of
from planner.check.understood import Understood, understood
from planner.plan import SEVERITIES
from planner.portfolio import Portfolio
from planner.preview import Preview
from planner.texts import Texts
from planner.view.appendix import note_of
from planner.view.cell import told

WIDTH = 80
# So many changes are shown; the file has all of them.
SHOWN = 5
NOT_READ = ("file_unreadable", "sheet_not_recognised", "tab_without_vinfo", "file_not_a_table")


@dataclass(frozen=True)
class Line:
    """A line of text, and what it is: `title`, a severity, or nothing."""

    text: str
    kind: str = ""


def page(portfolio: Portfolio, compared: Preview | str, plan: str, texts: Texts) -> list[Line]:
    """Say what was understood, what was not, what contradicts itself and what would change.

    Parameters
    ----------
    portfolio
        The inventory as it was read.
    compared
        What changes against the plan in the folder `plan`, or in words why that is not known.
    texts
        Words of the language.
    """
    found = all_found(portfolio)
    groups = grouped(found, names_of(portfolio), texts)
    doubts = [group for group in groups if group.code in CONFLICTS]
    known = [group for group in groups if group.severity == "info" and group not in doubts]
    wrong = [group for group in groups if group not in doubts and group not in known]
    says = texts.check
    lines = [*_summary(portfolio, texts), *_title(says["files"]), *_files(portfolio, texts)]
    lines += _section(says["not_understood"], wrong, texts) or _plain(says["nothing_wrong"])
    lines += _section(says["conflicts"], doubts, texts)
    lines += _changes(compared, plan, texts)
    lines += _section(says["known"], known, texts)
    counts = found["severity"].value_counts()
    lines += [Line(""), Line(says["counts"].format(**{name: int(counts.get(name, 0)) for name in SEVERITIES}))]
    return [*lines, *_wrapped(says["codes"], "", "")]


def every_finding(portfolio: Portfolio, texts: Texts) -> list[Line]:
    """Every finding on a line of its own."""
    names = names_of(portfolio)
    lines = _title(texts.check["every"])
    for row in all_found(portfolio).to_dict("records"):
        note = note_of({str(key): value for key, value in row.items()}, names, texts)
        place = f"{note.place}: " if note.place else ""
        said = f"{note.severity_label} [{row['code']}] {place}{note.text} {note.remedy}"
        lines += _wrapped(said, "  ", "    ", note.severity)
    return lines


def _summary(portfolio: Portfolio, texts: Texts) -> list[Line]:
    used = portfolio["sources"].groupby("fills", sort=False)["rows_used"].sum()
    said = [f"{count} {texts.check['tables'].get(str(name), str(name))}" for name, count in used.items() if count]
    return _wrapped(texts.check["summary"].format(tables=", ".join(said)), "", "")


def _files(portfolio: Portfolio, texts: Texts) -> Iterator[Line]:
    last = None
    for item in understood(portfolio):
        if (item.file, item.reader) != last:
            yield from _wrapped(f"{item.file} – {texts.check['dialects'].get(item.reader, item.reader)}", "  ", "    ")
        last = (item.file, item.reader)
        yield from _fate(item, texts)
    yield from _unread(portfolio, texts)


def _fate(item: Understood, texts: Texts) -> Iterator[Line]:
    says = texts.check
    sheet = f"[{item.sheet}] " if item.sheet else ""
    rows = says["rows"].format(
        rows_in=item.rows_in,
        rows_used=item.rows_used,
        rows_merged=item.rows_merged,
        rows_rejected=item.rows_rejected,
    )
    yield from _wrapped(f"{sheet}{rows}", "    ", "      ")
    tables = says["became"].format(tables=", ".join(says["tables"].get(name, name) for name in item.fills))
    said = [tables if item.rows_used or item.rows_merged else ""]
    if item.columns:
        full = f" ({says['full'].format(pct=item.full_pct)})" if item.full_pct is not None else ""
        said.append(says["columns"].format(count=item.columns) + full)
    if item.kept_aside:
        said.append(says["kept_aside"].format(count=item.kept_aside))
    yield from _wrapped("; ".join(part for part in said if part), "      ", "      ")


def _unread(portfolio: Portfolio, texts: Texts) -> Iterator[Line]:
    findings = portfolio["findings"]
    for row in findings[findings["code"].isin(NOT_READ)].to_dict("records"):
        inside = row["value"] if row["code"] == "file_not_a_table" else None
        sheet = f" [{row['sheet']}]" if isinstance(row["sheet"], str) else ""
        place = f"{row['file']}/{inside}" if inside else f"{row['file']}{sheet}"
        yield from _wrapped(f"{place} – {texts.check['not_read']} [{row['code']}]", "  ", "    ", str(row["severity"]))


def _section(title: str, groups: list[Group], texts: Texts) -> list[Line]:
    lines = _title(title) if groups else []
    for group in groups:
        lines += _group(group, texts)
    return lines


def _group(group: Group, texts: Texts) -> Iterator[Line]:
    note = group.first
    place = f"{note.place}: " if note.place else ""
    yield Line(f"  {group.count} × {note.severity_label.lower()} [{group.code}]", note.severity)
    yield from _wrapped(f"{place}{note.text}", "      ", "      ")
    if len(group.fields) > 1:
        listed = ", ".join(f"{name} ({count})" for name, count in group.fields)
        yield _shortened(f"{texts.check['about']}: {listed}")
    elif len(group.values) > 1:
        yield _shortened(f"{texts.check['also']}: {', '.join(group.values[1:])}")
    yield from _wrapped(note.remedy, "    → ", "      ")


def _changes(compared: Preview | str, plan: str, texts: Texts) -> list[Line]:
    says = texts.check
    if isinstance(compared, str):
        return [Line(""), *_wrapped(compared, "", "  ")]
    lines = _title(says["changes"].format(folder=plan))
    if compared.changes.empty:
        lines += _wrapped(says["nothing_changes"], "  ", "  ")
    kinds = ("created", "updated", "unchanged", "gone", "rejected")
    wide = max(len(says["tables"].get(name, name)) for name in compared.counts["entity"])
    for row in compared.counts.to_dict("records"):
        if any(row[kind] for kind in kinds):
            said = [f"{row[kind]} {says[kind]}" for kind in kinds if row[kind] or kind != "rejected"]
            table = says["tables"].get(row["entity"], row["entity"])
            lines += _wrapped(f"{table:<{wide}}  {', '.join(said)}", "  ", " " * (wide + 4))
            lines += _named(compared, row["entity"], texts)
    return [*lines, *_updates(compared, texts)]


def _named(compared: Preview, entity: str, texts: Texts) -> Iterator[Line]:
    """Names of what comes and what goes, as many as a line holds."""
    mine = compared.changes[compared.changes["entity"] == entity]
    for kind in ("created", "gone"):
        names = mine.loc[mine["change"] == kind, ["key", "name"]].drop_duplicates("key")
        if len(names):
            listed = ", ".join(names["name"].fillna(names["key"]).head(20))
            yield _shortened(f"{texts.check[kind]}: {listed}")


def _updates(compared: Preview, texts: Texts) -> Iterator[Line]:
    updates = compared.changes[compared.changes["change"] == "updated"]
    for row in updates.head(SHOWN).astype("object").where(updates.head(SHOWN).notna(), None).to_dict("records"):
        unknown = str(texts.values["unknown"])
        before, after = (
            unknown if row[side] is None else told(row["entity"], row["field"], row[side], texts)
            for side in ("before", "after")
        )
        sheet = f"[{row['cause_sheet']}]" if row["cause_sheet"] else ""
        parts = [f"{row['cause_file']}{sheet}", row["cause_row"], row["cause_column"]]
        place = f" ({':'.join(str(part) for part in parts if part)})" if row["cause_file"] else ""
        said = f"{row['name'] or row['key']}: {texts.field(row['field'])}: {before} → {after}{place}"
        yield from _wrapped(said, "    ", "      ")
    more = len(compared.changes) - min(len(updates), SHOWN)
    if more:
        yield from _wrapped(texts.check["more_changes"].format(count=more), "    ", "      ")


def _title(text: str) -> list[Line]:
    return [Line(""), Line(text.upper(), "title")]


def _plain(text: str) -> list[Line]:
    return [Line(""), Line(text)]


def _wrapped(text: str, first: str, then: str, kind: str = "") -> list[Line]:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )
    return [Line(line, kind) for line in lines]


def _shortened(text: str) -> Line:
    line = "      " + " ".join(text.split())
    return Line(line if len(line) <= WIDTH else line[: WIDTH - 2].rstrip(" ,") + " …")
