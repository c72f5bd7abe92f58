"""Exports: who may have which format, the models of architecture and catalogue, and what is documented of all."""

from __future__ import annotations

import re
from datetime import date

import pytest
from lxml import etree

from planner.case import read_case
from planner.cli_export import Format
from planner.errors import PlannerError
from planner.export import EXPORTERS, Asked, audience_of
from planner.export.archimate import identifier
from planner.export.limits import targets
from planner.ingest import ingest
from planner.plan import Plan
from planner.view import build_view
from planner.view.load import load_view
from tests.conftest import REPOSITORY, planned_example, slow_but
from tests.exports import (
    QUICK,
    SCHEMAS,
    MakeCase,
    made,
)


@pytest.fixture(scope="module")
def example() -> Plan:
    return planned_example()


def test_the_command_knows_every_format() -> None:
    assert [item.value for item in Format] == list(EXPORTERS)


@pytest.mark.parametrize("name", slow_but(QUICK.__contains__, EXPORTERS))
def test_the_same_plan_gives_the_same_bytes(example: Plan, name: str) -> None:
    assert made(example, name).files == made(example, name).files


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
