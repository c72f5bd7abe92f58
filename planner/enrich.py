"""Facts about systems that no single cell states: support dates, server sums, dependencies, notice dates."""

from __future__ import annotations

import pandas as pd

from planner.case import Case
from planner.catalogue import Catalogue, load_catalogue
from planner.catalogue.needed import service_findings, service_gaps
from planner.facts.support import each_technology, match_technology, support_status
from planner.identity import systems_by_name
from planner.policy import Policy
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat, conform
from planner.shared_services import mark_shared

_STATUSES = ["ended", "unknown", "ends_within_12_months", "supported"]
_KEYS = {"system_id", "name", "organisation"}


def enrich(
    portfolio: Portfolio, case: Case, policy: Policy, catalogue: Catalogue | None = None
) -> dict[str, pd.DataFrame]:
    """Derive facts.

    Parameters
    ----------
    catalogue
        Whose regions list services; the shipped one by default.

    Returns
    -------
    dict of DataFrame
        links (data flows with their systems), support (technologies with end of support), facts (one row per
        system), findings.
    """
    links = mark_shared(_links(portfolio), portfolio["dataflows"], portfolio["systems"], policy)
    support = _support(portfolio, case)
    known = catalogue or load_catalogue()
    gaps = service_gaps(portfolio, case, known).set_axis(portfolio["systems"]["system_id"])
    facts = conform(_facts(portfolio, links, support, case, policy).merge(gaps, on="system_id"), "facts")
    return {
        "links": links,
        "support": support,
        "facts": facts,
        "findings": concat(
            [_findings(portfolio, links, support), service_findings(portfolio, case, known)], "findings"
        ),
    }


def _links(portfolio: Portfolio) -> pd.DataFrame:
    flows = portfolio["dataflows"]
    lookup = systems_by_name(portfolio)
    links = pd.DataFrame(
        {
            "flow_id": flows["flow_id"],
            "source_system_id": flows["source_system"].str.casefold().map(lookup),
            "target_system_id": flows["target_system"].str.casefold().map(lookup),
            "source_name": flows["source_system"],
            "target_name": flows["target_system"],
            "state": flows["state"],
            "shared_service": flows["shared_service"],
        }
    )
    outside = links["source_system_id"].isna() | links["target_system_id"].isna()
    links["state"] = links["state"].mask(outside, "external")
    return conform(links[~_is_self(links)], "links")


def _is_self(links: pd.DataFrame) -> pd.Series:
    return (links["source_system_id"] == links["target_system_id"]).fillna(False).astype(bool)


def _support(portfolio: Portfolio, case: Case) -> pd.DataFrame:
    servers = portfolio["servers"].merge(portfolio["assignments"], on="server_id")
    parts = [servers[["system_id", "server_id", "os"]].rename(columns={"os": "text"}).assign(column="os")]
    for column in ("os", "db", "runtime"):
        named = portfolio["systems"][["system_id", column]].rename(columns={column: "text"})
        parts.append(named.assign(column=column, server_id=pd.NA))
    texts = pd.concat(parts, ignore_index=True).dropna(subset="text")
    texts = texts.assign(text=each_technology(texts["text"])).explode("text", ignore_index=True)
    matched = match_technology(texts["text"])
    return conform(
        pd.DataFrame(
            {
                "system_id": texts["system_id"],
                "server_id": texts["server_id"],
                "column": texts["column"],
                "text": texts["text"],
                "product": matched["product"],
                "cycle": matched["cycle"],
                "confidence": matched["confidence"],
                "security_end_min_date": matched["security_end_min_date"],
                "security_end_max_date": matched["security_end_max_date"],
                "status": support_status(matched, case.plan_date),
                "as_of": matched["as_of"].astype("string"),
                "source": matched["source"],
            }
        ).sort_values(["system_id", "column", "server_id", "text"], kind="stable"),
        "support",
    )


