"""Systems that all move, and flows between them, as a portfolio for the grouping."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import conform
from planner.shared_services import mark_shared

Flow = tuple[int, int]


def ids(count: int) -> list[str]:
    """Ids in order, of equal length."""
    return [f"S{number:05d}" for number in range(count)]


def moving(
    count: int, flows: Iterable[Flow], *, purposes: dict[Flow, str] | None = None, options: dict[int, str] | None = None
) -> Portfolio:
    """A portfolio: `flows` are pairs of a depending and a needed system; everything is rehosted unless told."""
    names, said, chosen = ids(count), purposes or {}, options or {}
    pairs = list(dict.fromkeys(flows))
    source, target = [names[one] for one, _ in pairs], [names[other] for _, other in pairs]
    flow_ids = [f"f{one}-{other}" for one, other in pairs]
    systems = conform(pd.DataFrame({"system_id": names, "name": [f"System {name}" for name in names]}), "systems")
    dataflows = pd.DataFrame({"flow_id": flow_ids, "source_system": source, "target_system": target, "state": "stated"})
    dataflows["purpose"] = pd.Series([said.get(pair) for pair in pairs], dtype="string")
    dataflows = conform(dataflows, "dataflows")
    links = pd.DataFrame(
        {"flow_id": flow_ids, "source_system_id": source, "target_system_id": target, "state": "stated"}
    )
    links = conform(links.assign(source_name=source, target_name=target), "links")
    options_ = [chosen.get(number, "rehost") for number in range(count)]
    decisions = pd.DataFrame(
        {"system_id": names, "disposition": pd.Series(options_, dtype="string"), "state": "settled"}
    )
    tables = {"systems": systems, "dataflows": dataflows, "decisions": conform(decisions, "decisions")}
    marked = mark_shared(links, dataflows, systems, load_policy()) if pairs else links
    return Portfolio({**tables, "links": marked})
