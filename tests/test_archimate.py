"""ArchiMate exchange files: what becomes a system, a server and a dependency, and what is refused.

The fixture is made up, and valid by the published schema.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from planner.case import read_case
from planner.errors import InventoryError
from planner.ingest import ingest
from tests.conftest import SHARED

MODEL = Path(__file__).parent / "dialects" / "archimate.xml"
SCHEMAS = SHARED / "data" / "archimate"
MakeCase = Callable[..., Path]
HEAD = (
    '<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'identifier="m"><name>M</name>'
)


def read(make_case: MakeCase, data: bytes | str, file: str = "modell.xml") -> dict[str, pd.DataFrame]:
    """Ingest one file without naming what it is."""
    return ingest(read_case(make_case({file: data}, f"  - {{file: {file}}}\n")))


def model(elements: str, relations: str = "", breaks: str = "\n") -> str:
    """A model of elements `id type` and relations `id type source target`."""
    parts = [line.split() for line in elements.split(",")]
    made = breaks.join(
        f'<element identifier="{one}" xsi:type="{kind}"><name>{one}</name></element>' for one, kind in parts
    )
    ends = [line.split() for line in relations.split(",") if line]
    related = breaks.join(
        f'<relationship identifier="{one}" xsi:type="{kind}" source="{source}" target="{target}" {" ".join(more)}/>'
        for one, kind, source, target, *more in ends
    )
    tail = f"<relationships>{breaks}{related}</relationships>" if related else ""
    return f"{HEAD}{breaks}<elements>{breaks}{made}</elements>{tail}</model>"


def needs(tables: dict[str, pd.DataFrame]) -> set[tuple[str, str]]:
    """Who depends on whom."""
    return set(zip(tables["dataflows"]["source_system"], tables["dataflows"]["target_system"], strict=True))


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas are not on this machine")
def test_the_fixture_is_valid_by_the_published_schema() -> None:
    class Local(etree.Resolver):
        def resolve(self, url: str, public_id: str, context: object) -> object:
            name = "xml.xsd" if url.endswith("/xml.xsd") else None
            return self.resolve_filename(str(SCHEMAS / name), context) if name else None

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local())
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "archimate3_Diagram.xsd", parser))
    schema.assertValid(etree.parse(MODEL))


def test_components_are_systems_and_their_properties_columns(make_case: MakeCase) -> None:
    tables = read(make_case, MODEL.read_bytes())
    systems = tables["systems"].set_index("system_id")
    assert systems["name"].drop(systems.index[systems.index.str.startswith("prov-")]).to_dict() == {
        "id-eken": "Eken", "id-bjork": "Birch", "id-gran": "Granen", "id-alm": "Almen",
    }  # fmt: skip
    assert systems.loc["id-eken", ["vendor", "criticality"]].tolist() == ["Trädbolaget", 4]
    assert tables["attributes"][["row_id", "header", "value"]].to_numpy().tolist() == [["id-eken", "Skuggvärde", "7"]]
    for table in tables.values():
        assert "Kim Exempel" not in table.astype("string").to_csv(), "documentation is free text"


def test_nodes_are_servers_and_software_only_where_no_node_runs_it(make_case: MakeCase) -> None:
    tables = read(make_case, MODEL.read_bytes())
    servers = tables["servers"].set_index("name")
    assert set(servers.index) == {"dvarg01", "dvarg02", "Löst program"}
    assert servers.loc["dvarg01", ["vcpu", "memory_gib"]].tolist() == [4, 16]
    assigned = tables["assignments"].merge(tables["servers"], on="server_id").set_index("name")
    assert assigned["system_id"].drop("Löst program").to_dict() == {"dvarg01": "id-eken", "dvarg02": "id-bjork"}


def test_relations_have_the_right_direction_through_services_data_and_artifacts(make_case: MakeCase) -> None:
    tables = read(make_case, MODEL.read_bytes())
    assert needs(tables) == {
        ("id-eken", "id-bjork"),  # is served by the service that it realises
        ("id-gran", "id-eken"),  # receives the flow
        ("id-gran", "id-alm"),  # reads what the other writes
        ("id-eken", "dvarg01"),  # is realised by the artifact on the node
        ("id-bjork", "dvarg02"),  # is served by the software on the device
    }
    assert set(tables["dataflows"]["purpose"]) == {"Hämtar ärenden", "Flow", "Ärende", "Realization", "Serving"}


def test_what_a_plan_has_no_place_for_is_told_once(make_case: MakeCase) -> None:
    found = read(make_case, MODEL.read_bytes())["findings"].query("code == 'model_parts_not_read'")
    assert found["value"].tolist() == ["Goal 1, Access 1, Association 1"]


def test_a_value_knows_its_line(make_case: MakeCase) -> None:
    lines = MODEL.read_text(encoding="utf-8").splitlines()
    cells = read(make_case, MODEL.read_bytes())["provenance"]
    name = cells.query("row_id == 'id-gran' and column == 'name'").iloc[0]
    assert "Granen" in lines[name["row"] - 1] and name["sheet"] == "applications"
    flow = cells.query("table == 'dataflows' and raw == 'Hämtar ärenden'").iloc[0]
    assert "Hämtar ärenden" in lines[flow["row"] - 1]


def test_without_line_breaks_rows_are_counted(make_case: MakeCase) -> None:
    tables = read(make_case, model("a ApplicationComponent,b ApplicationComponent", "r Flow a b", breaks=""))
    names = tables["provenance"].query("column == 'name'").set_index("row_id")["row"]
    assert names.to_dict() == {"a": 2, "b": 3} and needs(tables) == {("b", "a")}


def test_lines_beyond_65535(make_case: MakeCase) -> None:
    text = model("a ApplicationComponent").replace("<elements>", "\n" * 70_000 + "<elements>")
    assert read(make_case, text)["provenance"]["row"].min() > 70_000


@pytest.mark.parametrize(
    ("relation", "wanted"),
    [
        ("r Serving a b", {("b", "a")}),
        ("r Serving n a", {("a", "n")}),
        ("r Assignment n a", {("a", "n")}),
        ("r Realization n a", {("a", "n")}),
        ("r Composition a f,q Flow f b", {("b", "a")}),
        ("r Assignment a f,q Serving b f", {("a", "b")}),
        ("r Access a d accessType='Read',q Access b d accessType='Write'", {("a", "b")}),
        ("r Access a d accessType='ReadWrite',q Access b d accessType='ReadWrite'", {("a", "b"), ("b", "a")}),
        ("r Access a d,q Access b d accessType='Write'", set()),
        ("r Association a b", set()),
        ("r Triggering a b", set()),
        ("r Composition a b", set()),
        ("r Composition a f,q Composition f g,p Composition g f,s Flow g b", {("b", "a")}),
        ("r Serving a gone", set()),
    ],
)
def test_each_relation(make_case: MakeCase, relation: str, wanted: set[tuple[str, str]]) -> None:
    elements = (
        "a ApplicationComponent,b ApplicationComponent,n Node,f ApplicationFunction,g ApplicationFunction,d DataObject"
    )
    assert needs(read(make_case, model(elements, relation))) == wanted


BOMB = "<!DOCTYPE m [<!ENTITY a '" + "x" * 100 + "'>" + "".join(
    f"<!ENTITY {one} '{('&' + two + ';') * 10}'>" for one, two in zip("bcdefghij", "abcdefghi", strict=True)
) + "]>" + HEAD + "<elements><element identifier='&j;'/></elements></model>"  # fmt: skip
OUTSIDE = f"<!DOCTYPE m [<!ENTITY out SYSTEM 'file:///etc/hostname'>]>{HEAD}<elements>&out;</elements></model>"
REMOTE = f"<!DOCTYPE m SYSTEM 'http://exempel.test/m.dtd'>{HEAD}</model>"


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, REMOTE], ids=["bomb", "outside", "remote"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_it_is_read(make_case: MakeCase, text: str, encoding: str) -> None:
    start = time.monotonic()
    with pytest.raises(InventoryError, match=r"modell.xml:\d.*document type"):
        read(make_case, text.encode(encoding))
    assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<model", "not valid XML"),
        (HEAD + "<elements>", "not valid XML"),
        (HEAD + "<elements>" + "<a>" * 5_000, "not valid XML"),
        (HEAD + "</model>", "no application component"),
        (model("a ApplicationComponent,a Node"), "one identifier"),
        ("<annat/>", r"no sheet is recognised.*annat"),
    ],
)
def test_what_is_no_model_is_refused_in_words(make_case: MakeCase, text: str, words: str) -> None:
    with pytest.raises(InventoryError, match=words):
        read(make_case, text)


@pytest.mark.slow
def test_ten_thousand_elements_are_quick(make_case: MakeCase) -> None:
    elements = ",".join(f"a{at} ApplicationComponent" for at in range(10_000))
    relations = ",".join(f"r{at} Flow a{at} a{at + 1}" for at in range(9_999))
    start = time.monotonic()
    assert len(read(make_case, model(elements, relations))["dataflows"]) == 9_999
    assert time.monotonic() - start < 20
