"""Pairs to clusters, and the rows that tell of them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import rustworkx as rx


def clusters_of(pairs: Iterable[tuple[int, int]], count: int) -> list[list[int]]:
    """Connected members, each cluster and the clusters in rising order."""
    graph = rx.PyGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data(sorted(set(pairs)))
    return sorted(sorted(part) for part in rx.connected_components(graph) if len(part) > 1)


def grouped(keys: pd.Series) -> pd.Series:
    """Keys that at least two rows share; the others become unknown."""
    known = keys.mask(keys.fillna("") == "", pd.NA)
    return known.where(known.map(known.value_counts()) > 1)