def _facts(
    portfolio: Portfolio, links: pd.DataFrame, support: pd.DataFrame, case: Case, policy: Policy
) -> pd.DataFrame:
    systems = portfolio["systems"].set_index("system_id")
    provisional = portfolio["assignments"].loc[portfolio["assignments"]["basis"] == "provisional", "system_id"]
    facts = pd.DataFrame(index=systems.index)
    facts["is_provisional"] = facts.index.isin(provisional)
    facts["known_fields"] = (
        systems.drop(columns=[name for name in systems.columns if name in _KEYS]).notna().sum(axis=1)
    )
    facts = facts.join(_server_facts(portfolio)).join(_support_facts(support))
    facts["known_fields"] += facts["server_count"].notna()
    facts["measured_use"] = facts["measured_use"].fillna("not_measured")
    facts["has_own_servers"] = _has_own_servers(facts["server_count"], systems["delivery"])
    inside = links.dropna(subset=["source_system_id", "target_system_id"]).drop_duplicates(
        ["source_system_id", "target_system_id"]
    )
    facts["depends_on_count"] = _count(inside["source_system_id"], facts.index)
    facts["needed_by_count"] = _count(inside["target_system_id"], facts.index)
    by_function = systems["function_code"].map(systems["function_code"].value_counts())
    facts["same_function_count"] = by_function.astype("Int64") - 1
    facts["notice_date"] = _months_before(systems["contract_end_date"], systems["notice_months"])
    facts["contract_value_sek"] = systems["annual_cost_sek"] * policy.effort.contract_years.value
    facts["lead_route"] = _lead_route(systems["procurement_route"], facts["contract_value_sek"], policy)
    for name, attribute in (("procurement_start_p50_date", "months_p50"), ("procurement_start_date", "months_p80")):
        months = {lead.route: getattr(lead, attribute) for lead in policy.schedule.lead_times}
        facts[name] = _months_before(facts["notice_date"], facts["lead_route"].map(months).astype("Int64"))
    facts["years_to_retirement"] = systems["retire_year"] - case.plan_date.year
    return facts.reset_index()


def _lead_route(stated: pd.Series, value: pd.Series, policy: Policy) -> pd.Series:
    """The route as stated, else by contract value, else the open procedure: what is unknown is not hurried."""
    routes = [lead.route for lead in policy.schedule.lead_times]
    by_value = (value <= policy.schedule.direct_award_limit.value).map({True: "direct_award", False: "open_procedure"})
    return stated.where(stated.isin(routes)).fillna(by_value.astype("string")).fillna("open_procedure")


def _count(ids: pd.Series, index: pd.Index) -> pd.Series:
    return ids.value_counts().reindex(index).fillna(0).astype("Int64")


def _server_facts(portfolio: Portfolio) -> pd.DataFrame:
    servers = portfolio["servers"].merge(portfolio["assignments"], on="server_id")
    groups = servers.groupby("system_id")
    facts = pd.DataFrame({"server_count": groups.size().astype("Int64")})
    for column in ("vcpu", "memory_gib", "storage_gib"):
        complete = groups[column].count() == groups.size()
        facts[column] = groups[column].sum().where(complete)
    facts["is_off"] = _every(servers["power_state"] == "off", servers["system_id"])
    facts["is_template"] = _every(servers["is_template"], servers["system_id"])
    facts["environment_hint"] = _only(servers["environment_hint"].fillna("none"), servers["system_id"])
    facts["measured_use"] = _measured_use(servers.merge(portfolio["counters"][["server_id", "use"]], on="server_id"))
    family = match_technology(servers["os"], kind="os")["os_family"]
    facts["os_family"] = _only(family, servers["system_id"])
    return facts


def _measured_use(servers: pd.DataFrame) -> pd.Series:
    """The busiest use among a system's servers; one that nobody has measured may be the busy one."""
    order = ["zombie", "idle", "active", "not_measured"]
    rank = servers["use"].map({use: at for at, use in enumerate(order)})
    return rank.groupby(servers["system_id"]).max().map(dict(enumerate(order))).astype("string")


