"""What a confidence is worth: proposals for the headers of every dialect, spelt as people spell them, against what the
dialect's own map says. Headers and their meaning are those of `dialects/` and of the register in the formats reference 2.15.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pytest

from planner.ingest.dialects.columns import load_map, match_header
from planner.ingest.files.sheets import Sheet, read_sheets
from planner.mapping import headers, knowledge
from planner.mapping.proposal import Proposed, propose, propose_for
from planner.mapping.sample import fields_of, header_row_of
from tests.test_dialects import FIXTURES, dialect_of

pytestmark = pytest.mark.slow

SURE, LIKELY, ASKED = 0.90, 0.70, 0.25
# Konveyor and ServiceNow relations are not one table of one thing; disks and series are no table that a person lists.
APART = ("konveyor", "servicenow_rel", "migration_center_disks", "migration_center_perf", "utilisation")
DIALECTS = sorted(path.stem for path in FIXTURES.glob("*.csv") if not path.stem.startswith(APART))
# Headers that the dialect's own reader leaves aside, though they mean what is proposed.
ALSO_RIGHT = {
    ("leanix", "lifecycle"): "lifecycle",
    ("tidal_applications", "PII"): "personal_data",
    ("servicenow_applications", "Business criticality"): "criticality",
}
# The 53 headers of the register, with values of the kinds that its profile lists; every value is made up.
REGISTER: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "Namn": ("name", ("Eken", "Granen", "Tallen")),
    "Organisation": ("organisation", ("Provby / Vård / Stöd", "Provby / Skola / Kök", "Provby / Teknik / Väg")),
    "Systemansvariga IT": ("has_manager", ("Anna Exempel", "Bo Exempel", "")),
    "Systemansvariga verksamhet": ("has_owner", ("anna@exempel.test", "", "Eva Exempel")),
    "Aktiva användare": ("users", ("20", "250", "4")),
    "Incidenter förra året": (None, ("0", "1", "10")),
    "Uppgraderingar": (None, ("0", "2", "6")),
    "IT Bedömning": ("it_verdict", ("Vidmakthållande", "Utveckling", "Avveckling")),
    "Drift internt eller externt": ("delivery", ("Externt", "Internt", "Externt")),
    "Andel mycket nöjda användare": ("satisfaction_band", ("81-100", "0-20", "61-80")),
    "Har kontroll över data": ("customer_owns_data", ("Ja", "Nej", "Ja")),
    "Har stöd för API i öppna utvecklingsmiljöer": ("api", ("Ja", "Delvis", "")),
    "Delar delas som öppna data": ("open_data", ("Nej", "Ja", "Nej")),
    "IT Beskrivning": (None, ("Ett system som används till det mesta och som ingen vill vara utan i dag", "Kort", "")),
    "Anteckningar - IT": (None, ("Se avtal", "", "Byts ut")),
    "Var i systemets livscykel befinner sig systemet?": ("lifecycle", ("Under förvaltning", "Under avveckling", "")),
    "Avvecklat år": (None, ("", "", "")),
    "AI risk": (None, ("Minimal risk", "Hög risk", "Ej applicerbart")),
    "Externa kopplingar": (None, ("Befolkningsregistret", "", "Banken")),
    "Verksamhet Bedömning": ("business_verdict", ("Utveckling", "Konsolidering", "Vet ej")),
    "Avtalstiden löper ut datum": ("contract", ("Löpande - uppsägningstid på 3-12 månader", "2027-12-31", "")),
    "Påminnelse att avtalstid löper ut": (None, ("", "2027-06-30", "")),
    "Driftbudget": ("annual_cost_sek", ("80000", "0", "120000")),
    "Utvecklingsbudget": ("dev_cost_sek", ("0", "5000", "40000")),
    "Avvecklingsår": ("retire_year", ("2030", "2028", "9999")),
    "Inlåsningseffekter": ("lock_in", ("Ja, verksamhetsmässiga, Nej, tekniska", "Nej, inga", "")),
    "Verksamhetskritiskt": ("criticality", ("Ej verksamhetskritiskt", "Helt verksamhetskritiskt", "")),
    "Överlappande funktionalitet": ("overlap", ("Inget överlapp", "Litet överlapp", "Stort överlapp")),
    "Verksamhetsområden": ("business_area", ("Vård, omsorg och stöd", "Skola", "Teknik")),
    "Drift år": ("in_service_year", ("2010", "2019", "201711")),
    "Verksamhet Beskrivning": (
        None,
        ("Ett system som används till det mesta och som ingen vill vara utan i dag", "", ""),
    ),
    "Anteckningar - Verksamhet": (None, ("Se avtal", "", "")),
    "Leverantörstjänster": (None, ("Ja", "Nej", "Ja")),
    "Leverantörstjänster, text": (None, ("Support dagtid", "", "")),
    "Åtkomstdokumentation": (None, ("Ja", "Nej", "Ja")),
    "Åtkomstdokumentation, text": (None, ("I arkivet", "", "")),
    "Tjänstenivåer": (None, ("Ja", "Nej", "Nej")),
    "Tjänstenivåer, text": (None, ("Vardagar", "", "")),
    "Leverantörsavbrott": (None, ("Ja", "Nej", "Nej")),
    "Leverantörsavbrott, text": (None, ("Ringer", "", "")),
    "Ansvar": (None, ("Ja", "Nej", "Ja")),
    "Ansvar, text": (None, ("Delat", "", "")),
    "Taggar": (None, ("vård", "skola", "väg")),
    "Beroende till": ("depends_on_text", ("Granen (Skola): filer varje natt", "", "")),
    "Beroende från": ("needed_by_text", ("", "Eken (Vård): personer", "")),
    "Länkar": (None, ("https://exempel.test/", "", "")),
    "Har informationssäkerhetsklassning genomförts under det senaste året?": (None, ("Ja", "Nej", "")),
    "Har riskanalys genomförts under det senaste året?": (None, ("Ja", "Nej", "")),
    "Är systemet anpassningsbart? ": (None, ("Ja", "Nej", "Delivs")),
    "Nyttjas systemet av specifika verksamheter eller gemensamt? ": (None, ("En verksamhet", "Flera", "Alla ")),
    "Systemkategorier ": ("function_code", ("Kärnverksamhetssystem", "Kommunikation och samarbete", "")),
    "Planerade utvecklingsaktiviteter": (None, ("Ny version", "", "")),
    "Förvaltningsaktiviteter": (None, ("", "Byte av server", "")),
}


def _longest_word(header: str, change: Callable[[str, int], str]) -> str:
    word = max(re.findall(r"\w+", header) or [""], key=len)
    return header.replace(word, change(word, len(word) // 2), 1) if len(word) >= 6 else header


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it stands": str,
    "capitals": lambda header: re.sub(r"[\s.]+", "_", header.upper()),
    "letters swapped": lambda header: _longest_word(
        header, lambda word, at: word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    ),
    "letter lost": lambda header: _longest_word(header, lambda word, at: word[:at] + word[at + 1 :]),
    "blanks": lambda header: re.sub(r"(?<=[a-z])(?=[A-Z])|[._]", " ", header),
    "without accents": knowledge.plain,
    "more words": lambda header: f"{header} enligt lista",
}


@dataclass(frozen=True)
class Answer:
    """One header: what it means, and what was proposed."""

    where: tuple[str, str]
    wanted: str | None
    proposed: Proposed

    @property
    def is_right(self) -> bool:
        return self.proposed.column == self.wanted or self.proposed.column == ALSO_RIGHT.get(self.where)


@lru_cache
def sheet_and_truth(name: str) -> tuple[Sheet, int, str, dict[int, str]]:
    """A sheet, its header row, its table, and what each header means by the dialect's own map."""
    if name == "register":
        rows: list[list[object]] = [
            list(REGISTER),
            *map(list, zip(*(values for _, values in REGISTER.values()), strict=True)),
        ]
        sheet = Sheet("register.csv", None, rows, list(range(1, len(rows) + 1)), ";", "")
        return sheet, 0, "systems", {at: column for at, (column, _) in enumerate(REGISTER.values()) if column}
    (sheet,) = read_sheets(Path(FIXTURES / f"{name}.csv"))
    column_map = load_map(dialect_of(name))
    matched = match_header(sheet, column_map)
    assert matched is not None
    own = {column.name for column in load_map(column_map.table).columns}
    truth = {match.index: match.column.name for match in matched.matches if match.column.name in own}
    return sheet, matched.header_at, column_map.table, truth


