"""Targets and their gates: the golden values of the public-sector reference 3.3, and what they mean for options."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.classification import CASE, synthetic
from planner.errors import PolicyError
from planner.lenses import assess
from planner.lenses.cloud_fit import VERDICTS, fit_targets, score
from planner.policy import load_policy
from planner.policy.cloud_fit import CloudFit
from planner.policy.option_gates import option_gates
from planner.portfolio import Portfolio
from planner.schema import conform

FIT = load_policy().cloud_fit
TARGET = next(target for target in FIT.targets if target.name == "saas_eu")
FACTS = {
    "is_provisional": False,
    "known_fields": 1,
    "depends_on_count": 0,
    "needed_by_count": 0,
    "service_gaps": "none",
    "has_needed_services": False,
}
# Everything answered, and nothing in the way.
CLEAR: dict[str, Any] = {
    "security_sensitive": False,
    "klassa_k": 1,
    "klassa_r": 1,
    "klassa_t": 1,
    "osl_secrecy": "none",
    "service_scope": "technical_storage_only",
    "personal_data": "none",
    "transfer": "eu_only",
    "hardware_tie": "none",
    "procurement_route": "framework",
}
SHOWN = {"sov_2": 3, "sov_3": 3, "sov_4": 3, "seal_source": "audit"}


def _systems(facts: dict[str, Any] | None = None, **fields: Any) -> pd.DataFrame:
    system = conform(pd.DataFrame([{"system_id": "s", "name": "s", **fields}]), "systems")
    return system.merge(conform(pd.DataFrame([{"system_id": "s", **FACTS, **(facts or {})}]), "facts"), on="system_id")


def _look(target: dict[str, Any] | None = None, facts: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Verdict of one target on one system."""
    asked = TARGET.model_copy(update=SHOWN | (target or {}))
    fit = CloudFit(targets=[asked], gates=FIT.gates)
    row: dict[str, Any] = fit_targets(_systems(facts, **fields), fit, CASE.plan_date).iloc[0].to_dict()
    return row


@pytest.mark.parametrize(
    ("fields", "target", "gate", "verdict"),
    [
        ({"klassa_k": 3, "klassa_r": 3, "klassa_t": 4}, {}, "klassa_level_four", "deny"),
        ({"security_sensitive": True}, {}, "protective_security", "deny"),
        ({"osl_secrecy": "strong", "suitability_10_2a": "not_decided"}, {}, "strong_secrecy", "needs_decision"),
        ({"osl_secrecy": "strong", "suitability_10_2a": "approved"}, {}, "secrecy_decided", "allow_with"),
        (
            {"osl_secrecy": "strong", "service_scope": "vendor_support_sees_data", "osl_decision": "not_decided"},
            {},
            "secrecy_not_covered",
            "deny",
        ),
        (
            {"osl_secrecy": "strong", "service_scope": "vendor_support_sees_data", "osl_decision": "approved"},
            {},
            "secrecy_decided",
            "allow_with",
        ),
        (
            {"personal_data": "ordinary", "has_processor_agreement": True, "transfer": "dpf"},
            {},
            "transfer_under_dpf",
            "allow_with",
        ),
        (
            {"personal_data": "ordinary", "has_processor_agreement": False},
            {},
            "no_processor_agreement",
            "needs_decision",
        ),
        (
            {"personal_data": "sensitive", "has_processor_agreement": True, "dpia": "missing"},
            {},
            "sensitive_personal_data",
            "needs_decision",
        ),
        (
            {"personal_data": "ordinary", "has_processor_agreement": True, "transfer": "none"},
            {},
            "transfer_without_mechanism",
            "needs_decision",
        ),
        ({"klassa_k": 3}, {"sov_2": 1, "seal_source": "third_party"}, "sovereignty_not_shown", "needs_decision"),
        ({"klassa_k": 3}, {"sov_2": 1, "seal_source": "audit"}, "sovereignty_below", "deny"),
        ({"klassa_k": 3}, {"seal_source": "third_party"}, "sovereignty_to_verify", "allow_with"),
        ({"klassa_k": 2}, {"sov_4": None, "seal_source": None}, "sovereignty_not_shown", "needs_decision"),
        ({"klassa_t": 3, "supplier_check": "missing"}, {}, "supplier_unchecked", "needs_decision"),
        ({"hardware_tie": "ot"}, {}, "operational_technology", "deny"),
        ({"rto_h": 2}, {"rto_h": 4}, "too_slow", "deny"),
        ({"procurement_route": "none"}, {}, "no_agreement", "needs_decision"),
    ],
)
def test_golden_values(fields: dict[str, Any], target: dict[str, Any], gate: str, verdict: str) -> None:
    found = _look(target, **CLEAR | fields)
    assert (found["verdict"], found["gates"].split()) == (verdict, [gate])


