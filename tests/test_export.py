"""Exports: read back what was written, what a target would refuse, and what may be in a file for whom."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
import pandas as pd
import pytest
from lxml import etree

from planner.case import read_case
from planner.cli_export import Format
from planner.errors import InventoryError, PlannerError
from planner.export import EXPORTERS, Asked, Export, Planned, audience_of, export
from planner.export.archimate import identifier
from planner.export.edits import Edit, read_waves
from planner.export.limits import limits_of, targets
from planner.export.review_sheet import read_workbook
from planner.export.rows import FORMULA
from planner.ingest import ingest
from planner.pipeline import compute
from planner.plan import Plan
from planner.portfolio import Portfolio
from planner.view import View, build_view
from planner.view.load import load_view
from tests.conftest import REPOSITORY, SHARED, example_view, planned_example, slow_but, write_case

MakeCase = Callable[..., Path]
SCHEMAS = SHARED / "data" / "archimate"
ASKED = Asked(account_id="111122223333", domain="exempel.test", url="https://data.exempel.test/plan")
SERVERS = (
    "Server;FQDN;IP;System;OS;vCPU;Minne (GB);Disk (GB);Miljö\n"
    "dvarg01;dvarg01.exempel.test;10.0.0.1;Eken;Windows Server 2019;4;16;100;Produktion\n"
    "dvarg02;;;Eken;Ubuntu 22.04;2;3,5;50;Test\n"
    "dvarg_03;;;Tallen;Windows Server 2016;;8;;\n"
    "dvarg04;;;;RHEL 8;2;8;40;Produktion\n"
)
REGISTER = "Id;Namn;Driftform;Aktiva användare\nS1;Eken;Internt;100\nS2;Tallen;Internt;10\n"
SOURCES = "  - {file: system.csv, reader: systems}\n  - {file: servrar.csv, reader: servers}\n"
# Formats that are made in a fraction of a second.
QUICK = ("cmf", "mgn", "waves", "dcat")


def tables_of(plan: Plan) -> Planned:
    """What table formats are made from."""
    return Planned(plan.portfolio.tables, plan.case.organisation, plan.plan_id, plan.case.plan_date.isoformat())


def material(plan: Plan, name: str, audience: str | None = None, language: str = "sv") -> Planned | View:
    """What a format is made from."""
    if EXPORTERS[name].is_from_view:
        wanted = audience_of(name, audience)
        return example_view(language, wanted) if plan is planned_example() else build_view(plan, language, wanted)
    return tables_of(plan)


def made(plan: Plan, name: str, asked: Asked = ASKED, audience: str | None = None) -> Export:
    """One export of a plan."""
    return export(name, material(plan, name, audience), asked)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def with_disposition(plan: Plan, disposition: str) -> Plan:
    """The plan as if everything had one proposal."""
    tables = dict(plan.portfolio.tables)
    tables["decisions"] = tables["decisions"].assign(
        disposition=pd.array([disposition] * len(tables["decisions"]), dtype="string")
    )
    return replace(plan, portfolio=Portfolio(tables))


@pytest.fixture(scope="module")
def example() -> Plan:
    return planned_example()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Two systems and four servers, one of which nobody knows the system of."""
    files = {"system.csv": REGISTER, "servrar.csv": SERVERS}
    return compute(read_case(write_case(tmp_path_factory.mktemp("small") / "case", files, SOURCES)))


def read_again(make_case: MakeCase, content: bytes, file: str) -> dict[str, pd.DataFrame]:
    """What our own reader makes of an export, recognised by its header; the systems are known by name."""
    files = {file: content, "system.csv": REGISTER}
    return ingest(
        read_case(make_case(files, f"  - {{file: system.csv, reader: systems}}\n  - {{file: {file}}}\n", name="again"))
    )


def facts(tables: Any, columns: list[str]) -> dict[str, list[Any]]:
    """Facts of servers by name, with the name of the system that a source states."""
    names = tables["systems"].set_index("system_id")["name"]
    stated = tables["assignments"].query("basis == 'stated'").set_index("server_id")["system_id"].map(names)
    servers = tables["servers"].assign(system=tables["servers"]["server_id"].map(stated))
    known = servers[["name", "system", *columns]].astype(object).where(lambda frame: frame.notna(), None)
    return {row[0]: list(row[1:]) for row in known.to_numpy().tolist()}


