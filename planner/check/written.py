"""Files that `fardplan check --out` writes: findings in words and changes, safe to open in a spreadsheet."""

from __future__ import annotations

import pandas as pd

from planner.check.findings import all_found, names_of, worded
from planner.csvfile import to_csv_bytes
from planner.portfolio import Portfolio
from planner.preview import Preview
from planner.render.table import safe
from planner.texts import Texts


def written(portfolio: Portfolio, compared: Preview | str, texts: Texts) -> dict[str, bytes]:
    """Findings.csv; matches.csv where rows of several sources may be one; changes.csv where there is another plan."""
    files = {"findings.csv": _csv(worded(all_found(portfolio), names_of(portfolio), texts))}
    if len(portfolio["matches"]):
        files["matches.csv"] = _csv(portfolio["matches"])
    if isinstance(compared, Preview):
        files["changes.csv"] = _csv(compared.changes)
    return files


def _csv(frame: pd.DataFrame) -> bytes:
    texts = {name: frame[name].map(safe) for name in frame if frame[name].dtype in ("object", "string")}
    return b"\xef\xbb\xbf" + to_csv_bytes(frame.assign(**texts))
