"""What runs when: deployments, triggers and service units fit each other and the flows."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from planner.cli import app
from tests.conftest import REPOSITORY, run_environment

UNITS = sorted((REPOSITORY / "docs" / "systemd").glob("*.service"))
PREFECT = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYED = {item["name"]: item for item in PREFECT["deployments"]}


def _parameters_of(entrypoint: str) -> set[str]:
    """Names of a flow's parameters, without importing Prefect."""
    file, name = entrypoint.split(":")
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return {argument.arg for argument in found.args.args}


@pytest.mark.parametrize("name", sorted(DEPLOYED))
def test_a_deployment_names_a_flow_and_parameters_that_it_has(name: str) -> None:
    item = DEPLOYED[name]
    known = _parameters_of(item["entrypoint"])
    given = set(item["parameters"]) | {key for trigger in item.get("triggers", []) for key in trigger["parameters"]}
    assert given <= known
    assert item["work_pool"]["name"] == "fardplan"
    assert {schedule["timezone"] for schedule in item["schedules"]} == {"Europe/Stockholm"}


def test_plan_watch_fleet_and_catalogue_are_deployed_and_changes_are_debounced() -> None:
    assert set(DEPLOYED) == {"plan", "watch", "fleet", "catalogue"}
    (trigger,) = DEPLOYED["plan"]["triggers"]
    assert (trigger["for_each"], trigger["within"], trigger["schedule_after"]) == (["prefect.resource.id"], 10, "PT10S")
    # What needs credentials waits until it is switched on.
    assert not DEPLOYED["catalogue"]["schedules"][0]["active"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_the_units(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    # It asks whether the programs are there, and they are where this test runs.
    text = unit.read_text(encoding="utf-8")
    for program in ("python", "fardplan"):
        text = text.replace(f"/opt/fardplan/.venv/bin/{program} ", f"{Path(sys.executable).parent / program} ")
    place = tmp_path / unit.name
    place.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(place)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("given", "module", "passed"),
    [
        (["serve", "cases"], "flows.serve", ["cases"]),
        (["serve", "cases", "--store", "kept"], "flows.serve", ["cases", "--store", "kept"]),
        (["serve", "cases", "--port", "4300"], "flows.serve", ["cases", "--port", "4300"]),
        (["deploy"], "flows.deploy", []),
        (["notify", "a", "git+b"], "flows.notify", ["a", "git+b"]),
    ],
)
def test_commands_become_the_flows(
    given: list[str], module: str, passed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import planner.cli_flows

    class Became(BaseException):
        """The command is another program now."""

    became: list[list[str]] = []

    def becomes(program: str, command: list[str]) -> None:
        became.append(command)
        raise Became

    # Signals and the exit code are then that program's own.
    monkeypatch.setattr(planner.cli_flows.os, "execv", becomes)
    with pytest.raises(Became):
        CliRunner().invoke(app, given, catch_exceptions=False)
    assert became == [[sys.executable, "-m", module, *passed]]
    assert (REPOSITORY / module.replace(".", "/")).with_suffix(".py").is_file()


def test_serve_refuses_a_folder_that_is_not_there_before_prefect_is_loaded(tmp_path: Path) -> None:
    code = "import sys; from flows.serve import main; code = main(sys.argv[1:]); sys.exit(code + 10 * ('prefect' in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "gone")],
        cwd=REPOSITORY, env=run_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "there is no such folder" in done.stderr


@pytest.mark.slow
def test_the_planner_and_its_commands_never_import_the_flows() -> None:
    for path in sorted((REPOSITORY / "planner").rglob("*.py")):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else
                         [alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        }  # fmt: skip
        assert not {name for name in names if name.split(".")[0] in ("flows", "prefect")}, path


def test_flows_take_paths_and_names_and_never_tables() -> None:
    allowed = {"str", "str | None", "int", "bool", "float", "date | None", "list[str]", "list[str] | None"}
    for path in sorted((REPOSITORY / "flows").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            marks = [ast.unparse(mark) for mark in node.decorator_list] if isinstance(node, ast.FunctionDef) else []
            if any(mark.startswith(("flow(", "task(")) for mark in marks):
                assert isinstance(node, ast.FunctionDef)
                kinds = {ast.unparse(argument.annotation) for argument in node.args.args if argument.annotation}
                assert kinds <= allowed | {"date"}, (path.name, node.name, kinds)
                assert all("persist_result=False" in mark for mark in marks), (path.name, node.name)
