"""Utilisation series: streamed in any pieces they give the exact percentiles, and every row is accounted for.

The header of perfInfo is the reference's (2.8); servers, times and values are made up.
"""

from __future__ import annotations

import io
import random
import zipfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.case import read_case
from planner.errors import InventoryError, PlannerError
from planner.ingest import ingest
from planner.ingest.readers.series.blocks import blocks
from planner.ingest.readers.series.histogram import Histogram
from planner.ingest.readers.series.owners import SEVERAL, UNKNOWN, Owners
from planner.ingest.records.rejected import rejected_files
from tests.conftest import write_case
from tests.series_files import SERVERS, START, MakeCase, codes, fate, month, read, streamed
from tests.test_mutations import MUTATIONS

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parent / "dialects"
# Half a step of the grid, and the last binary digit of a value that lies between two steps.
BOUND = 0.05 + 1e-9


percentages = st.floats(0, 100, allow_nan=False).map(lambda value: round(value, 4))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), percentages), min_size=1, max_size=200), st.integers(1, 50))
def test_counted_percentiles_are_the_exact_ones_within_the_bound(points: list[tuple[int, float]], chunk: int) -> None:
    counted = Histogram()
    for start in range(0, len(points), chunk):
        servers, values = zip(*points[start : start + chunk], strict=True)
        counted.add(np.array(servers), np.array(values))
    for server in {server for server, _ in points}:
        values = [value for one, value in points if one == server]
        for at in (50, 95, 99):
            exact = float(np.percentile(values, at, method="inverted_cdf"))
            assert abs(counted.percentiles(at)[server] - exact) <= BOUND
        assert counted.maximum[server] == max(values)
        assert abs(counted.averages()[server] - np.mean(values)) <= 0.0005 + 1e-9


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(percentages, percentages), min_size=1, max_size=60),
    st.integers(20, 400),
    st.randoms(use_true_random=False),
)
def test_neither_blocks_nor_the_order_of_rows_change_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[float, float]], block: int, draw: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("serie")
    rows = [
        f"{server};{START + timedelta(minutes=5 * at)};{cpu};{memory}"
        for at, (cpu, memory) in enumerate([*points, (2.0, 2.0)])
        for server in ("dvarg01", "dvarg02")
    ]
    header = "Server;Tidpunkt;CPU %;Minne %"
    whole = streamed(folder, "\n".join([header, *rows]) + "\n")
    draw.shuffle(rows)
    pieces = streamed(folder, "\n".join([header, *rows]) + "\n", block)
    columns = [name for name in whole.table.columns if name != "doubtful"]
    pd.testing.assert_frame_equal(
        whole.table.sort_values("server_id")[columns].reset_index(drop=True),
        pieces.table.sort_values("server_id")[columns].reset_index(drop=True),
    )
    exact = np.percentile([cpu for cpu, _ in [*points, (2.0, 2.0)]], 95, method="inverted_cdf")
    assert (whole.table["cpu_p95_pct"] - exact).abs().max() <= BOUND


@given(st.binary(max_size=300).map(lambda data: data.replace(b"\xff", b"\n")), st.integers(1, 50))
def test_blocks_are_whole_lines_and_lose_nothing(data: bytes, size: int) -> None:
    text = data.decode("cp1252", errors="replace").replace("\r", "").encode("utf-8").removeprefix(b"\xef\xbb\xbf")
    found = list(blocks(io.BytesIO(text), "a.csv", size))
    assert b"".join(content for _, content, _ in found) == text
    assert all(content.endswith(b"\n") for _, content, _ in found[:-1])
    assert [line for line, _, _ in found] == [
        1 + sum(content.count(b"\n") for _, content, _ in found[:at]) for at in range(len(found))
    ]