def test_the_command_knows_every_format() -> None:
    assert [item.value for item in Format] == list(EXPORTERS)


@pytest.mark.parametrize("name", slow_but(QUICK.__contains__, EXPORTERS))
def test_the_same_plan_gives_the_same_bytes(example: Plan, name: str) -> None:
    assert made(example, name).files == made(example, name).files


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


def events(content: bytes) -> dict[str, Any]:
    return {str(event["UID"]): event for event in icalendar.Calendar.from_ical(content).walk("VEVENT")}


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


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The published schema, read without a network."""
    if not SCHEMAS.exists():
        pytest.skip("the schemas are not on this machine")

    class Local(etree.Resolver):
        def resolve(self, url: str, public_id: str, context: object) -> object:
            return self.resolve_filename(str(SCHEMAS / "xml.xsd"), context) if url.endswith("/xml.xsd") else None

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local())
    return etree.XMLSchema(etree.parse(SCHEMAS / "archimate3_Model.xsd", parser))


@pytest.mark.parametrize("audience", ["intern", "offentlig"])
def test_the_model_is_valid_by_the_published_schema(example: Plan, schema: etree.XMLSchema, audience: str) -> None:
    schema.assertValid(etree.fromstring(made(example, "archimate", audience=audience).files[0]))


# What the schema does not check: which relations ArchiMate 3.1 allows between these elements.
ALLOWED = {
    ("Serving", "ApplicationComponent", "ApplicationComponent"),
    ("Realization", "WorkPackage", "Deliverable"),
    ("Realization", "Deliverable", "Plateau"),
    ("Aggregation", "Plateau", "ApplicationComponent"),
    ("Association", "Gap", "ApplicationComponent"),
    ("Association", "WorkPackage", "Gap"),
    ("Triggering", "WorkPackage", "WorkPackage"),
    ("Triggering", "Plateau", "Plateau"),
}


def test_the_model_has_only_relations_that_archimate_allows_and_numbers_are_numbers(example: Plan) -> None:
    root = etree.fromstring(made(example, "archimate").files[0])
    kind = {
        item.get("identifier"): item.get("{http://www.w3.org/2001/XMLSchema-instance}type")
        for item in root.iter()
        if item.get("identifier")
    }
    related = {
        (kind[item.get("identifier")], kind[item.get("source")], kind[item.get("target")])
        for item in root.iter("{*}relationship")
    }
    assert related == ALLOWED
    types = {item.get("identifier"): item.get("type") for item in root.iter("{*}propertyDefinition")}
    for item in root.iter("{*}property"):
        value = item[0].text
        if types[item.get("propertyDefinitionRef")] == "number":
            float(value)
        if types[item.get("propertyDefinitionRef")] == "date":
            date.fromisoformat(value)


def test_the_model_is_read_back(example: Plan, make_case: MakeCase) -> None:
    files = {"modell.xml": made(example, "archimate").files[0]}
    again = ingest(read_case(make_case(files, "  - {file: modell.xml}\n")))
    systems = example.portfolio["systems"]
    ids = {identifier("app", key): name for key, name in zip(systems["system_id"], systems["name"], strict=True)}
    assert dict(zip(again["systems"]["system_id"], again["systems"]["name"], strict=True)) == ids
    links = example.portfolio["links"].dropna(subset=["source_system_id", "target_system_id"])
    wanted = {
        (identifier("app", one), identifier("app", two))
        for one, two in zip(links["source_system_id"], links["target_system_id"], strict=True)
        if one != two
    }
    flows = again["dataflows"]
    assert set(zip(flows["source_system"], flows["target_system"], strict=True)) == wanted
    assert again["systems"].drop(columns=["system_id", "name"]).isna().all(axis=None), (
        "no property is taken for a register's column"
    )


@pytest.mark.parametrize("keys", [("a b", "a_b"), ("1", "_31_"), ("å", "a"), ("x/y", "x.y")])
def test_identifiers_stay_different(keys: tuple[str, str]) -> None:
    one, two = (identifier("app", key) for key in keys)
    assert one != two


def test_the_catalogue_has_what_dcat_ap_se_demands(example: Plan) -> None:
    root = etree.fromstring(made(example, "dcat").files[0])
    spaces = {
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcterms": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
    }
    for thing in ("dcat:Catalog", "dcat:Dataset"):
        for demanded in ("dcterms:title[@xml:lang='sv']", "dcterms:description[@xml:lang='sv']", "dcterms:publisher"):
            assert root.xpath(f"{thing}/{demanded}", namespaces=spaces), (thing, demanded)
    assert root.xpath("dcat:Catalog/dcterms:license", namespaces=spaces) and root.xpath(
        "dcat:Catalog/dcat:dataset", namespaces=spaces
    )
    assert root.xpath("foaf:Agent/foaf:name/text()", namespaces=spaces) == [example.case.organisation]
    about = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
    resource = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
    known = {item.get(about) for item in root.iter() if item.get(about)}
    links = {item.get(resource) for item in root.iter() if item.get(resource)}
    assert {link for link in links if "#" in link and link.startswith("https://data.exempel.test")} <= known
    assert len(root.xpath("dcat:Distribution/dcat:accessURL", namespaces=spaces)) == 6
    with pytest.raises(PlannerError, match="--url"):
        made(example, "dcat", Asked())


def test_what_names_servers_is_for_internal_readers_and_says_so() -> None:
    for name, exporter in EXPORTERS.items():
        if not exporter.is_from_view:
            with pytest.raises(PlannerError, match="intern only"):
                audience_of(name, "offentlig")
    with pytest.raises(PlannerError, match="offentlig only"):
        audience_of("dcat", "intern")


@pytest.mark.slow
def test_a_saved_view_is_read_as_it_was(example: Plan) -> None:
    from planner.render import render

    for audience in ("intern", "offentlig"):
        view = build_view(example, "sv", audience)
        saved = render(view)["plan.json"]
        assert load_view(saved, "plan.json") == view
    for wrong in (
        b"{}",
        b"[]",
        b"x",
        saved.replace(b"fardplan-view/", b"other/"),
        saved.replace(b'"asks"', b'"asked"'),
    ):
        with pytest.raises(PlannerError, match=r"plan\.json"):
            load_view(wrong, "plan.json")


def test_every_format_is_documented_with_whom_it_is_for() -> None:
    page = (REPOSITORY / "docs" / "exports.md").read_text(encoding="utf-8")
    for name, exporter in EXPORTERS.items():
        material_ = "view" if exporter.is_from_view else "tables"
        assert re.search(
            rf"^\| `{name}` \|[^|]+\| {material_} \| {', '.join(exporter.audiences)} \|", page, re.MULTILINE
        ), name


def test_every_limit_has_its_day_and_source() -> None:
    assert all(item.source and item.as_of for item in targets().values())
    assert set(targets()) <= set(EXPORTERS)


HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %}",
    '#read("data.json") *fet* $x$ @ref <lapp> `kod` #eval("1")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://exempel.test";"klicka")',
    "http://exempel.test/lank",
    "ab\u202ecod\u200f.exe",
    "漢字 och 😀",
    "A" * 10_000,
    "END:VEVENT\\nBEGIN:VEVENT; x, y",
    ']]></value><element identifier="x"/>',
    'komma, "citat"; semikolon',
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A register and a server list whose names try everything."""
    register, servers = io.StringIO(), io.StringIO()
    systems = csv.writer(register, delimiter=";")
    systems.writerow(["Id", "Namn", "Organisation", "IT Bedömning", "Verksamhet Bedömning"])
    listed = csv.writer(servers, delimiter=";")
    listed.writerow(["Server", "System", "OS", "vCPU", "Minne (GB)"])
    for number, name in enumerate(HOSTILE):
        systems.writerow([f"S{number}", name, name, "Avveckling", "Avveckling"])
        listed.writerow([name, f"S{number}", "Windows Server 2019", 2, 8])
    files = {"system.csv": register.getvalue().encode("utf-8"), "servrar.csv": servers.getvalue().encode("utf-8")}
    return compute(read_case(write_case(tmp_path_factory.mktemp("hostile"), files, SOURCES)))