def answers(names: list[str], spellings: list[str]) -> Iterator[Answer]:
    """Every header of some sheets in some spellings, once it is known which table they fill."""
    for name in names:
        sheet, at, table, truth = sheet_and_truth(name)
        for spelling in spellings:
            rows = [list(row) for row in sheet.rows]
            rows[at] = [SPELLINGS[spelling](str(cell)) for cell in rows[at]]
            for proposed in propose_for(table, fields_of(replace(sheet, rows=rows), at)):
                index = proposed.field.index
                yield Answer((name, str(sheet.rows[at][index])), truth.get(index), proposed)


# Reading every sheet in every spelling takes a minute; one is enough to see that something went wrong.
SOME = pytest.param(("letter lost",), id="some")
ALL = pytest.param(tuple(SPELLINGS), id="all", marks=pytest.mark.slow)


@lru_cache
def answers_in(spellings: tuple[str, ...]) -> list[Answer]:
    return list(answers([*DIALECTS, "register"], list(spellings)))


def right_in(found: list[Answer], low: float, high: float = 1.01) -> tuple[int, int]:
    """How many proposals of a band of confidence are right, of how many."""
    band = [one for one in found if one.proposed.column and low <= one.proposed.confidence < high]
    return sum(one.is_right for one in band), len(band)


