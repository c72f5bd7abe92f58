"""The plan folder: the same bytes twice, all or nothing, whatever happens on the way."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from planner import pipeline, store
from tests.conftest import EXAMPLE, REPOSITORY, run_environment, write_case


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A case of two systems."""
    register = "Id;Namn;IT Bedömning;Verksamhet Bedömning\nS1;Eken;Avveckling;Avveckling\nS2;Tallen;;\n"
    return write_case(tmp_path / "case", {"system.csv": register}, "  - {file: system.csv, reader: systems}\n")


def fingerprint(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run_plan(out: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start `fardplan plan` of the example in a process of its own."""
    command = [sys.executable, "-m", "planner.cli", "plan", str(EXAMPLE), "--out", str(out)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=run_environment(**environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


@pytest.mark.slow
def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    runs = [
        run_plan(folder, PYTHONHASHSEED=str(seed), TZ=zone, LC_ALL="C")
        for seed, (folder, zone) in enumerate(zip(folders, ("UTC", "Asia/Tokyo"), strict=True), start=1)
    ]
    assert [run.wait() for run in runs] == [0, 0], [run.stderr.read() for run in runs if run.stderr]
    one, two = map(fingerprint, folders)
    assert one == two
    assert {"manifest.json", "plan.json", "roadmap.html", "roadmap.md", "systems.csv", "tables/evidence.csv"} <= set(
        one
    )


@pytest.mark.slow
def test_killed_at_any_moment_there_is_a_whole_plan_or_none(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    assert run_plan(out).wait() == 0
    whole = fingerprint(out)
    started = time.monotonic()
    assert run_plan(out).wait() == 0
    took = time.monotonic() - started
    for step in range(12):
        run = run_plan(out)
        time.sleep(took * (0.45 + 0.05 * step))
        run.send_signal(signal.SIGKILL)
        run.wait()
        if out.exists():
            assert fingerprint(out) == whole
        else:
            assert list(tmp_path.glob(".plan.old-*")), "neither a plan nor the one before it"
    assert run_plan(out).wait() == 0
    assert fingerprint(out) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["plan"], "left-overs of killed runs were not swept"


@pytest.mark.slow
def test_a_failed_write_leaves_the_earlier_plan(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = pipeline.plan(small, tmp_path / "plan").folder
    before = fingerprint(out)

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "to_csv_bytes", full)
    with pytest.raises(Exception, match="No space left"):
        pipeline.plan(small, out)
    assert fingerprint(out) == before


@pytest.mark.slow
def test_a_plan_on_its_way_out_is_put_back(small: Path, tmp_path: Path) -> None:
    out = pipeline.plan(small, tmp_path / "plan").folder
    before = fingerprint(out)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    out.rename(tmp_path / f".plan.old-{dead.pid}")
    (tmp_path / f".plan.new-{dead.pid}").mkdir()
    store._sweep(out)
    assert fingerprint(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "plan"]
    assert os.path.isdir(out)


def test_a_public_plan_has_no_tables(small: Path, tmp_path: Path) -> None:
    out = pipeline.plan(small, tmp_path / "plan", audience="offentlig").folder
    assert not (out / "tables").exists()
