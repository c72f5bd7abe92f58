"""Tables as CSV: what pandas writes of the same texts, and what was written is read back."""

from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from planner.csvfile import from_csv_bytes, to_csv_bytes
from planner.schema import concat, load_table

TEXTS = st.text(alphabet='ab",\r\n;åÖ =\u2028\u202e', min_size=1, max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.none() | TEXTS,
        st.none() | NUMBERS,
        st.none() | st.integers(-(2**40), 2**40),
        st.none() | st.booleans(),
        st.none() | st.dates(date(1900, 1, 1), date(2261, 1, 1)),
    ),
    max_size=12,
)
DTYPES = ["string", "category", "Float64", "Int64", "boolean", "datetime64[us]"]


@given(ROWS)
def test_the_same_bytes_as_pandas_writes(rows: list[tuple[object, ...]]) -> None:
    columns = zip(*rows, strict=True) if rows else [()] * len(DTYPES)
    frame = pd.DataFrame(
        {
            f"column, {at}": pd.Series(list(values), dtype="object").astype(dtype)
            for at, (values, dtype) in enumerate(zip(columns, DTYPES, strict=True))
        }
    )
    plain = frame.copy()
    plain["column, 4"] = frame["column, 4"].map({True: "true", False: "false"}).astype("string")
    plain["column, 5"] = frame["column, 5"].dt.strftime("%Y-%m-%d")
    assert to_csv_bytes(frame) == plain.to_csv(index=False, lineterminator="\r\n").encode()


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_what_was_written_is_read_back(rows: list[tuple[str, str]]) -> None:
    said = [{"severity": "info", "code": "a_code", "value": one, "detail": other} for one, other in rows]
    frame = concat([pd.DataFrame(said)], "findings")
    back = from_csv_bytes(to_csv_bytes(frame), "findings")
    assert list(back.columns) == load_table("findings").names
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
