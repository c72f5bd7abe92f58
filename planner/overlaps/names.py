"""The same system under two names: equal but for words that say nothing, misspelt, or written as its initials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations

import pandas as pd

from planner.overlaps.clusters import clusters_of, grouped
from planner.policy.overlaps import Overlaps
from planner.schema import conform, empty

MARKS = r"[^\w\s]|_"
VERSION = r"\b(?:v|ver|version)\.? ?\d+(?:\.\d+)*\b|\b\d+\.\d+(?:\.\d+)*\b"
LEAST_INITIALS = 3


def same_systems(systems: pd.DataFrame, words: Overlaps) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clusters of systems that may be one.

    Two installations of one system, such as test and production, are not duplicates; names that differ by a number are
    a series and not a misspelling.

    Returns
    -------
    DataFrame, DataFrame
        Rows of table overlaps; groups (block, count) that were too large to be compared in pairs.
    """
    read = _read(systems, words)
    by_name = _equal(read)
    similar, skipped = _similar(read, words)
    pairs = {**similar, **_acronyms(read), **by_name}
    rows = [
        row
        for members in clusters_of(pairs, len(read))
        for row in _rows(members, read, {pair: pairs[pair] for pair in combinations(members, 2) if pair in pairs})
    ]
    return (conform(pd.DataFrame(rows), "overlaps") if rows else empty("overlaps")), skipped


def _read(systems: pd.DataFrame, words: Overlaps) -> pd.DataFrame:
    """What a name says: `bare` without versions, legal forms, environments and marks, and the environment itself."""
    text = systems["name"].str.casefold().str.replace(VERSION, " ", regex=True).str.replace(MARKS, " ", regex=True)
    environment = pd.Series("", index=systems.index, dtype="string")
    for name, spelt in words.environments.items():
        pattern = _any_of(spelt)
        environment = environment.mask(text.str.contains(pattern, regex=True), name)
        text = text.str.replace(pattern, " ", regex=True)
    text = text.str.replace(_any_of(words.legal_forms), " ", regex=True)
    stated = systems["environment"].mask(systems["environment"] == "unknown_stated", pd.NA)
    return pd.DataFrame(
        {
            "system_id": systems["system_id"],
            "name": systems["name"],
            "spaced": text.str.split().str.join(" "),
            "bare": text.str.replace(r"\s+", "", regex=True),
            "environment": stated.fillna(environment).replace({"": "production"}),
            "organisation": systems["organisation"].str.casefold(),
            "vendor": systems["vendor"].str.casefold(),
            "product": systems["product"].str.casefold(),
        }
    )


def _any_of(words: list[str]) -> str:
    return r"\b(?:" + "|".join(sorted(words, key=lambda word: (-len(word), word))) + r")\b"


def _equal(read: pd.DataFrame) -> dict[tuple[int, int], str]:
    keys = grouped(read["bare"] + "\x1f" + read["environment"]).where(read["bare"] != "")
    return {
        (int(members[0]), int(other)): "same_name"
        for members in read.groupby(keys).indices.values()
        for other in members[1:]
    }


def _acronyms(read: pd.DataFrame) -> dict[tuple[int, int], str]:
    """A name of three or more words whose first letters are another's whole name, in the same organisation."""
    initials = read["spaced"].str.split().map(lambda parts: "".join(part[0] for part in parts if part[0].isalpha()))
    place = "\x1f" + read["organisation"] + "\x1f" + read["environment"]
    long = initials.where(initials.str.len() >= LEAST_INITIALS) + place
    short = read["bare"] + place
    found = (
        pd.DataFrame({"key": long, "one": read.index})
        .dropna()
        .merge(pd.DataFrame({"key": short, "other": read.index}).dropna(), on="key")
    )
    found = found[found["one"] != found["other"]]
    return {
        (min(one, other), max(one, other)): "acronym"
        for one, other in found[["one", "other"]].itertuples(index=False, name=None)
    }


def _similar(read: pd.DataFrame, words: Overlaps) -> tuple[dict[tuple[int, int], str], pd.DataFrame]:
    """Misspellings among names of one vendor or of one product, in the same environment."""
    pairs: dict[tuple[int, int], str] = {}
    skipped, bare = [], read["bare"].tolist()
    for column in ("vendor", "product"):
        keys = grouped(read[column] + "\x1f" + read["environment"])
        for block, members in sorted(read.groupby(keys).indices.items()):
            if len(members) > words.max_block:
                skipped.append({"block": str(block).partition("\x1f")[0], "count": str(len(members))})
            else:
                pairs |= dict.fromkeys(_alike([int(at) for at in members], bare, words), "similar_name")
    return pairs, pd.DataFrame(skipped, columns=["block", "count"])


def _alike(members: list[int], bare: list[str], words: Overlaps) -> Iterator[tuple[int, int]]:
    of_series: dict[str, list[int]] = defaultdict(list)
    for at in members:
        if len(bare[at]) >= words.least_letters:
            of_series[_digits(bare[at])].append(at)
    for comparable in of_series.values():
        for one, other in combinations(comparable, 2):
            matcher = SequenceMatcher(None, bare[one], bare[other], autojunk=False)
            # Each is an upper bound of the next, and much cheaper.
            ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
            if all(ratio() >= words.likeness for ratio in ratios):
                yield one, other


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _rows(members: list[int], read: pd.DataFrame, pairs: dict[tuple[int, int], str]) -> list[dict[str, object]]:
    mine = read.loc[members]
    reason = min(pairs.values(), key=["same_name", "similar_name", "acronym"].index)
    shared = [
        name for name in ("organisation", "vendor", "product") if mine[name].notna().all() and mine[name].nunique() == 1
    ]
    confidence = "high" if reason == "same_name" and shared else "medium" if reason == "same_name" or shared else "low"
    return [
        {
            "cluster_id": f"same_system:{mine['system_id'].iloc[0]}",
            "kind": "same_system",
            "system_id": key,
            "role": "merge",
            "confidence": confidence,
            "reason": reason,
            "shared": " / ".join(mine["name"]),
        }
        for key in mine["system_id"]
    ]
