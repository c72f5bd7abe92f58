"""Flows to ties: which are hard, which go to a shared service, and how much each counts across a border."""

from __future__ import annotations

import pandas as pd

from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.shared_services import first_word, spoken

HARD = ("shared_database", "latency")


def ties_of(portfolio: Portfolio, policy: Policy) -> pd.DataFrame:
    """Flows between two systems of the register, each with its kind, shared service, rule and weight."""
    links = portfolio["links"].dropna(subset=["source_system_id", "target_system_id"])
    links = links[links["source_system_id"] != links["target_system_id"]].reset_index(drop=True)
    kind = pd.Series("flow", index=links.index, dtype="string").mask(_is_answered(links), "two_way")
    rule = links["shared_rule"]
    for hard, told in _hard(links, portfolio, policy):
        fresh = told.notna() & ~kind.isin(HARD) & links["shared_service"].isna()
        kind, rule = kind.mask(fresh, hard), rule.mask(fresh, told)
    ties = links[["flow_id", "source_system_id", "target_system_id"]].assign(
        kind=kind, rule=rule, service=links["shared_service"]
    )
    return ties.assign(weight=_weights(links, kind, portfolio, policy))


def _hard(links: pd.DataFrame, portfolio: Portfolio, policy: Policy) -> list[tuple[str, pd.Series]]:
    """Kinds of hard links and, by flow, the word or the field of the depending system that tells one."""
    systems = portfolio["systems"].set_index("system_id").reindex(links["source_system_id"]).reset_index(drop=True)
    said = spoken(links, portfolio["dataflows"])
    found: list[tuple[str, pd.Series]] = []
    for rule in policy.groups.hard:
        style = systems["integration_style"].where(systems["integration_style"].isin(rule.integration_styles))
        waits = systems["max_latency_ms"].where(systems["max_latency_ms"] <= (rule.max_latency_ms or 0))
        told = first_word(said, rule.purposes)
        told = told.fillna(style.map("integration_style={}".format, na_action="ignore").astype("string"))
        told = told.fillna(waits.map("max_latency_ms={:g}".format, na_action="ignore").astype("string"))
        found.append((rule.kind, told))
    return found


def _is_answered(links: pd.DataFrame) -> pd.Series:
    """Whether a flow runs the other way between the same two systems."""
    there = pd.MultiIndex.from_frame(links[["source_system_id", "target_system_id"]])
    back = pd.MultiIndex.from_frame(links[["target_system_id", "source_system_id"]])
    return pd.Series(there.isin(back), index=links.index)


def _weights(links: pd.DataFrame, kind: pd.Series, portfolio: Portfolio, policy: Policy) -> pd.Series:
    weights = policy.groups.weights
    flows = portfolio["dataflows"].drop_duplicates("flow_id").set_index("flow_id").reindex(links["flow_id"])
    sure = flows["confidence"].fillna(1.0).set_axis(links.index)
    weight = (sure * weights.proposed.value).where(links["state"] == "proposed", weights.stated.value)
    weight = weight.mask(kind.isin(HARD), weights.hard.value)
    return weight.mask(links["shared_service"].notna(), 0.0).round(4)
