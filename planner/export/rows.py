"""Servers of a plan as rows, and CSV as the targets read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

import pandas as pd

from planner.export.material import Planned, Refusal

# What a spreadsheet takes for a formula. No name of a server begins so; a target gets no altered name either.
FORMULA = r"^\s*[=+\-@\t\r]"


def server_rows(planned: Planned) -> pd.DataFrame:
    """Every server with its system, decision, wave, target and identifiers, by wave, application and key.

    `app` is the system's name, also where the system is provisional (`is_provisional`): made for a server whose
    source names no application.
    """
    systems = planned["systems"][["system_id", "name"]].rename(columns={"name": "app"})
    decisions = planned["decisions"][["system_id", "disposition", "state"]]
    targets = planned["targets"][["server_id", "region", "operating_system", "instance_type"]]
    rows = planned["servers"].merge(planned["assignments"], on="server_id", how="left")
    rows = rows.merge(systems, on="system_id", how="left").merge(decisions, on="system_id", how="left")
    rows = rows.merge(_wave_names(planned["waves"]), on="system_id", how="left")
    rows = rows.merge(targets, on="server_id", how="left")
    rows["is_provisional"] = (rows["basis"] == "provisional").fillna(False).astype(bool)
    for kind, found in _identifiers(planned["identifiers"]).items():
        rows[kind] = rows["server_id"].map(found).astype("string")
    return rows.sort_values(["wave", "app", "server_id"], na_position="last", kind="stable").reset_index(drop=True)


def wave_name(number: int, quarter: str) -> str:
    """Name of a wave in every target: it sorts, and says when."""
    return f"W{number:02d} {quarter}"


def _wave_names(waves: pd.DataFrame) -> pd.DataFrame:
    names = [
        wave_name(int(number), str(quarter)) for number, quarter in zip(waves["wave"], waves["quarter"], strict=True)
    ]
    return waves[["system_id", "wave"]].assign(wave_name=pd.array(names, dtype="string"))


def _identifiers(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Identifiers of servers by kind: one name and one id, and all addresses, joined by a comma."""
    mine = table[table["table"] == "servers"]
    kinds = {"fqdn": "first", "smbios_uuid": "first", "ip_address": ",".join, "mac_address": ",".join}
    return {kind: mine[mine["kind"] == kind].groupby("row_id")["value"].agg(how) for kind, how in kinds.items()}


def with_domain(names: pd.Series, domain: str | None) -> pd.Series:
    """Host names with the domain that a person gave; unknown where there is none and nobody gave one."""
    is_full = names.str.contains(".", regex=False, na=False)
    return names.where(is_full, names + f".{domain.strip('.')}" if domain else pd.NA)


def too_long(texts: pd.Series, limit: int) -> pd.Series:
    """Rows whose text has more characters than the target takes."""
    return (texts.str.len() > limit).fillna(False).astype(bool)


def split(rows: pd.DataFrame, checks: Iterable[tuple[str, pd.Series, str]]) -> tuple[pd.DataFrame, tuple[Refusal, ...]]:
    """Part rows that the target takes from those that it would refuse.

    Parameters
    ----------
    rows
        With `server_id` and `name`.
    checks
        Column (of the target), which rows it would refuse for, and the code of the reason. A row is refused once for
        each reason.
    """
    is_bad = pd.Series(False, index=rows.index)
    found = []
    for column, flags, code in checks:
        bad = flags.fillna(False).astype(bool)
        is_bad |= bad
        values = rows[column] if column in rows else pd.Series(pd.NA, index=rows.index)
        wrong = zip(rows.loc[bad, "server_id"], rows.loc[bad, "name"], values[bad], strict=True)
        found += [
            Refusal(str(key), str(name), column, "" if pd.isna(value) else str(value), code)
            for key, name, value in wrong
        ]
    order = {key: at for at, key in enumerate(rows["server_id"])}
    return rows[~is_bad], tuple(sorted(found, key=lambda item: order[item.key]))


def formulas(rows: pd.DataFrame, columns: Mapping[str, str]) -> list[tuple[str, pd.Series, str]]:
    """Checks that no text of the inventory would be a formula where a person opens the file in a spreadsheet."""
    return [
        (target, rows[column].str.contains(FORMULA, regex=True, na=False), "formula")
        for target, column in columns.items()
    ]


def to_csv(header: list[str], columns: Mapping[str, pd.Series], count: int) -> bytes:
    """UTF-8, comma, CRLF; a column that nobody knows is blank, and so is every unknown value."""
    blank = [""] * count
    cells = [
        ["" if pd.isna(value) else str(value) for value in columns[name]] if name in columns else blank
        for name in header
    ]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(zip(*cells, strict=True))
    return file.getvalue().encode("utf-8")
