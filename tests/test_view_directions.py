"""Marks that turn the direction of writing end with the text that has them."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.view.directions import closed, closed_texts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Eken", "Eken"),
        ("Å\u200e och \u200fÖ", "Å\u200e och \u200fÖ"),
        ("ab\u202ecod\u200f.exe", "ab\u202ecod\u200f.exe\u202c"),
        ("\u202erlo\u202c", "\u202erlo\u202c"),
        ("\u2066a\u202ab", "\u2066a\u202ab\u202c\u2069"),
        ("\u2067a\u202eb\u2069c", "\u2067a\u202eb\u2069c"),
        ("x\u202cy\u2069", "xy"),
        ("\u2066a\u202cb\u2069", "\u2066ab\u2069"),
    ],
)
def test_what_a_text_opens_it_closes(text: str, wanted: str) -> None:
    assert closed(text) == wanted and closed(wanted) == wanted


def test_of_a_table_the_texts_are_closed_and_the_ids_are_left() -> None:
    given = {"name": ["\u202eå", None], "system_id": ["\u202ea", "b"], "values": ["os=\u202eå; db=\u2067ö", "x=å"]}
    table = pd.DataFrame({name: pd.array(texts, dtype="string") for name, texts in given.items()})
    made = closed_texts(table)
    assert made["name"].fillna("?").tolist() == ["\u202eå\u202c", "?"] and made["system_id"][0] == "\u202ea"
    assert made["values"].tolist() == ["os=\u202eå\u202c; db=\u2067ö\u2069", "x=å"]
    assert (made.dtypes == table.dtypes).all() and closed_texts(made[["system_id"]]) is not None
