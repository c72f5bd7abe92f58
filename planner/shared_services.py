"""Flows to services that everything uses, told by a visible rule: they do not tie the whole inventory together."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from planner.policy import Policy
from planner.schema import conform


def mark_shared(links: pd.DataFrame, dataflows: pd.DataFrame, systems: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Name the shared service at the needed end of each link, and the rule that told it.

    Parameters
    ----------
    links
        Table links; what the reading of connections told already stays.
    dataflows, systems
        Purposes by flow, and names by system.

    Returns
    -------
    Table links with shared_service and shared_rule.
    """
    said = spoken(links, dataflows)
    name = links["target_system_id"].map(systems.set_index("system_id")["name"])
    service, rule = (
        links["shared_service"].copy(),
        links["shared_service"].mask(links["shared_service"].notna(), "port"),
    )
    for shared in policy.groups.shared.services:
        for found in (first_word(name, shared.names), first_word(said, shared.purposes)):
            fresh = (found.notna() & service.isna()).astype(bool)
            service, rule = service.mask(fresh, shared.service), rule.mask(fresh, found)
    count = links["target_system_id"].map(
        links[service.isna()].groupby("target_system_id")["source_system_id"].nunique()
    )
    is_hub = ((count >= policy.groups.shared.least_dependants.value) & service.isna()).fillna(False).astype(bool)
    told = count.map("dependants={:.0f}".format, na_action="ignore").astype("string")
    return conform(
        links.assign(shared_service=service.mask(is_hub, "hub"), shared_rule=rule.mask(is_hub, told)), "links"
    )


def spoken(links: pd.DataFrame, dataflows: pd.DataFrame) -> pd.Series:
    """What is said of each link: the purpose of its flow, and the text that it was read from."""
    flows = dataflows.set_index("flow_id")[["purpose", "quote"]].fillna("")
    return (flows["purpose"] + "\n" + flows["quote"]).reindex(links["flow_id"]).set_axis(links.index)


def first_word(texts: pd.Series, words: Iterable[str]) -> pd.Series:
    """First of some words that stands in each text as a whole word; the longer one where several do."""
    either = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)", re.IGNORECASE)
    hits = {text: pattern.search(text) for text in texts.dropna().unique()}
    return texts.map({text: hit[0].casefold() if hit else pd.NA for text, hit in hits.items()}).astype("string")