def _has_own_servers(count: pd.Series, delivery: pd.Series) -> pd.Series:
    # A service bought as software has no servers of ours; for every other way of delivery an empty list says nothing.
    is_service = (delivery == "saas").fillna(False).astype(bool)
    answer = pd.Series(pd.NA, index=count.index, dtype="boolean").mask(is_service, False)
    return answer.mask((count >= 1).fillna(False).astype(bool), True)


def _every(flags: pd.Series, by: pd.Series) -> pd.Series:
    # Kleene: one false decides; otherwise one unknown leaves it unknown.
    has_false = (~flags).fillna(False).groupby(by).any()
    has_unknown = flags.isna().groupby(by).any()
    return (
        pd.Series(True, index=has_false.index, dtype="boolean")
        .mask(has_unknown, pd.NA)
        .mask(has_false.astype(bool), False)
    )


def _only(values: pd.Series, by: pd.Series) -> pd.Series:
    """The one value that all of a group have; unknown where they differ or one is unknown."""
    groups = values.groupby(by)
    return groups.first().where((groups.count() == groups.size()) & (groups.nunique() == 1))


def _support_facts(support: pd.DataFrame) -> pd.DataFrame:
    rank = support["status"].map({status: at for at, status in enumerate(_STATUSES)})
    worst = rank.groupby(support["system_id"]).min().map(dict(enumerate(_STATUSES)))
    worst = worst.mask(worst == "unknown", pd.NA)
    exact = support[support["security_end_min_date"] == support["security_end_max_date"]]
    earliest = exact.groupby("system_id")["security_end_max_date"].min()
    return pd.DataFrame({"support_status": worst, "support_end_date": earliest})


def _months_before(dates: pd.Series, months: pd.Series) -> pd.Series:
    known = dates.notna() & months.notna()
    result = pd.Series(pd.NaT, index=dates.index, dtype="datetime64[us]")
    for count in sorted(months[known].unique()):
        at = known & (months == count).fillna(False).astype(bool)
        result[at] = dates[at] - pd.DateOffset(months=int(count))
    return result


def _findings(portfolio: Portfolio, links: pd.DataFrame, support: pd.DataFrame) -> pd.DataFrame:
    outside = links[links["state"] == "external"]
    unknown = support[support["product"].isna()].drop_duplicates(["column", "text"])
    flows = portfolio["dataflows"].set_index("flow_id")
    selves = flows[flows["source_system"].str.casefold() == flows["target_system"].str.casefold()].reset_index()
    servers = portfolio["servers"]
    unplaced = servers[servers["system_name"].notna()].merge(portfolio["assignments"], on="server_id")
    unplaced = unplaced[unplaced["basis"] == "provisional"]
    outward = outside["target_name"].where(outside["target_system_id"].isna(), outside["source_name"])
    where = _places(portfolio)
    parts = [
        _finding("info", "external_end", "dataflows", outside["flow_id"], outward, where),
        _finding("info", "unknown_technology", "support", unknown["system_id"], unknown["text"], where),
        _finding("warning", "flow_to_itself", "dataflows", selves["flow_id"], selves["source_system"], where),
        _finding("warning", "unknown_system", "servers", unplaced["server_id"], unplaced["system_name"], where),
    ]
    return concat(parts, "findings")


def _places(portfolio: Portfolio) -> pd.DataFrame:
    """File, sheet and row of every record: those of its first cell."""
    first = portfolio["provenance"].drop_duplicates("row_id").set_index("row_id")
    return first[["file", "sheet", "row"]]


def _finding(
    severity: str, code: str, table: str, ids: pd.Series, values: pd.Series, where: pd.DataFrame
) -> pd.DataFrame:
    places = {name: ids.map(where[name]) for name in where.columns}
    return finding_rows(severity, code, table=table, row_id=ids, value=values, **places)
