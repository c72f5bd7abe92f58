"""Questions worth asking: the unknowns that could change decisions, ranked by what their answers would settle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.case import Case
from planner.policy import Policy
from planner.portfolio import Portfolio
from planner.schema import conform

LENS_SUFFIX = "_class"


def questions(portfolio: Portfolio, case: Case, policy: Policy) -> dict[str, pd.DataFrame]:
    """List what to ask of whom.

    Returns
    -------
    dict of DataFrame
        questions: one row per system and column of the inventory whose answer could change the system's proposal.
    """
    asked = _fields(portfolio)
    alone = portfolio["flips"][["system_id", "field"]].drop_duplicates().assign(alone=True)
    asked = asked.merge(alone, on=["system_id", "field"], how="left")
    asked["alone"] = asked["alone"].fillna(False).astype(bool)
    asked = _to_columns(asked, portfolio, policy)
    rows = _once_each(asked).rename(columns={"column": "field"})
    rows["asked_of"] = rows["field"].isin(policy.questions.asked_of_it).map({True: "it", False: "business"})
    rows["organisation"] = rows["system_id"].map(portfolio["systems"].set_index("system_id")["organisation"])
    rows = rows.merge(_stakes(portfolio), on="system_id", how="left")
    rows["rank"] = _ranks(rows)
    return {"questions": conform(rows.sort_values(["rank", "system_id"], ignore_index=True), "questions")}


def _fields(portfolio: Portfolio) -> pd.DataFrame:
    """Systems and the unknown fields of rules that could change their proposal."""
    decisions = portfolio["decisions"].dropna(subset="unknown_fields")
    fields = decisions["unknown_fields"].str.split()
    return pd.DataFrame({"system_id": decisions["system_id"], "field": fields}).explode("field", ignore_index=True)


def _to_columns(asked: pd.DataFrame, portfolio: Portfolio, policy: Policy) -> pd.DataFrame:
    """Ask for what a person can answer: the missing inputs of a lens, or what a derived fact is derived from."""
    lenses = portfolio["lenses"].dropna(subset="missing")
    missing = pd.DataFrame(
        {
            "system_id": lenses["system_id"],
            "field": lenses["lens"].astype("string") + LENS_SUFFIX,
            "column": lenses["missing"].str.split(),
        }
    ).explode("column")
    is_lens = asked["field"].isin([name for name in asked["field"].unique() if name.endswith(LENS_SUFFIX)])
    # A lens reads many inputs: what its class would change, no single one of them changes for sure.
    of_lenses = asked[is_lens].merge(missing, on=["system_id", "field"]).assign(alone=False)
    plain = asked[~is_lens]
    derived = policy.questions.derived
    columns = plain["field"].map({name: derived.get(name, [name]) for name in plain["field"].unique()})
    everything = pd.concat([plain.assign(column=columns).explode("column"), of_lenses], ignore_index=True)
    # Nobody can answer for a server that no system owns: which system it belongs to comes before everything else.
    facts = portfolio["facts"]
    is_provisional = everything["system_id"].isin(facts.loc[facts["is_provisional"], "system_id"])
    return everything.assign(column=everything["column"].mask(is_provisional, "system_name"))


def _once_each(asked: pd.DataFrame) -> pd.DataFrame:
    """One row per system and column, with all fields that are read from it."""
    groups = asked.groupby(["system_id", "column"], sort=False)
    number, turn = groups.ngroup().to_numpy(), groups.cumcount().to_numpy()
    rows = asked.loc[turn == 0, ["system_id", "column"]].reset_index(drop=True)
    fields = asked["field"].to_numpy(dtype=object)
    reads, alone = fields[turn == 0], np.zeros(len(rows), dtype=np.bool_)
    alone[number[asked["alone"]]] = True
    # In rounds: 250,000 systems have five million questions, too many to be joined one by one.
    for again in range(1, int(turn.max(initial=0)) + 1):
        reads[number[turn == again]] += " " + fields[turn == again]
    return rows.assign(reads=reads, alone=alone)


def _stakes(portfolio: Portfolio) -> pd.DataFrame:
    days = portfolio["effort"].groupby("system_id")["likely_days"].sum().rename("days")
    costs = portfolio["costs"]
    today = costs[costs["kind"] == "today"].set_index("system_id")["likely_sek"].rename("cost_sek")
    return pd.concat([days, today], axis=1).rename_axis("system_id").reset_index()


def _ranks(rows: pd.DataFrame) -> pd.Series:
    """1 for the question to one department that could change most decisions, then most work, then most cost."""
    keys = ["field", "asked_of", "organisation"]
    groups = rows.assign(organisation=rows["organisation"].fillna("")).groupby(keys)
    totals = groups.agg(
        alone=("alone", "sum"), systems=("system_id", "size"), days=("days", "sum"), cost=("cost_sek", "sum")
    ).reset_index()
    totals = totals.sort_values(
        ["alone", "systems", "days", "cost", *keys], ascending=[False] * 4 + [True] * 3, kind="stable"
    )
    totals["rank"] = range(1, len(totals) + 1)
    placed = rows[keys].fillna("").merge(totals[[*keys, "rank"]], on=keys, how="left")["rank"]
    return placed.set_axis(rows.index)
