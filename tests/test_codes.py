"""Codes of combinations: numbers that do not fit into 32 bits, and texts that are kept once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.codes import Words, compressed, in_turn, joined
from planner.flags import named

MANY = 100_000


def test_combinations_of_many_values_stay_apart() -> None:
    part = np.arange(MANY, dtype=np.int32)
    codes, size = joined([(part, MANY), (part[::-1], MANY)], MANY)
    assert size == MANY
    assert len(np.unique(codes)) == MANY


def test_compressed_codes_tell_what_they_stood_for() -> None:
    given = np.array([7, 2, 7, 1_999])
    for size in (2_000, 2**40):
        codes, distinct = compressed(given, size)
        assert distinct[codes].tolist() == given.tolist()
        assert sorted(set(codes.tolist())) == [0, 1, 2]


def test_texts_stand_beside_each_other_and_none_says_nothing() -> None:
    one = Words.of(np.array(["a", None, "a", None], dtype=object))
    other = Words.of(np.array(["x", "x", None, None], dtype=object))
    both = one.beside(other, ",")
    assert both.texts[both.codes].tolist() == ["a,x", "x", "a", None]
    for texts in (both.kept_once(), both.spread()):
        assert list(texts[:3]) == ["a,x", "x", "a"]
        assert texts.isna().tolist() == [False, False, False, True]


def test_names_of_more_than_eight_flags_are_written_in_their_order() -> None:
    names = [f"n{number}" for number in range(20)]
    flags = np.zeros((20, 3), dtype=np.bool)
    flags[[0, 7, 8, 19], 0] = True
    flags[19, 1] = True
    written = named(flags, names).spread()
    assert written.tolist()[:2] == ["n0 n7 n8 n19", "n19"]
    assert written.isna().tolist() == [False, False, True]


def test_tables_are_put_in_turn_by_id() -> None:
    ids = pd.Series(["b", "a"])
    parts = [
        pd.DataFrame({"system_id": ids, "of": pd.Categorical([name] * 2), "n": [at, at + 1]})
        for name, at in (("x", 0), ("y", 10))
    ]
    found = in_turn(parts, ids)
    assert found["system_id"].tolist() == ["a", "a", "b", "b"]
    assert found["of"].tolist() == ["x", "y", "x", "y"]
    assert found["n"].tolist() == [1, 11, 0, 10]
