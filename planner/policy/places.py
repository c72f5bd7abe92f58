"""Where a case allows its systems to run: providers and regions, as a gate before all others."""

from __future__ import annotations

import pandas as pd

from planner.errors import CaseError
from planner.facts.providers import Places, Provider, load_providers, nearest
from planner.policy.cloud_fit import CloudFit, Target, TargetGate
from planner.policy.conditions import Condition
from planner.policy.parts import Text

GATE = "place_not_allowed"
# Who provides a service that is bought as such is asked in its procurement; staying at home is no move.
FREE_MODELS, FREE_CLASSES = ("saas",), ("own",)
BECAUSE = Text(
    sv="Organisationen tillåter inte målmiljöns leverantör eller region",
    en="The organisation does not allow the provider or the region of the target environment",
)


def restricted(fit: CloudFit, places: Places) -> CloudFit:
    """Put a gate before the others that denies the targets outside the allowed places.

    Raises
    ------
    CaseError
        A provider or region that nobody knows, or a provider that no target stands for.
    """
    _check(places, fit)
    closed = [target.name for target in fit.targets if not _is_allowed(target, places)]
    if not closed:
        return fit
    gate = TargetGate(
        name=GATE,
        when=Condition(field="target_name", is_in=list(closed)),
        verdict="deny",
        because=BECAUSE,
        source="case.yaml: providers, regions",
    )
    return fit.model_copy(update={"gates": [gate, *fit.gates]})


def open_providers(fit: CloudFit, places: Places) -> list[Provider]:
    """Providers that stand for a target which the allowed places leave open, in the order of the facts."""
    movable = [target for target in fit.targets if target.service_model not in FREE_MODELS]
    reached = {
        item.id
        for target in movable
        for item in _of(target)
        if target.provider_class in FREE_CLASSES or _fits(item, target, places)
    }
    return [item for item in load_providers().providers if item.id in reached]


def without_price(target_fit: pd.DataFrame, fit: CloudFit, region: str) -> pd.Series:
    """Ids of the systems that no target in the region whose prices are known is open to.

    A system that may only run with another provider must not be given this one's price. Nothing can be said when no
    target stands for the region's provider.
    """
    provider = load_providers().of_region(region)
    priced = [
        target.name for target in fit.targets if provider in _of(target) and target.service_model not in FREE_MODELS
    ]
    rows = target_fit[target_fit["target"].isin(priced)]
    is_closed = (rows["verdict"].astype("string") == "deny").groupby(rows["system_id"], observed=True).all()
    return pd.Series(is_closed.index[is_closed.to_numpy(dtype=bool)], dtype="string")


def _is_allowed(target: Target, places: Places) -> bool:
    if target.provider_class in FREE_CLASSES or target.service_model in FREE_MODELS:
        return True
    return any(_fits(provider, target, places) for provider in _of(target))


def _of(target: Target) -> list[Provider]:
    """Who may stand behind a target: the provider that it names, else every one of its class."""
    known = load_providers()
    if target.provider is not None:
        return [known.by_id[target.provider]] if target.provider in known.by_id else []
    return [item for item in known.providers if item.provider_class == target.provider_class]


def _fits(provider: Provider, target: Target, places: Places) -> bool:
    if places.providers and provider.id not in places.providers:
        return False
    if not places.regions:
        return True
    if target.region is None:
        return provider.lies_in(places.regions)
    country = next((place.country for place in provider.regions if place.id == target.region), "")
    return target.region in places.regions or country in places.regions


def _check(places: Places, fit: CloudFit) -> None:
    known = load_providers()
    for field, names, given in (
        ("providers", set(known.by_id), places.providers),
        ("regions", known.places, places.regions),
    ):
        wrong = next((name for name in given if name not in names), None)
        if wrong:
            remedy = f"{nearest(wrong, names)} See planner/facts/providers.yaml."
            raise CaseError(f"'{field}' names what nobody knows", place="case.yaml", value=wrong, remedy=remedy)
    reached = {provider.id for target in fit.targets for provider in _of(target)}
    idle = next((name for name in places.providers if name not in reached), None)
    if idle:
        remedy = "Add a target with this provider to cloud_fit.yaml of a policy of your own, or leave it out."
        raise CaseError("no target environment stands for the provider", place="case.yaml", value=idle, remedy=remedy)
