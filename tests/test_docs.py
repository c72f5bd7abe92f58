"""Documents that are made from the code say what the code does; README's commands exist."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from planner.case_file import case_schema
from planner.policy import PARTS, POLICIES
from planner.policy.json_schema import json_schema
from planner.schema import table_names, to_markdown
from tests import finding_codes
from tests.conftest import REPOSITORY

HEAD = """# Tables

Made from `planner/tables/*.csv` by `pytest tests/test_docs.py --update-golden`; do not edit. Every table of a plan folder is one of
these: UTF-8, comma, CRLF, ISO dates, `true`/`false`, and a blank for what is unknown.

"""


def test_the_page_of_tables_is_in_sync(golden: Callable[[Path, bytes], None]) -> None:
    page = HEAD + "\n".join(to_markdown(name) for name in table_names())
    golden(REPOSITORY / "docs" / "tables.md", page.encode("utf-8"))


def test_the_page_of_findings_is_in_sync(golden: Callable[[Path, bytes], None]) -> None:
    golden(REPOSITORY / "docs" / "findings.md", finding_codes.page().encode("utf-8"))


def test_every_finding_that_is_raised_is_documented_and_every_one_documented_is_raised() -> None:
    documented = {code for codes in finding_codes.sections().values() for code in codes}
    assert set(finding_codes.raised()) <= documented
    assert documented <= set(finding_codes.mentioned())
    assert set(finding_codes.sections()) <= set(finding_codes.WHEN)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_the_schema_of_a_policy_file_is_in_sync_and_fits_it(part: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(REPOSITORY / "docs" / "schemas" / f"{part}.schema.json", json_schema(part))
    text = (POLICIES / "standard" / f"{part}.yaml").read_text(encoding="utf-8")
    # To an editor a date is a text.
    shipped = json.loads(json.dumps(yaml.safe_load(text), default=str))
    schema = json.loads(json_schema(part))
    jsonschema.validate(shipped, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**shipped, "no_such_key": 1}, schema)


def test_the_schema_of_a_case_is_in_sync_and_fits_the_example(golden: Callable[[Path, bytes], None]) -> None:
    golden(REPOSITORY / "docs" / "schemas" / "case.schema.json", case_schema())
    text = (REPOSITORY / "inventories" / "exempelkommun" / "case.yaml").read_text(encoding="utf-8")
    example = json.loads(json.dumps(yaml.safe_load(text), default=str))
    jsonschema.validate(example, json.loads(case_schema()))
    example["scenarios"]["spara"]["sources"] = []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(example, json.loads(case_schema()))


def test_readme_names_only_commands_and_places_that_exist() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)", readme):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for place in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (REPOSITORY / place).exists(), place


def test_no_registry_host_and_no_path_of_one_machine_is_named() -> None:
    hosts = re.compile(r"(pypi|pythonhosted|registry\.npmjs|deb\.debian)\.org")
    for path in [*sorted(REPOSITORY.glob("requirements/*")), REPOSITORY / "Makefile", REPOSITORY / "pyproject.toml"]:
        assert not hosts.search(path.read_text(encoding="utf-8")), path.name
