"""The Prefect flow: the same steps, the same bytes, without any server set up. One harness per session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner import pipeline
from tests.conftest import EXAMPLE
from tests.test_store import fingerprint

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A private Prefect in a temporary home."""
    os.environ["PREFECT_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    from prefect.testing.utilities import prefect_test_harness

    import flows  # noqa: F401  sets telemetry off and the time-out before Prefect is imported

    with prefect_test_harness(server_startup_timeout=180):
        yield


def test_the_flow_writes_the_same_bytes_as_the_command(
    prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.plan

    said: list[tuple[str, str]] = []
    for kind in ("create_markdown_artifact", "create_link_artifact"):
        real = getattr(flows.plan, kind)

        def noting(*given: object, real: object = real, kind: str = kind, **more: object) -> object:
            said.append((kind, str(more["key"])))
            return real(*given, **more)  # type: ignore[operator]

        monkeypatch.setattr(flows.plan, kind, noting)
    by_flow = Path(flows.plan.plan_roadmap(str(EXAMPLE), str(tmp_path / "flow")))
    by_command = pipeline.plan(EXAMPLE, tmp_path / "command").folder
    assert fingerprint(by_flow) == fingerprint(by_command)
    assert said == [
        ("create_markdown_artifact", "exempelkommun-summary"),
        ("create_link_artifact", "exempelkommun-roadmap"),
    ]


def test_keys_of_artifacts_lose_their_marks() -> None:
    from flows.plan import slug

    assert slug("Åmåls kommun (Östra)") == "amals-kommun-ostra"
    assert slug("…") == "case"


def test_a_wrong_case_ends_with_exit_code_two(
    prefect: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.plan import main

    assert main([str(tmp_path / "saknas")]) == 2
    assert "case.yaml" in capsys.readouterr().err
