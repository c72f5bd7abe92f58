"""vInfo to servers: who is excluded, what identifies a VM, which system runs on it, and what its name suggests."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from planner.case import Source
from planner.errors import InventoryError
from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import MatchedSheet, header_keys, load_maps, load_tab
from planner.ingest.dialects.own_columns import extend
from planner.ingest.files.sheets import Row, column_letter
from planner.ingest.readers.rvtools.cells import whole
from planner.ingest.readers.rvtools.roll import Roll
from planner.ingest.readers.rvtools.tab import MAP
from planner.ingest.records.conform import Records, read_records, short_hash
from planner.portfolio import finding_rows
from planner.schema import concat

GUEST_NAME = re.compile(r"""prettyName=(['"])(.*?)\1(?=\s|$)""")
TOTAL_DISK = "Total disk capacity MiB"


def read_vms(roll: Roll, source: Source) -> Records:
    """Read vInfo as servers; the columns of records stay as they are, without those that are for this reader only.

    Raises
    ------
    InventoryError
        VM, CPUs or Memory is missing.
    """
    tab = roll.tab
    column_map = extend(load_tab(MAP, "vInfo"), source)
    matched = tab.match(column_map)
    if matched is None:
        needed = ", ".join(column_map.required)
        place = f"{tab.sheet.file}[{tab.sheet.name}]:1"
        raise InventoryError(f"sheet vInfo lacks one of the columns {needed}", place=place)
    sized = [match.index for match in matched.matches if match.column.name in column_map.units]
    records = read_records(_kept(matched, roll, sized), column_map, source.is_pseudonymised)
    records = _without_placeholder(_with_raw_sizes(records, roll, sized))
    records = _with_identity(_with_os(_with_basis(records, matched)), roll, source.is_pseudonymised)
    return _with_excluded(records, matched, roll, source.is_pseudonymised)


def _kept(matched: MatchedSheet, roll: Roll, sized: list[int]) -> MatchedSheet:
    """The sheet without excluded rows, and with sizes as whole numbers without marks."""
    sheet = matched.sheet
    lost = {roll.tab.numbers[at] for at in roll.reasons.index[roll.reasons.notna()]}
    rows: list[Row] = []
    numbers: list[int] = []
    for number, row in zip(sheet.numbers, sheet.rows, strict=True):
        if number not in lost:
            rows.append(_with_whole(row, sized) if number != sheet.numbers[matched.header_at] else row)
            numbers.append(number)
    return replace(matched, sheet=replace(sheet, rows=rows, numbers=numbers))


def _with_whole(row: Row, sized: list[int]) -> Row:
    changed = {at: plain for at in sized if at < len(row) and (plain := whole(row[at])) is not row[at]}
    return [changed.get(at, cell) for at, cell in enumerate(row)] if changed else row


def _with_raw_sizes(records: Records, roll: Roll, sized: list[int]) -> Records:
    """Let the cells of sizes bear witness as they stand, marks and all."""
    tab, cells = roll.tab, records.cells
    changed = {
        (number, tab.letter(at)): clean(row[at])
        for number, row in zip(tab.numbers, tab.body, strict=True)
        for at in sized
        if at < len(row) and whole(row[at]) is not row[at]
    }
    if not changed:
        return records
    places = zip(records.rows.reindex(cells["position"]), cells["cell_column"], strict=True)
    raw = [changed.get(place, raw) for place, raw in zip(places, cells["raw"], strict=True)]
    return replace(records, cells=cells.assign(raw=raw))


def _with_excluded(records: Records, matched: MatchedSheet, roll: Roll, is_pseudonymised: bool) -> Records:
    lost = roll.reasons.dropna()
    shown = sorted((match.index, match.column.name) for match in matched.matches if match.column.split is None)
    texts = [
        " | ".join(f"{name}={text}" for at, name in shown if (text := clean(roll.tab.body[position][at])))
        for position in lost.index
    ]
    rejects = pd.DataFrame(
        {
            "row": [roll.tab.numbers[at] for at in lost.index],
            "code": lost.to_numpy(),
            "original": None if is_pseudonymised else texts,
        }
    ).assign(file=records.file, sheet=records.sheet)
    counts = lost.value_counts()
    findings = [
        finding_rows("info", f"{reason}_excluded", file=records.file, sheet=records.sheet, value=int(counts[reason]))
        for reason in load_maps(MAP)["excluded"]
        if reason in counts
    ]
    return replace(
        records,
        rejects=pd.concat([records.rejects, rejects], ignore_index=True),
        rows_in=records.rows_in + len(lost),
        findings=concat([records.findings, *findings], "findings"),
    )


def _without_placeholder(records: Records) -> Records:
    """Drop the word that stands where RVTools knows no value."""
    word = load_maps(MAP)["placeholder"]
    frame, cells = records.frame.copy(), records.cells
    for column in load_maps(MAP)["placeholder_in"]:
        if column in frame:
            frame[column] = frame[column].mask(frame[column].eq(word).fillna(False).astype(bool))
    is_word = cells["column"].isin(load_maps(MAP)["placeholder_in"]) & cells["raw"].eq(word).fillna(False).astype(bool)
    attributes = records.attributes
    networks = [header for header in attributes.columns if header_keys(header)[0].startswith("network #")]
    if networks:
        named = {name: attributes[name].where(attributes[name] != word, "") for name in networks}
        attributes = attributes.assign(**named)
    return replace(records, frame=frame, cells=cells[~is_word], attributes=attributes)


def _with_basis(records: Records, matched: MatchedSheet) -> Records:
    """Say which column the storage was read from."""
    cells = records.cells[records.cells["column"] == "storage_gib"]
    total = header_keys(TOTAL_DISK)
    bases = {
        match.index: "disk_total" if set(header_keys(match.header)) & set(total) else "provisioned"
        for match in matched.matches
        if match.column.name == "storage_gib"
    }
    letters = {column_letter(at): basis for at, basis in bases.items()}
    said = cells["cell_column"].map(letters)
    basis = pd.Series(said.to_numpy(), index=cells["position"], dtype="object").reindex(records.frame.index)
    witness = cells.assign(column="storage_basis")
    frame = records.frame.assign(storage_basis=basis)
    return replace(records, frame=frame, cells=pd.concat([records.cells, witness], ignore_index=True))


def _with_os(records: Records) -> Records:
    """The system as the guest itself names it, else as VMware Tools do, else as it is configured."""
    frame, cells = records.frame.copy(), records.cells
    nothing = pd.Series(pd.NA, index=frame.index, dtype="object")
    guest, tools, configured = (frame.get(name, nothing) for name in ("os_guest", "os_tools", "os_configured"))
    guest = guest.map({text: _pretty(text) for text in guest.dropna().unique()}).astype("object")
    # Tools see the running system, but some only say "Other 3.x Linux" where the configuration names a release.
    says_nothing = (tools.isna() | tools.astype("string").str.startswith("Other").fillna(False)).astype(bool)
    chosen = pd.Series("os_tools", index=frame.index).mask(says_nothing & configured.notna(), "os_configured")
    chosen = chosen.mask(guest.notna(), "os_guest")
    frame["os"] = tools.mask(chosen == "os_configured", configured).mask(chosen == "os_guest", guest)
    of_os = cells["column"].isin(["os_guest", "os_tools", "os_configured"])
    asked = cells[of_os]
    witness = asked[asked["column"].to_numpy() == chosen.reindex(asked["position"]).to_numpy()].assign(column="os")
    kept = cells[~of_os | (cells["column"] == "os_configured")]
    return replace(
        records,
        frame=frame.drop(columns=["os_guest", "os_tools"], errors="ignore"),
        cells=pd.concat([kept, witness], ignore_index=True),
    )


def _pretty(details: object) -> object:
    """Name of the system in `architecture='X86' ... prettyName='Ubuntu 22.04.3 LTS'`, whatever the order."""
    found = GUEST_NAME.search(str(details))
    return found[2].strip() or pd.NA if found else pd.NA


def _with_identity(records: Records, roll: Roll, is_pseudonymised: bool) -> Records:
    frame = records.frame.copy()
    names = frame["name"].astype("string")
    frame, findings = _with_ids(frame, names, roll, records)
    frame["environment_hint"] = _hints(names)
    if "hardware" in frame:
        number = frame["hardware"].astype("string").str.extract(r"(\d{1,3})$")[0]
        frame["hw_version"] = pd.to_numeric(number).astype("Int64")
    if "fqdn" in frame:
        frame["host_name"] = frame["fqdn"].astype("string").str.replace(r"\..*$", "", regex=True)
        frame["fqdn"] = frame["fqdn"].where(frame["fqdn"].astype("string").str.contains(".", regex=False).fillna(False))
    if is_pseudonymised:
        frame["name"] = names.map(lambda name: f"vm-{short_hash(name, 8)}", na_action="ignore")
    cells = records.cells.assign(column=records.cells["column"].replace("hardware", "hw_version"))
    hinted = cells[(cells["column"] == "name") & cells["position"].isin(frame.index[frame["environment_hint"].notna()])]
    cells = pd.concat([cells, hinted.assign(column="environment_hint")], ignore_index=True)
    return replace(
        records,
        frame=frame.drop(columns=["vm_uuid", "manager_uuid", "hardware"], errors="ignore"),
        cells=cells[~cells["column"].isin(["vm_uuid", "manager_uuid"])],
        findings=concat([records.findings, *findings], "findings"),
    )


def _with_ids(
    frame: pd.DataFrame, names: pd.Series, roll: Roll, records: Records
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Instance UUIDs make the id of a server; SMBIOS UUIDs, which copies share, are kept for matching only."""
    nothing = pd.Series(pd.NA, index=frame.index, dtype="string")
    uuid, manager = (frame[name].astype("string") if name in frame else nothing for name in ("vm_uuid", "manager_uuid"))
    moref = frame["source_key"].astype("string") if "source_key" in frame else nothing
    joined = uuid + ("@" + manager.fillna("") if "manager_uuid" in frame else "")
    if not roll.has_instance_uuids:
        smbios = frame["smbios_uuid"].astype("string") if "smbios_uuid" in frame else nothing
        frame["smbios_uuid"] = smbios.fillna(uuid)
        frame["source_key"] = moref + "@" + manager.fillna("")
        return frame, []
    # vCenter gives no two VMs one instance UUID; where an export says so, it cannot tell these apart.
    is_shared = names.groupby(joined.str.casefold()).transform("nunique").gt(1).fillna(False).astype(bool)
    stated = joined.mask(is_shared)
    frame["server_id"] = stated.map(lambda text: f"srv-{short_hash(text)}", na_action="ignore")
    frame["instance_uuid"] = uuid.mask(is_shared)
    frame["source_key"] = stated
    if not is_shared.any():
        return frame, []
    count = int(is_shared.sum())
    return frame, [finding_rows("warning", "repeated_vm_uuid", file=records.file, sheet=records.sheet, value=count)]


def _hints(names: pd.Series) -> pd.Series:
    found = pd.Series(pd.NA, index=names.index, dtype="object")
    for hint, pattern in load_maps(MAP)["name_hints"].items():
        fits = names.str.contains(pattern, case=False, regex=True).fillna(False).astype(bool)
        found = found.mask(fits & found.isna(), hint)
    return found
