"""Golden values of the lenses, from the public-sector reference."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.lenses import business_value, dataflow_2030, openness, relevance
from planner.lenses.derived import with_derived_inputs
from planner.lenses.reading import System, classes_of
from planner.policy import load_policy
from planner.schema import conform

PLAN_DATE = pd.Timestamp(date(2026, 11, 23))
MODULES = {
    "dataflow_2030": dataflow_2030,
    "openness": openness,
    "relevance": relevance,
    "business_value": business_value,
}
CHECKS = [
    "has_bulk_export",
    "has_open_export_format",
    "has_free_api",
    "has_open_standards",
    "has_data_act_clauses",
    "has_priced_exit",
    "has_tested_exit_plan",
    "has_source_or_escrow",
    "has_federated_login",
    "has_separable_data",
]
FLOW = [
    "api",
    "data_model",
    "integration_style",
    "metadata",
    "service_owner",
    "once_only",
    "master_data",
    "legal_basis_for_sharing",
    "identity",
]


def look(lens: str, **fields: Any) -> dict[str, Any]:
    """One system through one lens."""
    system = conform(pd.DataFrame([{"system_id": "s", "name": "s", **fields}]), "systems")
    facts = conform(
        pd.DataFrame(
            [
                {
                    "system_id": "s",
                    "is_provisional": False,
                    "known_fields": 0,
                    "support_status": None,
                    "depends_on_count": 0,
                    "needed_by_count": 0,
                }
            ]
        ),
        "facts",
    )
    policy = load_policy().lenses
    reading = System.read(with_derived_inputs(system.merge(facts, on="system_id"), PLAN_DATE), policy.lenses[lens])
    low, high = MODULES[lens].score(reading)
    row: dict[str, Any] = (
        classes_of(lens, reading, low, high, policy.lenses[lens], policy.coverage_floor.value).iloc[0].to_dict()
    )
    return row


def risk(likelihood: str, impact: str) -> dict[str, Any]:
    """The relevance lens on `L1..L7` and `C1..C6`, `?` for unknown."""
    given = {
        f"risk_{kind}{number}": None if value == "?" else int(value)
        for kind, values in (("l", likelihood), ("c", impact))
        for number, value in enumerate(values.split(), start=1)
    }
    return look("relevance", **given)


@pytest.mark.parametrize(
    ("likelihood", "impact", "overall", "zone"),
    [
        ("5 5 5 5 6 6 6", "5 5 2 5 5 4", 80 / 3, "red"),
        ("6 4 3 3 2 5 3", "1 2 2 3 3 4", 221 / 14, "high_risk"),
        ("1 1 1 1 1 1 1", "1 1 1 1 1 1", 1, "low_risk"),
        ("6 6 6 6 6 6 6", "5 5 5 5 5 5", 30, "red"),
        ("2 2 2 2 2 2 2", "5 5 5 5 5 5", 10, "high_risk"),
        ("4 4 4 4 4 4 4", "4 4 4 4 4 4", 16, "red"),
        ("3 1 1 1 1 1 1", "1 1 1 1 1 1", 15 / 7, "low_risk"),
        ("2 2 2 2 2 2 2", "2 2 2 2 2 2", 4, "medium_risk"),
        ("2 2 2 1 1 1 1", "3 3 1 1 1 1", 4, "medium_risk"),
        ("2 2 2 1 1 1 1", "5 5 5 4 4 3", 8, "high_risk"),
        ("5 5 4 4 3 3 2", "4 4 3 3 3 3", 671 / 42, "high_risk"),
        ("5 5 3 2 2 2 2", "4 4 4 4 4 4", 16, "red"),
    ],
)
def test_the_uk_formula_is_exact(likelihood: str, impact: str, overall: float, zone: str) -> None:
    row = risk(likelihood, impact)
    assert row["low"] == row["high"] == pytest.approx(overall)
    assert row["class"] == zone


@pytest.mark.parametrize(
    ("likelihood", "impact", "low", "high", "known", "verdict"),
    [
        ("6 4 ? 3 2 5 ?", "1 2 2 ? 3 4", 14.10, 20.70, 10, "uncertain"),
        ("6 5 5 5 6 6 6", "5 5 ? 5 5 4", 26.52, 28.45, 12, "red"),
        ("6 ? ? ? ? 5 ?", "? 2 ? ? 3 4", 12.43, 26.68, 5, "not_assessable"),
    ],
)
def test_unknown_criteria_give_a_range(
    likelihood: str, impact: str, low: float, high: float, known: int, verdict: str
) -> None:
    row = risk(likelihood, impact)
    assert (round(row["low"], 2), round(row["high"], 2)) == (low, high)
    assert row["known"] == known
    assert row["class"] == verdict


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=7, max_size=7),
    st.lists(st.integers(1, 5), min_size=6, max_size=6),
    st.integers(0, 12),
)
def test_a_worse_criterion_never_lowers_the_risk(likelihood: list[int], impact: list[int], which: int) -> None:
    worse = [*likelihood, *impact]
    worse[which] = min(6 if which < 7 else 5, worse[which] + 1)
    before, after = overall(likelihood, impact), overall(worse[:7], worse[7:])
    assert 1 <= before <= after <= 30
    assert overall(sorted(likelihood), sorted(impact)) == before


def overall(likelihood: list[int], impact: list[int]) -> float:
    """The formula alone."""
    frames = {"likelihood": pd.DataFrame([likelihood]), "impact": pd.DataFrame([impact])}
    known = pd.DataFrame([[True] * 13])
    return float(relevance.score(System(known, frames, frames, known))[0].iloc[0])


@pytest.mark.parametrize(
    ("answers", "low", "high", "verdict"),
    [
        ("yes " * 10, 100, 100, "open"),
        ("yes " * 8 + "no no", 80, 80, "open"),
        ("yes " * 4 + "no " * 6, 40, 40, "semi_open"),
        ("no " + "yes " * 9, 0, 0, "closed"),
        ("yes " * 6 + "? " * 4, 60, 100, "uncertain"),
        ("? " + "yes " * 6 + "? " * 3, 0, 100, "uncertain"),
        ("yes " * 5 + "? " * 5, 50, 100, "not_assessable"),
    ],
)
def test_openness(answers: str, low: float, high: float, verdict: str) -> None:
    row = look(
        "openness",
        **{check: None if answer == "?" else answer for check, answer in zip(CHECKS, answers.split(), strict=True)},
    )
    assert (row["low"], row["high"], row["class"]) == (low, high, verdict)


def test_disputed_data_closes_a_system() -> None:
    assert look("openness", **dict.fromkeys(CHECKS, "yes"), customer_owns_data="disputed")["class"] == "closed"


@pytest.mark.parametrize(
    ("values", "low", "high", "verdict"),
    [
        (
            "documented sector_standard api internal business partly synced_copy documented federated_national",
            3,
            3,
            "essential",
        ),
        (
            "documented proprietary_documented api internal business partly synced_copy documented federated_national",
            2,
            2,
            "opportunistic",
        ),
        ("none proprietary_documented file none it no own_copy case_by_case ad", 1, 1, "ad_hoc"),
        (
            "documented sector_standard api ? business partly ? documented federated_national",
            2,
            4,
            "uncertain",
        ),
        (
            "open_standard national_standard event dcat_ap_se business yes reads_at_source documented eidas",
            5,
            5,
            "seamless",
        ),
    ],
)
def test_dataflow_level(values: str, low: float, high: float, verdict: str) -> None:
    given = {field: None if value == "?" else value for field, value in zip(FLOW, values.split(), strict=True)}
    row = look("dataflow_2030", **given, cross_border="none", open_data="none")
    assert (row["low"], row["high"], row["class"]) == (low, high, verdict)


@pytest.mark.parametrize(
    ("components", "low", "high", "verdict"),
    [
        ((True,) * 5, 100, 100, "cow_path"),
        ((False,) * 5, 0, 0, "sound_process"),
        ((True, False, True, True, False), 65, 65, "cow_path"),
        ((True, False, False, None, False), 25, 45, "sound_process"),
    ],
)
def test_cow_path(components: tuple[bool | None, ...], low: float, high: float, verdict: str) -> None:
    names = [
        "is_process_unmapped",
        "has_rekeying_in_target",
        "has_many_customisations",
        "has_no_measured_benefit",
        "has_same_manual_steps",
    ]
    row = look("business_value", **dict(zip(names, components, strict=True)))
    assert (row["low"], row["high"], row["class"]) == (low, high, verdict)


@pytest.mark.parametrize(
    ("end", "level"),
    [
        ("2026-10-13", 6),
        ("2026-11-23", 5),
        ("2027-01-12", 5),
        ("2028-11-23", 3),
        ("2029-05-31", 3),
        ("2029-12-31", 2),
        ("2031-10-14", 2),
        ("2031-11-23", 1),
    ],
)
def test_end_of_support_gives_l1(end: str, level: int) -> None:
    systems = conform(pd.DataFrame([{"system_id": "s", "name": "s"}]), "systems")
    systems["support_end_date"] = pd.Timestamp(end)
    assert with_derived_inputs(systems, PLAN_DATE)["risk_l1"].iloc[0] == level


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ({"process_mapped_date": "2024-11-22"}, "is_process_unmapped", True),
        ({"process_mapped_date": "2024-11-23"}, "is_process_unmapped", False),
        ({}, "is_process_unmapped", None),
        ({"process_mapped_date": "2020-01-01", "is_process_unmapped": False}, "is_process_unmapped", False),
        ({"manual_steps_before": 7, "manual_steps_after": 7}, "has_same_manual_steps", True),
        ({"manual_steps_before": 7, "manual_steps_after": 3}, "has_same_manual_steps", False),
        ({"manual_steps_before": 7}, "has_same_manual_steps", None),
        ({"benefit_baseline": 12.5, "has_benefit_owner": True}, "has_no_measured_benefit", False),
        ({"benefit_baseline": 12.5}, "has_no_measured_benefit", None),
        ({"has_benefit_owner": True}, "has_no_measured_benefit", None),
    ],
)
def test_what_is_known_of_a_process_answers_its_component(fields: dict[str, Any], field: str, value: object) -> None:
    systems = conform(pd.DataFrame([{"system_id": "s", "name": "s", **fields}]), "systems")
    systems["support_end_date"] = pd.Series(pd.NaT, index=systems.index, dtype="datetime64[us]")
    found = with_derived_inputs(systems, PLAN_DATE)[field].iloc[0]
    assert pd.isna(found) if value is None else found == value