def texts_of(name: str, content: bytes) -> tuple[str, list[str]]:
    """All text of a file, and its cells where it has cells."""
    if name in ("hub", "cmf", "mgn", "jira"):
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
        return content.decode("utf-8"), [cell for row in rows for cell in row]
    if name == "waves":
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            parts = [bundle.read(member).decode("utf-8") for member in bundle.namelist()]
        return parts[2], [
            cell for part in parts[:2] for row in csv.reader(io.StringIO(part, newline="")) for cell in row
        ]
    if name in ("xlsx", "docx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = [etree.fromstring(book.read(member)) for member in book.namelist() if member.endswith(".xml")]
        return "\n".join("".join(part.itertext()) for part in parts), []
    if name in ("archimate", "dcat"):
        return "\n".join(etree.fromstring(content).itertext()), []
    if name == "ics":
        return "\n".join(str(event["DESCRIPTION"]) for event in events(content).values()), []
    return "", []


# Formats that name every system; the memo names none, and DCAT describes the plan as a whole.
NAMING = ("jira", "ics", "archimate", "xlsx", "waves", "hub")


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTERS)
def test_names_from_the_inventory_stay_text_in_every_format(hostile: Plan, name: str) -> None:
    plan = with_disposition(hostile, "rehost") if name == "mgn" else hostile
    done = made(plan, name)
    text, cells = texts_of(name, done.files[0])
    refused = {item.key for item in done.refused}
    assert not [cell for cell in cells if re.match(FORMULA, cell)], "a formula"
    if not EXPORTERS[name].is_from_view:
        assert done.written + len(refused) == len(plan.portfolio["servers"])
    if name in NAMING:
        folded = " ".join([text, *cells]).replace("'", "")
        for system_id, wanted in zip(
            plan.portfolio["systems"]["system_id"], plan.portfolio["systems"]["name"], strict=True
        ):
            servers = plan.portfolio["assignments"].query("system_id == @system_id")["server_id"]
            if system_id not in refused and not refused & set(servers):
                assert wanted.replace("'", "") in folded, wanted[:40]


