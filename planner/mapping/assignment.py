"""One header to one column: of all ways to pair them, the one with the best odds together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

import rustworkx

Side = TypeVar("Side", int, str)
Odds = Mapping[tuple[int, str], float]
# Pairs with lower odds than this are no candidates.
LEAST_ODDS = 0.05
_PARTS = 1_000_000


def assign(headers: Sequence[object], odds: Odds) -> dict[int, str]:
    """Pair headers with columns, none of either twice.

    Parameters
    ----------
    headers
        What each header is known by; the pairs do not depend on the order in which they are given.
    odds
        The odds that a header (by its number) means a column.

    Returns
    -------
    dict
        The column of each header that has one.
    """
    graph: rustworkx.PyGraph[object, int] = rustworkx.PyGraph()
    order = sorted(range(len(headers)), key=lambda at: (repr(headers[at]), at))
    names = sorted({name for _, name in odds})
    node_of_header = {at: graph.add_node(at) for at in order}
    node_of_column = {name: graph.add_node(name) for name in names}
    for at in order:
        for name in names:
            if odds.get((at, name), 0) > LEAST_ODDS:
                gain = math.log(odds[at, name] / LEAST_ODDS)
                graph.add_edge(node_of_header[at], node_of_column[name], round(gain * _PARTS))
    pairs = rustworkx.max_weight_matching(graph, max_cardinality=False, weight_fn=int)
    found = {}
    for one, other in pairs:
        header, column = sorted((one, other))
        found[int(str(graph[header]))] = str(graph[column])
    return found


def confidences(odds: Odds) -> dict[tuple[int, str], float]:
    """The chance of each pair, weighed against the best rival of either side.

    A rival weighs as much as it is not better explained itself: a header that surely means something else is no rival
    for a column, and a column that another header surely means is no rival for a header.
    """
    of_header: dict[int, list[tuple[float, str]]] = defaultdict(list)
    of_column: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for (header, column), value in odds.items():
        of_header[header].append((value, column))
        of_column[column].append((value, header))
    found = {}
    for (header, column), value in odds.items():
        columns = (worth / (1 + _best(of_column[name], header)) for worth, name in of_header[header] if name != column)
        headers = (worth / (1 + _best(of_header[at], column)) for worth, at in of_column[column] if at != header)
        found[header, column] = value / (1 + value + max(columns, default=0.0) + max(headers, default=0.0))
    return found


def _best(pairs: list[tuple[float, Side]], but: Side) -> float:
    return max((value for value, side in pairs if side != but), default=0.0)
