"""The house: who may import whom, and what a command may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

# Lower rooms know nothing of higher ones; rooms of one floor meet in tables and never import each other.
FLOORS = [
    {"errors", "collector"},
    {"yamlfile", "language"},
    {"schema", "texts", "codes"},
    {"flags", "look", "csvfile"},
    {"facts"},
    {"policy"},
    {"portfolio", "case"},
    {"identity"},
    {"ingest", "calendar", "catalogue", "lineage", "rules", "shared_services", "review", "effort"},
    {
        "business_case",
        "counters",
        "progress",
        "enrich",
        "lenses",
        "classify",
        "prioritise",
        "size",
        "estimate",
        "questions",
        "groups",
        "schedule",
        "simulate",
        "outlook",
        "cite",
        "overlaps",
        "freshness",
    },
    {"plan", "verify", "case_file", "preview", "origins"},
    {"store", "mapping", "new_case", "scenarios"},
    {"diff", "baseline", "reuse"},
    {"view", "fleet"},
    {"render", "explain"},
    {"check", "export"},
    {"pipeline", "cli_init", "cli_ask", "cli_catalogue", "cli_loop", "cli_flows"},
    {"cli_map", "cli_compare", "cli_export", "fleet_run"},
    {"cli_fleet"},
    {"cli"},
]
STEPS = next(floor for floor in FLOORS if "classify" in floor)
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}


@lru_cache
def _rooms() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted((REPOSITORY / "planner").rglob("*.py")):
        parts = path.relative_to(REPOSITORY / "planner").with_suffix("").parts
        if parts == ("__init__",):
            continue
        found.setdefault(parts[0], set()).update(_imports(path))
    return found


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return names


def test_every_room_has_a_floor() -> None:
    assert set(_rooms()) == set(FLOOR_OF)


@pytest.mark.parametrize("room", sorted(FLOOR_OF))
def test_rooms_import_only_downwards(room: str) -> None:
    known = {name.split(".")[1] for name in _rooms()[room] if name.startswith("planner.")} - {room}
    upwards = {other for other in known if FLOOR_OF[other] >= FLOOR_OF[room]}
    assert not upwards


def test_steps_never_import_each_other() -> None:
    for step in STEPS:
        used = {name.split(".")[1] for name in _rooms()[step] if name.startswith("planner.")}
        assert not used & (STEPS - {step}), step


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("prefect", set()),
        ("ortools", {"schedule"}),
        ("numba", {"schedule"}),
        ("boto3", {"catalogue", "store"}),
        ("botocore", {"catalogue", "store"}),
        ("jinja2", {"render"}),
    ],
)
def test_who_may_use_which_library(library: str, rooms: set[str]) -> None:
    users = {room for room, names in _rooms().items() if any(name.split(".")[0] == library for name in names)}
    assert users <= rooms


def test_the_checker_shares_no_code_with_what_it_checks() -> None:
    used = {name for name in _rooms()["verify"] if name.startswith("planner.") and name.split(".")[1] != "verify"}
    assert used == {
        "planner.case",
        "planner.policy",
        "planner.policy.schedule",
        "planner.portfolio",
        "planner.schema",
    }


@pytest.mark.parametrize("module", ["planner.cli", "planner.pipeline"])
def test_slow_libraries_are_not_loaded(module: str) -> None:
    banned = ["prefect", "boto3", "botocore", "ortools", "numba"] + (
        ["pandas", "jinja2", "networkx"] if module == "planner.cli" else []
    )
    code = f"import sys, {module}; sys.exit(' '.join(name for name in {banned!r} if name in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
