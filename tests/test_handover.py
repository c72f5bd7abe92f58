"""Files for the tools that move systems: read back what was written, and what a target would refuse."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from planner.case import read_case
from planner.errors import InventoryError, PlannerError
from planner.export import Asked, export
from planner.export.edits import read_waves
from planner.export.limits import limits_of
from planner.pipeline import compute
from planner.plan import Plan
from planner.portfolio import Portfolio
from planner.view import build_view
from tests.conftest import planned_example, write_case
from tests.exports import (
    ASKED,
    REGISTER,
    SERVERS,
    SOURCES,
    MakeCase,
    events,
    facts,
    made,
    read_again,
    rows_of,
    tables_of,
    with_disposition,
)


@pytest.fixture(scope="module")
def example() -> Plan:
    return planned_example()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Two systems and four servers, one of which nobody knows the system of."""
    files = {"system.csv": REGISTER, "servrar.csv": SERVERS}
    return compute(read_case(write_case(tmp_path_factory.mktemp("small") / "case", files, SOURCES)))


@pytest.mark.parametrize(
    ("name", "columns"),
    [("hub", ["os", "vcpu", "memory_gib"]), ("cmf", ["os", "environment"]), ("mgn", [])],
)
def test_what_is_written_is_read_back(small: Plan, make_case: MakeCase, name: str, columns: list[str]) -> None:
    plan = with_disposition(small, "rehost") if name == "mgn" else small
    done = made(plan, name)
    again = facts(read_again(make_case, done.files[0], f"{name}.csv"), columns)
    wanted = facts(plan.portfolio, columns)
    if name != "hub":
        # These targets know no server without an application: a provisional one bears its server's name.
        wanted["dvarg04"][0] = again["dvarg04"][0]
    refused = {item.name for item in done.refused}
    assert again == {key: value for key, value in wanted.items() if key not in refused}
    assert len(again) == done.written and done.written + len(refused) == 4


def test_migration_hub_carries_addresses_wave_and_use(small: Plan) -> None:
    plan = small
    use = pd.DataFrame(
        {
            "server_id": plan.portfolio["servers"]["server_id"][:1],
            "basis": "series",
            "cpu_avg_pct": 12.5,
            "memory_max_pct": 50.0,
        }
    )
    planned = replace(tables_of(plan), tables={**plan.portfolio.tables, "utilisation": use})
    done = export("hub", planned, Asked())
    rows = {row["HostName"]: row for row in rows_of(done.files[0])}
    assert len(rows_of(done.files[0])[0]) == 34
    assert rows["dvarg01"]["IPAddress"] == "10.0.0.1" and rows["dvarg01"]["Applications"] == "Eken"
    assert rows["dvarg02"]["RAM.TotalSizeInMB"] == "3584" and rows["dvarg_03"]["CPU.NumberOfLogicalCores"] == ""
    assert rows["dvarg04"]["Applications"] == "", "nobody said which application it runs"
    measured = next(row for row in rows.values() if row["CPU.UsagePct.Avg"])
    assert measured["CPU.UsagePct.Avg"] == "12.5" and measured["RAM.UsedSizeInMB.Avg"] == ""
    assert float(measured["RAM.UsedSizeInMB.Max"]) == float(measured["RAM.TotalSizeInMB"]) / 2
    assert done.notes == (("disks_not_carried", 3),)


@pytest.mark.slow
def test_more_servers_than_a_file_may_have_are_several_files(example: Plan) -> None:
    planned = tables_of(example)
    many = pd.concat([planned["servers"].head(10)] * 1001, ignore_index=True)
    many["server_id"] = [f"srv-{at:05d}" for at in range(len(many))]
    # Only the servers: assignments and targets of these do not exist, and are unknown.
    done = export("hub", replace(planned, tables={"servers": many}), Asked())
    counts = [len(rows_of(file)) for file in done.files]
    assert sum(counts) == done.written == 10_010
    assert max(counts) <= limits_of("hub")["servers_per_file"] and len(counts) == 3


def test_factory_refuses_what_its_schema_does(small: Plan) -> None:
    done = made(small, "cmf")
    refused = {(item.name, item.column, item.code) for item in done.refused}
    assert refused == {("dvarg_03", "server_name", "host_name"), ("dvarg_03", "server_fqdn", "host_name")}
    row = next(row for row in rows_of(done.files[0]) if row["server_name"] == "dvarg01")
    assert (row["server_fqdn"], row["server_os_family"], row["server_environment"]) == (
        "dvarg01.exempel.test",
        "windows",
        "prod",
    )
    bare = made(small, "cmf", Asked())
    assert bare.written == 0 and {item.column for item in bare.refused if item.code == "missing"} == {
        "aws_accountid",
        "server_fqdn",
    }
    assert {item.code for item in made(small, "cmf", replace(ASKED, account_id="12")).refused} == {
        "account_id",
        "host_name",
    }


