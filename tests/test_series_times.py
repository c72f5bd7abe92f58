"""When the points of a utilisation series were taken: zones, days on which the clock is changed, intervals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from planner.errors import CaseError
from tests.series_files import START, MakeCase, read, streamed

pytestmark = pytest.mark.slow


def local(day: str, hours: int, zone: str) -> list[str]:
    """Local times of a day every five minutes, as a clock on the wall shows them."""
    first = pd.Timestamp(day, tz=zone)
    return [(first + pd.Timedelta(minutes=5 * at)).strftime("%Y-%m-%d %H:%M:%S") for at in range(hours * 12)]


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-01", 24)])
@pytest.mark.parametrize("size", [200, 8_000_000])
def test_days_on_which_the_clock_is_changed_are_whole(tmp_path: Path, day: str, hours: int, size: int) -> None:
    times = local(day, hours, "Europe/Stockholm")
    rows = [f"{server};{time};5" for server in ("dvarg01", "dvarg02") for time in times]
    found = streamed(tmp_path, "Server;Tidpunkt;CPU %\n" + "\n".join(rows), size, "Europe/Stockholm")
    assert found.table["points"].tolist() == [hours * 12] * 2 == found.table["expected_points"].tolist()
    assert found.table["longest_gap_minutes"].tolist() == [5, 5]
    assert found.sources[0]["rows_merged"] == 0


def test_the_repeated_hour_twice_is_a_duplicate_and_the_skipped_hour_no_time(tmp_path: Path) -> None:
    times = local("2026-10-25", 25, "Europe/Stockholm")
    rows = [f"dvarg01;{time};5" for time in times * 2] + ["dvarg01;2026-03-29 02:30:00;5"]
    found = streamed(tmp_path, "Server;Tidpunkt;CPU %\n" + "\n".join(rows), zone="Europe/Stockholm")
    counts = found.sources[0]
    assert (counts["rows_used"], counts["rows_merged"], counts["rows_rejected"]) == (300, 300, 1)
    assert found.rejects["code"].tolist() == ["series_no_such_time"]


@pytest.mark.parametrize(
    ("written", "zone", "said"),
    [
        ("%Y-%m-%d %H:%M:%S", "Europe/Stockholm", "Europe/Stockholm"),
        ("%Y/%m/%d %H:%M", "America/New_York", "America/New_York"),
        ("%Y-%m-%dT%H:%M:%S.000Z", "Asia/Tokyo", "UTC"),
        ("%Y-%m-%dT%H:%M:%S+02:00", "Asia/Tokyo", "UTC"),
        ("%s", "Asia/Tokyo", "UTC"),
        ("%s000", "Asia/Tokyo", "UTC"),
    ],
)
def test_times_with_and_without_a_zone_are_the_same_instants(
    tmp_path: Path, written: str, zone: str, said: str
) -> None:
    first = datetime(2026, 6, 1, tzinfo=UTC)
    rows = []
    for at in range(12):
        instant = pd.Timestamp(first + timedelta(minutes=5 * at))
        shown = instant.tz_convert("Etc/GMT-2" if "+02" in written else zone if said == zone else "UTC")
        text = written.replace("%s", str(int(instant.timestamp())))
        rows.append(f"dvarg01;{shown.strftime(text)};5")
    row = streamed(tmp_path, "Server;Timestamp;CPU %\n" + "\n".join(rows), zone=zone).table.iloc[0]
    assert (row["first_time"], row["last_time"]) == ("2026-06-01T00:00:00Z", "2026-06-01T00:55:00Z")
    assert row["time_zone"] == said


def test_a_zone_that_nobody_states_is_a_finding(make_case: MakeCase) -> None:
    tables = read(make_case, "Server;Tidpunkt;CPU %\ndvarg01;2026-06-01 02:00:00;5\n", source="reader: utilisation")
    assert tables["utilisation"].loc[0, "first_time"] == "2026-06-01T00:00:00Z"
    note = tables["findings"].query("code == 'assumed_time_zone'").iloc[0]
    assert (note["severity"], note["value"]) == ("info", "Europe/Stockholm")
    with pytest.raises(CaseError, match="no time zone"):
        read(make_case, "x", source="timezone: Europe/Stokholm", name="wrong")


def test_points_closer_than_a_minute_are_told_apart(tmp_path: Path) -> None:
    rows = [f"dvarg01;{START + timedelta(seconds=20 * at)};5" for at in range(500)]
    row = streamed(tmp_path, "Server;Tidpunkt;CPU %\n" + "\n".join(rows)).table.iloc[0]
    assert (row["points"], row["coverage_pct"]) == (500, 100)
    assert row["interval_minutes"] == pytest.approx(1 / 3, abs=0.001)
