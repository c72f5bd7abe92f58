"""The 805-VM workbook as a case of its own: every row accounted for, and no name of a VM in any document."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from planner.case import read_case
from planner.pipeline import compute
from planner.plan import Plan
from planner.render import render
from planner.view import build_view
from tests.conftest import REPOSITORY, WORKBOOK

pytestmark = pytest.mark.slow
CASE = REPOSITORY / "inventories" / "rvtools-805"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The workbook, planned once."""
    if not WORKBOOK.is_file():
        pytest.skip("../shared is not here")
    folder = tmp_path_factory.mktemp("rvtools")
    shutil.copy(CASE / "case.yaml", folder)
    shutil.copy(WORKBOOK, folder)
    return compute(read_case(folder))


def _templates() -> pd.DataFrame:
    """Rows of vInfo that are templates, as they stand in the workbook."""
    rows = CalamineWorkbook.from_path(str(WORKBOOK)).get_sheet_by_name("vInfo").to_python()
    given = pd.DataFrame(rows[1:], columns=rows[0])
    return given[given["Template"] == "True"]


def test_totals_of_the_workbook(planned: Plan) -> None:
    servers, templates = planned.portfolio["servers"], _templates()
    assert (len(servers), len(templates)) == (795, 10)
    assert servers["power_state"].value_counts().to_dict() == {"on": 763, "off": 32}
    assert not servers["is_template"].any()
    assert int(servers["vcpu"].sum() + templates["CPUs"].sum()) == 2741
    assert round(servers["memory_gib"].sum() + templates["Memory"].sum() / 1024, 1) == 10522.3
    assert servers["storage_gib"].sum() * 1024 + templates["Provisioned MB"].sum() == 234_526_490
    assert servers["storage_used_gib"].sum() * 1024 + templates["In Use MB"].sum() == 127_901_813
    assert set(servers["storage_basis"]) == {"provisioned"}
    clusters = servers["cluster"].value_counts().add(templates["Cluster"].value_counts(), fill_value=0)
    assert clusters.to_dict() == {"Cluster2": 695, "Cluster1": 47, "DMZ": 41, "Mgmt": 22}
    assert int(planned.portfolio["hosts"]["cores"].sum()) == 528


def test_rows_in_are_rows_used_merged_or_rejected(planned: Plan) -> None:
    rows = planned.portfolio["sources"].set_index("sheet")[["rows_in", "rows_used", "rows_merged", "rows_rejected"]]
    assert rows.T.to_dict("list") == {
        "vInfo": [805, 795, 0, 10],
        "vHost": [34, 34, 0, 0],
        "vNetwork": [805, 0, 795, 10],
        "vPartition": [1618, 0, 1617, 1],
    }
    codes = planned.portfolio["rejects"]["code"].value_counts().to_dict()
    assert codes == {"vm_template": 10, "detail_of_excluded_vm": 11}
    assert int(planned.portfolio["servers"]["partitions"].isna().sum()) == 33


def test_hosts_are_found_in_spite_of_domain_and_prefix(planned: Plan) -> None:
    servers, found = planned.portfolio["servers"], planned.portfolio["findings"].set_index("code")
    assert found.loc["hosts_matched_by_prefix", "value"] == "27"
    assert found.loc["hosts_unmatched", ["value", "detail"]].tolist() == ["5", "38"]
    assert set(servers["host_id"].dropna()) <= set(planned.portfolio["hosts"]["host_id"])


def test_every_vm_has_a_system_a_decision_and_a_place_in_the_plan(planned: Plan) -> None:
    tables = planned.portfolio
    assert len(tables["assignments"]) == len(tables["decisions"]) == len(tables["targets"]) == 795
    assert set(tables["waves"]["system_id"]) == set(tables["decisions"].dropna(subset="disposition")["system_id"])
    assert not planned.has_errors


def test_missing_sheets_are_told(planned: Plan) -> None:
    missing = planned.portfolio["findings"].query("code == 'missing_sheet'")["value"]
    assert set(missing) == {"vCPU", "vMemory", "vDisk", "vSnapshot", "vTools", "vCD", "vUSB"}


def test_no_name_of_a_vm_is_in_any_document_or_table(planned: Plan) -> None:
    names = [
        row[0] for row in CalamineWorkbook.from_path(str(WORKBOOK)).get_sheet_by_name("vInfo").to_python()[1:] if row[0]
    ]
    telling = {str(name) for name in names if len(str(name)) > 5}
    texts = [content.decode("utf-8") for content in render(build_view(planned, "sv", "intern")).values()]
    texts += [frame.to_csv(index=False) for name, frame in planned.portfolio.tables.items() if name != "hosts"]
    words = {word for text in texts for word in re.split(r"[^\w.\-]+", text)}
    assert len(words) > 5_000 and "vm-5d11b289" in words
    assert not telling & words, f"{len(telling & words)} names"


def test_a_workbook_without_vinfo_is_explained(make_case: Callable[..., Path]) -> None:
    from planner.errors import InventoryError
    from tests.test_ingest import read, workbook

    with pytest.raises(InventoryError, match="vInfo"):
        read(make_case, workbook([["VM"], ["a"]], "vCPU"), "  - {file: x.xlsx, reader: rvtools}\n", "x.xlsx")
    with pytest.raises(InventoryError, match="vcpu"):
        read(make_case, workbook([["VM"], ["a"]], "vInfo"), "  - {file: x.xlsx, reader: rvtools}\n", "x.xlsx")
