"""End of support: free-text technology names to products, release cycles and dated facts.

The facts are a selection of the public data set endoflife.date (MIT, "endoflife.date contributors"); each row keeps
its date and source.
A vendor's own page outranks it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from planner.errors import PolicyError
from planner.yamlfile import load_yaml

MAX_CYCLES = 4
SEVERAL = re.compile(r"[/,;+&\n]|\b(?:och|and|samt)\b")
FACTS = Path(__file__).parent
COLUMNS = {
    "text": "string",
    "product": "string",
    "cycle": "string",
    "kind": "string",
    "os_family": "string",
    "confidence": "string",
    "assumption": "string",
    "security_end_min_date": "datetime64[us]",
    "security_end_max_date": "datetime64[us]",
    "as_of": "string",
    "source": "string",
}


@dataclass(frozen=True)
class Technology:
    """How one technology is written, and the product whose releases it names; None when the product itself is
    unknown."""

    pattern: re.Pattern[str]
    product: str | None
    kind: str
    os_family: str | None
    cycles: dict[str, str]
    newest_pack: bool
    confidence: str
    examples: dict[str, str]


@dataclass(frozen=True)
class Support:
    """Release facts, the patterns in the order in which they are tried, and end of security support by product and
    cycle."""

    releases: pd.DataFrame
    technologies: tuple[Technology, ...]
    planned: re.Pattern[str]
    denied: re.Pattern[str]
    ends: dict[str, dict[str, pd.Timestamp]]

    def cycles_of(self, product: str) -> list[str]:
        """Release cycles of a product, newest first, as text."""
        return list(self.ends[product])


@lru_cache
def load_support() -> Support:
    """Read the shipped facts and names."""
    releases = pd.read_csv(FACTS / "end_of_support.csv", dtype="string", encoding="utf-8")
    releases["security_end"] = pd.to_datetime(releases["security_end_date"]).astype("datetime64[us]")
    data, _ = load_yaml(FACTS / "technology_names.yaml", PolicyError)
    ends: dict[str, dict[str, pd.Timestamp]] = {}
    for product, cycle, end in zip(releases["product"], releases["cycle"], releases["security_end"], strict=True):
        ends.setdefault(product, {})[cycle] = end
    technologies = tuple(_technology(item) for item in data["technologies"])
    return Support(releases, technologies, re.compile(data["planned"]), re.compile(data["denied"]), ends)


def _technology(item: dict[str, Any]) -> Technology:
    return Technology(
        pattern=re.compile(item["pattern"]),
        product=item.get("product"),
        kind=item["kind"],
        os_family=item.get("os_family"),
        cycles={str(key): str(value) for key, value in item.get("cycles", {}).items()},
        newest_pack=item.get("newest_pack", False),
        confidence=item.get("confidence", "high"),
        examples={str(key): str(value) for key, value in item["examples"].items()},
    )


@lru_cache
def facts_as_of() -> date:
    """Date of the shipped facts."""
    return date.fromisoformat(str(load_support().releases["as_of"].max()))


def match_technology(texts: pd.Series, support: Support | None = None, *, kind: str | None = None) -> pd.DataFrame:
    """Match free text to a product and a release cycle.

    Parameters
    ----------
    texts
        As people write: "Win 2012R2 std", "Oracle 12c", "CentOS 4/5/6/7 (64-bit)".
    kind
        What the column is about (os, database, runtime): tried first where a text names several technologies.

    Returns
    -------
    DataFrame
        Indexed like `texts`, with the columns of `COLUMNS`. What is not recognised is unknown, never guessed. The
        two dates are the
        earliest and latest end of security support that the text allows; they are equal when it names one release.
    """
    known = support or load_support()
    places, different = pd.factorize(texts)
    # The last row stands for what is not known.
    rows = [*(_match(str(text), known, kind) for text in different), {}]
    frame = pd.DataFrame(rows).reindex(columns=list(COLUMNS)).astype(COLUMNS)
    return frame.take(places).set_axis(texts.index)


def each_technology(texts: pd.Series) -> pd.Series:
    """Texts with one technology each: a cell that names several ("Win2016 / SQL2016") is split into lists of them."""
    known = load_support()
    split = {text: _parts(str(text), known) for text in texts.dropna().unique()}
    return texts.map(split)


def _parts(text: str, support: Support) -> list[str]:
    parts = [part.strip() for part in SEVERAL.split(text) if part.strip()]
    # "4/5/6/7" are releases of one product: only parts that each name a product stand for themselves.
    named = [part for part in parts if _match(part, support, None).get("kind")]
    return named if len(named) > 1 else [text]


def _match(text: str, support: Support, kind: str | None) -> dict[str, Any]:
    folded = support.denied.sub(" ", support.planned.split(_folded(text))[0])
    for technology in (
        sorted(support.technologies, key=lambda item: item.kind != kind) if kind else support.technologies
    ):
        found = technology.pattern.search(folded)
        if found:
            return {"text": text, "kind": technology.kind, "os_family": technology.os_family} | _release(
                technology, found, support
            )
    return {"text": text}


def _folded(text: str) -> str:
    """Lower case, marks that stand between words as blanks, and every kind of blank collapsed."""
    return " ".join(re.sub(r"[®™]", "", text.casefold()).replace("_", " ").replace("-", " ").split())


def _release(technology: Technology, found: re.Match[str], support: Support) -> dict[str, Any]:
    if technology.product is None:
        return {}
    groups = found.groupdict()
    cycles, assumption = _cycles(technology, groups, support.cycles_of(technology.product))
    ends = [support.ends[technology.product][cycle] for cycle in cycles]
    is_dated = len(ends) > 0 and not any(pd.isna(end) for end in ends)
    confidence = technology.confidence if len(cycles) == 1 and not assumption else "medium" if cycles else "low"
    return {
        "product": technology.product,
        "cycle": " ".join(cycles) if 0 < len(cycles) <= MAX_CYCLES else None,
        "confidence": confidence,
        "assumption": assumption,
        "security_end_min_date": min(ends) if is_dated else None,
        "security_end_max_date": max(ends) if is_dated else None,
        "as_of": facts_as_of().isoformat(),
        "source": "endoflife.date",
    }


def _cycles(technology: Technology, groups: dict[str, str | None], known: list[str]) -> tuple[list[str], str | None]:
    if groups.get("list"):
        # "4/5/6/7" names several releases. The data set leaves out releases older than its oldest, which ended
        # before it.
        named = [cycle for cycle in str(groups["list"]).split("/") if cycle in known]
        return named, "one_of_several_releases"
    version = (groups.get("version") or "").replace(" ", "")
    if not version:
        return [], None
    version = technology.cycles.get(version, version)
    if groups.get("minor"):
        version = f"{version}.{groups['minor']}"
    if groups.get("detail"):
        version = f"{version}-{groups['detail']}"
    return _named(version, groups.get("pack"), technology, known)


def _named(version: str, pack: str | None, technology: Technology, known: list[str]) -> tuple[list[str], str | None]:
    if pack and f"{version}-sp{pack}" in known:
        return [f"{version}-sp{pack}"], None
    family = [cycle for cycle in known if cycle == version or re.match(rf"{re.escape(version)}[-.](?!r2)", cycle)]
    if technology.newest_pack:
        packs = sorted(cycle for cycle in family if re.fullmatch(rf"{re.escape(version)}-sp\d", cycle))
        if packs:
            return packs[-1:], "newest_service_pack"
        return [cycle for cycle in family if cycle == version], None
    return ([version], None) if version in known else (family, None)


def support_status(matched: pd.DataFrame, plan_date: date) -> pd.Series:
    """Status on the plan date: ended, ends_within_12_months, supported or unknown.

    Ended only when even the latest possible end has passed; supported only when even the earliest lies more than 12
    months ahead.
    """
    today = pd.Timestamp(plan_date)
    soon = today + pd.DateOffset(months=12)
    first, last = matched["security_end_min_date"], matched["security_end_max_date"]
    status = pd.Series("unknown", index=matched.index, dtype="string")
    status = status.mask(first >= soon, "supported")
    status = status.mask((first >= today) & (last < soon), "ends_within_12_months")
    return status.mask(last < today, "ended")