def test_undecided_is_said_to_be_so(small: Plan) -> None:
    tables = dict(small.portfolio.tables)
    tables["decisions"] = tables["decisions"].assign(
        disposition=pd.Series(pd.NA, index=tables["decisions"].index, dtype="string")
    )
    plan = replace(small, portfolio=Portfolio(tables))
    assert {row["r_type"] for row in rows_of(made(plan, "cmf").files[0])} == {"TBC"}
    assert made(plan, "mgn").written == 0 and ("not_moved_as_they_are", 4) in made(plan, "mgn").notes
    assert "r:undecided" in rows_of(made(plan, "hub").files[0])[0]["Tags"]


def test_mgn_keys_by_the_servers_own_id_and_refuses_more_than_a_wave_takes(example: Plan) -> None:
    plan = with_disposition(example, "rehost")
    done = made(plan, "mgn")
    keys = set(plan.portfolio["servers"]["server_id"])
    assert {row["mgn:server:user-provided-id"] for row in rows_of(done.files[0])} <= keys
    tables = dict(plan.portfolio.tables)
    many = pd.concat([tables["servers"].head(1)] * 151, ignore_index=True)
    many["server_id"] = [f"srv-{at:05d}" for at in range(len(many))]
    first = tables["waves"]["system_id"].iloc[0]
    tables["assignments"] = pd.DataFrame({"server_id": many["server_id"], "system_id": first, "basis": "stated"})
    tables["targets"] = pd.DataFrame(
        {"server_id": many["server_id"], "region": "eu-north-1", "operating_system": "linux"}
    )
    crowded = export("mgn", replace(tables_of(plan), tables={**tables, "servers": many}), ASKED)
    assert crowded.written == 150 and [item.code for item in crowded.refused] == ["wave_is_full"]


def test_waves_are_edited_and_read_back(example: Plan) -> None:
    planned = tables_of(example)
    done = export("waves", planned, Asked())
    with zipfile.ZipFile(io.BytesIO(done.files[0])) as bundle:
        assert bundle.namelist() == ["wave-mapping.csv", "wave-details.csv", "waveplan.md"]
        mapping = bundle.read("wave-mapping.csv")
        details = rows_of(bundle.read("wave-details.csv"))
    assert sum(int(row["Servers"]) for row in details) == done.written
    assert sum(int(row["Applications"]) for row in details) == len(example.portfolio["waves"])
    rate, risk = example.policy.effort.day_rate.value, example.portfolio["risk_waves"].set_index("wave")
    for number, row in enumerate(details, start=1):
        for point in ("p50", "p80"):
            days = risk.loc[number, f"{point}_sek"] / rate
            assert float(row[f"Effort Days {point.upper()}"]) == pytest.approx(days, rel=0.01, abs=0.1)
            assert row[f"End {point.upper()}"] == f"{risk.loc[number, f'{point}_date']:%Y-%m-%d}"
    assert read_waves(done.files[0], planned, "vagor.zip") == ()
    rows = rows_of(mapping)
    system = rows[0]["Application"]
    for row in rows:
        if row["Application"] == system:
            row.update({"Wave Name": "W09 2029-Q4", "Reason": "Vi hinner inte"})
    (edit,) = read_waves(written(rows), planned, "vagor.csv")
    assert (edit.field, edit.after, edit.reason) == ("quarter", "2029-Q4", "Vi hinner inte")
    assert edit.before == rows_of(mapping)[0]["Wave Name"][4:]


