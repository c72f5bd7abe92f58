"""vHost, and which of its hosts a VM runs on: vInfo may write the names with another domain or prefix."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.dialects.columns import load_tab
from planner.ingest.readers.rvtools.tab import MAP, Tab
from planner.ingest.records.conform import Records, read_records
from planner.portfolio import finding_rows
from planner.schema import concat

ADDRESS = re.compile(r"[\d.]+|[0-9a-f:]*:[0-9a-f:]*")


def read_hosts(tab: Tab, source: Source) -> Records:
    """Read vHost.

    Raises
    ------
    InventoryError
        It has no column Host.
    """
    column_map = load_tab(MAP, "vHost")
    matched = tab.match(column_map)
    if matched is None:
        raise InventoryError("sheet vHost lacks the column Host", place=f"{tab.sheet.file}[{tab.sheet.name}]:1")
    return read_records(matched, column_map, source.is_pseudonymised)


def with_hosts(servers: Records, hosts: Records) -> Records:
    """Find each server's host among those of vHost: by its name, else without domain, else without a prefix.

    A prefix counts when it is the same for several hosts and leads each of them to another one.
    """
    written = servers.frame["host"].dropna().drop_duplicates() if "host" in servers.frame else pd.Series(dtype="object")
    known = hosts.frame["host_id"].dropna().drop_duplicates()
    found = _found(written.tolist(), known.tolist())
    prefix, by_prefix = _by_prefix([name for name in written if name not in found], known.tolist(), set(found.values()))
    ids = servers.frame.get("host", pd.Series(pd.NA, index=servers.frame.index)).map({**found, **by_prefix})
    cells = servers.cells[servers.cells["column"] == "host"]
    witness = cells[ids.reindex(cells["position"]).notna().to_numpy()].assign(column="host_id")
    place = {"file": servers.file, "sheet": servers.sheet}
    lost = len(written) - len(found) - len(by_prefix)
    findings = [servers.findings]
    if by_prefix:
        findings.append(finding_rows("info", "hosts_matched_by_prefix", value=len(by_prefix), detail=prefix, **place))
    if lost:
        findings.append(finding_rows("info", "hosts_unmatched", value=lost, detail=len(written), **place))
    return replace(
        servers,
        frame=servers.frame.assign(host_id=ids.astype("object")),
        cells=pd.concat([servers.cells, witness], ignore_index=True),
        findings=concat(findings, "findings"),
    )


def _found(written: list[str], known: list[str]) -> dict[str, str]:
    whole, short = _alone(known, str.casefold), _alone(known, _short)
    found = {name: whole.get(name.casefold()) or short.get(_short(name)) for name in written}
    return {name: host for name, host in found.items() if host}


def _by_prefix(written: list[str], known: list[str], taken: set[str]) -> tuple[str, dict[str, str]]:
    """The prefix that leads most names to hosts which are still free, and where each of them leads."""
    free = _alone([name for name in known if name not in taken], _short)
    led: dict[str, dict[str, str]] = {}
    for name in sorted(written):
        for short, host in free.items():
            if _short(name).endswith(short) and _short(name) != short:
                led.setdefault(_short(name).removesuffix(short), {})[name] = host
    sure = {prefix: ends for prefix, ends in led.items() if len(ends) > 1 and len(set(ends.values())) == len(ends)}
    best = max(sorted(sure), key=lambda prefix: len(sure[prefix]), default="")
    return best, sure.get(best, {})


def _short(name: str) -> str:
    folded = name.casefold()
    return folded if ADDRESS.fullmatch(folded) else folded.partition(".")[0]


def _alone(names: list[str], form: object) -> dict[str, str]:
    """Name by its form, where only one has it."""
    forms = pd.Series({name: form(name) for name in names}, dtype="object")  # type: ignore[operator]
    once = forms[~forms.duplicated(keep=False)]
    return dict(zip(once, once.index, strict=True))
