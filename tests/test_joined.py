"""Dialects of several tables: the register of a municipality's API, and a graph of services.

The register's tables have the columns of the formats reference; that its edges point from who depends to who is needed is unverified.
All rows are made up.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.case import read_case
from planner.errors import InventoryError
from planner.ingest import ingest
from planner.ingest.readers.service_graph import spelling
from planner.ingest.records.rejected import rejected_files
from tests.conftest import SHARED

pytestmark = pytest.mark.slow

REGISTER = Path(__file__).parent / "dialects" / "register_api.json"
GRAPH = SHARED / "data" / "sundsvall-service-graph"
MakeCase = Callable[..., Path]


def read(make_case: MakeCase, text: str | bytes, file: str = "register.json") -> dict[str, pd.DataFrame]:
    """Ingest one file without naming what it is."""
    return ingest(read_case(make_case({file: text}, f"  - {{file: {file}}}\n")))


def folder(make_case: MakeCase, files: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Ingest a folder."""
    case = make_case({}, "  - {file: underlag}\n")
    (case / "underlag").mkdir()
    for name, text in files.items():
        (case / "underlag" / name).write_text(text, encoding="utf-8")
    return ingest(read_case(case))


def as_csv(tmp_path: Path) -> dict[str, str]:
    """The register as one CSV for each table, with 1 and 0 for true and false."""
    files = {}
    for name, rows in json.loads(REGISTER.read_text(encoding="utf-8")).items():
        keys = list(dict.fromkeys(key for row in rows for key in row))
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, keys)
            writer.writeheader()
            writer.writerows(
                [{key: int(one) if isinstance(one, bool) else one for key, one in row.items()} for row in rows]
            )
        files[f"{name}.csv"] = (tmp_path / name).read_text(encoding="utf-8")
    return files


@pytest.fixture(params=["json", "csv"])
def tables(request: pytest.FixtureRequest, make_case: MakeCase, tmp_path: Path) -> dict[str, pd.DataFrame]:
    """The register, as one JSON file and as a folder of CSV files."""
    if request.param == "json":
        return read(make_case, REGISTER.read_bytes())
    return folder(make_case, as_csv(tmp_path))


def test_systems_of_the_register(tables: dict[str, pd.DataFrame]) -> None:
    systems = tables["systems"].set_index("system_id")
    read = {
        "name": "Eken", "lifecycle": "maintained", "version": "2", "delivery": "internal", "klassa_k": 3, "klassa_r": 2, "klassa_t": 2,
        "criticality": 4, "vendor": "Trädbolaget", "organisation": "Påhittade kommunen / Miljöförvaltningen", "has_owner": True,
    }  # fmt: skip
    assert systems.loc["SYS-1", list(read)].to_dict() == read
    assert systems["lifecycle"].tolist() == ["maintained", "phasing_out", "planned"]
    assert systems.loc["SYS-2", ["delivery", "criticality"]].tolist() == ["external", 3], "P2 needs no table of levels"
    assert systems.loc["SYS-3", ["vendor", "klassa_k", "has_owner"]].isna().all()


def test_the_strictest_processing_decides(tables: dict[str, pd.DataFrame]) -> None:
    systems = tables["systems"].set_index("name")
    assert systems["personal_data"].to_dict() == {
        "Eken": "sensitive",
        "Björken": "ordinary",
        "Granen": "children_or_criminal",
    }
    assert systems["transfer"].fillna("?").to_dict() == {"Eken": "eu_only", "Björken": "eu_only", "Granen": "?"}
    assert systems["dpia"].fillna("?").to_dict() == {"Eken": "missing", "Björken": "?", "Granen": "done"}


def test_a_joined_value_knows_its_own_cell(tables: dict[str, pd.DataFrame]) -> None:
    cells = tables["provenance"].query("row_id == 'SYS-1'").set_index("column")
    assert cells.loc["vendor", ["row", "raw"]].tolist() == [2, "Trädbolaget"]
    assert cells.loc["personal_data", "row"] == 3
    assert {"suppliers", "suppliers.csv"} & {cells.loc["vendor", "sheet"], cells.loc["vendor", "file"]}


