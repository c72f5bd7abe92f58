"""The 805-VM workbook as a case of its own: every row accounted for, and no name of a VM in any document."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

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


def test_totals_of_the_workbook(planned: Plan) -> None:
    servers = planned.portfolio["servers"]
    assert len(servers) == 805
    assert servers["power_state"].value_counts().to_dict() == {"on": 763, "off": 42}
    assert int(servers["is_template"].sum()) == 10
    assert int(servers["vcpu"].sum()) == 2741
    assert round(servers["memory_gib"].sum(), 1) == 10522.3
    assert servers["storage_gib"].sum() * 1024 == 234_526_490
    assert servers["storage_used_gib"].sum() * 1024 == 127_901_813
    assert servers["cluster"].value_counts().to_dict() == {"Cluster2": 695, "Cluster1": 47, "DMZ": 41, "Mgmt": 22}
    assert int(planned.portfolio["hosts"]["cores"].sum()) == 528


def test_rows_in_are_rows_used_merged_or_rejected(planned: Plan) -> None:
    rows = planned.portfolio["sources"].set_index("sheet")[["rows_in", "rows_used", "rows_merged", "rows_rejected"]]
    assert rows.T.to_dict("list") == {
        "vInfo": [805, 805, 0, 0],
        "vHost": [34, 34, 0, 0],
        "vNetwork": [805, 0, 805, 0],
        "vPartition": [1618, 0, 1618, 0],
    }
    assert int(planned.portfolio["servers"]["partitions"].isna().sum()) == 42


def test_every_vm_has_a_system_a_decision_and_a_place_in_the_plan(planned: Plan) -> None:
    tables = planned.portfolio
    assert len(tables["assignments"]) == len(tables["decisions"]) == len(tables["targets"]) == 805
    assert set(tables["waves"]["system_id"]) == set(tables["decisions"].dropna(subset="disposition")["system_id"])
    assert not planned.has_errors


def test_missing_sheets_are_told(planned: Plan) -> None:
    missing = planned.portfolio["findings"].query("code == 'missing_sheet'")["value"]
    assert set(missing) == {"vDisk", "vSnapshot", "vCD", "vUSB"}


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
