"""Who stands behind the targets that are open, and what is said of them: never an endorsement."""

from __future__ import annotations

from planner.facts.providers import Provider, Score
from planner.policy.places import open_providers
from planner.view.desk import Desk
from planner.view.model.appendix import ProviderRow


def providers(desk: Desk) -> tuple[ProviderRow, ...]:
    """Providers that the case's policy has targets for and the case allows, in the order of the facts."""
    language, say = desk.texts.language, desk.texts.say
    today = desk.plan.case.plan_date
    return tuple(
        ProviderRow(
            str(getattr(item, f"name_{language}")),
            say(f"provider_{item.provider_class}"),
            say("provider_owner", owner=item.owner_country or "?", law=item.jurisdiction or "?"),
            tuple(f"{place.id} ({place.country})" for place in item.regions),
            _certificates(desk, item),
            tuple(_score(desk, score) for score in item.sovereignty),
            say("provider_lookup_boto3" if item.lookup == "boto3" else "provider_lookup_static"),
            desk.texts.of_policy(item.source),
            say(f"law_mark_{item.mark}"),
            item.as_of.isoformat(),
            item.review_by.isoformat(),
            item.review_by < today,
        )
        for item in open_providers(desk.plan.policy.cloud_fit, desk.plan.case.places)
    )


def _certificates(desk: Desk, provider: Provider) -> tuple[str, ...]:
    """Certificates, together by who states them."""
    stated: dict[str, list[str]] = {}
    for item in provider.certifications:
        stated.setdefault(item.stated_by, []).append(item.name)
    return tuple(f"{', '.join(names)} ({desk.texts.say(f'scored_by_{by}')})" for by, names in stated.items())


def _score(desk: Desk, score: Score) -> str:
    ends = dict.fromkeys(desk.written(value) for value in (score.score_pct_low, score.score_pct_high))
    percent = "–".join(ends)
    level = f", SEAL-{score.overall}" if score.overall is not None else ""
    return f"{percent} %{level} ({desk.texts.say(f'scored_by_{score.scored_by}')}, {score.as_of.isoformat()})"
