"""Decisions: all seven options can be reached, unknowns keep them open, and each has its evidence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.classification import CASE, synthetic
from planner.case import read_case
from planner.classify import classify
from planner.lenses import assess
from planner.pipeline import compute
from planner.policy import load_policy
from planner.portfolio import Portfolio
from tests.conftest import write_case

SOURCES = "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
REGISTER = """Id;Namn;IT Bedömning;Verksamhet Bedömning;Driftform;Alternativ;Egenutvecklat;Strategiskt;Databas;Hårdvaruberoende;Verksamhetsområde;Avtalsslut;Säkerhetsskydd;KLASSA
S1;Avvecklas;Avveckling;Avveckling;Internt;Nej;Nej;Nej;;Nej;Vård;;Nej;1-1-1
S2;Ersätts;;;Internt;Molntjänst finns;Nej;;;;;2028-06-30;Nej;
S3;Flyttas;Vidmakthållande;Vidmakthållande;Internt;Nej;Nej;Nej;;Nej;Vård;;Nej;
S4;Plattformen;;;Internt;Nej;;;;Nej;It-plattform;;Nej;
S5;Databasen;;;Internt;Nej;Nej;Nej;PostgreSQL 14;Nej;Vård;;Nej;
S6;Egenkod;;Utveckling;Internt;Nej;Ja;Ja;;Nej;Vård;;Nej;
S7;Styrsystem;;;Internt;;;;;OT;;;Nej;
S8;Tomt;;;;;;;;;;;;
S9;Skyddat;;;Internt;Molntjänst finns;;;;;;;Ja;
"""
SERVERS = "Server;System;vCPU;Minne (GB);Disk (GB);Operativsystem;Status\n" + "".join(
    f"srv{number};{system};2;8;100;Windows Server 2022;På\n"
    for number, system in enumerate(["S3", "S4", "S4", "S4", "S4", "S4", "S5", "S6"])
)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    """The register above, planned."""
    return compute(
        read_case(
            write_case(tmp_path_factory.mktemp("case"), {"system.csv": REGISTER, "servrar.csv": SERVERS}, SOURCES)
        )
    ).portfolio


@pytest.mark.parametrize(
    ("system", "option"),
    [
        ("S1", "retire"),
        ("S2", "repurchase"),
        ("S3", "rehost"),
        ("S4", "relocate"),
        ("S5", "replatform"),
        ("S6", "refactor"),
        ("S7", "retain"),
        ("S9", "retain"),
    ],
)
def test_all_seven_options_can_be_reached(decided: Portfolio, system: str, option: str) -> None:
    assert decided["decisions"].set_index("system_id").loc[system, "disposition"] == option


def test_nothing_known_is_asked_and_never_retained_by_default(decided: Portfolio) -> None:
    row = decided["decisions"].set_index("system_id").loc["S8"]
    assert pd.isna(row["disposition"]) and row["state"] == "needs_decision"
    assert "investigate" in set(decided["effort"].query("system_id == 'S8'")["phase"])


def test_a_gate_denies_and_says_so(decided: Portfolio) -> None:
    lost = decided["options"].query("system_id == 'S9' and option == 'repurchase'").iloc[0]
    assert (lost["lost_because"], lost["denied_by"]) == ("denied", "protective_security")


def test_settled_means_that_no_unknown_can_change_it(decided: Portfolio) -> None:
    decisions, options = decided["decisions"], decided["options"]
    for row in decisions.query("state == 'settled'").itertuples():
        mine = options[(options["system_id"] == row.system_id) & options["is_allowed"].astype(bool)].set_index("option")
        rivals = mine.drop(index=row.disposition)["score_high"]
        assert rivals.empty or mine.loc[row.disposition, "score_low"] > rivals.max()
        assert pd.isna(row.unknown_fields)
    assert set(decisions["state"]) == {"settled", "open", "needs_decision"}


def test_every_decision_joins_to_evidence_with_cells(decided: Portfolio) -> None:
    proposed = decided["decisions"].dropna(subset="disposition")
    fired = decided["evidence"].query("kind == 'rule' and outcome == 'true'")
    joined = proposed.merge(fired, left_on=["system_id", "disposition"], right_on=["system_id", "options"])
    assert set(joined["system_id"]) == set(proposed["system_id"])
    assert (
        (joined["record"].astype("string") + ":" + joined["letters"].astype("string"))
        .str.match(r"(system|servrar)\.csv:\d+:[A-Z]+")
        .all()
    )
    assert joined["values"].str.contains("=").all()


def test_every_losing_option_says_why(decided: Portfolio) -> None:
    options = decided["options"].merge(decided["decisions"][["system_id", "disposition"]], on="system_id")
    lost = options[options["option"] != options["disposition"].fillna("")]
    assert lost["lost_because"].notna().all()
    assert lost.loc[lost["lost_because"] == "denied", "denied_by"].notna().all()


def test_evidence_points_add_up_to_the_score(decided: Portfolio) -> None:
    fired = decided["evidence"].query("kind == 'rule' and outcome == 'true'")
    sums = fired.groupby(["system_id", "options"])["points"].sum().to_dict()
    scores = decided["options"].set_index(["system_id", "option"])["score"].to_dict()
    assert sums == {key: score for key, score in scores.items() if score > 0}


@pytest.mark.slow
def test_a_system_closed_on_all_sides_is_told_with_the_gates_that_closed_it(tmp_path: Path) -> None:
    own = tmp_path / "policy"
    own.mkdir()
    (own / "policy.yaml").write_text("extends: standard\n", encoding="utf-8")
    rest = "{sv: a, en: b}, source: s}"
    gates = [
        f"{{name: no_moves, when: {{field: users, above: 5}}, verdict: deny, options: [rehost, relocate, refactor], because: {rest}",
        f"{{name: no_rest, when: {{field: users, above: 6}}, verdict: deny, options: [retire, retain, repurchase, replatform], because: {rest}",
    ]
    text = "gates:\n" + "".join(f"  - {gate}\n" for gate in gates)
    (own / "decisions.yaml").write_text(text, encoding="utf-8")
    drawn = synthetic(2, seed=1)
    systems = drawn["systems"].assign(users=pd.array([4, 9], dtype="Int64"))
    tables = {"systems": systems, "facts": drawn["facts"], "provenance": drawn["provenance"]}
    policy = load_policy("./policy", tmp_path)
    portfolio = Portfolio().with_tables(tables)
    portfolio = portfolio.with_tables(assess(portfolio, CASE, policy))
    found = classify(portfolio, CASE, policy)["findings"]
    assert found["row_id"].tolist() == [systems["system_id"].iloc[1]]
    assert {"no_moves", "no_rest"} <= set(found["detail"].iloc[0].split())
