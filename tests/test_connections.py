"""Connections that were seen on the network (formats reference 2.7); headers were seen in third-party programs only [unverified]."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.case import read_case
from planner.enrich import enrich
from planner.groups import group
from planner.ingest import ingest
from planner.policy import load_policy
from planner.portfolio import Portfolio
from planner.schema import empty

pytestmark = pytest.mark.slow

MakeCase = Callable[..., Path]
HEADER = "Source server name,Source IP,Source process,Destination server name,Destination IP,Destination application,Destination process,Destination port\n"
SERVERS = (
    "*Server name,IP addresses,*Cores,*Memory (In MB),*OS name,Network In throughput,Business application name\n"
    + "".join(
        f"dvarg0{at},10.0.0.{at};10.0.9.{at},2,4096,Windows Server 2019,,{system}\n"
        for at, system in enumerate(["Eken", "Björken", "Granen"], start=1)
    )
)
REGISTER = "Systemnamn\nEken\nBjörken\nGranen\n"


def read(make_case: MakeCase, rows: str) -> dict[str, pd.DataFrame]:
    """Ingest connections beside servers with their addresses and a register."""
    files = {"seen.csv": HEADER + rows, "servrar.csv": SERVERS, "register.csv": REGISTER}
    return ingest(read_case(make_case(files, "".join(f"  - {{file: {name}}}\n" for name in files))))


def ends(tables: dict[str, pd.DataFrame]) -> set[tuple[str, str]]:
    """Who talks to whom."""
    return set(zip(tables["dataflows"]["source_system"], tables["dataflows"]["target_system"], strict=True))


def counts(tables: dict[str, pd.DataFrame]) -> list[int]:
    """Rows in, used, merged and rejected."""
    source = tables["sources"].set_index("file").loc["seen.csv"]
    return [int(number) for number in source[["rows_in", "rows_used", "rows_merged", "rows_rejected"]]]


def test_an_address_is_named_by_the_server_that_has_it(make_case: MakeCase) -> None:
    tables = read(make_case, ",10.0.0.1,,,10.0.9.2,,,443\ndvarg01,,,,192.0.2.7,,,443\n")
    assert ends(tables) == {("dvarg01", "dvarg02"), ("dvarg01", "192.0.2.7")}
    cell = tables["provenance"].query("column == 'target_system' and row == 2").iloc[0]
    assert cell[["cell_column", "raw"]].tolist() == ["E", "10.0.9.2"]


@pytest.mark.parametrize(
    "row",
    [
        "dvarg01,10.0.0.1,,dvarg01,10.0.9.1,,,443\n",
        "dvarg01,,,dvarg02,127.0.0.1,,,443\n",
        "dvarg01,,,,::1,,,443\n",
        ",10.0.0.1,,,10.0.0.1,,,443\n",
    ],
)
def test_what_a_machine_says_to_itself_is_no_flow(make_case: MakeCase, row: str) -> None:
    tables = read(make_case, row + row + "dvarg01,10.0.0.1,,dvarg02,10.0.0.2,,,443\n")
    assert ends(tables) == {("dvarg01", "dvarg02")}
    assert counts(tables) == [3, 1, 2, 0]
    told = tables["findings"].query("code == 'connections_with_itself'")["value"].tolist()
    assert told == ["2"]


def test_an_answer_to_a_lent_port_is_folded_where_the_question_was_seen(make_case: MakeCase) -> None:
    asked = "dvarg01,,,dvarg02,,,sqlservr,1433\n"
    tables = read(make_case, asked + "dvarg02,,,dvarg01,,,,51000\ndvarg03,,,dvarg01,,,,51000\n")
    assert ends(tables) == {("dvarg01", "dvarg02"), ("dvarg03", "dvarg01")}
    assert counts(tables) == [3, 2, 1, 0]
    assert tables["findings"].query("code == 'connections_that_answer'")["value"].tolist() == ["1"]


@pytest.mark.parametrize(
    ("process", "port", "service"),
    [
        ("lsass", "49155", "directory"), ("", "389", "directory"), ("", "636", "directory"), ("", "53", "names"), ("", "123", "time"),
        ("veeamagent", "49999", "backup"), ("zabbix_agentd", "10050", "monitoring"), ("squid", "8080", "proxy"), ("java", "8080", None), ("", "1433", None),
    ],
)  # fmt: skip
def test_services_that_all_use_are_marked_and_kept(
    make_case: MakeCase, process: str, port: str, service: str | None
) -> None:
    tables = read(make_case, f"dvarg01,,,dvarg02,,,{process},{port}\n")
    assert len(tables["dataflows"]) == 1
    found = tables["dataflows"]["shared_service"].iloc[0]
    assert (None if pd.isna(found) else found) == service


def test_a_shared_service_is_a_link_that_ties_nothing_together(make_case: MakeCase) -> None:
    rows = "dvarg01,,,dvarg02,,,,389\ndvarg02,,,dvarg01,,,,636\ndvarg01,,,dvarg03,,,,443\ndvarg03,,,dvarg01,,,,443\n"
    files = {"seen.csv": HEADER + rows, "servrar.csv": SERVERS, "register.csv": REGISTER}
    case = read_case(make_case(files, "".join(f"  - {{file: {name}}}\n" for name in files)))
    portfolio = Portfolio().with_tables(ingest(case))
    links = enrich(portfolio, case, load_policy())["links"]
    assert sorted(links["shared_service"].fillna("-")) == ["-", "-", "directory", "directory"]
    systems = portfolio["systems"][["system_id"]]
    decided = (
        empty("decisions")
        .reindex(systems.index)
        .assign(system_id=systems["system_id"], disposition="rehost", state="settled")
    )
    tables = {**portfolio.tables, "links": links, "decisions": decided}
    groups = group(Portfolio(tables), case, load_policy())["groups"]
    members = groups.merge(portfolio["systems"], on="system_id").groupby("group_id")["name"].agg(sorted)
    assert sorted(members) == [["Björken"], ["Eken", "Granen"]]


def test_rows_that_lack_an_end_or_have_surplus_cells_are_rejected_each(make_case: MakeCase) -> None:
    tables = read(make_case, "dvarg01,,,,,,,443\ndvarg01,,,,,,,443\ndvarg01,,,dvarg02,,,,443,,,x\ndvarg01,,,dvarg02\n")
    assert counts(tables) == [4, 1, 1, 2]
    assert sorted(tables["rejects"]["code"]) == ["missing_target_system", "too_many_cells"]


def test_slots_and_counts_do_not_part_a_connection(make_case: MakeCase) -> None:
    header = "Time slot," + HEADER
    rows = "".join(f"7/{day}/2026 12:00-18:00,dvarg01,,,dvarg02,,,,443\n" for day in range(1, 29))
    files = {"seen.csv": header + rows, "register.csv": REGISTER}
    tables = ingest(read_case(make_case(files, "".join(f"  - {{file: {name}}}\n" for name in files))))
    assert counts(tables) == [28, 1, 27, 0]


@pytest.mark.slow
def test_a_million_rows(make_case: MakeCase) -> None:
    rows = "".join(
        f"srv{at % 300:03d},10.0.0.{at % 250},java,srv{at * 7 % 300:03d},10.0.1.{at % 250},,,{[53, 443, 1433][at % 3]}\n"
        for at in range(1_000_000)
    )
    start = time.process_time()
    tables = read(make_case, rows)
    assert counts(tables)[0] == 1_000_000
    assert time.process_time() - start < 60
