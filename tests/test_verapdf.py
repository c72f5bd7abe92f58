"""The reference validator on our papers. It needs Java: missing, it fails where CI demands it and skips elsewhere."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pikepdf
import pytest

from planner.export import Asked, export
from tests.conftest import example_view
from tests.verapdf import Validator

pytestmark = pytest.mark.slow
FLAVOURS = ("PDFUA-1", "PDFA-2A")


@pytest.fixture(scope="module")
def validator() -> Validator:
    if shutil.which("java") is None:
        if os.environ.get("FARDPLAN_REQUIRE_JAVA"):
            pytest.fail("Java is not installed")
        pytest.skip("Java is not installed")
    return Validator()


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", ["pdf", "report"])
def test_a_paper_passes_its_standards(validator: Validator, tmp_path: Path, kind: str, language: str) -> None:
    paper = tmp_path / f"{kind}-{language}.pdf"
    paper.write_bytes(export(kind, example_view(language), Asked()).files[0])
    assert [(flavour, validator.broken(paper, flavour)) for flavour in FLAVOURS] == [(name, []) for name in FLAVOURS]


def test_what_breaks_a_standard_is_told(validator: Validator, tmp_path: Path) -> None:
    made, paper = export("pdf", example_view(), Asked()).files[0], tmp_path / "spoilt.pdf"
    with pikepdf.open(io.BytesIO(made)) as pdf:
        pdf.Root.MarkInfo.Marked = False
        del pdf.Root.ViewerPreferences
        pdf.save(paper)
    told = {flavour: validator.broken(paper, flavour) for flavour in FLAVOURS}
    assert any("DisplayDocTitle" in line or "ViewerPreferences" in line for line in told["PDFUA-1"]), told
    assert any("Marked" in line for line in told["PDFA-2A"]), told