@pytest.mark.slow
def test_no_cell_of_the_workbook_is_a_formula_or_a_link(hostile: Plan) -> None:
    with zipfile.ZipFile(io.BytesIO(made(hostile, "xlsx").files[0])) as book:
        for member in book.namelist():
            content = book.read(member)
            assert b"<f>" not in content and b"<hyperlink" not in content, member
            assert b"exempel.test" not in content or member.endswith("sharedStrings.xml"), member


@pytest.mark.parametrize(
    "name", slow_but(QUICK.__contains__, [name for name, item in EXPORTERS.items() if "offentlig" in item.audiences])
)
def test_a_public_file_comes_from_the_redacted_view_alone(example: Plan, name: str) -> None:
    tables = dict(example.portfolio.tables)
    canaries = dict.fromkeys(("vendor", "product", "os", "db", "lock_in", "organisation"), "KANARIE")
    tables["systems"] = tables["systems"].assign(**canaries)
    tables["groups"] = tables["groups"].assign(detail="KANARIE")
    tables["evidence"] = tables["evidence"].assign(values="os=KANARIE", cells="KANARIE")
    view = build_view(replace(example, portfolio=Portfolio(tables)), "sv", "offentlig")
    content = export(name, view, ASKED).files[0]
    text = written_in(name, content)
    assert len(text) > 200 and "KANARIE" not in text
    assert not [server for server in example.portfolio["servers"]["name"] if str(server) in text]


def written_in(name: str, content: bytes) -> str:
    """The text of a public file, also of a PDF's pages."""
    if name not in ("pdf", "report"):
        return " ".join([*texts_of(name, content)[1], texts_of(name, content)[0]])
    return pdf_text(content)


def pdf_text(content: bytes) -> str:
    """Text of the pages: glyphs by the fonts' own tables."""
    import pikepdf

    found = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for page in pdf.pages:
            tables = {key: glyphs(font) for key, font in page.Resources.get("/Font", {}).items()}
            table: dict[int, str] = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    table = tables[str(operands[0])]
                for part in operands[0] if str(operator) == "TJ" else operands if str(operator) == "Tj" else ():
                    if isinstance(part, pikepdf.String):
                        raw = bytes(part)
                        found += [
                            table.get(int.from_bytes(raw[at : at + 2], "big"), "?") for at in range(0, len(raw), 2)
                        ]
                if str(operator) in ("Td", "Tm", "ET"):
                    found.append(" ")
    return re.sub(r"\s+", " ", "".join(found))


def glyphs(font: Any) -> dict[int, str]:
    """Characters of a font's glyphs, as its ToUnicode table says."""
    said = font["/ToUnicode"].read_bytes().decode("ascii")
    table = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", said, re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", said, re.DOTALL):
        for first, last, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for at in range(int(first, 16), int(last, 16) + 1):
                table[at] = chr(int(text, 16) + at - int(first, 16))
    return table