def test_who_depends_on_whom(tables: dict[str, pd.DataFrame]) -> None:
    flow = tables["dataflows"].iloc[0]
    assert flow[["source_system", "target_system", "purpose"]].tolist() == ["SYS-1", "SYS-2", "API"]


def test_every_row_is_used_merged_or_rejected(tables: dict[str, pd.DataFrame]) -> None:
    counts = tables["sources"]
    assert counts["rows_in"].sum() == 17
    assert (counts["rows_in"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]).all()
    assert set(tables["rejects"]["code"]) == {"joined_to_no_system"} and len(tables["rejects"]) == 2
    lost = tables["findings"].query("code == 'reference_not_found'")
    assert lost[["detail", "value"]].to_numpy().tolist() == [["organizations", "1"]]


def test_no_person_and_no_address_is_kept(tables: dict[str, pd.DataFrame]) -> None:
    for table in tables.values():
        assert "Kim" not in table.astype("string").to_csv() and "kim@" not in table.astype("string").to_csv()


def test_tables_without_systems_are_refused_in_words(make_case: MakeCase) -> None:
    only = {"suppliers": json.loads(REGISTER.read_text(encoding="utf-8"))["suppliers"]}
    with pytest.raises(InventoryError, match="no table of systems"):
        read(make_case, json.dumps(only))


def test_organisations_in_a_ring_are_read(make_case: MakeCase) -> None:
    register = json.loads(REGISTER.read_text(encoding="utf-8"))
    register["organizations"][0]["parent_id"] = "o2"
    assert len(read(make_case, json.dumps(register))["systems"]) == 3


def test_rejected_rows_of_every_table_can_be_mended(make_case: MakeCase, tmp_path: Path) -> None:
    case = read_case(make_case({"register.json": REGISTER.read_bytes()}, "  - {file: register.json}\n"))
    files = rejected_files(case, ingest(case)["rejects"])
    assert len(files) == 2 and all(b"joined_to_no_system" in content for content in files.values())


NODES = "repo,commit,date,licence,title,java,framework,database,purpose\n" + "".join(
    f"{repo},a1,2026-01-01,MIT,{title},25,ram 1,{database},\n"
    for repo, title, database in [
        ("api-service-ek", "Ek", "mariadb"),
        ("api-service-bjork-reader", "BjorkReader", ""),
        ("api-service-caremanagement", "CareManagement", ""),
        ("api-service-casemanagement", "CaseManagement", ""),
    ]
)
EDGES = (
    "source,target,target_repo,purpose,evidence\n"
    "api-service-ek,bjork-reader,,,application.yml\n"
    "api-service-ek,BjorkReader,api-service-bjork-reader,Läser,README\n"
    "api-service-caremanagement,bjorkreader,,,application.yml\n"
    "api-service-casemanagement,api-service-bjork-reader,,,application.yml\n"
    "api-service-ek,CareManagement,,,README\n"
    "api-service-ek,CaseManagement,service_name,,README\n"
    "api-service-ek,Service Name,service_name,Brief description,README\n"
    "api-service-ek,Yttre-tjänst,,,README\n"
    "api-service-ek,yttretjänst,,,application.yml\n"
)


