"""Free-text dependencies of a register to proposed data flows, with the quoted text as their evidence."""

from __future__ import annotations

import re

import pandas as pd

from planner.ingest.conform import short_hash

_OUTSIDE_BRACKETS = re.compile(r"[,;\n](?![^()]*\))")
_NOTE = re.compile(r"\s*\([^()]*\)|:.*$")


def propose_flows(systems: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read `Namn (Org): anteckning, Namn (Org)` cells into proposed data flows.

    The longest name of the register that a piece contains is taken; a piece that contains none keeps its own
    words, so that
    it is shown and not lost. Such flows are always proposals.

    Parameters
    ----------
    systems
        Identified systems with `system_id`, `name` and the staging columns `depends_on_text` and `needed_by_text`.

    Returns
    -------
    dataflows, origins
        Rows of table dataflows, and for each flow_id the system and staging column that it was read from.
    """
    parts = [_pieces(systems, column) for column in ("depends_on_text", "needed_by_text") if column in systems]
    pieces = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if pieces.empty:
        return pd.DataFrame(), pd.DataFrame()
    pieces["other"] = _longest_names(pieces["piece"], systems["name"])
    outward = pieces["column"] == "depends_on_text"
    flows = pd.DataFrame(
        {
            "source_system": pieces["system_id"].where(outward, pieces["other"]),
            "target_system": pieces["other"].where(outward, pieces["system_id"]),
            "quote": pieces["piece"],
            "state": "proposed",
        }
    )
    text = flows["source_system"].str.cat([flows["target_system"], flows["quote"]], sep="\x1f")
    flows.insert(0, "flow_id", text.map(lambda value: f"flow-{short_hash(value)}"))
    origins = pieces[["system_id", "column"]].assign(flow_id=flows["flow_id"])
    keep = ~flows["flow_id"].duplicated()
    return flows[keep].reset_index(drop=True), origins[keep].reset_index(drop=True)


def _pieces(systems: pd.DataFrame, column: str) -> pd.DataFrame:
    texts = systems.set_index("system_id")[column].dropna().astype("string")
    pieces = (
        texts.map(lambda text: [piece.strip() for piece in _OUTSIDE_BRACKETS.split(text) if piece.strip()])
        .explode()
        .dropna()
    )
    return pd.DataFrame({"system_id": pieces.index, "piece": pieces.astype("string").to_numpy(), "column": column})


def _longest_names(pieces: pd.Series, names: pd.Series) -> pd.Series:
    known = sorted({str(name) for name in names.dropna() if len(str(name)) >= 3}, key=lambda name: (-len(name), name))
    by_folded = {name.casefold(): name for name in reversed(known)}
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name.casefold())}(?!\w)" for name in known)) if known else None
    return pieces.map({piece: _longest(piece, pattern, by_folded) for piece in pieces.unique()}).astype("string")


def _longest(piece: str, pattern: re.Pattern[str] | None, by_folded: dict[str, str]) -> str:
    found = pattern.findall(piece.casefold()) if pattern else []
    if found:
        return by_folded[max(found, key=lambda name: (len(name), name))]
    return _NOTE.sub("", piece).strip() or piece
