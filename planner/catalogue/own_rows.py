"""Rows of a price list of a case: what each has to say, and its price in USD an hour, a GiB and month or a GB."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from planner.errors import CatalogueError

REQUIRED = ("region", "product", "kind", "unit", "price", "currency", "as_of", "source")
COLUMNS = (*REQUIRED, "country", "scope", "min_vcpu", "arch", "vcpu", "memory_gib")
ARCHITECTURES = ("x86_64", "arm64")
KINDS = {
    "compute": ("on_demand", "reserved_1y", "reserved_3y"),
    "licence": ("windows", "sql_server_standard", "sql_server_enterprise"),
    "storage": ("disk",),
    "transfer": ("internet_out",),
}
UNITS = {
    "compute": ("hour", "month"),
    "licence": ("vCPU-hour", "vCPU-month"),
    "storage": ("GiB-month",),
    "transfer": ("GB",),
}
# Months of machines and licences become hours, as the tables of prices have them.
MONTHLY = {"month": "hour", "vCPU-month": "vCPU-hour"}
MOST = 1e9
Row = dict[str, Any]


@dataclass(frozen=True)
class PriceRows:
    """One price list, and how its amounts become USD an hour."""

    file: str
    usd_per: dict[str, float]
    hours_per_month: float

    def read(self, line: int, given: Row) -> Row:
        """One row, checked and in USD.

        Raises
        ------
        CatalogueError
            What is missing or not known, with the line and what to write instead.
        """
        for name in REQUIRED:
            if not given[name]:
                raise self._wrong(line, f"'{name}' is missing", "", "A price without it is not used; fill it in.")
        product, unit = given["product"], given["unit"]
        self._known(line, given, "product", tuple(KINDS))
        self._known(line, given, "kind", KINDS[product])
        self._known(line, given, "unit", UNITS[product])
        if given["currency"] not in self.usd_per:
            remedy = "USD, SEK or EUR; SEK and EUR need exchange in case.yaml (EUR with sek_per_eur)."
            raise self._wrong(line, "there is no rate for the currency", given["currency"], remedy)
        self._check_date(line, given["as_of"])
        usd = self._number(line, given, "price") * self.usd_per[given["currency"]]
        hours = self.hours_per_month if unit in MONTHLY else 1
        least = self._number(line, given, "min_vcpu") if given["min_vcpu"] else None
        made = {"usd": round(usd / hours, 10), "unit": MONTHLY.get(unit, unit), "min_vcpu": least}
        return given | made | (self._sizes(line, given) if product == "compute" else {})

    def _sizes(self, line: int, given: Row) -> Row:
        if not given["scope"]:
            raise self._wrong(line, "a machine has no name", "", "Write the name of its type in scope.")
        self._known(line, given, "arch", ARCHITECTURES)
        vcpu = self._number(line, given, "vcpu")
        if vcpu != int(vcpu):
            raise self._wrong(line, "'vcpu' is not a whole number", given["vcpu"], "Write how many it has.")
        return {"vcpu": int(vcpu), "memory_gib": self._number(line, given, "memory_gib")}

    def _known(self, line: int, given: Row, name: str, known: tuple[str, ...]) -> None:
        if given[name] not in known:
            raise self._wrong(line, f"'{name}' is not known here", given[name], f"One of {', '.join(known)}.")

    def _number(self, line: int, given: Row, name: str) -> float:
        try:
            found = float(given[name])
        except ValueError:
            found = 0.0
        if not 0 < found < MOST:
            remedy = "Decimals with a point: 12.5."
            raise self._wrong(line, f"'{name}' is not a number above nought", given[name], remedy)
        return found

    def _check_date(self, line: int, text: str) -> None:
        try:
            date.fromisoformat(text)
        except ValueError:
            remedy = "Write the day of the price list: 2026-11-01."
            raise self._wrong(line, "'as_of' is not a date", text, remedy) from None

    def _wrong(self, line: int, message: str, value: object, remedy: str) -> CatalogueError:
        return CatalogueError(message, place=f"{self.file}:{line}", value=value, remedy=remedy)
