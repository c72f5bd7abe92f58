"""What comes first: the order between systems that the flows ask for, and its circles in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
import rustworkx

from planner.portfolio import Portfolio

CHANGING = ("retire", "rehost", "relocate", "repurchase", "replatform", "refactor")
Arrow = tuple[str, str]


def order_of(portfolio: Portfolio) -> pd.DataFrame:
    """Pairs of systems of which one changes before the other, each with its flow and the reason.

    What a system needs moves first; what is retired leaves last, after its dependants. A shared service is reachable
    from both places during the move: it need not come first, but it leaves last all the same.
    """
    links = portfolio["links"].dropna(subset=["source_system_id", "target_system_id"])
    disposition = portfolio["decisions"].set_index("system_id")["disposition"]
    source, target = links["source_system_id"].map(disposition), links["target_system_id"].map(disposition)
    changing = source.isin(CHANGING) & target.isin(CHANGING)
    leaves_first = changing & (target == "retire")
    needed_first = changing & (target != "retire") & (source != "retire") & links["shared_service"].isna()
    frames = [
        _edges(links[needed_first], "target_system_id", "source_system_id", "needed_moves_first"),
        _edges(links[leaves_first], "source_system_id", "target_system_id", "dependants_leave_first"),
    ]
    found = pd.concat(frames, ignore_index=True)
    return found[found["before"] != found["after"]]


def _edges(links: pd.DataFrame, before: str, after: str, reason: str) -> pd.DataFrame:
    return pd.DataFrame({"before": links[before], "after": links[after], "reason": reason, "flow_id": links["flow_id"]})


def circles(ids: Iterable[str], arrows: Iterable[Arrow]) -> list[list[str]]:
    """Systems that can be reached from each other, as sorted lists; one that is in no circle is a list of its own."""
    graph, _ = _graph(ids, arrows)
    return sorted(sorted(graph[node] for node in nodes) for nodes in rustworkx.strongly_connected_components(graph))


def in_words(members: Iterable[str], arrows: Iterable[Arrow], named: Callable[[str], str], most: int) -> str:
    """A circle within some members, such as `A → B → A`; in the middle of a long one names are left out."""
    inside = sorted(members)
    graph, at = _graph(inside, arrows)
    circle = rustworkx.digraph_find_cycle(graph, at[inside[0]])
    names = [named(graph[node]) for node in [*(edge[0] for edge in circle), circle[-1][1]]]
    if len(names) > most:
        names = [*names[: most - 2], f"… ({len(names) - most} …)", *names[-2:]]
    return " → ".join(names)


def _graph(ids: Iterable[str], arrows: Iterable[Arrow]) -> tuple[rustworkx.PyDiGraph[str, None], dict[str, int]]:
    names = list(ids)
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph(multigraph=False)
    at = dict(zip(names, graph.add_nodes_from(names), strict=True))
    graph.add_edges_from_no_data(sorted({(at[first], at[then]) for first, then in arrows}))
    return graph, at


def nearly_in_order(members: list[str], arrows: list[Arrow]) -> list[str]:
    """Members of a circle in a line that few arrows run against.

    The greedy heuristic of Eades, Lin and Smyth (1993), which never turns more than half of the arrows less a sixth of
    the members.
    """
    after: dict[str, set[str]] = {member: set() for member in members}
    before: dict[str, set[str]] = {member: set() for member in members}
    for first, then in arrows:
        after[first].add(then)
        before[then].add(first)
    return _greedy_line(after, before)


def _greedy_line(after: dict[str, set[str]], before: dict[str, set[str]]) -> list[str]:
    buckets: dict[int, dict[str, None]] = {}

    def lean(member: str) -> int:
        return len(after[member]) - len(before[member])

    for member in sorted(after):
        buckets.setdefault(lean(member), {})[member] = None
    sources = sorted(member for member in after if not before[member])
    sinks = sorted(member for member in after if not after[member])
    left: list[str] = []
    right: list[str] = []
    taken: set[str] = set()

    def take(member: str, side: list[str]) -> None:
        taken.add(member)
        side.append(member)
        buckets[lean(member)].pop(member, None)
        for links, back, ends in ((after, before, sources), (before, after, sinks)):
            for other in sorted(links[member]):
                buckets[lean(other)].pop(other, None)
                back[other].discard(member)
                buckets.setdefault(lean(other), {})[other] = None
                if not back[other]:
                    ends.append(other)

    while len(taken) < len(after):
        while sinks:
            member = sinks.pop()
            if member not in taken:
                take(member, right)
        while sources:
            member = sources.pop()
            if member not in taken:
                take(member, left)
        rest = max((at for at, members in buckets.items() if members), default=None)
        if rest is not None and len(taken) < len(after):
            take(next(iter(buckets[rest])), left)
    return [*left, *right[::-1]]
