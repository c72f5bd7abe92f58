"""Rows, systems, decisions and servers: nothing is lost, nothing is decided without a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.verify.promise import broken


def every_row_is_accounted_for(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Rows in are rows used, merged and rejected."""
    sources = portfolio["sources"]
    lost = sources["rows_in"] != sources["rows_used"] + sources["rows_merged"] + sources["rows_rejected"]
    rejected = int(sources["rows_rejected"].sum()) != int(portfolio["rejects"]["rows"].fillna(1).sum())
    ids = [*sources.loc[lost, "source_id"], *(["rejects"] if rejected else [])]
    return broken("promise_rows", ids, "sources")


def every_system_is_decided_once(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every system has one decision, one group and one row of facts."""
    wanted = portfolio["systems"]["system_id"]
    wrong = [
        key
        for table in ("decisions", "groups", "facts")
        for key in set(wanted).symmetric_difference(portfolio[table]["system_id"])
        | set(_doubles(portfolio[table]["system_id"]))
    ]
    return broken("promise_systems", sorted(wrong), "systems")


def _doubles(ids: pd.Series) -> pd.Series:
    return ids[ids.duplicated()]


def every_decision_has_evidence(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every decision has evidence, and a proposal has a rule that speaks for it."""
    decisions = portfolio["decisions"]
    bare = decisions[~decisions["system_id"].isin(portfolio["evidence"]["system_id"])]
    proposed = decisions.dropna(subset="disposition")
    fired = portfolio["evidence"].query("outcome == 'true' and kind in ('rule', 'review')")[["system_id", "options"]]
    joined = proposed.merge(fired, left_on=["system_id", "disposition"], right_on=["system_id", "options"])
    unsupported = proposed[~proposed["system_id"].isin(joined["system_id"])]
    return broken("promise_evidence", [*bare["system_id"], *unsupported["system_id"]], "decisions")


def denied_options_are_not_chosen(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """No gate denies what is proposed."""
    denied = portfolio["evidence"].query("effect == 'deny' and outcome == 'true'")
    reviews = portfolio["reviews"].query("kind == 'gate' and state == 'active'")
    given = set(zip(reviews["system_id"], reviews["value"], strict=True))
    is_given = [pair in given for pair in zip(denied["system_id"], denied["rule"], strict=True)]
    denied = denied[~np.array(is_given, dtype=bool)]
    each = denied.assign(option=denied["options"].str.split()).explode("option")
    chosen = each.merge(portfolio["decisions"], left_on=["system_id", "option"], right_on=["system_id", "disposition"])
    return broken("promise_gates", chosen["system_id"], "decisions")


def people_are_followed(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """What a person decided is in the plan, or a finding says why not."""
    reviews = portfolio["reviews"].query("kind == 'disposition' and state == 'active'")
    both = reviews.merge(portfolio["decisions"], on="system_id")
    other = both[(both["value"] != both["disposition"].fillna("")).astype(bool)]
    told = portfolio["findings"].query("code == 'override_denied'")["row_id"]
    return broken("promise_reviews", other.loc[~other["system_id"].isin(told), "system_id"], "decisions")


def every_server_is_accounted_for(portfolio: Portfolio, case: Case, policy: Policy) -> pd.DataFrame:
    """Every server has a system and a target."""
    wanted = set(portfolio["servers"]["server_id"])
    wrong = wanted.symmetric_difference(portfolio["assignments"]["server_id"]) | wanted.symmetric_difference(
        portfolio["targets"]["server_id"]
    )
    return broken("promise_servers", sorted(wrong), "servers")
