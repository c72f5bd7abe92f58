"""Rows of different sources that are the same thing: by ids and host names merged, by names proposed to a person."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import Any

import pandas as pd

from planner.ingest.records.alike import alike
from planner.policy.matching import Matching, MatchRule
from planner.portfolio import finding_rows
from planner.schema import concat, conform, empty

# Addresses that many machines have at once.
_SHARED_ADDRESS = re.compile(r"^(?:127\.|0\.0\.0\.0|169\.254\.|::1$|fe80:)", re.IGNORECASE)
_BARE = re.compile(r"[\W_]+")
Pair = tuple[int, int]
# A pair, whether it is the only one of its key, and the score.
Candidate = tuple[Pair, bool, float]


@dataclass(frozen=True)
class Matches:
    """`joined` leads from every cluster to the one that it is part of; `table` has rows of table matches."""

    joined: dict[str, str]
    table: pd.DataFrame
    findings: pd.DataFrame


def no_matches() -> Matches:
    """Where there is only one source."""
    return Matches({}, empty("matches"), empty("findings"))


@dataclass
class _Clusters:
    """Which clusters are one so far, from which sources their rows are, what they state, and from which others a person
    has told them apart."""

    sources: list[set[int]]
    stated: dict[str, list[set[str]]]
    parent: list[int] = field(init=False)
    apart: list[set[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.parent = list(range(len(self.sources)))
        self.apart = [set() for _ in self.sources]

    def root(self, at: int) -> int:
        while self.parent[at] != at:
            self.parent[at] = self.parent[self.parent[at]]
            at = self.parent[at]
        return at

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first != second:
            self.parent[second] = first
            self.sources[first] |= self.sources[second]
            self.apart[first] |= self.apart[second]
            for said in self.stated.values():
                said[first] |= said[second]

    def tell_apart(self, one: int, other: int) -> None:
        self.apart[self.root(one)].add(other)
        self.apart[self.root(other)].add(one)

    def may_be_one(self, one: int, other: int, unless_differs: list[str]) -> bool:
        """Two rows of one source are two things, and so are two with different ids or that a person told apart."""
        first, second = self.root(one), self.root(other)
        if first == second or self.sources[first] & self.sources[second]:
            return False
        if any(self.root(at) == second for at in self.apart[first]):
            return False
        return not any(
            self.stated[name][first]
            and self.stated[name][second]
            and not self.stated[name][first] & self.stated[name][second]
            for name in unless_differs
        )


def match(clusters: pd.DataFrame, table: str, matching: Matching, decided: pd.DataFrame) -> Matches:
    """Find clusters of rows that are the same thing.

    Parameters
    ----------
    clusters
        Rows of one cluster and source: `cluster` (0, 1, ...) and its name `_cluster`, `source`, `handle` (its key
        before matching), `file`, `row` and all that was read.
    table
        `systems` or `servers`.
    matching
        Rules and scores.
    decided
        What persons decided: left_key, left_file, right_key, right_file, decision. All that they call the same is
        joined; where they also call it different, a finding says so.
    """
    state = _Clusters(_sets(clusters["source"], clusters["cluster"]), _stated(clusters, matching.rules_of(table)))
    found: dict[Pair, tuple[str, float, str, str | None]] = {}
    for pair, decision in _decided(clusters, decided):
        found[pair] = ("person", 1.0, "confirmed" if decision == "same" else "refused", decision)
        (state.join if decision == "same" else state.tell_apart)(*pair)
    findings = _contradicted(_decided(clusters, decided), state, clusters, table)
    for rule in matching.rules_of(table):
        cut: list[int] = []
        pairs = (
            _similar(rule, clusters, matching, cut)
            if rule.parts == ["similar_name"]
            else _equal(rule, clusters, state, int(matching.max_proposed.value), cut)
        )
        for pair, is_sure, score in pairs:
            if pair in found or not state.may_be_one(*pair, rule.unless_differs):
                continue
            if is_sure and score >= matching.merge_from.value:
                state.join(*pair)
                found[pair] = (rule.name, score, "merged", None)
            elif score >= matching.propose_from.value:
                found[pair] = (rule.name, score, "proposed", None)
        if sum(cut):
            findings.append(
                finding_rows("warning", "pairs_not_compared", table=table, detail=rule.name, value=sum(cut))
            )
    # What a surer rule has since made one, or has ruled out, is no question any more.
    open_ = {
        pair for pair, (rule, *_, how, _) in found.items() if how == "proposed" and not state.may_be_one(*pair, [])
    }
    kept = {pair: said for pair, said in found.items() if pair not in open_}
    made = _table(kept, clusters, table)
    names = clusters.drop_duplicates("cluster").sort_values("cluster")["_cluster"].tolist()
    joined = {name: names[state.root(at)] for at, name in enumerate(names)}
    return Matches(joined, made, concat([*findings, *_told(made, table)], "findings"))


def _told(made: pd.DataFrame, table: str) -> list[pd.DataFrame]:
    """How many rows were merged by each rule, and how many pairs wait for a person."""
    merged = made.loc[made["state"] == "merged", "rule"].value_counts().sort_index()
    proposed = int((made["state"] == "proposed").sum())
    told = [
        finding_rows("info", "rows_matched", table=table, detail=rule, value=count) for rule, count in merged.items()
    ]
    return [*told, finding_rows("warning", "matches_proposed", table=table, value=proposed)] if proposed else told


def _sets(values: pd.Series, cluster: pd.Series) -> list[set[Any]]:
    sets: list[set[Any]] = [set() for _ in range(int(cluster.max()) + 1)]
    for at, value in zip(cluster, values, strict=True):
        if not pd.isna(value):
            sets[at].add(value)
    return sets


def _stated(clusters: pd.DataFrame, rules: list[MatchRule]) -> dict[str, list[set[str]]]:
    names = sorted({name for rule in rules for name in rule.unless_differs})
    return {name: _sets(_folded(_column(clusters, name)), clusters["cluster"]) for name in names}


def _decided(clusters: pd.DataFrame, decided: pd.DataFrame) -> Iterator[tuple[Pair, str]]:
    at = dict(zip(zip(clusters["handle"], clusters["file"], strict=True), clusters["cluster"], strict=True))
    for row in decided.itertuples(index=False):
        left, right = at.get((row.left_key, row.left_file)), at.get((row.right_key, row.right_file))
        if left is not None and right is not None and left != right:
            yield (min(left, right), max(left, right)), str(row.decision)


def _contradicted(
    decided: Iterator[tuple[Pair, str]], state: _Clusters, clusters: pd.DataFrame, table: str
) -> list[pd.DataFrame]:
    """Pairs that are called different, and the same as well: in so many words or by way of others."""
    pairs = [
        pair for pair, decision in decided if decision == "different" and state.root(pair[0]) == state.root(pair[1])
    ]
    names = clusters.drop_duplicates("cluster").set_index("cluster")["name"]
    texts = [" / ".join(str(names[at]) for at in pair) for pair in dict.fromkeys(pairs)]
    return [finding_rows("warning", "decisions_contradict", table=table, value=text) for text in texts]


def _equal(
    rule: MatchRule, clusters: pd.DataFrame, state: _Clusters, limit: int, cut: list[int]
) -> Iterator[Candidate]:
    """Pairs that share a key; sure where every source has one of them. Of others the first are proposed, and `cut` says
    how many were left."""
    members: dict[str, list[Pair]] = defaultdict(list)
    for cluster, source, keys in zip(clusters["cluster"], clusters["source"], _keys(clusters, rule.parts), strict=True):
        for key in keys:
            members[key].append((cluster, source))
    for _, sharing in sorted(members.items()):
        if len({source for _, source in sharing}) < 2:
            continue
        roots = {(source, state.root(cluster)) for cluster, source in sharing}
        is_sure = len(roots) == len({source for source, _ in roots})
        every = combinations(sorted({root for _, root in roots}), 2)
        pairs = (pair for pair in every if state.may_be_one(*pair, rule.unless_differs))
        for one, other in pairs if is_sure else islice(pairs, limit):
            yield (one, other), is_sure, rule.score
        cut.append(sum(1 for _ in pairs))


def _similar(rule: MatchRule, clusters: pd.DataFrame, matching: Matching, cut: list[int]) -> list[Candidate]:
    """Pairs of names that are alike, the likest first; `cut` says how many were not compared."""
    names = clusters.assign(bare=_bare_name(clusters)).dropna(subset="bare").drop_duplicates(["cluster", "bare"])
    names = names[names["bare"].str.len() >= matching.least_letters.value].sort_values("cluster")
    limit = int(matching.max_pairs.value)
    found = alike(names["bare"].tolist(), names["source"].tolist(), matching.likeness.value, limit)
    at = names["cluster"].tolist()
    pairs = [((at[one], at[other]), True, rule.score * like) for one, other, like in found.pairs]
    cut.append(found.skipped)
    return sorted(pairs, key=lambda item: (-item[2], item[0]))


def _keys(clusters: pd.DataFrame, parts: list[str]) -> list[list[str]]:
    """What a rule compares, joined; several keys where a part has several values, none where one is unknown."""
    keys = [[""]] * len(clusters)
    for part in parts:
        made = MADE_OF[part](clusters) if part in MADE_OF else _folded(_column(clusters, part))
        said = [value if isinstance(value, list) else [] if pd.isna(value) else [value] for value in made]
        keys = [
            [f"{key}\x1f{value}" for key in before for value in more] for before, more in zip(keys, said, strict=True)
        ]
    return keys


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series(pd.NA, index=frame.index, dtype="object")


def _folded(texts: pd.Series) -> pd.Series:
    return texts.astype("string").str.casefold().str.strip().replace("", pd.NA)


def _host(frame: pd.DataFrame) -> pd.Series:
    """Name of the machine without its domain; a display name with blanks in it is none."""
    name = _folded(_column(frame, "name"))
    said = _folded(_column(frame, "host_name")).fillna(_folded(_column(frame, "fqdn")))
    said = said.fillna(name.where(~name.str.contains(r"\s", regex=True).fillna(False)))
    return said.where(said.str.match(r"^\d+\.\d+\.\d+\.\d+$").fillna(False), said.str.partition(".")[0])


def _addresses(frame: pd.DataFrame) -> pd.Series:
    texts = _folded(_column(frame, "ip_addresses"))
    return texts.map(
        lambda text: [part for part in re.split(r"[;,\s]+", text) if part and not _SHARED_ADDRESS.match(part)],
        na_action="ignore",
    )


def _bare_name(frame: pd.DataFrame) -> pd.Series:
    return _folded(_column(frame, "name")).str.replace(_BARE, "", regex=True).replace("", pd.NA)


MADE_OF: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "host": _host,
    "address": _addresses,
    "bare_name": _bare_name,
}


def _table(found: dict[Pair, tuple[str, float, str, str | None]], clusters: pd.DataFrame, table: str) -> pd.DataFrame:
    if not found:
        return empty("matches")
    first = clusters.drop_duplicates("cluster").set_index("cluster")
    pairs, said = list(found), list(found.values())
    sides: dict[str, Any] = {}
    for at, side in enumerate(("left", "right")):
        mine = first.loc[[pair[at] for pair in pairs]]
        named = {"key": "handle", "name": "name", "file": "file", "row": "row"}
        sides |= {f"{side}_{name}": mine[column].to_numpy() for name, column in named.items()}
    columns = dict(zip(("rule", "score", "state", "decision"), zip(*said, strict=True), strict=True))
    frame = pd.DataFrame({"table": table, **sides, **columns})
    # What a person is asked for stands first.
    frame = frame.assign(turn=frame["state"] != "proposed")
    order = ["turn", "state", "score", "left_key", "right_key"]
    ordered = frame.sort_values(order, ascending=[True, True, False, True, True])
    return conform(ordered.drop(columns="turn"), "matches")
