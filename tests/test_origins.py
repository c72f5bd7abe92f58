"""Watching cases: what is a change, what is not, and files that are still being copied. The clock is the test's own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from planner.errors import InventoryError, PlannerError
from planner.origins import Watched, cases_in, fetch, read_seen, remember, slug_of, watch
from planner.origins.watching import MOST_LOOKS

SOURCES = "  - {file: register.csv}\n  - {file: export}\n"
REGISTER = "Namn\r\nTrygglind\r\n"


class TurnedClock:
    """A clock that does something each time one waits, and counts how long was waited."""

    def __init__(self, *then: Callable[[], object]) -> None:
        self.then, self.waited = list(then), 0.0

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        if self.then:
            self.then.pop(0)()


@pytest.fixture
def case(make_case: Callable[..., Path]) -> Path:
    folder = make_case({"register.csv": REGISTER}, SOURCES)
    (folder / "export").mkdir()
    (folder / "export" / "servers.csv").write_text("Server\nsrv1\n", encoding="utf-8")
    return folder


def _look(case: Path | str, seen: dict[str, str], *then: Callable[[], object]) -> str:
    found = watch(str(case), seen, TurnedClock(*then), 5)
    if found.fingerprint:
        seen[str(case)] = found.fingerprint
    assert found.state != "unreadable", found.problem
    return found.state


def test_a_case_is_changed_once(case: Path) -> None:
    seen: dict[str, str] = {}
    assert [_look(case, seen), _look(case, seen)] == ["changed", "unchanged"]


@pytest.mark.parametrize(
    ("file", "state"),
    [
        ("register.csv", "changed"),
        ("export/servers.csv", "changed"),
        ("export/new.csv", "changed"),
        ("case.yaml", "changed"),
        # Approvals and what has been done are files beside the inventory.
        ("review.yaml", "changed"),
        ("progress.csv", "changed"),
        # What the planner itself writes, and what nobody named.
        ("plan/roadmap.md", "unchanged"),
        ("notes.txt", "unchanged"),
        ("export/.~lock.servers.csv", "unchanged"),
    ],
)
def test_what_a_plan_reads_is_a_change_and_nothing_else_is(case: Path, file: str, state: str) -> None:
    seen: dict[str, str] = {}
    _look(case, seen)
    place = case / file
    place.parent.mkdir(exist_ok=True)
    with place.open("a", encoding="utf-8") as open_file:
        open_file.write("\n# more\n")
    assert _look(case, seen) == state


@pytest.mark.parametrize("file", ["lista.csv", "fakta/manifest.json"])
def test_price_lists_and_a_snapshot_of_ones_own_are_read_too(make_case: Callable[..., Path], file: str) -> None:
    made = make_case({"register.csv": REGISTER}, SOURCES, extra="catalogue: fakta\nprice_lists: [lista.csv]\n")
    (made / "export").mkdir()
    seen: dict[str, str] = {}
    _look(made, seen)
    (made / file).parent.mkdir(exist_ok=True)
    (made / file).write_text("new", encoding="utf-8")
    assert _look(made, seen) == "changed"


def test_a_file_that_is_only_saved_anew_is_no_change(case: Path) -> None:
    seen: dict[str, str] = {}
    _look(case, seen)
    os.utime(case / "register.csv", (1, 1))
    assert _look(case, seen) == "unchanged"


def test_a_file_that_goes_is_a_change_and_one_that_comes_back_too(case: Path) -> None:
    seen: dict[str, str] = {}
    _look(case, seen)
    (case / "register.csv").unlink()
    assert _look(case, seen) == "changed"
    (case / "register.csv").write_text(REGISTER, encoding="utf-8")
    assert _look(case, seen) == "changed"


def _grows(file: Path) -> Callable[[], object]:
    def more() -> None:
        with file.open("a", encoding="utf-8") as open_file:
            open_file.write("System\n")

    return more


def test_a_file_that_is_being_copied_is_waited_for_and_read_when_it_is_whole(case: Path) -> None:
    seen: dict[str, str] = {}
    clock = TurnedClock(*[_grows(case / "register.csv")] * 3)
    found = watch(str(case), seen, clock, 5)
    # Three looks show that it grows, the fourth that it no longer does.
    assert (found.state, clock.waited) == ("changed", 20)
    assert _look(case, {str(case): str(found.fingerprint)}) == "unchanged"


def test_a_file_that_never_comes_to_rest_is_left_to_the_next_look(case: Path) -> None:
    clock = TurnedClock(*[_grows(case / "register.csv")] * (MOST_LOOKS + 5))
    assert watch(str(case), {}, clock, 5) == Watched(str(case), "unsettled")
    assert clock.waited == MOST_LOOKS * 5


def test_same_size_and_another_time_is_not_at_rest(case: Path) -> None:
    file = case / "register.csv"
    clock = TurnedClock(lambda: os.utime(file, (5, 5)), lambda: os.utime(file, (6, 6)))
    assert watch(str(case), {}, clock, 1).state == "changed"
    assert clock.waited == 3


def test_a_file_that_changes_while_it_is_read_is_left_to_the_next_look(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import planner.origins.watching as watching

    real = watching.contents_of

    def meanwhile(origin: str, look: Any) -> str:
        _grows(case / "register.csv")()
        return real(origin, look)

    monkeypatch.setattr(watching, "contents_of", meanwhile)
    assert watch(str(case), {}, TurnedClock(), 1).state == "unsettled"


def test_a_case_that_is_wrong_is_told_and_raises_nothing(case: Path) -> None:
    (case / "case.yaml").write_text("organisation: x\n", encoding="utf-8")
    found = watch(str(case), {}, TurnedClock(), 1)
    assert found.state == "unreadable" and "plan_date" in str(found.problem)


def test_a_folder_of_cases_stands_for_its_cases(case: Path) -> None:
    assert cases_in([str(case.parent), "s3://bucket/a", "git+x"]) == [str(case), "s3://bucket/a", "git+x"]
    assert cases_in([str(case)]) == [str(case)]


def test_names_lose_their_marks() -> None:
    assert slug_of("Åmåls kommun (Östra)") == "amals-kommun-ostra"
    assert slug_of("…") == "case"


def test_what_was_seen_is_remembered_and_a_damaged_file_is_told(tmp_path: Path) -> None:
    assert read_seen(tmp_path) == {}
    remember(tmp_path / "new", {"å": "1"})
    assert read_seen(tmp_path / "new") == {"å": "1"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["seen.json"]
    (tmp_path / "seen.json").write_text("[1", encoding="utf-8")
    with pytest.raises(PlannerError, match="every case is then planned anew"):
        read_seen(tmp_path)


def _git(folder: Path, *command: str) -> None:
    named = ["-c", "user.name=Prov", "-c", "user.email=prov@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(folder), *named, *command], check=True, capture_output=True)


def test_in_git_what_is_committed_counts_and_new_commits_are_fetched(case: Path, tmp_path: Path) -> None:
    _git(case, "init", "-q")
    _git(case, "add", ".")
    _git(case, "commit", "-q", "-m", "one")
    copy = tmp_path / "copy"
    _git(tmp_path, "clone", "-q", str(case), str(copy))
    seen: dict[str, str] = {}
    origin = f"git+{copy}"
    assert [_look(origin, seen), _look(origin, seen)] == ["changed", "unchanged"]
    (case / "register.csv").write_text(REGISTER + "Klassrot\r\n", encoding="utf-8")
    assert _look(origin, seen) == "unchanged"
    _git(case, "commit", "-q", "-a", "-m", "two")
    assert _look(origin, seen) == "changed"
    assert "Klassrot" in (fetch(origin, tmp_path) / "register.csv").read_text(encoding="utf-8")
    (copy / "register.csv").write_text(REGISTER, encoding="utf-8")
    problem = watch(origin, seen, TurnedClock(), 1).problem
    assert "changed and not committed" in str(problem) and "register.csv" in str(problem)


def test_a_folder_that_is_no_checkout_is_told(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(case.parent))
    assert "git status failed" in str(watch(f"git+{case}", {}, TurnedClock(), 1).problem)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket in moto."""
    import boto3
    from moto import mock_aws

    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "eu-north-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="prov", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        yield client