def test_one_service_however_it_is_spelt(make_case: MakeCase) -> None:
    tables = folder(make_case, {"nodes.csv": NODES, "edges.csv": EDGES})
    assert tables["systems"].set_index("system_id").loc["api-service-ek", ["name", "db"]].tolist() == ["Ek", "mariadb"]
    flows = tables["dataflows"]
    assert set(zip(flows["source_system"], flows["target_system"], strict=True)) == {
        ("api-service-ek", "api-service-bjork-reader"),
        ("api-service-caremanagement", "api-service-bjork-reader"),
        ("api-service-casemanagement", "api-service-bjork-reader"),
        ("api-service-ek", "api-service-caremanagement"),
        ("api-service-ek", "api-service-casemanagement"),
        ("api-service-ek", "Yttre-tjänst"),
    }
    assert tables["rejects"][["row", "code"]].to_numpy().tolist() == [[8, "template_left_over"]]
    counts = tables["sources"].query("fills == 'dataflows'").iloc[0]
    assert counts[["rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == [9, 6, 2, 1]


def test_two_evidences_of_one_edge_are_told_together(make_case: MakeCase) -> None:
    tables = folder(make_case, {"nodes.csv": NODES, "edges.csv": EDGES})
    key = tables["dataflows"].query("purpose == 'Läser'")["flow_id"].iloc[0]
    said = tables["attributes"].query("header == 'evidence'").set_index("row_id")["value"]
    assert said[key] == "application.yml; README"
    purposes = tables["provenance"].query("column == 'purpose'").set_index("row_id")
    assert purposes.loc[key, ["row", "raw"]].tolist() == [3, "Läser"]


def test_a_letter_makes_another_service() -> None:
    assert (
        len({spelling(name) for name in ("EmailReader", "emailreader", "email-reader", "api-service-email-reader")})
        == 1
    )
    assert spelling("CareManagement") != spelling("CaseManagement")


@pytest.mark.skipif(not GRAPH.exists(), reason="the graph of a real municipality is not on this machine")
def test_the_graph_of_a_real_municipality(make_case: MakeCase) -> None:
    files = {name: (GRAPH / name).read_text(encoding="utf-8") for name in ("nodes.csv", "edges.csv")}
    tables = folder(make_case, files)
    assert len(tables["systems"]) == 46
    flows = tables["dataflows"]
    # 157 by letters alone, of which two are left-overs of a template.
    assert len(flows) == 155 and not flows.duplicated(["source_system", "target_system"]).any()
    counts = tables["sources"].query("fills == 'dataflows'").iloc[0]
    assert counts[["rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == [223, 155, 66, 2]
    needed = flows["target_system"].map(spelling).value_counts()
    assert needed[["messaging", "party", "citizen", "eventlog"]].tolist() == [19, 15, 10, 6]
    ends = set(zip(flows["source_system"], flows["target_system"], strict=True))
    ring = ("api-service-messaging", "api-service-digital-mail-sender")
    assert ring in ends and ring[::-1] in ends


VMS = "MachineId,MachineName,TotalDiskAllocatedGiB,AllocatedProcessorCoreCount,MemoryGiB\nm-1,dvarg01,200,4,16\nm-2,dvarg02,50,2,4\n"
TAGS = "MachineId,Key,Value\nM-1,zon,DMZ\nm-1,zon,inre\nm-1,app,Eken\nm-9,zon,x\n,zon,y\n"


def test_tags_are_attributes_of_their_machine(make_case: MakeCase) -> None:
    tables = folder(make_case, {"vmInfo.csv": VMS, "tagInfo.csv": TAGS})
    servers = tables["servers"].set_index("server_id")["name"]
    said = tables["attributes"]
    assert {
        (servers[key], header, value)
        for key, header, value in zip(said["row_id"], said["header"], said["value"], strict=True)
    } == {
        ("dvarg01", "zon", "DMZ; inre"),
        ("dvarg01", "app", "Eken"),
    }
    assert tables["rejects"][["row", "code"]].to_numpy().tolist() == [
        [5, "detail_without_server"],
        [6, "detail_without_server"],
    ]
    counts = tables["sources"].set_index("file").loc["tagInfo.csv"]
    assert counts[["rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == [5, 0, 3, 2]


def test_tags_without_machines_are_rejected_and_not_lost(make_case: MakeCase) -> None:
    tables = folder(make_case, {"tagInfo.csv": TAGS, "register.csv": "Systemnamn\nEken\n"})
    assert len(tables["rejects"]) == 5


def test_databases_are_kept_with_their_server(make_case: MakeCase) -> None:
    servers = "Host Name (*),CPU Count,Storage Allocated (GB)\ndvarg01,4,200\n"
    databases = "Name (*),Description,Database Size (MB),Database Path,Server -> Host Name (*)\nekdb,,1024,,dvarg01\nbjorkdb,,,,dvarg01\n"
    tables = folder(make_case, {"servers.csv": servers, "databases.csv": databases})
    assert tables["attributes"][["header", "value"]].to_numpy().tolist() == [["Database instances", "ekdb; bjorkdb"]]
    assert tables["rejects"].empty