@pytest.mark.parametrize("spellings", [SOME, ALL])
def test_every_proposal_that_yes_takes_is_right(spellings: tuple[str, ...]) -> None:
    found = answers_in(spellings)
    wrong = {(one.where, one.proposed.column) for one in found if one.proposed.is_sure and not one.is_right}
    assert not wrong


@pytest.mark.parametrize("spellings", [SOME, ALL])
@pytest.mark.parametrize(("low", "high", "least"), [(SURE, 1.01, 1.0), (LIKELY, SURE, 0.75), (ASKED, LIKELY, 0.2)])
def test_a_confidence_is_worth_what_it_says(spellings: tuple[str, ...], low: float, high: float, least: float) -> None:
    right, count = right_in(answers_in(spellings), low, high)
    print(f"{low}-{high}: {right} of {count}")
    assert count >= 15 * len(spellings) and right / count >= least, (right, count)


@pytest.mark.parametrize("spellings", [SOME, ALL])
def test_most_headers_are_found_and_hardly_any_is_passed_over_in_silence(spellings: tuple[str, ...]) -> None:
    """Of headers that mean a column: taken without a question, or asked about with it among the candidates."""
    meant = [one for one in answers_in(spellings) if one.wanted]
    sure = sum(one.proposed.is_sure for one in meant)
    offered = sum(
        one.proposed.is_asked and one.wanted in {candidate.column for candidate in one.proposed.candidates}
        for one in meant
    )
    print(f"sure {sure}, offered {offered}, of {len(meant)}")
    assert sure / len(meant) >= 0.5 and (sure + offered) / len(meant) >= 0.8, (sure, offered, len(meant))


def test_the_register_is_read_without_a_wrong_word() -> None:
    found = list(answers(["register"], ["as it stands"]))
    assert len(found) == 53
    taken = {one.where[1]: one.proposed.column for one in found if one.proposed.is_sure}
    assert taken.items() <= {header: column for header, (column, _) in REGISTER.items()}.items()
    assert len(taken) >= 23
    personal = {one.where[1] for one in found if one.proposed.is_personal}
    assert personal == {"Systemansvariga IT", "Systemansvariga verksamhet"}


@pytest.mark.parametrize("name", [*DIALECTS, "register"])
def test_the_table_is_told_from_its_columns(name: str) -> None:
    sheet, at, table, _ = sheet_and_truth(name)
    assert header_row_of(sheet) == at
    assert propose(fields_of(sheet, at)).table == table


def test_a_tool_that_is_not_known_is_mapped_by_what_is_known_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each dialect with its own headers taken out of what is known."""
    others = knowledge._dialects_of
    caches = (
        knowledge.aliases_of,
        headers.header_signs,
        headers.known_signs,
        headers._read_aliases,
        headers._by_spelling,
        headers._rarity,
    )
    found = []
    for name in DIALECTS:
        left_out = {"azure_migrate", "azure_migrate_totals"} if "azure_m" in name else {dialect_of(name)}
        monkeypatch.setattr(
            knowledge,
            "_dialects_of",
            lambda table, out=left_out: [one for one in others(table) if one not in [load_map(left) for left in out]],
        )
        for cache in caches:
            cache.cache_clear()
        found += list(answers([name], ["as it stands"]))
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()
    # "Owner" is a department in one tool and a person in every other.
    wrong = {one.where[1] for one in found if one.proposed.is_sure and not one.is_right}
    assert wrong <= {"Owner"}
    right, count = right_in(found, SURE)
    print(f"{right} of {count}")
    assert count >= 45 and right / count >= 0.95
