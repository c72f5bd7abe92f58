"""Providers as facts, and what it means for a plan that a case allows only some of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from planner.case import read_case
from planner.errors import CaseError, PolicyError
from planner.facts.laws import UNVERIFIED_UNTIL
from planner.facts.providers import OBJECTIVES, Places, load_providers
from planner.pipeline import compute
from planner.plan import Plan
from planner.policy import load_policy
from planner.policy.places import GATE, open_providers
from planner.view import build_view

MakeCase = Callable[..., Path]
SERVERS = (
    "Server;System;OS;vCPU;RAM GB;Disk GB\nvm-1;Eken;Ubuntu 24.04;2;8;100\nvm-2;Eken;Windows Server 2022;4;16;50\n"
)


def planned(make_case: MakeCase, extra: str = "") -> Plan:
    folder = make_case(
        {"system.csv": "Id;Namn\nS1;Eken\n", "servrar.csv": SERVERS},
        "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n",
        extra=extra,
    )
    return compute(read_case(folder))


def closed_by(*providers: str, regions: tuple[str, ...] = ()) -> set[str]:
    """Targets that the places close."""
    gates = load_policy("standard", None, Places(providers, regions)).cloud_fit.gates
    found = [gate.when.is_in for gate in gates if gate.name == GATE and gate.when is not None]
    return {str(name) for name in (found[0] or [])} if found else set()


def test_every_provider_has_a_source_a_day_and_says_how_far_it_is_confirmed() -> None:
    facts = load_providers()
    assert len(facts.providers) >= 15
    for item in facts.providers:
        assert item.source and item.as_of < item.review_by, item.id
        assert all(score.source and score.as_of <= item.review_by for score in item.sovereignty), item.id
        assert item.mark != "unverified" or item.review_by <= UNVERIFIED_UNTIL, item.id
    # Only what boto3 can look up has prices; the classes and countries of the rest are facts without prices.
    assert {item.id for item in facts.providers if item.lookup == "boto3"} == {"aws", "aws_eusc"}
    safespring = facts.by_id["safespring"]
    assert [(score.scored_by, score.overall) for score in safespring.sovereignty] == [
        ("self", None),
        ("third_party", 1),
    ]
    assert facts.by_id["cleura"].owner_country == "GB" and facts.by_id["glesys"].owner_country is None
    assert facts.by_id["safespring"].regions[1].country == "NO"


def test_every_target_of_the_shipped_policy_that_names_a_provider_names_one_of_these_and_its_class() -> None:
    known = load_providers().by_id
    named = [target for target in load_policy().cloud_fit.targets if target.provider]
    assert {target.name for target in named} == {"own", "aws_eusc", "aws_eu_north_1"}
    for target in named:
        provider = known[str(target.provider)]
        assert provider.provider_class == target.provider_class
        assert target.region is None or target.region in {place.id for place in provider.regions}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("scored_by: self", "scored_by: neighbour", "scored_by"),
        ("overall: 1, seal: {sov_1: 4", "overall: 3, seal: {sov_1: 4", "lowest level"),
        ("score_pct_low: 86", "score_pct_low: 101", "score_pct_low"),
        ("id: safespring_no", "id: safespring_se", "stands twice"),
        ("    owner_country: GB", "    owner: GB", "owner"),
        ("review_by: 2026-12-31", "review_by: 2027-12-31", "unverified is reviewed by"),
    ],
)
def test_facts_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    from planner.facts.providers import PROVIDERS

    text = PROVIDERS.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "providers.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError, match=why):
        load_providers(tmp_path / "providers.yaml")


@pytest.mark.parametrize(
    ("providers", "regions", "closed"),
    [
        ((), (), set()),
        (("aws",), (), {"shared_public", "eu_cloud", "aws_eusc"}),
        (("safespring",), (), {"shared_public", "aws_eusc", "aws_eu_north_1"}),
        (("safespring", "shared_public"), (), {"aws_eusc", "aws_eu_north_1"}),
        ((), ("SE",), {"aws_eusc"}),
        ((), ("NO",), {"shared_public", "aws_eusc", "aws_eu_north_1"}),
        ((), ("eu-north-1",), {"shared_public", "eu_cloud", "aws_eusc"}),
        (("aws", "aws_eusc"), ("DE",), {"shared_public", "eu_cloud", "aws_eu_north_1"}),
        # Allowed by its name and not by its country.
        (("elastx",), ("DE",), {"shared_public", "eu_cloud", "aws_eusc", "aws_eu_north_1"}),
    ],
)
def test_allowed_providers_and_regions_close_the_other_targets(
    providers: tuple[str, ...], regions: tuple[str, ...], closed: set[str]
) -> None:
    assert closed_by(*providers, regions=regions) == closed


@pytest.mark.parametrize(
    ("extra", "value", "remedy"),
    [
        ("providers: [safespirng]\n", "safespirng", "safespring"),
        ("regions: [eu-nort-1]\n", "eu-nort-1", "eu-north-1"),
        # Its class has only a target of another provider: an own policy has to add one.
        ("providers: [gcp]\n", "gcp", "cloud_fit.yaml"),
    ],
)
def test_a_place_that_nobody_knows_is_refused(make_case: MakeCase, extra: str, value: str, remedy: str) -> None:
    with pytest.raises(CaseError) as caught:
        planned(make_case, extra)
    assert caught.value.value == value and remedy in caught.value.remedy and caught.value.place == "case.yaml"


@pytest.mark.slow
def test_the_gates_come_before_the_price(make_case: MakeCase) -> None:
    free, bound = planned(make_case), planned(make_case, "providers: [safespring]\n")
    assert set(free.portfolio["targets"]["state"]) == {"sized"}
    targets = bound.portfolio["targets"]
    assert set(targets["state"]) == {"price_not_found"}
    assert targets[["instance_type", "compute_usd_month", "storage_usd_month"]].isna().all(axis=None)
    fits = bound.portfolio["target_fit"].set_index("target")
    assert fits.loc["aws_eu_north_1", "verdict"] == "deny" and GATE in str(fits.loc["aws_eu_north_1", "gates"])
    assert fits.loc["eu_cloud", "verdict"] != "deny"
    assert "no_priced_place" not in set(free.portfolio["findings"]["code"])
    for language, word in (("sv", "ingen kostnad"), ("en", "no cost")):
        notes = build_view(bound, language, "intern").findings
        assert any(word in note.text and note.text.startswith("2 ") for note in notes)
    assert bound.plan_id != free.plan_id and not bound.has_errors


@pytest.mark.slow
def test_prices_of_a_region_that_is_not_allowed_are_not_used(make_case: MakeCase) -> None:
    abroad = planned(make_case, "regions: [DE]\n")
    assert set(abroad.portfolio["targets"]["state"]) == {"price_not_found"}
    home = planned(make_case, "providers: [aws]\nregions: [SE]\n")
    assert set(home.portfolio["targets"]["state"]) == {"sized"}


@pytest.mark.slow
def test_where_no_place_is_left_the_move_is_denied_with_the_reason(make_case: MakeCase) -> None:
    plan = planned(make_case, "providers: [elastx]\nregions: [DE]\n")
    denied = plan.portfolio["evidence"].query("outcome == 'true' and rule.str.startswith('no_target') or rule == @GATE")
    assert len(denied) and plan.portfolio["decisions"]["disposition"].iloc[0] not in {"rehost", "relocate"}


@pytest.mark.slow
def test_documents_show_the_open_providers_with_who_scored_them_and_which_are_late(make_case: MakeCase) -> None:
    plan = planned(make_case, "providers: [safespring, shared_public]\n")
    shown: dict[str, Any] = {row.name: row for row in build_view(plan, "sv", "offentlig").providers}
    assert set(shown) == {"Egen drift", "Gemensam drift med annan offentlig organisation", "Safespring"}
    assert shown["Safespring"].scores == (
        "86–100 % (egen uppgift, 2025-11-01)",
        "78 %, SEAL-1 (tredje part, 2026-11-24)",
    )
    assert shown["Safespring"].law == "Ägare i SE, driftbolag under lagen i SE"
    late = compute(read_case(plan.case.folder, date(2027, 6, 30)))
    codes = late.portfolio["findings"].query("code == 'provider_review_late'")
    assert codes[["value", "detail"]].values.tolist() == [["safespring", "2027-05-31"]]
    assert [row.is_late for row in build_view(late, "en", "intern").providers] == [False, False, True]


def test_every_score_has_a_level_for_each_objective_or_none() -> None:
    scores = [score for item in load_providers().providers for score in item.sovereignty]
    assert sum(score.seal is not None for score in scores) >= 4
    assert all(score.seal is None or tuple(sorted(score.seal)) == OBJECTIVES for score in scores)
    assert [item.id for item in open_providers(load_policy().cloud_fit, Places())].count("gcp") == 0