def test_a_series_is_streamed_to_percentiles_coverage_and_cells(make_case: MakeCase) -> None:
    rows = month("dvarg01", lambda at: f"{at % 100},5;{at % 10}") + month("DVARG02.provby.se", lambda at: "7;8", days=2)
    tables = read(make_case, "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join(rows) + "\n")
    table = tables["utilisation"].merge(tables["servers"][["server_id", "name"]], on="server_id").set_index("name")
    one = table.loc["dvarg01"]
    assert (one["basis"], one["cpu_p50_pct"], one["cpu_p95_pct"], one["cpu_max_pct"]) == ("series", 49.5, 94.5, 99.5)
    assert (one["points"], one["expected_points"], one["coverage_pct"], one["interval_minutes"]) == (8640, 8640, 100, 5)
    assert (one["first_time"], one["last_time"]) == ("2026-09-01T00:00:00Z", "2026-09-30T23:55:00Z")
    assert one["time_zone"] == "Etc/UTC" and table.loc["dvarg02", "memory_p95_pct"] == 8
    assert fate(tables) == (9216, 9216, 0, 0) and codes(tables) == []
    cell = tables["provenance"].query("table == 'utilisation' and column == 'cpu_p95_pct'").set_index("row_id")
    assert cell.loc[one["server_id"], ["file", "row", "cell_column"]].tolist() == ["serie.csv", 2, "C"]
    assert cell.loc[table.loc["dvarg02", "server_id"], "row"] == 8642


def test_duplicates_count_once_and_order_does_not_matter(make_case: MakeCase) -> None:
    rows = month("dvarg01", lambda at: f"{at % 50};20", days=1)
    gap = [*rows[:100], *rows[130:]]
    tables = read(make_case, "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join([*reversed(gap), *gap[:40]]))
    row = tables["utilisation"].iloc[0]
    assert (row["points"], row["expected_points"], row["longest_gap_minutes"]) == (258, 288, 155)
    assert row["coverage_pct"] == pytest.approx(100 * 258 / 288, abs=0.01)
    assert fate(tables) == (298, 258, 40, 0)
    note = tables["findings"].query("code == 'series_points_twice'").iloc[0]
    assert (note["severity"], note["value"]) == ("info", "40")


def test_cpu_and_memory_in_files_of_their_own_are_one_series(make_case: MakeCase) -> None:
    files = {"servrar.csv": SERVERS}
    for name, header in (("cpu.csv", "CPU %"), ("minne.csv", "Minne %")):
        files[name] = f"Server;Tidpunkt;{header}\n" + "\n".join(month("dvarg01", lambda at: "40", days=1))
    sources = "".join(f"  - {{file: {name}, timezone: Etc/UTC}}\n" for name in files)
    tables = ingest(read_case(make_case(files, sources)))
    row = tables["utilisation"].iloc[0]
    assert (row["points"], row["cpu_points"], row["memory_points"]) == (288, 288, 288)
    assert tables["sources"]["rows_merged"].sum() == 0 and codes(tables) == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("dvarg01;2026-09-01 00:00:00;101;-", "series_above_100"),
        ("dvarg01;2026-09-01 00:00:00;-3;-", "series_negative"),
        ("dvarg01;2026-09-01 00:00:00;mycket;", "series_not_a_number"),
        ("dvarg01;2026-09-01 00:00:00;inf;", "series_not_a_number"),
        ("dvarg01;2026-09-01 00:00:00;;n/a", "series_no_value"),
        ("dvarg01;i går;5;5", "series_not_a_time"),
        ("dvarg01;2026-09-01;5;5", "series_not_a_time"),
        ("dvarg01;9999-09-01 00:00:00;5;5", "series_implausible_time"),
        ("okänd;2026-09-01 00:00:00;5;5", "series_unknown_server"),
        (";2026-09-01 00:00:00;5;5", "series_unknown_server"),
        ("dvarg01;2026-09-01 00:00:00;5;5;6;7", "too_many_cells"),
        ("dvarg01;2026-09-01 00:0", "too_few_cells"),
        ('"dvarg01;2026-09-01 00:00:00;5;5', "series_unreadable_row"),
    ],
)
def test_a_row_that_is_no_point_is_rejected_with_its_reason(make_case: MakeCase, row: str, reason: str) -> None:
    rows = [*month("dvarg02", lambda at: "50;50", days=1), row, *month("dvarg01", lambda at: "60;60", days=1)[1:]]
    tables = read(make_case, "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join(rows) + "\n")
    assert fate(tables) == (576, 575, 0, 1)
    (reject,) = tables["rejects"].to_dict("records")
    assert (reject["code"], reject["row"], reject["rows"]) == (reason, 290, 1)
    assert reject["original"] == row or reject["original"].startswith(f"server={row.partition(';')[0]} | ")
    assert set(tables["utilisation"]["cpu_max_pct"]) == {50, 60}


def test_a_blank_is_a_missing_point_and_not_zero(make_case: MakeCase) -> None:
    rows = month("dvarg01", lambda at: ";30" if at % 2 else "40;", days=1)
    row = read(make_case, "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join(rows))["utilisation"].iloc[0]
    assert (row["cpu_points"], row["memory_points"], row["points"]) == (144, 144, 288)
    assert (row["cpu_p50_pct"], row["cpu_avg_pct"], row["memory_p50_pct"]) == (40, 40, 30)


def test_rows_of_one_reason_are_one_line_and_the_servers_are_counted(make_case: MakeCase) -> None:
    rows = [line for name in ("a", "b", "c", "dvarg01") for line in month(name, lambda at: "5;50", days=1)]
    tables = read(make_case, "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join(rows))
    assert fate(tables) == (1152, 288, 0, 864)
    assert tables["rejects"][["code", "rows", "value"]].to_numpy().tolist() == [["series_unknown_server", 864, "864"]]
    note = tables["findings"].query("code == 'series_unknown_servers'").iloc[0]
    assert (note["detail"], note["value"]) == ("3", "a, b, c")


def test_a_cut_last_line_and_a_repeated_header_and_blank_lines(make_case: MakeCase) -> None:
    header = "Server;Tidpunkt;CPU %;Minne %"
    one, two = month("dvarg01", lambda at: "5;50", days=1), month("dvarg02", lambda at: "6;60", days=1)
    text = "\r\n".join([header, *one, "", ";;;", header, *two, "dvarg02;2026-09-02 00:0"])
    tables = read(make_case, text)
    assert fate(tables) == (577, 576, 0, 1)
    assert tables["rejects"][["code", "row"]].to_numpy().tolist() == [["too_few_cells", 581]]


def test_quoted_cells_and_other_decimal_marks(make_case: MakeCase) -> None:
    rows = [f'"dvarg01", "{START + timedelta(minutes=5 * at)}","{at % 90},25", "40.5 %"' for at in range(288)]
    tables = read(make_case, "Server, Time, CPU usage (%), Memory usage (%)\n" + "\n".join(rows))
    row = tables["utilisation"].iloc[0]
    assert (row["cpu_max_pct"], row["memory_p50_pct"]) == (89.25, 40.5)
    assert fate(tables) == (288, 288, 0, 0)


def test_other_encodings(make_case: MakeCase) -> None:
    text = "Server;Tidpunkt;CPU-användning %\n" + "\n".join(month("dvarg01", lambda at: "5", days=1)) + "\n"
    for number, encoding in enumerate(("utf-16", "cp1252", "utf-8-sig")):
        tables = read(make_case, text.encode(encoding), name=f"case{number}")
        assert fate(tables) == (288, 288, 0, 0)
        assert codes(tables) == (["assumed_encoding"] if encoding == "cp1252" else [])


def test_fractions_are_told_by_all_values_of_the_column(make_case: MakeCase) -> None:
    rows = month("dvarg01", lambda at: f"0.{at % 90:02d};35", days=1) + month("dvarg02", lambda at: "1.0;0.5", days=1)
    tables = read(make_case, "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join(rows))
    table = tables["utilisation"].set_index("server_id")
    names = tables["servers"].set_index("name")["server_id"]
    assert table.loc[names["dvarg01"], "cpu_max_pct"] == pytest.approx(89)
    assert table.loc[names["dvarg02"], "cpu_p95_pct"] == 100
    assert table.loc[names["dvarg02"], "memory_max_pct"] == 0.5
    assert table["doubtful"].fillna("").to_dict() == {names["dvarg01"]: "", names["dvarg02"]: "memory"}
    assert codes(tables) == ["series_fractions", "series_perhaps_fractions"]
    assert tables["findings"].set_index("code").loc["series_fractions", "value"] == "CPU %"


def test_a_per_cent_sign_says_that_small_values_are_percentages(make_case: MakeCase) -> None:
    rows = month("dvarg01", lambda at: "0.5 %", days=1)
    table = read(make_case, "Server;Tidpunkt;CPU %\n" + "\n".join(rows))["utilisation"]
    assert table.loc[0, "cpu_max_pct"] == 0.5 and table.loc[0, "doubtful"] == "cpu"


def test_fractions_above_one_are_rejected(make_case: MakeCase) -> None:
    rows = month("dvarg01", lambda at: "1.2" if at == 7 else "0.5", days=1)
    tables = read(make_case, "Server;Tidpunkt;CPU\n" + "\n".join(rows))
    assert fate(tables) == (288, 287, 0, 1) and codes(tables, "rejects") == ["series_above_100"]


def test_one_file_per_server_in_a_folder_beside_an_inventory(make_case: MakeCase) -> None:
    case = make_case({}, "  - {file: underlag, timezone: Etc/UTC}\n")
    (case / "underlag").mkdir()
    files = {"servrar.csv": "Server;vCPU;Minne (GB)\nvApp01;2;8\ndvarg02;2;8\n"}
    for name in ("vApp01", "dvarg02", "borta"):
        files[f"{name}.csv"] = "Tidpunkt;CPU %\n" + "\n".join(
            line.partition(";")[2] for line in month(name, lambda at: "33", days=1)
        )
    for name, text in files.items():
        (case / "underlag" / name).write_text(text, encoding="utf-8")
    tables = ingest(read_case(case))
    assert tables["utilisation"]["cpu_p95_pct"].tolist() == [33, 33]
    assert tables["rejects"][["file", "code", "rows"]].to_numpy().tolist() == [
        ["borta.csv", "series_unknown_server", 288]
    ]
    assert codes(tables) == ["series_unknown_servers"]
    assert sorted(tables["sources"]["reader"]) == ["servers", "utilisation", "utilisation", "utilisation"]
    assert rejected_files(read_case(case), tables["rejects"]) == {}


def test_perf_info_in_an_archive_joins_vm_info(make_case: MakeCase) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vmInfo.csv", (FIXTURES / "migration_center.csv").read_bytes())
        archive.writestr("perfInfo.csv", (FIXTURES / "migration_center_performance.csv").read_bytes())
    case = make_case({"export.zip": packed.getvalue()}, "  - {file: export.zip}\n")
    tables = ingest(read_case(case))
    row = tables["utilisation"].merge(tables["servers"], on="server_id").iloc[0]
    # 16 GiB, of which 8 and 4 are available
    assert (row["name"], row["cpu_max_pct"], row["memory_p50_pct"], row["memory_max_pct"]) == ("dvarg01", 25, 50, 75)
    assert fate(tables, "migration_center_performance") == (2, 2, 0, 0)
    cell = tables["provenance"].query("table == 'utilisation' and column == 'memory_p95_pct'").iloc[0]
    assert (cell["file"], cell["sheet"], cell["row"], cell["cell_column"]) == ("export.zip", "perfInfo", 2, "D")
    assert len(set(tables["sources"]["sha256"])) == 1


def test_memory_of_unknown_size_or_unit_is_no_share(make_case: MakeCase) -> None:
    text = "Server;Tidpunkt;CPU %;{}\n" + "\n".join(month("dvarg01", lambda at: f"9;{4 + at % 2}", days=1))
    row = read(make_case, text.format("Använt minne (GB)"), name="a")["utilisation"].iloc[0]
    assert (row["memory_p50_pct"], row["memory_max_pct"]) == (12.5, 15.625)
    tables = read(make_case, text.format("Använt minne"), name="b")
    assert tables["utilisation"]["memory_points"].tolist() == [0] and codes(tables) == ["series_without_unit"]
    files = {"servrar.csv": "Server;vCPU\ndvarg01;2\n", "serie.csv": text.format("Använt minne (GB)")}
    sources = "  - {file: servrar.csv}\n  - {file: serie.csv, timezone: Etc/UTC}\n"
    tables = ingest(read_case(make_case(files, sources, name="c")))
    assert pd.isna(tables["utilisation"].loc[0, "memory_p95_pct"]) and fate(tables) == (288, 288, 0, 0)
    assert codes(tables) == ["series_memory_without_size_cells"]


def test_a_series_in_a_workbook_and_under_headers_of_its_own(make_case: MakeCase) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd hh:mm"})
    page = book.add_worksheet("Mätning")
    page.write_row(0, 0, ["Maskin", "När", "Last"])
    for at in range(12):
        page.write_string(at + 2, 0, "dvarg01")
        page.write_datetime(at + 2, 1, START + timedelta(minutes=5 * at))
        page.write_number(at + 2, 2, 12.25)
    book.close()
    columns = "columns: {timestamp: När, cpu_pct: Last}"
    files = {"servrar.csv": SERVERS, "serie.xlsx": buffer.getvalue()}
    sources = f"  - file: servrar.csv\n  - {{file: serie.xlsx, reader: utilisation, timezone: Etc/UTC, {columns}}}\n"
    tables = ingest(read_case(make_case(files, sources)))
    assert tables["utilisation"][["points", "cpu_p50_pct"]].to_numpy().tolist() == [[12, 12.3]]
    cell = tables["provenance"].query("table == 'utilisation'").iloc[0]
    assert (cell["file"], cell["sheet"], cell["row"], cell["cell_column"]) == ("serie.xlsx", "Mätning", 3, "C")


def test_a_header_that_lacks_what_a_series_needs_is_named(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError, match=r"timestamp.*cpu_pct .* or memory_pct"):
        read(make_case, "Server;CPU %\ndvarg01;5\n", source="reader: utilisation")


def test_names_are_kept_out_of_a_pseudonymised_source(make_case: MakeCase) -> None:
    rows = month("hemlig99", lambda at: "5", days=1)
    tables = read(make_case, "Server;Tidpunkt;CPU %\n" + "\n".join(rows), source="is_pseudonymised: true")
    assert "hemlig99" not in "".join(frame.to_csv() for frame in tables.values())


def test_servers_are_found_by_id_key_name_and_short_name() -> None:
    servers = pd.DataFrame(
        {
            "server_id": ["s1", "s2", "s3", "s4", "s5"],
            "name": ["Alfa.provby.se", "BETA", "gamma", "Gamma", "10.0.0.7"],
            "source_key": ["m-1", None, None, None, None],
            "fqdn": [None, "beta.inre.provby.se", None, None, None],
        }
    )
    owners = Owners(servers)
    names = ["s2", "m-1", "M-1", "BETA", "beta", "beta.inre.provby.se", "alfa", "alfa.annan.se", "gamma", "Gamma"]
    assert owners.of(names).tolist() == [1, 0, 0, 1, 1, 1, 0, 0, 2, 3]
    assert owners.of(["GAMMA", "10.0.0.8", "10", "", "delta"]).tolist() == [SEVERAL, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]


HUB = "ExternalId,HostName,CPU.NumberOfLogicalCores,RAM.TotalSizeInMB,CPU.UsagePct.Avg,CPU.UsagePct.Max,RAM.UsedSizeInMB.Avg"
EVALUATOR = (
    "Server Name,CPU Cores,Memory (MB),Provisioned Storage (GB),Is Virtual?,Cpu Utilization Peak (%),"
    "Memory Utilization Peak (%)"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{HUB}\nE1,dvarg01,4,16384,12.5,90,4096\n",
            ("average_max", {"cpu_avg": 12.5, "cpu_max": 90, "memory_avg": 25}),
        ),
        (f"{EVALUATOR}\ndvarg01,4,8192,10,Yes,0.60,0.95\n", ("average_max", {"cpu_max": 60, "memory_max": 95})),
        (
            "*Server name,*Cores,*Memory (In MB),*OS name,Network In throughput,CPU utilization percentage\n"
            "dvarg01,4,8192,Ubuntu,,35\n",
            ("declared", {"cpu_point": 35}),
        ),
        (
            "Host Name,CPU Count,RAM Allocated (GB),RAM Used (GB),Storage Allocated (GB)\ndvarg01,4,16,12,100\n",
            ("point", {"memory_point": 75}),
        ),
    ],
)
def test_what_an_inventory_states_of_use_is_kept_with_its_basis(
    make_case: MakeCase, text: str, expected: tuple[str, dict[str, float]]
) -> None:
    tables = ingest(read_case(make_case({"a.csv": text}, "  - {file: a.csv}\n")))
    (row,) = tables["utilisation"].to_dict("records")
    said = {name.removesuffix("_pct"): row[name] for name in row if name.endswith("_pct") and not pd.isna(row[name])}
    assert (row["basis"], said) == expected
    cells = tables["provenance"].query("table == 'utilisation'")
    assert set(cells["column"]) == {f"{name}_pct" for name in expected[1]} and set(cells["row"]) == {2}
    assert not tables["attributes"]["header"].str.contains("tiliz|Usage|Used").any()


def test_stated_fractions_among_percentages_are_left_out(make_case: MakeCase) -> None:
    rows = [f"dvarg{at:02d},4,8192,10,Yes,{value},-5" for at, value in enumerate(["0.6", "85", "120", "kanske"])]
    tables = ingest(read_case(make_case({"a.csv": "\n".join([EVALUATOR, *rows])}, "  - {file: a.csv}\n")))
    assert tables["utilisation"]["cpu_max_pct"].tolist() == [85]
    counts = tables["findings"]["code"].value_counts()
    assert counts.reindex(["usage_mixed_scales", "implausible_value", "not_a_number", "negative_value"]).tolist() == [
        1, 1, 1, 4,
    ]  # fmt: skip


def test_two_runs_give_the_same_tables(make_case: MakeCase) -> None:
    rows = month("dvarg01", lambda at: f"{at % 71}.37;{at % 53}.11", days=3)
    text = "Server;Tidpunkt;CPU %;Minne %\n" + "\n".join(rows)
    one, two = (read(make_case, text, name=name) for name in ("a", "b"))
    for name in one:
        pd.testing.assert_frame_equal(one[name], two[name])


@pytest.mark.parametrize("ten", range(4))
def test_a_damaged_series_is_read_or_refused_in_words(tmp_path: Path, ten: int) -> None:
    whole = "Server;Tidpunkt;CPU %;Minne %\r\n" + "\r\n".join(
        [*month("dvarg01", lambda at: f"{at % 7},5;{at % 9}", days=1), *month("dvarg02", lambda at: '"3";4', days=1)]
    )
    for number in range(ten * 10, ten * 10 + 10):
        draw = random.Random(number)
        data = whole.encode("utf-8")
        for _ in range(draw.randrange(1, 4)):
            data = draw.choice(MUTATIONS)(data, draw)
        files = {"servrar.csv": SERVERS, "serie.csv": data}
        case = write_case(tmp_path / f"case{number}", files, "  - file: servrar.csv\n  - file: serie.csv\n")
        try:
            tables = ingest(read_case(case))
        except PlannerError as refusal:
            assert refusal.place and refusal.remedy, number
            continue
        counts = tables["sources"]
        assert (counts["rows_in"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]).all()
        assert tables["rejects"]["rows"].fillna(1).sum() == counts["rows_rejected"].sum(), number
