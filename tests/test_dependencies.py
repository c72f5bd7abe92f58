"""Free text about dependencies: what it names, how sure that is, and what it must never be taken for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.case import read_case
from planner.ingest import ingest
from planner.ingest.flows.dependencies import propose_flows
from planner.ingest.flows.known_names import KnownNames, words_of
from planner.ingest.flows.pieces import Piece, piece_of, pieces_of

KNOWN = KnownNames(["Raindance", "AD", "Tallen", "Tallen Plus", "Nyckelknippan", "CaseManagement", "e-arkivet"])


def propose(text: str, *, column: str = "depends_on_text") -> list[list[object]]:
    """What the text of system S1 is taken for."""
    systems = pd.DataFrame(
        [
            ["S1", "Eken", "Kommunen / It", text],
            ["S2", "Raindance", "Kommunen / Ekonomi", None],
            ["S3", "AD", "Kommunen / It", None],
            ["S4", "Bokningen", "Kommunen / Fritid", None],
            ["S5", "Bokningen", "Kommunen / Service", None],
            ["S6", "CaseManagement", None, None],
            ["S7", "Nyckelknippan", None, None],
        ],
        columns=["system_id", "name", "organisation", column],
    )
    flows, _ = propose_flows(systems)
    assert set(flows["state"]) == {"proposed"}
    columns = ["source_system", "target_system", "purpose", "confidence", "basis"]
    found = flows[columns].astype("object")
    return found.where(found.notna(), None).to_numpy().tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("text", "flows"),
    [
        ("Raindance (Ekonomi): filöverföring, AD", [["S1", "Raindance", "filöverföring", 0.95, "exact"], ["S1", "AD", None, 0.9, "exact"]]),
        ("Raindance (Ekonomi): filöverföring varje natt, hela registret", [["S1", "Raindance", "filöverföring varje natt, hela registret", 0.95, "exact"]]),
        ("Raindance: fil, Okänt (extern): post", [["S1", "Raindance", "fil", 0.9, "exact"], ["S1", "Okänt", "post", None, "outside"]]),
        ("ekonomisystemet raindance", [["S1", "Raindance", None, 0.7, "contained"]]),
        ("Raindance (Fritid)", [["S1", "Raindance", None, 0.6, "exact"]]),
        ("Raindance (test)", [["S1", "Raindance", None, 0.9, "exact"]]),
        ("Bokningen (Service)", [["S1", "S5", None, 0.95, "exact"]]),
        ("Bokningen", [["S1", "Bokningen", None, 0.45, "exact"]]),
        ("Nyckelknipan; Nyckleknippan", [["S1", "Nyckelknippan", None, 0.5, "fuzzy"], ["S1", "Nyckelknippan", None, 0.5, "fuzzy"]]),
        ("Case Management", [["S1", "CaseManagement", None, 0.5, "fuzzy"]]),
        ("CareManagement", [["S1", "CareManagement", None, None, "outside"]]),
        ("Faktura: hämtas ur Raindance", [["S1", "Raindance", "hämtas ur Raindance", 0.4, "contained"]]),
        ("AD-koppling", [["S1", "AD-koppling", None, None, "outside"]]),
    ],
)  # fmt: skip
def test_what_a_text_is_taken_for(text: str, flows: list[list[object]]) -> None:
    assert propose(text) == flows


def test_the_column_says_the_direction() -> None:
    assert propose("Raindance", column="needed_by_text") == [["Raindance", "S1", None, 0.9, "exact"]]


def test_quotes_are_the_words_of_the_cell_and_know_their_cell(tmp_path: Path, make_case: Callable[..., Path]) -> None:
    text = "Tallen Plus (IT): natt, okänt ting; annat ting"
    folder = make_case(
        {"system.csv": f'Id,Namn,Beroende till\nS1,Eken,"{text}"\nS2,Tallen,\nS3,Tallen Plus,\n'},
        "  - {file: system.csv, reader: systems}\n",
    )
    tables = ingest(read_case(folder))
    flows = tables["dataflows"].sort_values("target_system")[["target_system", "quote", "basis"]].to_numpy().tolist()
    assert flows == [
        ["Tallen Plus", "Tallen Plus (IT): natt, okänt ting", "exact"],
        ["annat ting", "annat ting", "outside"],
    ]
    assert set(tables["provenance"].query("table == 'dataflows'")["raw"]) == {text}


def test_a_stated_flow_is_sure_and_was_not_read_from_text(make_case: Callable[..., Path]) -> None:
    files = {"system.csv": "Id;Namn\nS1;Eken\n", "flow.csv": "Från;Till\nEken;Tallen\n"}
    sources = "  - {file: system.csv, reader: systems}\n  - {file: flow.csv, reader: dataflows}\n"
    flow = ingest(read_case(make_case(files, sources)))["dataflows"].iloc[0]
    assert flow["confidence"] == 1 and pd.isna(flow["basis"])


def test_pieces() -> None:
    assert piece_of("Tallen (Org A, B): en, två") == Piece(
        "Tallen (Org A, B): en, två", "Tallen", "Org A, B", "en, två"
    )
    assert piece_of("(extern)").name == "(extern)"
    assert [piece.quote for piece in pieces_of("Eken, Tallen (a, b); Gran\nBok", KNOWN)] == [
        "Eken",
        "Tallen (a, b)",
        "Gran",
        "Bok",
    ]
    assert [piece.note for piece in pieces_of("Raindance: kl 02:00, natt", KNOWN)] == ["kl 02:00, natt"]


@given(st.text(alphabet="abcA ,;:()\n", max_size=40))
def test_no_word_of_a_cell_is_lost(text: str) -> None:
    quotes = [piece.quote for piece in pieces_of(text, KNOWN)]
    assert words_of(" ".join(quotes)) == words_of(text)


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("Nyckelknippan", "Nyckelknipan", True), ("Nyckelknippan", "Nyckelknippann", True), ("Nyckelknippan", "Nyckelknpipan", True), ("e-arkivet", "earkivet", True),
        ("CareManagement", "CaseManagement", False), ("Verksamhetssystem Care", "Verksamhetssystem Case", False), ("Elevplan", "Elevplan 2", False), ("Tallen", "Talen", False),
        ("Skolplatsen", "Skolplatta", False),
    ],
)  # fmt: skip
def test_what_is_nearly_a_name(one: str, other: str, is_near: bool) -> None:
    assert (KnownNames([one]).near(words_of(other)) == words_of(one)) is is_near
    assert (KnownNames([other]).near(words_of(one)) == words_of(other)) is is_near


def test_two_names_that_are_as_near_decide_nothing() -> None:
    assert KnownNames(["Lånediskenn", "Lånedisk en x", "Lånediske"]).near(words_of("Lånedisken")) is None


def test_the_longest_name_within_is_taken() -> None:
    assert KNOWN.within(words_of("kopplas till Tallen Plus (gamla)")) == ("tallen", "plus")
    assert KNOWN.within(words_of("Tallenskogen")) is None


@pytest.mark.slow
def test_a_hundred_thousand_texts_and_ten_thousand_names_take_seconds() -> None:
    names = [
        f"Systemet {chr(97 + at % 26)}{chr(97 + at // 26 % 26)}{chr(97 + at // 676)}x register" for at in range(10_000)
    ]
    texts = [
        f"hämtas från {name} nummer {at}" if at % 2 else f"något helt annat {at}x" for at, name in enumerate(names * 10)
    ]
    systems = pd.DataFrame({"system_id": [f"S{at}" for at in range(100_000)], "depends_on_text": texts})
    systems["name"] = [names[at] if at < len(names) else f"Namn {at}" for at in range(100_000)]
    start = time.process_time()
    flows, _ = propose_flows(systems)
    assert flows["basis"].value_counts().to_dict() == {"contained": 50_000, "outside": 50_000}
    assert time.process_time() - start < 30
