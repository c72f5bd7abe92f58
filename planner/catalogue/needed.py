"""Cloud services that systems need, and the regions whose lists lack one of them (public-sector reference 3.3 G6)."""

from __future__ import annotations

import difflib
import re

import pandas as pd

from planner.case import Case
from planner.catalogue.snapshot import Catalogue
from planner.portfolio import Portfolio, finding_rows
from planner.schema import concat

SEPARATOR = re.compile(r"[\s,;|]+")
NONE = "none"


def service_gaps(portfolio: Portfolio, case: Case, catalogue: Catalogue) -> pd.DataFrame:
    """What the lists of services lack.

    Returns
    -------
    DataFrame
        On the index of table systems: has_needed_services, and service_gaps: every region of the catalogue that lacks
        a service with the first that it lacks (`eusc-de-east-1:lex`), `none` where there is no such region or nobody
        has named a service.
    """
    needed = _needed(portfolio["systems"]["needed_services"], case)
    listed = _listed(catalogue)
    gaps = {names: _gaps(names, listed) for names in set(needed)}
    return pd.DataFrame(
        {"has_needed_services": [bool(names) for names in needed], "service_gaps": [gaps[names] for names in needed]},
        index=portfolio["systems"].index,
    )


def service_findings(portfolio: Portfolio, case: Case, catalogue: Catalogue) -> pd.DataFrame:
    """Services that no region lists under that name."""
    known = set().union(*_listed(catalogue).values())
    systems = portfolio["systems"][["system_id", "needed_services"]].dropna()
    named = systems.assign(service=systems["needed_services"].map(_names)).explode("service")
    common = pd.DataFrame({"system_id": pd.NA, "service": [name.casefold() for name in case.needed_services]})
    rows = pd.concat([named, common], ignore_index=True).drop_duplicates(["system_id", "service"])
    rows = rows[~rows["service"].isin(known)].dropna(subset="service")
    near = {name: difflib.get_close_matches(str(name), sorted(known), n=1) for name in rows["service"].unique()}
    nearest = rows["service"].map({name: (found or ["–"])[0] for name, found in near.items()})
    return concat(
        [
            finding_rows(
                "warning",
                "unknown_service",
                table="systems",
                row_id=rows["system_id"],
                value=rows["service"],
                detail=nearest,
            )
        ],
        "findings",
    )


def _needed(texts: pd.Series, case: Case) -> list[tuple[str, ...]]:
    common = {name.casefold() for name in case.needed_services}
    known = {text: tuple(sorted({*_names(text), *common})) for text in texts.unique()}
    return [known[text] for text in texts]


def _names(text: object) -> tuple[str, ...]:
    return () if pd.isna(text) else tuple(name for name in SEPARATOR.split(str(text).casefold()) if name)


def _listed(catalogue: Catalogue) -> dict[str, set[str]]:
    names = catalogue.services.assign(service=catalogue.services["service"].str.casefold())
    return {str(region): set(rows) for region, rows in names.groupby("region")["service"]}


def _gaps(names: tuple[str, ...], listed: dict[str, set[str]]) -> str:
    found = [(region, sorted(set(names) - listed[region])) for region in sorted(listed)]
    return " ".join(f"{region}:{missing[0]}" for region, missing in found if missing) or NONE