def test_all_answers_in_and_nothing_in_the_way_is_allowed() -> None:
    found = _look(**CLEAR)
    assert (found["verdict"], found["worst"], found["best"]) == ("allow", "allow", "allow")
    assert pd.isna(found["missing"])


def test_a_target_that_holds_the_figure_is_not_too_slow() -> None:
    assert _look({"rto_h": 2.0, "latency_ms": 20}, **CLEAR, rto_h=4, max_latency_ms=50)["verdict"] == "allow"


def test_a_value_above_the_limit_for_direct_award_is_denied() -> None:
    found = _look(facts={"contract_value_sek": 700_001}, **CLEAR | {"procurement_route": "direct_award"})
    assert found["verdict"] == "deny"


@pytest.mark.parametrize("blank", ["security_sensitive", "klassa_k", "klassa_t", "osl_secrecy", "personal_data"])
def test_a_blank_needs_a_decision_and_says_what_is_missing(blank: str) -> None:
    found = _look(**CLEAR | {blank: None})
    assert found["verdict"] == "needs_decision" and blank in found["missing"].split()
    assert found["worst"] == "deny" if blank in {"security_sensitive", "klassa_k"} else found["best"] == "allow"


def test_own_premises_stay_open_and_need_an_analysis_for_what_is_protected() -> None:
    own = {"provider_class": "own", "service_model": "onprem", "sov_2": None, "seal_source": None}
    assert _look(own)["verdict"] == "allow"
    assert _look(own, **CLEAR | {"osl_secrecy": "absolute"})["verdict"] == "allow"
    assert _look(own, **CLEAR | {"security_sensitive": True})["verdict"] == "needs_decision"


def test_nothing_is_said_of_a_server_that_no_system_owns() -> None:
    systems = _systems({"is_provisional": True})
    fitted = fit_targets(systems, FIT, CASE.plan_date)
    assert fitted.empty
    low, high = score(fitted, systems["system_id"], FIT)
    assert (low.iloc[0], high.iloc[0]) == (0.0, 2.0)


@pytest.mark.slow
def test_bounds_hold_the_verdict_and_every_answer_stays_within_them() -> None:
    drawn = synthetic(400, seed=7, known_share=0.6)
    systems = drawn["systems"].merge(drawn["facts"], on="system_id")
    fitted = fit_targets(systems, FIT, CASE.plan_date)
    rank = {name: at for at, name in enumerate(VERDICTS)}
    verdict, worst, best = (fitted[name].astype(str).map(rank) for name in ("verdict", "worst", "best"))
    assert (best <= verdict).all() and (verdict <= worst.clip(lower=2)).all()
    answered = synthetic(400, seed=8, known_share=1.0)
    filled = systems.set_index("system_id").combine_first(
        answered["systems"].merge(answered["facts"], on="system_id").set_index("system_id")
    )
    filled = filled.reset_index().astype(systems.dtypes)[systems.columns]
    after = fit_targets(filled, FIT, CASE.plan_date).merge(fitted, on=["system_id", "target"], suffixes=("_now", ""))
    final = after["verdict_now"].astype(str).map(rank)
    assert (final <= after["worst"].astype(str).map(rank)).all()