def _put(bucket: Any, case: Path, prefix: str = "fall/a/") -> None:
    for file in sorted(case.rglob("*")):
        if file.is_file():
            bucket.put_object(Bucket="prov", Key=prefix + file.relative_to(case).as_posix(), Body=file.read_bytes())


@pytest.mark.slow
def test_a_case_in_s3_is_listed_copied_and_kept_beside_its_plans(bucket: Any, case: Path, tmp_path: Path) -> None:
    _put(bucket, case)
    bucket.put_object(Bucket="prov", Key="fall/ab/other.csv", Body=b"x")
    seen: dict[str, str] = {}
    origin = "s3://prov/fall/a"
    assert [_look(origin, seen), _look(origin, seen)] == ["changed", "unchanged"]
    copy = fetch(origin, tmp_path / "store")
    assert (copy / "register.csv").read_bytes() == (case / "register.csv").read_bytes()
    assert not (copy / "other.csv").exists()
    (copy / "plan").mkdir()
    (copy / "plan" / "manifest.json").write_text("{}", encoding="utf-8")
    bucket.delete_object(Bucket="prov", Key="fall/a/export/servers.csv")
    bucket.put_object(Bucket="prov", Key="fall/a/export/hosts.csv", Body=b"Host\nh1\n")
    assert _look(origin, seen) == "changed"
    assert fetch(origin, tmp_path / "store") == copy
    assert sorted(path.name for path in (copy / "export").iterdir()) == ["hosts.csv"]
    assert (copy / "plan" / "manifest.json").is_file()
    assert json.loads((copy / ".copied.json").read_text(encoding="utf-8"))
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


@pytest.mark.parametrize("key", ["../ute.csv", "x/../../ute.csv"])
def test_a_key_that_leads_out_of_the_folder_is_refused_before_anything_is_written(
    bucket: Any, case: Path, tmp_path: Path, key: str
) -> None:
    _put(bucket, case)
    bucket.put_object(Bucket="prov", Key=f"fall/a/{key}", Body=b"x")
    with pytest.raises(InventoryError, match="leads out of the folder"):
        fetch("s3://prov/fall/a", tmp_path / "store")
    assert not list((tmp_path / "store").rglob("*.csv"))


@pytest.mark.slow
def test_s3_that_cannot_be_asked_is_told_and_stops_nothing(bucket: Any) -> None:
    assert "NoSuchBucket" in str(watch("s3://annan/a", {}, TurnedClock(), 1).problem)
    assert "nothing under the prefix" in str(watch("s3://prov/tom", {}, TurnedClock(), 1).problem)
    assert "names no bucket" in str(watch("s3://", {}, TurnedClock(), 1).problem)