def written(rows: list[dict[str, str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode("utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[:-1], "removed"),
        (lambda rows: [*rows, {**rows[0], "Server Key": "srv-ny"}], "added"),
        (lambda rows: [*rows, rows[0]], "twice"),
        (lambda rows: [{**rows[0], "Wave Name": ""}, *rows[1:]], "blank"),
        (lambda rows: [{**rows[0], "Wave Name": "=1+1"}, *rows[1:]], "characters"),
        (lambda rows: [{"Server Key": row["Server Key"]} for row in rows], "columns"),
        (lambda rows: [{**row, "Wave Name": "W09 sen"} for row in rows], "does not say when"),
        (
            lambda rows: [{**row, "Wave Name": f"W{at}"} for at, row in enumerate(rows)],
            "different waves",
        ),
    ],
)
def test_a_mapping_is_taken_whole_or_not_at_all(example: Plan, change: Callable[[Any], Any], words: str) -> None:
    planned = tables_of(example)
    with zipfile.ZipFile(io.BytesIO(export("waves", planned, Asked()).files[0])) as bundle:
        rows = rows_of(bundle.read("wave-mapping.csv"))
    with pytest.raises(InventoryError, match=words):
        read_waves(written(change(rows)), planned, "vagor.csv")


def test_azures_own_mapping_changes_in_its_wave_names_only(small: Plan) -> None:
    # The headers of Azure's file are not published [unverified]; only Wave Name is documented.
    name = dict(
        zip(small.portfolio["assignments"]["server_id"], small.portfolio["assignments"]["system_id"], strict=True)
    )
    waves = small.portfolio["waves"].set_index("system_id")["quarter"]
    placed = [row for row in small.portfolio["servers"].itertuples() if name[row.server_id] in waves.index]
    assert placed, "the small plan moves something"
    given = '\ufeffWorkload,"Note, free",Wave Name\r\n' + "".join(
        f'{row.name.upper()},"a ""b"", c\nd","Wave 0"\r\n' for row in placed
    )
    done = export("waves", tables_of(small), Asked(base=given.encode("utf-8")))
    text = done.files[0].decode("utf-8")
    assert done.written == len(placed) and "Wave 0" not in text
    again = rows_of(done.files[0])
    assert [row["Wave Name"][4:] for row in again] == [waves[name[row.server_id]] for row in placed]
    for row in again:
        text = text.replace(f'"{row["Wave Name"]}"', '"Wave 0"')
    assert text == given
    for wrong, words in (("a,b\r\n1,2\r\n", "Wave Name"), ("Name,Wave Name\r\nokänd,\r\n", "no column")):
        with pytest.raises(PlannerError, match=words):
            export("waves", tables_of(small), Asked(base=wrong.encode("utf-8")))
    blank = given + "okand,,\r\n"
    with pytest.raises(PlannerError, match="no wave"):
        export("waves", tables_of(small), Asked(base=blank.encode("utf-8")))


def test_jira_parents_stand_before_their_children(example: Plan) -> None:
    rows = rows_of(made(example, "jira").files[0])
    seen: set[str] = set()
    for row in rows:
        assert (row["Parent"] in seen) == (row["Issue Type"] == "Task")
        assert row["Summary"] and "\n" not in row["Summary"]
        seen.add(row["Issue ID"])
    assert len(seen) == len(rows) == len(example.portfolio["waves"]) + example.portfolio["waves"]["wave"].nunique()
    assert "Epic Link" not in rows[0] and "Epic Name" not in rows[0]


def test_a_calendar_is_of_whole_days_and_its_lines_are_folded(example: Plan) -> None:
    done = made(example, "ics")
    assert all(len(line) <= 75 for line in done.files[0].split(b"\r\n"))
    view = build_view(example, "sv", "intern")
    found = events(done.files[0])
    bought = [page for page in view.wave_pages if page.procurements]
    asked = {f"plan-ask-{ask.key}@exempelkopings-kommun": ask for ask in view.asks if ask.by_date}
    assert bought and asked and len(found) == len(view.waves) + len(asked) + len(bought) == done.written
    for wave in view.waves:
        event = found[f"plan-wave-{wave.number}@exempelkopings-kommun"]
        assert event["DTSTART"].dt == date.fromisoformat(wave.start_date) and event["DTSTART"].params["VALUE"] == "DATE"
        assert (event["DTEND"].dt - date.fromisoformat(wave.end_date)).days == 1
        assert event["DTSTAMP"].dt.date().isoformat() == view.meta.plan_date
    for uid, ask in asked.items():
        assert found[uid]["DTSTART"].dt.isoformat() == ask.by_date and ask.what in found[uid]["SUMMARY"]
    activities = example.portfolio["activities"].query("phase == 'procure'").set_index("group_id")["start_date"]
    groups = example.portfolio["groups"].set_index("system_id")["group_id"]
    for page in bought:
        event = found[f"plan-procure-{page.number}@exempelkopings-kommun"]
        members = [ref.system_id for ref in view.waves[page.number - 1].systems]
        assert (
            event["DTSTART"].dt == min(activities[groups[key]] for key in members if groups[key] in activities).date()
        )
    public = events(made(example, "ics", audience="offentlig").files[0])
    assert not [uid for uid in public if "procure" in uid] and [uid for uid in public if "ask" in uid]


@pytest.mark.slow
def test_a_later_calendar_updates_what_changed_and_cancels_what_is_gone(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    first = export("ics", view, Asked()).files[0]
    assert events(export("ics", view, Asked(base=first)).files[0]) == events(first)
    moved = replace(view.waves[0], end_date="2027-04-30")
    asks = tuple(replace(ask, by_date="2027-03-01") if ask.key == "investigate" else ask for ask in view.asks)
    later = replace(view, asks=asks, waves=(moved, *view.waves[1:-1]), meta=replace(view.meta, plan_date="2026-11-23"))
    before, after = events(first), events(export("ics", later, Asked(base=first)).files[0])
    changed = {uid for uid in before if after[uid]["SEQUENCE"] != before[uid]["SEQUENCE"]}
    ends = [f"plan-wave-{view.waves[at].number}@exempelkopings-kommun" for at in (0, -1)]
    ends.append("plan-ask-investigate@exempelkopings-kommun")
    assert changed == set(ends) and all(after[uid]["SEQUENCE"] > before[uid]["SEQUENCE"] for uid in changed)
    assert str(after[ends[1]]["STATUS"]) == "CANCELLED" and str(after[ends[0]]["STATUS"]) == "CONFIRMED"
    without = events(export("ics", replace(view, meta=replace(view.meta, plan_date="2026-12-01")), Asked()).files[0])
    assert all(without[uid]["SEQUENCE"] > before[uid]["SEQUENCE"] for uid in before)
    with pytest.raises(PlannerError, match="calendar"):
        export("ics", view, Asked(base=b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT"))
