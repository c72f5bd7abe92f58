"""Move groups: systems that must change together, and which group comes before which."""

from __future__ import annotations

import pandas as pd
import rustworkx

from planner.portfolio import Portfolio
from planner.schema import conform

CHANGING = ("retire", "rehost", "relocate", "repurchase", "replatform", "refactor")


def group(portfolio: Portfolio) -> dict[str, pd.DataFrame]:
    """Group systems and order the groups.

    What a system needs moves first; what is retired leaves last, after its dependants. Systems that wait for each
    other in a
    circle change together: a circle never stops the plan.

    Returns
    -------
    dict of DataFrame
        groups (every system is in exactly one) and precedence (between groups, without circles).
    """
    edges = _order(portfolio)
    graph = rustworkx.PyDiGraph(multigraph=False)
    at = dict(
        zip(
            portfolio["systems"]["system_id"],
            graph.add_nodes_from(portfolio["systems"]["system_id"].tolist()),
            strict=True,
        )
    )
    graph.add_edges_from_no_data(
        sorted({(at[before], at[after]) for before, after in zip(edges["before"], edges["after"], strict=True)})
    )
    names = portfolio["systems"].set_index("system_id")["name"]
    components = rustworkx.strongly_connected_components(graph)
    rows = [row for members in components for row in _members(members, graph, names)]
    groups = conform(pd.DataFrame(rows).sort_values(["group_id", "system_id"]), "groups")
    return {"groups": groups, "precedence": _between(edges, groups)}


def _order(portfolio: Portfolio) -> pd.DataFrame:
    links = portfolio["links"].dropna(subset=["source_system_id", "target_system_id"])
    # A directory or a backup that everything calls would make one group of the whole inventory.
    links = links[links["shared_service"].isna()]
    disposition = portfolio["decisions"].set_index("system_id")["disposition"]
    source, target = links["source_system_id"].map(disposition), links["target_system_id"].map(disposition)
    changing = source.isin(CHANGING) & target.isin(CHANGING)
    leaves_first = changing & (target == "retire")
    needed_first = changing & (target != "retire") & (source != "retire")
    frames = [
        _edges(links[needed_first], "target_system_id", "source_system_id", "needed_moves_first"),
        _edges(links[leaves_first], "source_system_id", "target_system_id", "dependants_leave_first"),
    ]
    return pd.concat(frames, ignore_index=True)


def _edges(links: pd.DataFrame, before: str, after: str, reason: str) -> pd.DataFrame:
    return pd.DataFrame({"before": links[before], "after": links[after], "reason": reason, "flow_id": links["flow_id"]})


def _members(nodes: list[int], graph: rustworkx.PyDiGraph[str, None], names: pd.Series) -> list[dict[str, object]]:
    members = sorted(graph[node] for node in nodes)
    group_id = f"g-{members[0]}"
    if len(members) == 1:
        return [{"group_id": group_id, "system_id": members[0], "reason": "alone"}]
    first = next(node for node in nodes if graph[node] == members[0])
    circle = rustworkx.digraph_find_cycle(graph, first)
    words = " → ".join(str(names[graph[node]]) for node in [*(edge[0] for edge in circle), circle[-1][1]])
    return [{"group_id": group_id, "system_id": member, "reason": "cycle", "detail": words} for member in members]


def _between(edges: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    of = groups.set_index("system_id")["group_id"]
    between = edges.assign(before_group_id=edges["before"].map(of), after_group_id=edges["after"].map(of))
    between = between[between["before_group_id"] != between["after_group_id"]]
    joined = (
        between.sort_values("flow_id")
        .groupby(["before_group_id", "after_group_id", "reason"], sort=True)["flow_id"]
        .agg(" ".join)
    )
    return conform(joined.reset_index(name="flows"), "precedence")