@pytest.mark.parametrize("audience", ["intern", "offentlig"])
@pytest.mark.parametrize("language", slow_but("sv".__eq__, ["sv", "en"]))
def test_the_memo_is_tagged_titled_and_of_two_to_four_pages(example: Plan, language: str, audience: str) -> None:
    import pikepdf

    view = build_view(example, language, audience)
    with pikepdf.open(io.BytesIO(export("pdf", view, Asked()).files[0])) as pdf:
        assert 2 <= len(pdf.pages) <= 4
        with pdf.open_metadata() as about:
            assert (about["pdfuaid:part"], about["pdfaid:part"], about["pdfaid:conformance"]) == ("1", "2", "A")
            assert view.meta.organisation in about["dc:title"]
        assert pdf.Root.MarkInfo.Marked and pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.Root.Lang).startswith(language)
        kinds = [str(item.S) for item in tags(pdf.Root.StructTreeRoot)]
        figures = [item for item in tags(pdf.Root.StructTreeRoot) if str(item.S) == "/Figure"]
    assert kinds.count("/Table") >= 6 and kinds.count("/TH") >= 20 and "/H1" in kinds
    # The coat of arms, the costs of the years and the timeline.
    assert len(figures) == 3 and all("/Alt" in figure for figure in figures)


def tags(item: Any) -> list[Any]:
    """Elements of the structure tree."""
    import pikepdf

    found = []
    kids = item.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            found += [kid, *tags(kid)]
    return found


