"""Inventories as other tools export them: each is recognised by its own headers and read in its own units.

The fixtures under `dialects/` have the header rows of the formats reference; their rows are made up.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from planner.case import read_case
from planner.enrich import enrich
from planner.errors import InventoryError
from planner.ingest import ingest
from planner.ingest.dialects.columns import dialects, load_map, match_header
from planner.ingest.files.sheets import read_sheets
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import load_table

FIXTURES = Path(__file__).parent / "dialects"
MakeCase = Callable[..., Path]
WINDOWS = {"name": "dvarg01", "vcpu": 4}
EXPECTED: dict[str, dict[str, Any]] = {
    "azure_migrate": WINDOWS
    | {"os": "Windows Server 2019 10.0.17763", "memory_gib": 8, "storage_gib": 150, "storage_used_gib": 70, "disks": 2},
    "azure_migrate_totals": WINDOWS
    | {"os": "Windows Server 2019", "memory_gib": 8, "storage_gib": 100, "storage_used_gib": 50},
    # Headers of these two were seen in programs of third parties only [unverified].
    "azure_assessment": WINDOWS | {"memory_gib": 16, "system_name": "Eken", "environment": "production"},
    "nutanix_ahv": WINDOWS | {"memory_gib": 16, "storage_gib": 127, "storage_used_gib": 61.2, "power_state": "on"},
    "mgn": {"name": "dvarg01", "system_name": "Eken", "os": "Linux"},
    "ec2_recommendations": {
        "name": "dvarg01",
        "os": "Red Hat Enterprise Linux 8.6",
        "vcpu": 8,
        "memory_gib": 32,
        "disks": 3,
        "system_name": "Eken",
    },
    "leanix": {"system_id": "6f1", "name": "Eken", "criticality": 3, "delivery": "internal"},
    "migration_center": WINDOWS
    | {"os": "Debian GNU/Linux 11", "memory_gib": 16, "storage_gib": 200, "storage_used_gib": 80, "power_state": "on"},
    "migration_center_template": WINDOWS | {"memory_gib": 16, "datacenter": "Hall A"},
    "migration_evaluator": WINDOWS
    | {"os": "Windows Server 2016", "memory_gib": 8, "storage_gib": 120, "environment": "production"},
    "migration_factory": {"name": "dvarg01", "os": "windows server 2012 R2", "environment": "development"},
    "migration_factory_apps": {"name": "Eken"},
    "migration_hub": WINDOWS | {"os": "Microsoft Windows Server 2019", "memory_gib": 16, "system_name": "Eken"},
    "rationalisation": {"name": "Eken", "organisation": "Miljö", "users": 120, "overlap": 1, "vendor": "Trädbolaget"},
    "rationalisation_short": {"name": "Eken", "organisation": "Miljö", "users": 120},
    "servicenow_applications": {
        "system_id": "APM0001",
        "name": "Eken",
        "delivery": "internal",
        "lifecycle": "maintained",
        "is_own_code": True,
        "users": 120,
        "has_owner": True,
        "contract_end_date": pd.Timestamp("2028-06-30"),
    },
    "servicenow_servers": {
        "name": "dvarg01",
        "os": "Linux Red Hat 8.6",
        "memory_gib": 16,
        "storage_gib": 250,
        "environment": "production",
    },
    "tidal_applications": {"name": "Eken", "users": 120, "has_owner": True},
    "tidal_servers": WINDOWS | {"os": "Windows Server 2016", "memory_gib": 16, "storage_gib": 200, "cluster": None},
    "tidal_servers_sample": WINDOWS | {"memory_gib": 16, "storage_used_gib": 80, "environment": "production"},
}

# Dialects with dependencies or disks, which have tests of their own.
EDGES = {"azure_dependencies", "konveyor", "servicenow_relations", "migration_center_disks"}
# Several tables each, see test_joined.py.
JOINED = {"register_api", "service_graph", "migration_center_tags", "tidal_databases"}
# Tables of an architecture model, see test_archimate.py.
MODEL = {"archimate_applications", "archimate_nodes", "archimate_relationships"}
# Utilisation series, which have tests of their own (test_series.py).
SERIES = {"migration_center_performance", "utilisation"}


def dialect_of(fixture: str) -> str:
    """A fixture is named after its dialect; variants have one more word."""
    return max((name for name in dialects() if fixture.startswith(name)), key=len)


def read(make_case: MakeCase, files: dict[str, bytes | str], source: str) -> dict[str, pd.DataFrame]:
    """Ingest a case with one source, of which only the file is named."""
    return ingest(read_case(make_case(files, f"  - {{file: {source}}}\n")))


def values(row: pd.Series, names: list[str]) -> dict[str, Any]:
    """Values of some columns, None for unknown."""
    return {name: None if pd.isna(row[name]) else row[name] for name in names}


@pytest.mark.parametrize("fixture", sorted(EXPECTED))
def test_each_dialect_is_recognised_and_read_in_its_units(make_case: MakeCase, fixture: str) -> None:
    content = (FIXTURES / f"{fixture}.csv").read_bytes()
    tables = read(make_case, {"export.csv": content}, "export.csv")
    source = tables["sources"].query("fills != 'disks'").iloc[0]
    assert source["reader"] == dialect_of(fixture)
    rows = tables[source["fills"]]
    assert len(rows) == len(content.splitlines()) - 1
    row = rows[rows["name"] == EXPECTED[fixture]["name"]].iloc[0]
    assert values(row, list(EXPECTED[fixture])) == EXPECTED[fixture]
    assert set(tables["findings"]["code"]) <= {"columns_kept_aside", "dialect_lacks"}


@pytest.mark.parametrize("fixture", sorted(EXPECTED))
def test_what_a_dialect_does_not_map_is_kept_as_attributes(make_case: MakeCase, tmp_path: Path, fixture: str) -> None:
    content = (FIXTURES / f"{fixture}.csv").read_bytes()
    tables = read(make_case, {"export.csv": content}, "export.csv")
    (tmp_path / "export.csv").write_bytes(content)
    (sheet,) = read_sheets(tmp_path / "export.csv")
    matched = match_header(sheet, load_map(dialect_of(fixture)))
    assert matched is not None
    unmapped = {header for _, header in matched.unmapped}
    filled = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    said = {header.strip() for header in filled.columns if (filled[header] != "").any()}
    assert set(tables["attributes"]["header"]) == unmapped & said
    note = tables["findings"].query("code == 'columns_kept_aside'")
    assert note["detail"].tolist() == ([str(len(unmapped))] if unmapped else [])
    persons = [value for value in tables["attributes"]["value"] if "Kim Exempel" in value]
    assert not persons, "a person's name was kept"


def pairs(flows: pd.DataFrame) -> set[tuple[str, str]]:
    """Who depends on whom."""
    return set(zip(flows["source_system"], flows["target_system"], strict=True))


def test_konveyor_southbound_needs_the_other_and_northbound_is_needed_by_it(make_case: MakeCase) -> None:
    tables = read(make_case, {"export.csv": (FIXTURES / "konveyor.csv").read_bytes()}, "export.csv")
    assert sorted(tables["systems"]["name"]) == ["Björken", "Eken", "Granen"]
    assert pairs(tables["dataflows"]) == {("Eken", "Björken"), ("Granen", "Eken")}
    rejects = tables["rejects"].sort_values("row")
    assert rejects[["row", "code"]].to_numpy().tolist() == [
        [7, "dependency_without_direction"],
        [8, "unknown_record_type"],
    ]
    assert tables["sources"]["rows_in"].sum() == 7
    turned = tables["provenance"].query("table == 'dataflows' and row == 6").set_index("column")["raw"]
    assert turned["source_system"] == "Granen" and turned["target_system"] == "Eken"
    owner = tables["systems"].set_index("name").loc["Eken", "has_owner"]
    assert owner and not tables["attributes"]["value"].str.contains("Exempel").any()


def test_konveyor_blank_before_a_quote_shifts_nothing(make_case: MakeCase) -> None:
    text = (FIXTURES / "konveyor.csv").read_text(encoding="utf-8").replace(',"Sam', ', "Sam')
    assert ', "Sam' in text
    tables = read(make_case, {"export.csv": text}, "export.csv")
    assert tables["attributes"].set_index("header").loc["Tag 1", "value"] == "Java"


def test_connections_of_which_only_the_ends_are_known(make_case: MakeCase) -> None:
    text = "Source server name,Destination server name,Destination port\nEken,Björken,\nEken,Björken,\n"
    files = {"seen.csv": text, "register.csv": "Systemnamn\nEken\n"}
    case = read_case(make_case(files, "".join(f"  - {{file: {name}}}\n" for name in files)))
    flows = ingest(case)["dataflows"]
    assert pairs(flows) == {("Eken", "Björken")} and flows["purpose"].isna().all()


@pytest.mark.parametrize("variant", ["azure_dependencies", "azure_dependencies_server"])
def test_azure_connections_are_folded_to_flows(make_case: MakeCase, variant: str) -> None:
    servers = "Server;System;vCPU;Minne (GB)\ndvarg01;Eken;2;8\ndvarg02;Björken;2;8\n"
    files = {"seen.csv": (FIXTURES / f"{variant}.csv").read_bytes(), "servrar.csv": servers}
    files["register.csv"] = "Systemnamn\nEken\nBjörken\n"
    case = read_case(make_case(files, "".join(f"  - {{file: {name}}}\n" for name in files)))
    portfolio = Portfolio().with_tables(ingest(case))
    flows = portfolio["dataflows"]
    seen = {("dvarg01", "dvarg02", "SQL Server, port 1433")}
    if variant == "azure_dependencies":
        seen |= {("dvarg01", "192.0.2.7", "port 443"), ("dvarg01", "dvarg02", "System, port 445")}
        counts = portfolio["sources"].set_index("reader").loc["azure_dependencies"]
        assert counts[["rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == [4, 3, 1, 0]
    assert set(flows[["source_system", "target_system", "purpose"]].itertuples(index=False, name=None)) == seen
    names = portfolio["systems"].set_index("system_id")["name"]
    links = enrich(portfolio, case, load_policy())["links"]
    inside = links.dropna(subset=["source_system_id", "target_system_id"])
    ends = set(zip(inside["source_system_id"].map(names), inside["target_system_id"].map(names), strict=True))
    assert ends == {("Eken", "Björken")}


def test_servicenow_parent_depends_on_child_and_runs_on_assigns(make_case: MakeCase) -> None:
    files = {
        "relationer.csv": (FIXTURES / "servicenow_relations.csv").read_bytes(),
        "register.csv": "Systemnamn\nEken\nBjörken\n",
        "servrar.csv": "Server;vCPU;Minne (GB)\ndvarg01;2;8\ndvarg02;2;8\n",
    }
    case = read_case(make_case(files, "".join(f"  - {{file: {name}}}\n" for name in files)))
    portfolio = Portfolio().with_tables(ingest(case))
    assert ("Eken", "Björken") in pairs(portfolio["dataflows"])
    assert portfolio["rejects"]["code"].tolist() == ["relation_without_order"]
    names = portfolio["systems"].set_index("system_id")["name"]
    servers = portfolio["servers"].merge(portfolio["assignments"], on="server_id").set_index("name")
    assert names[servers.loc["dvarg01", "system_id"]] == "Eken"
    assert servers["basis"].to_dict() == {"dvarg01": "stated", "dvarg02": "provisional"}
    links = enrich(portfolio, case, load_policy())["links"]
    ends = set(zip(links["source_system_id"].map(names), links["target_system_id"].map(names), strict=True))
    assert ends == {("Eken", "Björken"), ("Björken", "dvarg02")}


def test_every_dialect_has_a_fixture() -> None:
    assert {dialect_of(fixture) for fixture in EXPECTED} | EDGES | MODEL | JOINED | SERIES == set(dialects()) - {
        "systems",
        "servers",
        "dataflows",
        "progress",
        "answers",
        "matches",
    }
    assert {path.stem for path in FIXTURES.glob("*.csv")} == set(EXPECTED) | EDGES | SERIES | {
        "azure_dependencies_server"
    }


def test_every_dialect_is_documented() -> None:
    page = (FIXTURES.parent.parent / "docs" / "inventories.md").read_text(encoding="utf-8")
    assert [name for name in (*dialects(), "rvtools") if f"`{name}`" not in page] == []


@pytest.mark.parametrize("dialect", dialects())
def test_maps_name_columns_that_their_table_has(dialect: str) -> None:
    column_map = load_map(dialect)
    names = set(load_table(column_map.table).names)
    staged = {column.name for column in column_map.columns if column.split} | {"field", "answer"}
    assert {column.name for column in column_map.columns} <= names | staged
    needed = {name for need in column_map.required for name in need.split("|")}
    assert needed <= {column.name for column in column_map.columns}
    assert set(column_map.units) <= names


def test_plain_tables_need_no_reader_either(make_case: MakeCase) -> None:
    files = {"register.csv": "Systemnamn;Leverantör\nEken;Trädbolaget\n"}
    assert read(make_case, files, "register.csv")["sources"].loc[0, "reader"] == "systems"
    files = {"servrar.csv": "Server;System;vCPU;Minne (GB)\ndvarg01;Eken;2;8\n"}
    tables = read(make_case, files, "servrar.csv")
    assert tables["sources"].loc[0, "reader"] == "servers"
    assert tables["servers"].loc[0, "memory_gib"] == 8


def test_a_header_that_fits_several_kinds_names_them(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError) as caught:
        read(make_case, {"lista.csv": "Name\nEken\n"}, "lista.csv")
    assert "servers" in str(caught.value) and "systems" in str(caught.value) and "reader" in str(caught.value)


def test_a_file_that_nothing_recognises_says_what_it_holds(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError, match=r"no sheet is recognised.*Väder \| Vind"):
        read(make_case, {"lista.csv": "Väder;Vind\nsol;2\n"}, "lista.csv")


def mixed() -> dict[str, str]:
    """A register, a server export of another tool, flows, and a table of something else."""
    return {
        "register.csv": "Systemnamn;Leverantör\nEken;Trädbolaget\nBjörken;\n",
        "hub.csv": (FIXTURES / "migration_hub.csv").read_text(encoding="utf-8"),
        "floden.csv": "Från;Till;Syfte\nEken;Björken;Ärenden\n",
        "vader.csv": "Väder;Vind\nsol;2\n",
    }


def test_a_folder_of_mixed_files_is_read_file_by_file(make_case: MakeCase) -> None:
    case = make_case({}, "  - {file: underlag}\n")
    (case / "underlag").mkdir()
    for name, text in mixed().items():
        (case / "underlag" / name).write_text(text, encoding="utf-8")
    (case / "underlag" / "~$lås.xlsx").write_bytes(b"")
    assert_mixed(ingest(read_case(case)))


def test_an_archive_is_read_like_a_folder_and_writes_nothing(make_case: MakeCase, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in mixed().items():
            archive.writestr(f"../../{name}", text)
    case = make_case({"underlag.zip": packed.getvalue()}, "  - {file: underlag.zip}\n")
    before = sorted(tmp_path.parent.rglob("*.csv"))
    assert_mixed(ingest(read_case(case)))
    assert sorted(tmp_path.parent.rglob("*.csv")) == before


def assert_mixed(tables: dict[str, pd.DataFrame]) -> None:
    """Everything of the mixed files is read, and the one that is something else is told of."""
    assert sorted(tables["sources"]["reader"]) == ["dataflows", "migration_hub", "systems"]
    assert tables["systems"]["name"].tolist().count("Eken") == 1
    assert len(tables["servers"]) == 2 and len(tables["dataflows"]) == 1
    unread = tables["findings"].query("code == 'sheet_not_recognised'")
    assert unread["value"].tolist() == ["Väder | Vind"]
    assert tables["assignments"]["basis"].tolist().count("stated") == 1


VINFO = "VM;Powerstate;CPUs;Memory;Provisioned MB\ndvarg01;poweredOn;4;8192;102400\n"
VDISK = "VM;Capacity MB\ndvarg01;51200\ndvarg01;51200\n"


@pytest.mark.parametrize("prefix", ["RVTools_tab", "RVTools_Tab", ""])
@pytest.mark.parametrize("is_zipped", [True, False])
def test_rvtools_as_one_csv_per_tab(make_case: MakeCase, prefix: str, is_zipped: bool) -> None:
    files = {f"{prefix}vInfo.csv": VINFO, f"{prefix}vDisk.csv": VDISK, "register.csv": "Systemnamn\nEken\n"}
    if is_zipped:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        case = make_case({"export.zip": packed.getvalue()}, "  - {file: export.zip}\n")
    else:
        case = make_case({}, "  - {file: export}\n")
        (case / "export").mkdir()
        for name, text in files.items():
            (case / "export" / name).write_text(text, encoding="utf-8")
    tables = ingest(read_case(case))
    assert set(tables["sources"]["reader"]) == {"rvtools", "systems"}
    server = tables["servers"].iloc[0]
    assert (server["memory_gib"], server["storage_gib"], server["disks_listed"]) == (8, 100, 2)
    assert server["disk_capacity_gib"] == 100
    counts = tables["sources"]
    assert (counts["rows_in"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]).all()


def test_two_rvtools_exports_in_one_archive_are_refused_and_not_lost(make_case: MakeCase) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for folder in ("nord", "syd"):
            archive.writestr(f"{folder}/RVTools_tabvInfo.csv", VINFO)
    with pytest.raises(InventoryError, match="several RVTools exports"):
        read(make_case, {"export.zip": packed.getvalue()}, "export.zip")


def test_an_archive_with_a_password_or_damage_is_refused_in_words(make_case: MakeCase) -> None:
    with pytest.raises(InventoryError, match="the archive cannot be read"):
        read(make_case, {"a.zip": b"PK\x03\x04 not really"}, "a.zip")


def test_disks_add_up_and_a_blank_disk_is_not_zero(make_case: MakeCase) -> None:
    tables = read(make_case, {"a.csv": (FIXTURES / "azure_migrate.csv").read_bytes()}, "a.csv")
    sizes = dict(zip(tables["servers"]["name"], tables["servers"]["storage_gib"], strict=True))
    assert sizes == {"dvarg01": 150, "dvarg02": 32}
    cells = tables["provenance"].query("column == 'storage_gib'")
    assert len(cells) == 2


def test_azure_disks_are_kept_one_by_one(make_case: MakeCase) -> None:
    text = (
        (FIXTURES / "azure_migrate.csv")
        .read_text(encoding="utf-8")
        .replace(",UEFI,2,70,100,,,,,50,", ",UEFI,2,70,100,3,,200,,50,")
    )
    tables = read(make_case, {"a.csv": text}, "a.csv")
    disks = (
        tables["disks"].merge(tables["servers"][["server_id", "name"]], on="server_id").sort_values(["name", "label"])
    )
    assert disks[["name", "label", "capacity_gib"]].to_numpy().tolist() == [
        ["dvarg01", "Disk 1", 100],
        ["dvarg01", "Disk 2", 50],
        ["dvarg02", "Disk 1", 32],
    ]
    assert disks["read_iops"].tolist() == [200, pd.NA, pd.NA] and disks["read_mb_s"].tolist() == [3, pd.NA, pd.NA]
    cells = tables["provenance"].query("table == 'disks'").set_index(["row_id", "column"])
    second = disks["disk_id"].iloc[1]
    assert cells.loc[(second, "capacity_gib"), ["row", "cell_column", "raw"]].tolist() == [2, "W", "50"]


def test_google_disks_find_their_machine_by_its_id(make_case: MakeCase) -> None:
    names = ("migration_center", "migration_center_disks")
    files = {f"{name}.csv": (FIXTURES / f"{name}.csv").read_bytes() for name in names}
    tables = ingest(read_case(make_case(files, "".join(f"  - {{file: {name}}}\n" for name in reversed(files)))))
    disks = tables["disks"].sort_values("label")
    assert set(disks["server_id"]) == set(tables["servers"].query("name == 'dvarg01'")["server_id"])
    assert disks[["label", "capacity_gib", "used_gib", "storage_type"]].to_numpy().tolist() == [
        ["sda", 150, 60, "SSD"],
        ["sdb", 50, pd.NA, "HDD"],
    ]
    assert tables["rejects"][["row", "code"]].to_numpy().tolist() == [[4, "disk_without_server"]]
    counts = tables["sources"].set_index("reader").loc["migration_center_disks"]
    assert counts[["fills", "rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == ["disks", 3, 2, 0, 1]


def test_a_version_without_a_name_is_all_that_is_known_of_the_system(make_case: MakeCase) -> None:
    text = "Host Name,CPU Count,Storage Allocated (GB),Operating System Version\ndvarg01,4,200,2016\n"
    tables = read(make_case, {"a.csv": text}, "a.csv")
    assert tables["servers"].loc[0, "os"] == "2016"
    assert tables["provenance"].set_index("column").loc["os", "cell_column"] == "D"


RECORDS = [
    {"Systemnamn": "Eken", "Antal användare": 120, "Taggar": ["a", "b"]},
    {"Systemnamn": "Björken", "Leverantör": "Trädbolaget", "Antal användare": None},
]
FLOWS = [{"source": "Eken", "target": "Björken", "purpose": "Ärenden"}]


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_lists_of_records(make_case: MakeCase, suffix: str) -> None:
    both = {"system": RECORDS, "floden": FLOWS, "version": 3}
    text = json.dumps(both) if suffix == "json" else yaml.safe_dump(both, allow_unicode=True, sort_keys=False)
    tables = read(make_case, {f"a.{suffix}": text}, f"a.{suffix}")
    systems = tables["systems"].set_index("name")
    assert systems.loc["Eken", "users"] == 120 and pd.isna(systems.loc["Björken", "users"])
    assert systems.loc["Björken", "vendor"] == "Trädbolaget"
    assert pairs(tables["dataflows"]) == {("Eken", "Björken")}
    assert tables["attributes"]["value"].tolist() == ['["a", "b"]']
    place = tables["provenance"].query("column == 'users'").iloc[0]
    assert (place["sheet"], place["row"], place["cell_column"]) == ("system", 2, "B")


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("a.json", "[{", "not valid JSON"),
        ("a.json", "[" * 100_000, "not valid JSON"),
        ("a.json", '{"a": 1}', "no list of records"),
        ("a.yaml", "a: [1\n", "not valid YAML"),
        ("a.yaml", "a: &x [1]\nb: [*x, *x]\n", "alias"),
    ],
)
def test_lists_that_are_none_are_refused_in_words(make_case: MakeCase, file: str, text: str, words: str) -> None:
    with pytest.raises(InventoryError, match=words):
        read(make_case, {file: text}, file)


def test_the_filled_form_is_recognised(make_case: MakeCase) -> None:
    sources = "  - {file: register.csv}\n  - {file: svar.csv}\n"
    files = {
        "register.csv": "System-id;Systemnamn\nA1;Eken\n",
        "svar.csv": "System-id;Fält;Svar\nA1;Antal användare;12\n",
    }
    tables = ingest(read_case(make_case(files, sources)))
    assert tables["systems"].loc[0, "users"] == 12
