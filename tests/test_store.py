"""The plan folder: the same bytes twice, all or nothing, whatever happens on the way."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planner import pipeline
from planner.case import read_case
from planner.csvfile import to_csv_bytes
from planner.errors import PlannerError
from planner.pipeline import compute
from planner.plan import Lineage
from planner.store import folder, open_history, open_saved, plan_files
from planner.store.locked import locked
from tests.conftest import EXAMPLE, REPOSITORY, planned_example, run_environment, write_case

REGISTER = "Id;Namn;IT Bedömning;Verksamhet Bedömning\nS1;Eken;Avveckling;Avveckling\nS2;Tallen;;\n"
SOURCES = "  - {file: system.csv, reader: systems}\n"
OTHER = Lineage("another")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A case of two systems."""
    return write_case(tmp_path / "case", {"system.csv": REGISTER}, SOURCES)


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

    monkeypatch.setattr(folder, "to_csv_bytes", full)
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
    folder.sweep(out)
    assert fingerprint(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "plan"]
    assert os.path.isdir(out)


@pytest.mark.slow
def test_a_public_plan_has_no_tables(small: Path, tmp_path: Path) -> None:
    out = pipeline.plan(small, tmp_path / "plan", audience="offentlig").folder
    assert not (out / "tables").exists()


