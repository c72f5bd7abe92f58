"""The reference validator on our papers: run where `verapdf` is installed (it needs Java), skipped elsewhere."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from planner.export import Asked, export
from tests.conftest import example_view

VERAPDF = shutil.which("verapdf")


@pytest.mark.slow
@pytest.mark.skipif(VERAPDF is None, reason="verapdf is not on the path")
@pytest.mark.parametrize("flavour", ["ua1", "2a"])
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", ["pdf", "report"])
def test_a_paper_passes_its_standards(tmp_path: Path, kind: str, language: str, flavour: str) -> None:
    paper = tmp_path / f"{kind}-{language}.pdf"
    paper.write_bytes(export(kind, example_view(language), Asked()).files[0])
    command = [str(VERAPDF), "--flavour", flavour, "--format", "text", str(paper)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert said.stdout.startswith("PASS"), said.stdout + said.stderr
