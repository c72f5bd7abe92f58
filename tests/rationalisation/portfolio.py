"""211 invented applications of 15 departments, as the application-rationalisation tool writes them.

Headers, value ranges, counts of redundancy and number of dependencies are those of that tool's own municipal portfolio
(formats reference 2.14, peers reference 3); names and values are made up by arithmetic, so that every run writes the
same bytes.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

HEADERS = (
    "Application Name",
    "Owner",
    "Category",
    "Business Value",
    "Tech Health",
    "Cost",
    "Usage",
    "Security",
    "Strategic Fit",
    "Redundancy",
    "Vendor",
    "Last Updated",
    "Dependencies",
    "Composite Score",
    "Action Recommendation",
    "Comments",
)
APPLICATIONS = 211
DEPENDENCIES = 85
DEPENDENT = 67
HUBS = 4
REDUNDANCY = {0: 159, 1: 14, 2: 20, 3: 18}

DEPARTMENTS = (
    "Socialförvaltningen",
    "Skolförvaltningen",
    "Byggförvaltningen",
    "Miljöförvaltningen",
    "Gatukontoret",
    "Vattenverket",
    "Räddningstjänsten",
    "Kulturförvaltningen",
    "Fritidsförvaltningen",
    "Ekonomiavdelningen",
    "Personalavdelningen",
    "It-avdelningen",
    "Kommunarkivet",
    "Överförmyndaren",
    "Näringslivskontoret",
)
# The first name of each line is the beginning of the others: "Almskog" and "Almskog Schema" are two applications.
FAMILIES = (
    "Almskog",
    "Brännvik",
    "Dalhult",
    "Ekmyra",
    "Furuby",
    "Granlid",
    "Hasselö",
    "Kvistrum",
    "Lingsta",
    "Mossarp",
    "Näverby",
    "Ormtorp",
    "Pilmo",
    "Rönnhed",
    "Sälgnäs",
)
FUNCTIONS = (
    "Schema",
    "Ärende",
    "Karta",
    "Bokning",
    "Faktura",
    "Arkiv",
    "Rapport",
    "Tillsyn",
    "Register",
    "Portal",
    "Avtal",
    "Planering",
    "Larm",
    "Journal",
)
VENDORS = ("Påhittade Program AB", "Exempelsystem i Norr", "Fiktiva Tjänster HB", "")
UNIX = "AIX 7.2"
OPERATING_SYSTEMS = ("Windows Server 2022", "Windows Server 2012 R2", "Red Hat Enterprise Linux 8", "Okänd 3.1", UNIX)


@dataclass(frozen=True)
class Application:
    """One row; `needs` are the names in its column Dependencies."""

    name: str
    owner: str
    category: str
    redundancy: int
    users: int
    needs: tuple[str, ...]


def applications() -> list[Application]:
    """All applications, in the order of the file."""
    needs = _needs()
    return [
        Application(
            name=name_of(at),
            owner=DEPARTMENTS[at % len(DEPARTMENTS)],
            category=FUNCTIONS[at % len(FUNCTIONS)],
            redundancy=_redundancy(at),
            users=0 if at % 53 == 7 else at * 137 % 1900 + 3,
            needs=tuple(name_of(other) for other in needs.get(at, [])),
        )
        for at in range(APPLICATIONS)
    ]


def name_of(at: int) -> str:
    """Name of an application: the family alone, or with what it does."""
    family, number = FAMILIES[at % len(FAMILIES)], at // len(FAMILIES)
    return f"{family} {FUNCTIONS[number - 1]}" if number else family


def dependencies() -> list[tuple[str, str]]:
    """All pairs (who depends, on whom), by name."""
    return [(item.name, other) for item in applications() for other in item.needs]


def _redundancy(at: int) -> int:
    """Levels in their published counts, scattered: 89 and 211 have no common divisor, so every place is met once."""
    place = at * 89 % APPLICATIONS
    for level in (3, 2, 1):
        place -= REDUNDANCY[level]
        if place < 0:
            return level
    return 0


def _needs() -> dict[int, list[int]]:
    """An application depends only on earlier ones, so that there is no circle; one need in five is for a hub."""
    found: dict[int, list[int]] = {}
    for number in range(DEPENDENCIES):
        last = APPLICATIONS - 1
        at = last - 3 * number if number < DEPENDENT else last - 9 * (number - DEPENDENT)
        other = number % HUBS if number % 5 == 0 else (at * 31 + number) % at
        while other in found.get(at, []):
            other = (other + 1) % at
        found.setdefault(at, []).append(other)
    return found


def register() -> bytes:
    """The portfolio as CSV: as an input to the tool, so that score and recommendation are blank."""
    rows = [_row(at, item) for at, item in enumerate(applications())]
    return _csv([HEADERS, *rows])


def _row(at: int, item: Application) -> list[str]:
    def score(stride: int) -> str:
        return str(at * stride % 11)

    return [
        item.name,
        item.owner,
        item.category,
        score(7),
        score(5),
        str(at * 1_913 % 290 * 1_000 + 4_000),
        str(item.users),
        score(3),
        score(8),
        str(item.redundancy),
        VENDORS[at % len(VENDORS)],
        f"{at * 5 % 16}y {at % 12}m ago" if at % 4 else f"{at % 12}m ago",
        ", ".join(item.needs),
        "",
        "",
        "Byts ofta | Saknar testmiljö" if at % 6 == 0 else "",
    ]


def servers() -> bytes:
    """A list of servers for three applications of five: what the tool's own form has no room for."""
    rows = [
        [
            f"srv-{at:03d}-{number}",
            item.name,
            "4",
            "16",
            "200",
            OPERATING_SYSTEMS[at // 5 % len(OPERATING_SYSTEMS)],
            "På",
        ]
        for at, item in enumerate(applications())
        if at % 5 > 1
        for number in range(1 + at % 4)
    ]
    return _csv([["Server", "System", "vCPU", "Minne (GB)", "Disk (GB)", "Operativsystem", "Status"], *rows])


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8")