def planned_twice(case: Path) -> tuple[Path, Path]:
    """Two plans of a case, with a mended cell between them: the folder of its history, and its plan."""
    pipeline.plan(case)
    register = case / "system.csv"
    register.write_text(register.read_text(encoding="utf-8").replace("Tallen;;", "Tallen;Avveckling;"), "utf-8")
    return case / "plans", pipeline.plan(case).folder


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with two plans, which are made once and without documents."""
    case = write_case(tmp_path_factory.mktemp("history") / "case", {"system.csv": REGISTER}, SOURCES)
    with pytest.MonkeyPatch.context() as patched:
        for documents in ("render", "papers"):
            patched.setattr(pipeline, documents, lambda view: {})
        planned_twice(case)
    return case


def test_a_history_keeps_plans_and_tells_when_one_was_changed(small: Path) -> None:
    made, history = planned_example(), open_history(read_case(small))
    first = history.following(made)
    history.keep(first, plan_files(first))
    kept = open_history(read_case(small)).current
    assert kept is not None and (kept.plan_id, kept.parent) == (first.plan_id, None)
    assert history.following(made).plan_id == first.plan_id, "the same inputs are the same plan"
    table = small / "plans" / kept.plan_id / "tables" / "systems.csv"
    assert table.read_bytes() == to_csv_bytes(made.portfolio["systems"])
    assert not table.stat().st_mode & 0o222
    table.chmod(0o644)
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(PlannerError, match="not as it was saved"):
        kept.table("systems")


@pytest.fixture
def two_plans(history: Path, tmp_path: Path) -> Path:
    """A case with two plans, to do with as one likes."""
    return Path(shutil.copytree(history, tmp_path / "case"))


@pytest.mark.slow
def test_every_plan_stays_and_names_the_one_before_it(two_plans: Path) -> None:
    small, plans, folder = two_plans, two_plans / "plans", two_plans / "plan"
    first, second = (entry.plan for entry in reversed(open_history(read_case(small)).entries()))
    assert (second.parent, first.parent) == (first.plan_id, None)
    assert (plans / "current").read_text(encoding="utf-8").strip() == second.plan_id
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["plan_id"] == second.plan_id
    assert sorted(open_history(read_case(small)).shelf.plans()) == sorted([first.plan_id, second.plan_id])
    assert first.inputs["case"]["organisation"] == "Provby kommun"


@pytest.mark.slow
def test_the_same_inputs_are_the_same_plan_however_often(small: Path) -> None:
    plans, folder = planned_twice(small)
    before, kept = fingerprint(folder), fingerprint(plans)
    pipeline.plan(small)
    assert (fingerprint(folder), fingerprint(plans)) == (before, kept)


@pytest.mark.slow
def test_a_plan_of_the_history_cannot_be_changed_unseen(two_plans: Path) -> None:
    plan = open_history(read_case(two_plans)).current
    assert plan is not None
    table = two_plans / "plans" / plan.plan_id / "tables" / "systems.csv"
    assert not table.stat().st_mode & 0o222
    table.chmod(0o644)
    table.write_bytes(table.read_bytes().replace(b"Eken", b"Anka"))
    with pytest.raises(PlannerError, match="not as it was saved"):
        plan.table("systems")


@pytest.mark.slow
def test_of_two_planners_the_slower_one_is_told_and_overwrites_nothing(small: Path) -> None:
    slow = open_history(read_case(small))
    assert slow.current is None
    made = compute(read_case(small))
    plans, _ = planned_twice(small)
    before = fingerprint(plans)
    with pytest.raises(PlannerError, match=r"meanwhile.*Plan again"):
        slow.keep(slow.following(made).after(OTHER), {"manifest.json": b"{}"})
    assert {
        name: sha for name, sha in fingerprint(plans).items() if not name.startswith(made.after(OTHER).plan_id)
    } == (before)


def test_a_planner_waits_for_another_and_then_says_so(tmp_path: Path) -> None:
    told = pytest.raises(PlannerError, match="another planner is writing here")
    with locked(tmp_path), told, locked(tmp_path, wait_seconds=0.2):
        pass
    with locked(tmp_path, wait_seconds=0.2):
        pass


@pytest.mark.slow
def test_two_planners_at_once_leave_one_whole_history(small: Path) -> None:
    command = [sys.executable, "-m", "planner.cli", "plan", str(small)]
    runs = [
        subprocess.Popen(command, cwd=REPOSITORY, env=run_environment(), stdout=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [run.wait() for run in runs] == [0, 0]
    assert len(open_history(read_case(small)).entries()) == 1
    assert sorted(path.name for path in small.iterdir()) == ["case.yaml", "plan", "plans", "system.csv"]


def test_the_same_plan_made_current_by_another_run_meanwhile_is_no_conflict(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pipeline.compute(read_case(small))
    slower, faster = open_history(read_case(small)), open_history(read_case(small))
    files, move = plan_files(made), type(slower.shelf).move

    def overtaken(shelf: Any, name: str, before: str | None, after: str) -> None:
        monkeypatch.setattr(type(slower.shelf), "move", move)
        faster.keep(made, files)
        move(shelf, name, before, after)

    monkeypatch.setattr(type(slower.shelf), "move", overtaken)
    slower.keep(made, files)
    assert slower.shelf.pointer("current") == made.plan_id


@pytest.mark.slow
def test_killed_while_the_history_grows_the_next_run_mends_it(small: Path) -> None:
    pipeline.plan(small)
    register = small / "system.csv"
    register.write_text(register.read_text(encoding="utf-8").replace("Eken", "Eken Ny"), encoding="utf-8")
    command = [sys.executable, "-m", "planner.cli", "plan", str(small)]
    for step in range(6):
        run = subprocess.Popen(command, cwd=REPOSITORY, env=run_environment(), stdout=subprocess.DEVNULL)
        time.sleep(1.0 + 0.25 * step)
        run.send_signal(signal.SIGKILL)
        run.wait()
        for entry in open_history(read_case(small)).entries():
            assert entry.plan.table("systems") and entry.plan.table("decisions")
    pipeline.plan(small)
    entries = open_history(read_case(small)).entries()
    assert [entry.is_current for entry in entries] == [True, False]
    assert not [path for path in (small / "plans").iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_the_rule_of_the_last_plans_spares_what_is_current_or_decided(small: Path) -> None:
    planned_twice(small)
    register = small / "system.csv"
    register.write_text(register.read_text(encoding="utf-8").replace("Tallen", "Granen"), encoding="utf-8")
    pipeline.plan(small)
    history = open_history(read_case(small))
    third, second, first = [entry.plan.plan_id for entry in history.entries()]
    assert history.removable(1) == [second, first]
    history.decide(first, {"plan": first, "by": "Nämnd", "date": "2026-12-01"})
    assert (history.decided, history.removable(1)) == (first, [second])
    history.shelf.remove(second)
    assert sorted(history.shelf.plans()) == sorted([third, first])
    assert history.plan("decided").plan_id == first
    with pytest.raises(PlannerError, match="no such plan"):
        history.plan(second)


@pytest.mark.slow
def test_a_plan_put_elsewhere_makes_no_history(small: Path, tmp_path: Path) -> None:
    pipeline.plan(small, tmp_path / "trial")
    assert not (small / "plans").exists()


@pytest.mark.parametrize(
    ("written", "words"),
    [("fardplan-plan/1", None), ("fardplan-plan/99", "update"), ("fardplan-plan/0", "Plan anew"), (7, "Plan anew")],
)
def test_formats_are_read_or_refused_with_a_word(tmp_path: Path, written: object, words: str | None) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"format": written, "plan_id": "x"}), encoding="utf-8")
    if words is None:
        assert (open_saved(tmp_path).parent, open_saved(tmp_path).inputs) == (None, {})
    else:
        with pytest.raises(PlannerError, match=words):
            open_saved(tmp_path)


@pytest.mark.parametrize("command", [["plan"], ["history"], ["diff", "--case"], ["review"]])
@pytest.mark.parametrize("pointer", ["current", "decided"])
@pytest.mark.slow
def test_a_pointer_to_a_plan_that_somebody_removed_is_told_with_a_remedy(
    two_plans: Path, pointer: str, command: list[str], run: Callable[..., tuple[int, str, str]]
) -> None:
    history = open_history(read_case(two_plans))
    first, second = (entry.plan.plan_id for entry in reversed(history.entries()))
    history.decide(first, {"by": "Nämnden", "date": "2026-11-24"})
    gone = second if pointer == "current" else first
    shutil.rmtree(two_plans / "plans" / gone)
    (two_plans / "review.yaml").write_text("format: fardplan-review/1\n", encoding="utf-8")
    given = {
        "plan": ["plan", two_plans],
        "history": ["history", two_plans],
        "diff": ["diff", pointer, pointer, "--case", two_plans],
        "review": ["review", "apply", two_plans, two_plans / "review.yaml"],
    }[command[0]]
    code, said, told = run(*given)
    if command == ["review"] and pointer == "decided":
        # What is decided later needs no earlier decision.
        assert code == 0
        return
    assert code == (0 if command == ["history"] else 2), said
    assert f"the {pointer} plan is not in the history any more" in told and gone in told
    (two_plans / "plans" / pointer).unlink()
    assert run("plan", two_plans)[0] in (0, 1)


@pytest.mark.slow
def test_damaged_records_are_told(history: Path, tmp_path: Path) -> None:
    case = tmp_path / "case"
    shutil.copytree(history, case)
    kept = open_history(read_case(case))
    plan_id = kept.entries()[0].plan.plan_id
    kept.decide(plan_id, {"by": "Nämnden", "date": "2026-11-24"})
    for path in (case / "plans/decisions" / plan_id / "manifest.json", case / "plans" / plan_id / "inputs.json"):
        path.chmod(0o644)
        path.write_bytes(b"\x00{half")
    with pytest.raises(PlannerError, match="damaged"):
        kept.decision(plan_id)
    with pytest.raises(PlannerError, match="damaged"):
        _ = kept.plan(plan_id).inputs
    (case / "plans" / "current").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PlannerError, match="not in the history any more"):
        _ = open_history(read_case(case)).current


@pytest.mark.slow
def test_a_full_disk_is_told_in_words_wherever_it_fills_up(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pipeline.plan(small).plan.plan_id
    (small / "system.csv").write_text(REGISTER.replace("Tallen", "Granen"), encoding="utf-8")
    real, left = Path.write_bytes, [0]

    def fills(path: Path, content: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            real(path, content[:5])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", fills)
    # At the first file of the history, further on in it, and among the documents of the plan folder.
    for room in (0, 40, 90):
        left[0] = room
        with pytest.raises(PlannerError, match="Make room on the disk"):
            pipeline.plan(small)
        assert not list(small.rglob(".*"))
        assert open_saved(small / "plan").plan_id == before
    monkeypatch.setattr(Path, "write_bytes", real)
    after = pipeline.plan(small).plan
    assert after.parent == before and open_saved(small / "plan").plan_id == after.plan_id
