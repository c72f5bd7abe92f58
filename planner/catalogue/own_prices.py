"""Price lists of a case: what another provider sells, in its own currency, as rows of the same tables.

One CSV file a provider; a row is a machine (with its size), a licence, a disk or data out, each with source and date.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from planner.case import Case
from planner.catalogue.own_rows import COLUMNS, REQUIRED, PriceRows, Row
from planner.catalogue.snapshot import DTYPES, Catalogue, fingerprint_of
from planner.errors import CatalogueError

PART = "price_list"
KEYS = ["region", "product", "kind", "scope"]


def with_price_lists(catalogue: Catalogue, case: Case, hours_per_month: float) -> Catalogue:
    """Add the price lists of a case to the catalogue.

    A row replaces the catalogue's own of the same region, product, kind and name, so that an agreed price counts before
    the list's. A machine is offered in the regions in which it has a price, whatever families the policy names.

    Raises
    ------
    CatalogueError
        A file that cannot be read, or a row that lacks source, date, price, size or a rate for its currency.
    """
    if not case.price_lists:
        return catalogue
    contents = {name: _content(case.folder / name, name) for name in case.price_lists}
    rows = [row for name, content in contents.items() for row in _rows(name, content, case, hours_per_month)]
    if not rows:
        raise CatalogueError("the price lists have no rows", place=case.price_lists[0], remedy="Leave them out.")
    table = pd.DataFrame(rows)
    twice = table[table.duplicated(KEYS)]
    if len(twice):
        value = twice.iloc[0][KEYS].tolist()
        raise CatalogueError("a price stands twice in the price lists", value=value, remedy="Keep the one that holds.")
    files = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in contents.items()}
    whole = {**files, "catalogue": {"sha256": catalogue.manifest["fingerprint"]}}
    return replace(
        catalogue,
        instance_types=_with(catalogue.instance_types, _types(table, catalogue), "instance_types"),
        offerings=_with(catalogue.offerings, _offerings(table), "offerings"),
        regions=_with(catalogue.regions, _regions(table, catalogue), "regions"),
        prices=_prices(table, catalogue),
        own_types=frozenset(table.loc[table["product"] == "compute", "scope"]),
        manifest={**catalogue.manifest, "price_lists": files, "fingerprint": fingerprint_of(whole)},
    )


def _content(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        raise CatalogueError(
            f"the price list cannot be read ({reason.strerror})", place=name, remedy="Check price_lists in case.yaml."
        ) from None


def _rows(name: str, content: bytes, case: Case, hours_per_month: float) -> Iterator[Row]:
    try:
        frame = _read(content)
    except (ValueError, UnicodeDecodeError) as reason:
        raise CatalogueError(
            f"not a CSV file in UTF-8 ({reason})", place=name, remedy="Save it as CSV UTF-8."
        ) from None
    extra, missing = sorted(set(frame.columns) - set(COLUMNS)), [item for item in REQUIRED if item not in frame.columns]
    if extra or missing:
        remedy = f"Columns: {', '.join(COLUMNS)}."
        raise CatalogueError(
            "the columns are not those of a price list", place=name, value=extra + missing, remedy=remedy
        )
    prices = PriceRows(name, _usd_per(case), hours_per_month)
    for number, given in enumerate(frame.reindex(columns=list(COLUMNS), fill_value="").to_dict("records"), start=2):
        yield prices.read(number, {str(key): str(value).strip() for key, value in given.items()})


def _read(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), dtype="str", encoding="utf-8-sig", keep_default_na=False)


def _usd_per(case: Case) -> dict[str, float]:
    """USD for one unit of each currency that the case has a rate for."""
    rates = {"USD": 1.0}
    if case.exchange is not None:
        rates["SEK"] = 1 / case.exchange.sek_per_usd
        if case.exchange.sek_per_eur is not None:
            rates["EUR"] = case.exchange.sek_per_eur / case.exchange.sek_per_usd
    return rates


def _types(table: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Sizes of the machines that the catalogue does not know; one name has one size."""
    machines = table[table["product"] == "compute"]
    sizes = machines[["scope", "arch", "vcpu", "memory_gib"]].drop_duplicates()
    known = catalogue.instance_types.set_index("instance_type")[["arch", "vcpu", "memory_gib"]]
    before = known.reindex(sizes["scope"]).set_index(sizes.index)
    is_other = before["vcpu"].notna() & (before != sizes[["arch", "vcpu", "memory_gib"]]).any(axis=1)
    wrong = sizes.loc[sizes["scope"].duplicated() | is_other, "scope"]
    if len(wrong):
        remedy = "Give every machine a name of its own, such as provider.small."
        raise CatalogueError("one name stands for machines of different sizes", value=sorted(set(wrong)), remedy=remedy)
    new = sizes[before["vcpu"].isna()].rename(columns={"scope": "instance_type"})
    flags = {"is_current_generation": True, "is_burstable": False, "is_bare_metal": False, "gpu_count": 0}
    return new.assign(family=new["instance_type"].str.split(".").str[0], **flags)


def _offerings(table: pd.DataFrame) -> pd.DataFrame:
    machines = table.loc[table["product"] == "compute", ["region", "scope"]].drop_duplicates()
    return machines.rename(columns={"scope": "instance_type"})


def _regions(table: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Regions that the catalogue does not know; a partition of their own keeps general prices of AWS away."""
    new = table[~table["region"].isin(catalogue.regions["region"])].drop_duplicates("region")
    country = new["country"].replace("", pd.NA)
    return pd.DataFrame({"region": new["region"], "country_code": country, "partition": PART, "note": PART})


def _prices(table: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    made = table.assign(scope=table["scope"].replace("", pd.NA), part=PART, origin="snapshot")
    made["scope"] = made["scope"].mask((made["product"] == "licence") & made["scope"].isna(), "*")
    columns = {**DTYPES["prices"], "origin": "string"}
    made = made[list(columns)].astype(columns)
    both = pd.concat([made, catalogue.prices], ignore_index=True)
    is_own = both.set_index(KEYS).index.isin(made.set_index(KEYS).index)
    return both[(both["part"] == PART).fillna(False) | ~is_own].reset_index(drop=True)


def _with(table: pd.DataFrame, new: pd.DataFrame, name: str) -> pd.DataFrame:
    made = new.reindex(columns=list(DTYPES[name])).astype(DTYPES[name])
    return pd.concat([table, made], ignore_index=True).drop_duplicates(ignore_index=True)
