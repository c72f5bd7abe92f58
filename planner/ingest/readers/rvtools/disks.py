"""vDisk to one record per disk, with what is used of it by vPartition, and the sums of a server's disks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from planner.ingest.cells.values import clean
from planner.ingest.dialects.columns import load_maps
from planner.ingest.readers.linked import Disks
from planner.ingest.readers.rvtools.cells import Read, read_column
from planner.ingest.readers.rvtools.details import TEXT, Detail, account, owners_of_namesakes
from planner.ingest.readers.rvtools.roll import Roll
from planner.ingest.readers.rvtools.tab import MAP, Tab
from planner.ingest.records.conform import Records
from planner.schema import concat, load_table

# Witnesses of a server's sums: the first cell of the column that is summed or counted.
SUMS = {"disk_capacity_gib": "capacity_gib", "raw_disks": "is_raw", "shared_disks": "is_shared"}


@dataclass(frozen=True)
class Listed:
    """Rows of vDisk: one record per disk, and the row of vInfo that each is about."""

    records: Records
    at: pd.Series
    witnesses: pd.DataFrame

    def of(self, servers: Records, positions: pd.Series) -> Disks:
        """The disks of servers, of which `positions` gives the record by row of vInfo."""
        given = {name: getattr(self.records, name) for name in self.records.__dataclass_fields__}
        return Disks(**given, witnesses=self.witnesses, servers=servers, owners=self.at.map(positions))


def read_disks(tabs: dict[str, Tab], roll: Roll, is_pseudonymised: bool) -> Listed:
    """Read vDisk, and from vPartition what is used of each disk where both tabs have the key of the disk."""
    tab = tabs["vDisk"]
    owners = roll.owners(tab)
    is_used, rejects, findings = account(tab, roll, owners)
    used = is_used.index[is_used]
    read = _columns(tab)
    findings += [part.findings("disks", name) for name, part in read.items()]
    frame = pd.DataFrame({name: part.values[used] for name, part in read.items()}, index=used)
    if "sharing" in frame or "bus" in frame:
        frame["is_shared"] = _is_shared(frame)
    if is_pseudonymised:
        frame = frame.drop(columns="path", errors="ignore")
    cells = _cells(read, frame, is_pseudonymised)
    records = Records(
        "disks",
        tab.sheet.file,
        tab.sheet.name,
        frame.drop(columns=["sharing", "bus"], errors="ignore"),
        pd.Series(tab.numbers, dtype="Int64")[used],
        cells,
        pd.DataFrame(index=used),
        concat([part for part in findings if len(part)], "findings"),
        rejects.assign(original=None if is_pseudonymised else _originals(tab, rejects["row"])),
        tab.rows_in,
        is_pseudonymised,
    )
    listed = Listed(records, pd.Series(owners)[used], pd.DataFrame())
    return _with_used(listed, tabs["vPartition"], roll) if "vPartition" in tabs and "disk_key" in frame else listed


def with_disks(detail: Detail, listed: Listed, tab: Tab, roll: Roll) -> Detail:
    """Add to what is said of servers how many disks they have, of which kinds, and their size."""
    frame, at = listed.records.frame, listed.at
    unclear = owners_of_namesakes(roll, tab)
    counts = at.value_counts().reindex(detail.values.index).fillna(0)
    counts = counts.mask(counts.index.isin(unclear))
    detail = detail.with_column("disks_listed", counts)
    for column, name in SUMS.items():
        if name in frame:
            detail = detail.with_column(column, _sum(frame[name], at, detail.values.index).mask(counts.isna()))
            detail = replace(detail, cells=[*detail.cells, _first_cells(listed, name, column, detail)])
    first = listed.records.cells[listed.records.cells["column"] == "label"].assign(column="disks_listed", raw=None)
    return replace(detail, cells=[*detail.cells, _placed(listed, first).drop_duplicates("at")])


def _sum(values: pd.Series, at: pd.Series, rows: pd.Index) -> pd.Series:
    """Sum per row of vInfo; a part that is unknown leaves it unknown, and of no disks none is raw or shared."""
    is_count = str(values.name).startswith("is_")
    numbers = values.astype("boolean").astype("Float64") if is_count else values.astype("Float64")
    sums = numbers.groupby(at).sum().where(numbers.notna().groupby(at).all()).reindex(rows)
    return sums.mask(~rows.isin(at), 0) if is_count else sums


def _columns(tab: Tab) -> dict[str, Read]:
    schema, read = load_table("disks"), {}
    for name, headers in load_maps(MAP)["disks"].items():
        at = tab.place_of(headers)
        if at is not None:
            read[name] = read_column(tab, at, schema.column(name) if name in schema.names else TEXT, {})
    return read


def _is_shared(frame: pd.DataFrame) -> pd.Series:
    """Whether several machines write to a disk: by its own mode, or by the bus that it hangs on."""
    words = {clean(word).casefold(): True for word in load_maps(MAP)["shared"]}
    words |= {clean(word).casefold(): False for word in load_maps(MAP)["not_shared"]}
    either = pd.Series(False, index=frame.index, dtype="boolean")
    for name in ("sharing", "bus"):
        if name in frame:
            either |= frame[name].astype("string").str.casefold().map(words).astype("boolean")
    return either


def _cells(read: dict[str, Read], frame: pd.DataFrame, is_pseudonymised: bool) -> pd.DataFrame:
    parts = []
    for name, part in read.items():
        target = "is_shared" if name in ("sharing", "bus") else name
        if target not in frame or (target == "is_shared" and name == "bus" and "sharing" in read):
            continue
        position = frame.index[frame[target].notna()]
        parts.append(
            pd.DataFrame(
                {
                    "position": position,
                    "column": target,
                    "cell_column": part.tab.letter(part.at),
                    "raw": part.raw(position),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _originals(tab: Tab, rows: pd.Series) -> list[str]:
    """What stood in rejected rows, of the columns that are read."""
    known = {name: tab.place_of(headers) for name, headers in load_maps(MAP)["disks"].items()}
    places = {name: at for name, at in known.items() if at is not None}
    body = dict(zip(tab.numbers, tab.body, strict=True))
    said = [{name: clean(body[row][at]) for name, at in places.items()} if row in body else {} for row in rows]
    return [" | ".join(f"{name}={text}" for name, text in some.items() if text) for some in said]


def _with_used(listed: Listed, partitions: Tab, roll: Roll) -> Listed:
    spec = load_maps(MAP)["partitions"]
    key_at, size_at = (partitions.place_of(spec[name]) for name in ("disk_key", "used_gib"))
    if key_at is None or size_at is None:
        return listed
    sizes = read_column(partitions, size_at, load_table("disks").column("used_gib"), {})
    parts = pd.DataFrame(
        {"at": roll.owners(partitions), "disk_key": partitions.texts(spec["disk_key"]), "size": sizes.values}
    ).dropna(subset="disk_key")
    groups = parts[parts["at"] >= 0].astype({"size": "Float64"}).groupby(["at", "disk_key"])["size"]
    sums = groups.sum().where(groups.count() == groups.size())
    frame = listed.records.frame
    places = pd.MultiIndex.from_arrays([listed.at, frame["disk_key"].astype("object")])
    # Of disks that share a key nothing is known: the export does not tell them apart.
    used = sums.reindex(places).mask(places.duplicated(keep=False)).set_axis(frame.index)
    first = pd.Series(parts.index, index=pd.MultiIndex.from_frame(parts[["at", "disk_key"]]))
    first = first[~first.index.duplicated()].reindex(places).set_axis(frame.index)[used.notna()].astype("int64")
    witnesses = pd.DataFrame(
        {
            "position": first.index,
            "column": "used_gib",
            "sheet": partitions.sheet.name,
            "row": pd.Series(partitions.numbers)[first].to_numpy(),
            "cell_column": partitions.letter(size_at),
            "raw": sizes.raw(first),
        }
    )
    records = replace(listed.records, frame=frame.assign(used_gib=used))
    return replace(listed, records=records, witnesses=witnesses)


def _first_cells(listed: Listed, name: str, column: str, detail: Detail) -> pd.DataFrame:
    cells = listed.records.cells[listed.records.cells["column"] == name].assign(column=column)
    if name.startswith("is_"):
        cells = cells[listed.records.frame[name].reindex(cells["position"]).eq(True).fillna(False).to_numpy(dtype=bool)]
    placed = _placed(listed, cells).drop_duplicates("at")
    return placed[detail.values[column].reindex(placed["at"]).notna().to_numpy()]


def _placed(listed: Listed, cells: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "at": listed.at.reindex(cells["position"]).to_numpy(),
            "row": listed.records.rows.reindex(cells["position"]).to_numpy(),
            "raw": cells["raw"].to_numpy(),
            "column": cells["column"].to_numpy(),
            "sheet": listed.records.sheet,
            "cell_column": cells["cell_column"].to_numpy(),
        }
    )