@pytest.mark.slow
def test_what_the_memo_says_can_be_read_out_of_it(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    text = re.sub(r"[\s\u00ad-]+", "", pdf_text(export("pdf", view, Asked()).files[0]))
    for wanted in (view.asks[0].what, view.counts[0].label, view.waves[0].quarter, view.meta.diary_number, "utkast"):
        assert re.sub(r"[\s\u00ad-]+", "", str(wanted)) in text, wanted


def test_every_character_that_we_say_the_fonts_have_they_have() -> None:
    from planner.render.characters import printable, ranges
    from planner.render.document import Document, Items
    from planner.render.pdf import render_pdf

    letters = [chr(at) for first, last in ranges() for at in range(first, last + 1)]
    items = [f"x{''.join(letters[at : at + 40])}" for at in range(0, len(letters), 40)]
    assert [printable(item) for item in items] == items
    assert render_pdf(Document("T", "A", "sv", "2026-11-23", "", (), "", (Items(items),))).startswith(b"%PDF")
    mixed = "".join(f"{letter}\u0301\u0336" for letter in letters if letter.isalpha())
    assert render_pdf(Document(mixed, "A", "sv", "2026-11-23", mixed, (), "", (Items((mixed, "b\u05c7\u064b")),)))
    assert printable("漢\ue000😀\x07\nå") == "[U+6F22][U+E000][U+1F600]\ufffd å"


@pytest.mark.slow
def test_the_memo_to_edit_says_the_same_and_repeats_its_head_rows(example: Plan) -> None:
    import docx

    view = build_view(example, "sv", "intern")
    made_ = docx.Document(io.BytesIO(export("docx", view, Asked()).files[0]))
    assert made_.core_properties.title.endswith(view.meta.organisation) and made_.core_properties.language == "sv-SE"
    assert f"{made_.core_properties.created:%Y-%m-%d}" == view.meta.plan_date
    assert len(made_.tables) >= 6
    for table in made_.tables:
        assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader"), "the head row is repeated"
    assert made_.tables[1].cell(1, 1).text == view.asks[0].what
    assert view.conclusion in [paragraph.text for paragraph in made_.paragraphs]


def workbook(content: bytes) -> dict[str, pd.DataFrame]:
    pages: dict[str, pd.DataFrame] = pd.read_excel(
        io.BytesIO(content), sheet_name=None, engine="calamine", dtype=object
    )
    return pages


@pytest.mark.slow
def test_the_workbook_holds_typed_tables_with_frozen_heads(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    content = export("xlsx", view, Asked()).files[0]
    pages = workbook(content)
    systems = pages["System"]
    assert systems["Id"].tolist() == [item.system_id for item in view.systems]
    assert [None if pd.isna(value) else float(value) for value in systems["Kostnad trolig kr"]] == [
        item.cost_sek[1] for item in view.systems
    ]
    assert [None if pd.isna(value) else f"{value:%Y-%m-%d}" for value in systems["Klart"]] == [
        item.end_date for item in view.systems
    ]
    assert len(pages["Beslut som behövs"]) == len(view.asks) and len(pages["Vågor och tider"]) == len(view.waves)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [book.read(name).decode("utf-8") for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len([name for name in book.namelist() if name.startswith("xl/tables/")]) == len(sheets) == 4
    assert all('state="frozen"' in sheet for sheet in sheets) and sheets[0].count("<dataValidation ") == 5


def test_a_public_workbook_has_no_columns_to_fill_in(example: Plan) -> None:
    assert not [
        name
        for name in workbook(made(example, "xlsx", audience="offentlig").files[0])["System"]
        if name.startswith("Ege")
    ]


def filled(content: bytes, cells: dict[tuple[int, str], object]) -> bytes:
    """The workbook as a person saved it: some cells filled in, in another order of rows."""
    pages = workbook(content)
    for (row, column), value in cells.items():
        pages["System"].loc[row, column] = value
    pages["System"] = pages["System"].iloc[::-1]
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as book:
        for name, page in pages.items():
            page.to_excel(book, sheet_name=name, index=False)
    return file.getvalue()


def test_the_workbook_is_read_back_as_a_review(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    content = export("xlsx", view, Asked()).files[0]
    assert read_workbook(content, view, "plan.xlsx") == ()
    given = {
        (0, "Eget beslut"): "Behåll",
        (0, "Skäl"): "Avtalet löper",
        (0, "Beslutat av"): "It-chef",
        (0, "Gäller till"): date(2027, 12, 31),
        (1, "Eget beslut"): "Godkänt",
        (2, "Eget kvartal"): "2029-Q4",
        (3, "Skäl"): "bara en anteckning",
        (3, "Namn"): "ändrat namn",
    }
    edits = {(edit.system_id, edit.field): edit for edit in read_workbook(filled(content, given), view, "plan.xlsx")}
    first, second, third = (view.systems[at] for at in range(3))
    quarters = example.portfolio["waves"].set_index("system_id")["quarter"]
    assert edits == {
        (first.system_id, "disposition"): Edit(
            first.system_id, "disposition", first.key, "retain", "Avtalet löper", "It-chef", "2027-12-31"
        ),
        (second.system_id, "disposition"): Edit(second.system_id, "disposition", second.key, second.key, ""),
        (third.system_id, "quarter"): Edit(third.system_id, "quarter", quarters[third.system_id], "2029-Q4", ""),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({(0, "Eget beslut"): "Slänga"}, r"plan\.xlsx\[System\]:\d+.*Eget beslut.*Slänga"),
        ({(0, "Eget kvartal"): 2.5}, "Eget kvartal"),
        ({(0, "Eget kvartal"): "2027-Q5"}, "Eget kvartal"),
        ({(0, "Eget kvartal"): "2027-Q3", (0, "Gäller till"): "nästa år"}, "Gäller till"),
        ({(0, "Eget kvartal"): "2027-Q3", (0, "Id"): "S999"}, "no such system"),
        (
            {
                (0, "Eget kvartal"): "2027-Q3",
                (1, "Eget kvartal"): "2027-Q3",
                (1, "Id"): "prov-03bf7c8018",
                (0, "Id"): "prov-03bf7c8018",
            },
            "twice",
        ),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_used(
    example: Plan, cells: dict[tuple[int, str], object], words: str
) -> None:
    view = build_view(example, "sv", "intern")
    with pytest.raises(InventoryError, match=words):
        read_workbook(filled(export("xlsx", view, Asked()).files[0], cells), view, "plan.xlsx")


@pytest.mark.slow
def test_another_plans_workbook_and_other_files_are_refused(example: Plan) -> None:
    view = build_view(example, "sv", "intern")
    content = export("xlsx", view, Asked()).files[0]
    with pytest.raises(InventoryError, match="another plan"):
        read_workbook(content, replace(view, meta=replace(view.meta, plan_id="x")), "plan.xlsx")
    with pytest.raises(InventoryError, match="columns for a review"):
        read_workbook(made(example, "xlsx", audience="offentlig").files[0], view, "plan.xlsx")
    for wrong in (b"", b"PK\x03\x04 no archive", b"a;b\r\n"):
        with pytest.raises(InventoryError, match="not a workbook"):
            read_workbook(wrong, view, "plan.xlsx")