def test_an_option_is_denied_only_when_every_target_of_it_is() -> None:
    audited = {"sov_2": 1, "sov_3": 3, "sov_4": 3, "seal_source": "audit"}
    good = TARGET.model_copy(update=SHOWN)
    low = TARGET.model_copy(update={"name": "low", **audited})
    one_way = option_gates(CloudFit(targets=[good, low], gates=FIT.gates))
    assert not one_way["sovereignty_below"]
    no_way = option_gates(CloudFit(targets=[low], gates=FIT.gates))
    assert [gate.options for gate in no_way["sovereignty_below"]] == [["repurchase"]]


def test_targets_closed_by_different_gates_close_the_option_together() -> None:
    slow = TARGET.model_copy(update={"name": "slow", "rto_h": 8.0, **SHOWN})
    low = TARGET.model_copy(update={"name": "low", "sov_2": 1, "sov_3": 3, "sov_4": 3, "seal_source": "audit"})
    gates = option_gates(CloudFit(targets=[slow, low], gates=FIT.gates))["no_target"]
    assert [(gate.name, gate.options, gate.verdict) for gate in gates] == [
        ("no_target_repurchase", ["repurchase"], "deny")
    ]


@pytest.mark.slow
def test_order_of_rows_does_not_matter() -> None:
    drawn = synthetic(50, seed=3)
    systems = drawn["systems"].merge(drawn["facts"], on="system_id")
    shuffled = systems.sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(fit_targets(systems, FIT, CASE.plan_date), fit_targets(shuffled, FIT, CASE.plan_date))


@pytest.mark.parametrize(
    ("fields", "low", "high", "said"),
    [
        (CLEAR, 2.0, 2.0, "ready"),
        ({"security_sensitive": True}, 0.0, 0.0, "not_for_cloud"),
        ({}, 0.0, 2.0, "not_assessable"),
    ],
)
def test_the_lens_follows_the_best_cloud(fields: dict[str, Any], low: float, high: float, said: str) -> None:
    given = {
        "systems": conform(pd.DataFrame([{"system_id": "s", "name": "s", **fields}]), "systems"),
        "facts": conform(pd.DataFrame([{"system_id": "s", **FACTS}]), "facts"),
    }
    lens = assess(Portfolio().with_tables(given), CASE, load_policy())["lenses"].set_index("lens").loc["cloud_fit"]
    assert (lens["low"], lens["high"], lens["class"]) == (low, high, said)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "gates:\n  - {name: x, when: {field: target_sov_9, below: 2}, verdict: deny, because: {sv: a, en: b}, source: s}\n",
            ["target_sov_9", "did you mean 'target_sov_"],
        ),
        (
            "gates:\n  - {name: x, exceeds: {rto_h: memory}, verdict: deny, because: {sv: a, en: b}, source: s}\n",
            ["memory", "latency_ms"],
        ),
        (
            "gates:\n  - {name: x, verdict: deny, because: {sv: a, en: b}, source: s}\n",
            ["'when', 'exceeds' and 'gap_in'"],
        ),
        (
            "gates:\n  - {name: x, when: {field: users, above: 2}, verdict: needs_decision, task: nope, because: {sv: a, en: b}, source: s}\n",
            ["nope"],
        ),
        (
            "targets:\n  - {name: own, label: {sv: a, en: b}, provider_class: mine, service_model: saas, options: [retain], because: b, source: s}\n",
            ["mine"],
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "policy.yaml").write_text("extends: standard\n", encoding="utf-8")
    (tmp_path / "policy" / "cloud_fit.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy("./policy", tmp_path)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.slow
def test_every_combination_of_two_targets_and_verdicts_is_bound() -> None:
    for one, other in product(FIT.targets, repeat=2):
        fit = CloudFit(targets=[one, other] if one.name != other.name else [one], gates=FIT.gates)
        for gates in option_gates(fit).values():
            assert all(set(gate.options) <= {*one.options, *other.options} for gate in gates)
