"""Several sources for one truth: what is merged, what is only proposed, who is believed, and what a person decides."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.case import read_case
from planner.csvfile import to_csv_bytes
from planner.enrich import enrich
from planner.errors import CaseError
from planner.ingest import ingest
from planner.ingest.records.alike import alike
from planner.policy import load_policy
from planner.portfolio import Portfolio

MakeCase = Callable[..., Path]
Tables = dict[str, pd.DataFrame]
VMS = "Server;DNS-namn;IP;vCPU;Minne (GB);OS\n"
LIST = "Server;System;IP-adress;vCPU;Miljö\n"


def read(make_case: MakeCase, files: dict[str, str], *, extra: str = "", name: str = "case") -> Tables:
    """Ingest files in the order in which they are given."""
    sources = "".join(f"  - {{file: {file}}}\n" for file in files)
    return ingest(read_case(make_case(files, sources, extra=extra, name=name)))


def test_one_machine_in_two_sources_is_one_record_with_the_facts_of_both(make_case: MakeCase) -> None:
    files = {
        "vm.csv": VMS + "app01;app01.prov.example;10.0.0.1;4;16;RHEL 7.9\napp02;;;2;8;\n",
        "lista.csv": LIST + "APP01;Eken;10.0.0.1;8;Produktion\n",
        "system.csv": "System-id;Systemnamn\nS1;Eken\n",
    }
    tables = read(make_case, files)
    servers = tables["servers"].set_index("name")
    assert sorted(servers.index) == ["app01", "app02"]
    assert servers.loc["app01", ["vcpu", "os", "environment"]].tolist() == [4, "RHEL 7.9", "production"]
    assert tables["matches"][["left_name", "right_name", "rule", "state"]].to_numpy().tolist() == [
        ["app01", "APP01", "host_and_address", "merged"]
    ]
    assert tables["assignments"].set_index("server_id").loc[servers.loc["app01", "server_id"], "system_id"] == "S1"
    cells = tables["provenance"].query("table == 'servers'").set_index(["row_id", "column"])
    place = ["file", "row", "cell_column"]
    assert cells.loc[(servers.loc["app01", "server_id"], "environment"), place].tolist() == ["lista.csv", 2, "E"]
    assert cells.loc[(servers.loc["app01", "server_id"], "vcpu"), place].tolist() == ["vm.csv", 2, "D"]


def test_a_conflict_names_both_cells(make_case: MakeCase) -> None:
    files = {"vm.csv": VMS + "app01;;;4;16;\n", "lista.csv": LIST + "app01;;;8;\n"}
    found = read(make_case, files)["findings"].query("code == 'conflicting_values'").iloc[0]
    assert found["value"] == "4 (vm.csv:2:D) / 8 (lista.csv:2:D)"
    assert found[["detail", "file", "row", "column"]].tolist() == ["vcpu", "lista.csv", 2, "D"]


def test_the_case_says_which_source_is_believed_for_a_column(make_case: MakeCase) -> None:
    files = {"lista.csv": LIST + "app01;;;8;Test\n", "vm.csv": VMS + "app01;;;4;16;\n"}
    believed = read(make_case, files, extra="precedence: {servers: {vcpu: [vm.csv]}}\n")
    assert believed["servers"].loc[0, ["vcpu", "environment"]].tolist() == [4, "test"]
    cell = believed["provenance"].query("column == 'vcpu'").iloc[0]
    assert (cell["file"], cell["cell_column"]) == ("vm.csv", "D")
    assert believed["findings"].query("code == 'conflicting_values'").iloc[0]["file"] == "lista.csv"
    assert read(make_case, files, name="other")["servers"].loc[0, "vcpu"] == 8


@pytest.mark.parametrize(
    ("precedence", "words"),
    [
        ("{servers: {vcpu: [wm.csv]}}", "Did you mean vm.csv"),
        ("{servers: {cpus: [vm.csv]}}", "column of servers"),
        ("{server: {vcpu: [vm.csv]}}", "Did you mean servers"),
    ],
)
def test_a_wrong_order_of_sources_is_refused_in_words(make_case: MakeCase, precedence: str, words: str) -> None:
    with pytest.raises(CaseError, match=words):
        read(make_case, {"vm.csv": VMS + "app01;;;4;16;\n"}, extra=f"precedence: {precedence}\n")


def test_sizes_that_differ_by_rounding_are_no_conflict(make_case: MakeCase) -> None:
    files = {"a.csv": "Server;Disk (GB)\napp01;100\n", "b.csv": "Server;Disk (GB)\napp01;100,4\n"}
    assert "conflicting_values" not in set(read(make_case, files)["findings"]["code"])
    more = {"a.csv": "Server;Disk (GB)\napp01;100\n", "b.csv": "Server;Disk (GB)\napp01;103\n"}
    assert "conflicting_values" in set(read(make_case, more, name="more")["findings"]["code"])


def test_two_machines_with_one_name_are_never_merged_silently(make_case: MakeCase) -> None:
    files = {
        "vm.csv": VMS + "app01;app01.nord.example;;4;16;\napp01;app01.syd.example;;2;8;\n",
        "lista.csv": LIST + "app01;Eken;;;\n",
    }
    tables = read(make_case, files)
    assert len(tables["servers"]) == 3
    assert tables["matches"]["state"].tolist() == ["proposed", "proposed"]
    assert tables["findings"].set_index("code").loc["matches_proposed", "value"] == "2"


def test_a_stronger_id_that_differs_forbids_what_a_name_suggests(make_case: MakeCase) -> None:
    files = {
        "vm.csv": VMS + "app01;app01.nord.example;;4;16;\n",
        "annan.csv": VMS + "app01;app01.syd.example;;2;8;\n",
    }
    tables = read(make_case, files)
    assert len(tables["servers"]) == 2
    assert tables["matches"].empty


SYSTEMS = {
    "register.csv": "Systemnamn;Organisation;Leverantör\nEken;Skola;\nBjörken;Vård;Skogen AB\nTallregistret;;\n",
    "annat.csv": "Systemnamn;Organisation;Aktiva användare\nEken;Skola;25\nbjörken;;40\nTallregistrett;;3\nBjörken;Bygg;9\n",
}


def test_a_name_alone_is_proposed_and_a_name_with_its_organisation_merges(make_case: MakeCase) -> None:
    tables = read(make_case, SYSTEMS)
    matches = tables["matches"].set_index("right_row")
    assert matches.loc[2, ["rule", "state"]].tolist() == ["name_and_organisation", "merged"]
    assert matches.loc[3, ["rule", "state"]].tolist() == ["name", "proposed"]
    assert matches.loc[4, ["rule", "state"]].tolist() == ["similar_system_name", "proposed"]
    assert 5 not in matches.index
    systems = tables["systems"]
    assert len(systems) == 6
    assert systems.loc[systems["name"] == "Eken", "users"].tolist() == [25]


def decided(tables: Tables, decision: dict[int, str]) -> str:
    """The list of matches, with decisions by row of the right file."""
    rows = list(csv.DictReader(io.StringIO(to_csv_bytes(tables["matches"]).decode())))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows({**row, "decision": decision.get(int(row["right_row"]), row["decision"])} for row in rows)
    return text.getvalue()


def test_what_a_person_decides_is_done_and_outlives_other_changes(make_case: MakeCase) -> None:
    answers = decided(read(make_case, SYSTEMS), {3: "samma", 4: "olika"})
    changed = {**SYSTEMS, "register.csv": SYSTEMS["register.csv"].replace("Skogen AB", "Lunden AB")}
    for number, files in enumerate((SYSTEMS, changed)):
        tables = read(make_case, {**files, "matches.csv": answers}, name=f"decided{number}")
        systems = tables["systems"]
        assert len(systems) == 5
        birch = systems[(systems["name"] == "Björken") & (systems["organisation"] == "Vård")].iloc[0]
        assert birch["users"] == 40
        states = tables["matches"].set_index("right_row")["state"]
        assert (states[3], states[4]) == ("confirmed", "refused")
        source = tables["sources"].set_index("file").loc["matches.csv"]
        assert source[["rows_in", "rows_used", "rows_merged", "rows_rejected"]].tolist() == [2, 2, 0, 0]


def test_a_rule_may_be_overruled(make_case: MakeCase) -> None:
    answers = decided(read(make_case, SYSTEMS), {2: "different"})
    tables = read(make_case, {**SYSTEMS, "matches.csv": answers}, name="overruled")
    assert (tables["systems"]["name"] == "Eken").sum() == 2
    assert tables["systems"]["system_id"].is_unique


def test_decisions_that_contradict_each_other_are_told(make_case: MakeCase) -> None:
    answers = decided(read(make_case, SYSTEMS), {3: "samma"})
    again = answers + "".join(
        line.replace("samma", "olika") for line in answers.splitlines(keepends=True) if "samma" in line
    )
    tables = read(make_case, {**SYSTEMS, "matches.csv": again}, name="contradicting")
    found = tables["findings"].query("code == 'decisions_contradict'")
    assert found["value"].tolist() == ["Björken / björken"]
    assert (tables["systems"]["name"].str.casefold() == "björken").sum() == 2


def test_what_a_person_told_apart_stays_apart_by_way_of_others(make_case: MakeCase) -> None:
    head = "Systemnamn;Organisation\n"
    files = {f"{name}.csv": f"{head}Eken;Skola\n" for name in "ab"}
    files["c.csv"] = f"{head}Eken;Skola\n"
    files["a.csv"] += "Granen;Skola\n"
    different = {**files, "b.csv": "Systemnamn;Organisation;Leverantör\nEken;Skola;Skogen AB\n"}
    one = read(make_case, different)
    assert len(one["systems"].query("name == 'Eken'")) == 1
    keys = one["matches"].assign(decision="different")
    tables = read(make_case, {**different, "matches.csv": to_csv_bytes(keys).decode()}, name="apart")
    assert len(tables["systems"].query("name == 'Eken'")) == 2
    assert not set(tables["matches"]["state"]) - {"refused"}


def test_a_decision_about_rows_that_are_gone_is_rejected(make_case: MakeCase) -> None:
    answers = decided(read(make_case, SYSTEMS), {3: "samma"})
    gone = {"register.csv": SYSTEMS["register.csv"], "annat.csv": "Systemnamn;Organisation\nEken;Skola\n"}
    tables = read(make_case, {**gone, "matches.csv": answers}, name="gone")
    assert tables["rejects"][["file", "row", "code"]].to_numpy().tolist() == [
        ["matches.csv", 2, "match_of_unknown_rows"]
    ]


def test_flows_servers_and_answers_find_a_merged_system_by_any_of_its_names_and_ids(make_case: MakeCase) -> None:
    files = {
        "a.csv": "System-id;Systemnamn;Organisation\nA1;Eken;Skola\nA2;Granen;Skola\n",
        "b.csv": "System-id;Systemnamn;Organisation\nB7;EKEN;skola\n",
        "servrar.csv": "Server;System\nsrv1;B7\n",
        "floden.csv": "source_system;target_system\nGranen;B7\nEKEN;Granen\n",
        "svar.csv": "System-id;Fält;Svar\nB7;Antal användare;12\n",
    }
    case = read_case(make_case(files, "".join(f"  - {{file: {file}}}\n" for file in files)))
    portfolio = Portfolio().with_tables(ingest(case))
    assert portfolio["systems"]["system_id"].tolist() == ["A1", "A2"]
    assert portfolio["assignments"]["system_id"].tolist() == ["A1"]
    assert portfolio["systems"].set_index("system_id").loc["A1", "users"] == 12
    links = enrich(portfolio, case, load_policy())["links"]
    assert set(zip(links["source_system_id"], links["target_system_id"], strict=True)) == {("A2", "A1"), ("A1", "A2")}
    assert portfolio["identifiers"][["row_id", "kind", "value"]].to_numpy().tolist() == [
        ["A1", "id", "B7"],
        ["A1", "name", "EKEN"],
    ]


def test_a_flow_between_addresses_is_one_between_their_systems(make_case: MakeCase) -> None:
    files = {
        "servrar.csv": "Server;System;IP-adress\nsrv1;S1;10.0.0.1\nsrv2;S2;10.0.0.2, 10.0.0.3\n",
        "system.csv": "System-id;Systemnamn\nS1;Eken\nS2;Granen\n",
        "floden.csv": "source_system;target_system\n10.0.0.1;10.0.0.3\n",
    }
    case = read_case(make_case(files, "".join(f"  - {{file: {file}}}\n" for file in files)))
    links = enrich(Portfolio().with_tables(ingest(case)), case, load_policy())["links"]
    assert links.loc[0, ["source_system_id", "target_system_id"]].tolist() == ["S1", "S2"]


def test_alike_names() -> None:
    names = ["caremanagement", "casemanagement", "fakturaportal1", "fakturaportal2", "lexnova"]
    found = alike(names, [0, 1, 0, 1, 1], 0.88, 10**6)
    assert [pair[:2] for pair in found.pairs] == [(0, 1)]
    assert alike(names, [0, 1, 0, 1, 1], 0.88, 1).skipped == 1


def test_pairs_that_are_too_many_are_counted(make_case: MakeCase) -> None:
    rows = "".join(f"localhost;;;{at};8;\n" for at in range(1, 9))
    tables = read(make_case, {"a.csv": VMS + rows, "b.csv": VMS + rows.replace(";8;", ";16;")})
    assert tables["matches"]["state"].tolist() == ["proposed"] * 20
    told = tables["findings"].query("code == 'pairs_not_compared'").set_index("detail")["value"]
    assert told["host"] == "44"


HOSTS = st.lists(
    st.tuples(
        st.sampled_from(["app01", "APP01", "app-01", "app02", "db01", "db01.prov.example"]),
        st.sampled_from(["", "app01.prov.example", "app01.annan.example", "db01.prov.example"]),
        st.sampled_from(["", "10.0.0.1", "10.0.0.2", "10.0.0.1, 10.0.0.2"]),
        st.sampled_from(["", "2", "4"]),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=HOSTS, other=HOSTS, third=HOSTS, seed=st.integers(0, 10**6))
def test_no_row_is_lost_and_the_order_of_rows_says_nothing(
    make_case: MakeCase,
    one: list[tuple[str, ...]],
    other: list[tuple[str, ...]],
    third: list[tuple[str, ...]],
    seed: int,
) -> None:
    def files(rows: Iterator[list[tuple[str, ...]]]) -> dict[str, str]:
        head = "Server;DNS-namn;IP;vCPU\n"
        return {f"{at}.csv": head + "".join(f"{';'.join(row)}\n" for row in part) for at, part in enumerate(rows)}

    given_rows = [one, other, third]
    tables = read(make_case, files(iter(given_rows)))
    counts = tables["sources"]
    assert (counts["rows_in"] == counts["rows_used"] + counts["rows_merged"] + counts["rows_rejected"]).all()
    assert len(tables["servers"]) == counts["rows_used"].sum()
    draw = random.Random(seed)
    turned = [draw.sample(rows, len(rows)) for rows in given_rows]
    again = read(make_case, files(iter(turned)))
    wanted = [column for column in tables["servers"] if column != "name"]
    assert to_csv_bytes(tables["servers"][wanted]) == to_csv_bytes(again["servers"][wanted])
    merged = tables["matches"].query("state == 'merged'")
    assert (merged["left_file"] != merged["right_file"]).all()
