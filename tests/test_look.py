"""An organisation's own look: colours that can be read, a logo that can do no harm, templates that can do little."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from lxml import etree

from planner.case import read_case
from planner.errors import CaseError
from planner.look import Look
from planner.look.contrast import DARK_GROUND, LIGHT_GROUND, mixed, nearest, ratio, readable_on
from planner.look.png import SIGNATURE
from planner.look.read import Worn, read_look
from planner.look.svg import clean_svg
from planner.pipeline import compute
from planner.plan import Plan
from planner.render.html import content_policy, render_html
from planner.render.memo import memo
from planner.render.own import MOST_LETTERS, own_parts
from planner.render.pdf import render_pdf
from planner.render.word import render_docx
from planner.view import View, build_view
from planner.view.load import load_view
from tests.conftest import EXAMPLE, planned_example

# They plan cases, start processes or wait for servers.
pytestmark = pytest.mark.slow

MakeCase = Callable[..., Path]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
DOT = '<circle cx="4" cy="4" r="4" fill="#123456"/>'
SYSTEMS = {"system.csv": "Id;Namn\nS1;Eken\n"}
SOURCE = "  - {file: system.csv, reader: systems}\n"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return planned_example()


@pytest.fixture(scope="module")
def view(planned: Plan) -> View:
    return build_view(planned, "sv", "intern")


def pdf_pictures(content: bytes) -> int:
    """How many pictures have a text in place of them."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return sum(
            isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure" and "/Alt" in one for one in pdf.objects
        )


def wearing(view: View, **templates: str) -> View:
    """The view with templates of its own."""
    return replace(view, look=Worn(None, None, None, tuple((f"{name}.html", text) for name, text in templates.items())))


@pytest.mark.parametrize(
    ("one", "other", "contrast"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, contrast: float) -> None:
    assert ratio(one, other) == ratio(other, one) == pytest.approx(contrast, abs=0.01)


@pytest.mark.parametrize("colour", ["#ffe600", "#777777", "#ffffff", "#000000", "#7fb2ff"])
@pytest.mark.parametrize("ground", [LIGHT_GROUND, DARK_GROUND])
def test_the_nearest_colour_can_be_read_and_one_that_can_be_read_is_kept(colour: str, ground: str) -> None:
    found = nearest(colour, ground)
    assert readable_on(found, ground) and (found == colour or not readable_on(colour, ground))
    assert ratio(mixed(found, ground), ground) >= 3


def test_a_weak_colour_is_refused_with_its_line_its_contrast_and_a_better_one(make_case: MakeCase) -> None:
    case = make_case(SYSTEMS, SOURCE, extra='look:\n  accent: "#ffe600"\n')
    with pytest.raises(CaseError) as told:
        read_case(case)
    assert re.search(r"case\.yaml:5.*1\.3:1.*4\.5:1.*#[0-9a-f]{6}", str(told.value))
    better = re.findall(r"#[0-9a-f]{6}", str(told.value))
    assert any(readable_on(colour, LIGHT_GROUND) for colour in better)


@pytest.mark.parametrize(
    ("look", "words"),
    [
        ("{logo: ../hemligt.svg, logo_says: Vi}", "outside the case"),
        ("{logo: saknas.svg, logo_says: Vi}", "cannot be read"),
        ("{logo: system.csv, logo_says: Vi}", "it is not SVG"),
        ("{logo: system.csv}", "needs logo_says"),
        ("{templates: saknas}", "no templates are here"),
        ('{accent: "red"}', "accent"),
    ],
)
def test_what_a_look_names_must_be_there(make_case: MakeCase, look: str, words: str) -> None:
    with pytest.raises(CaseError, match=re.escape(words)):
        read_case(make_case(SYSTEMS, SOURCE, extra=f"look: {look}\n"))


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ('<image xlink:href="http://exempel.test/a.png"/>', "<image>"),
        ("<foreignObject><p>a</p></foreignObject>", "<foreignObject>"),
        ("<style>*{fill:url(http://exempel.test)}</style>", "<style>"),
        ('<a xlink:href="javascript:alert(1)"/>', "<a>"),
        ('<g xlink:href="#b"/>', "address"),
        ('<g href="#b"/>', "address"),
        ('<g onclick="alert(1)"/>', "script"),
        ('<g class="b"/>', "classes"),
        ('<path fill="url(http://exempel.test/a#b)" d="M0 0"/>', "fill"),
        ('<path style="fill:url(//exempel.test)" d="M0 0"/>', "fill"),
        ('<path fill="image(a)" d="M0 0"/>', "fill"),
        ("<text>Vi</text>", "<text>"),
        ('<use href="#b"/>', "<use>"),
        ('<animate attributeName="d"/>', "<animate>"),
    ],
)
def test_a_logo_that_could_do_more_than_be_seen_is_refused(held: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        clean_svg(SVG.format(DOT + held).encode())


def test_a_logo_with_entities_or_without_shapes_is_refused() -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format(f"<title>&a;</title>{DOT}").encode()
    with pytest.raises(ValueError, match="entit"):
        clean_svg(bomb)
    with pytest.raises(ValueError, match="no shapes"):
        clean_svg(SVG.format("<g/>").encode())


def test_what_nobody_sees_is_left_out_and_a_style_becomes_attributes() -> None:
    given = SVG.replace("viewBox", 'xmlns:ed="urn:editor" ed:version="1" viewBox').format(
        '<!-- who --><metadata>who</metadata><ed:view ed:zoom="1"/><path d="M0 0" style="fill:#abcdef;font-family:x" ed:node="1"/>'
    )
    kept = etree.fromstring(clean_svg(given.encode()))
    assert b"who" not in etree.tostring(kept) and b"editor" not in etree.tostring(kept)
    (path,) = kept
    assert dict(path.attrib) == {"d": "M0 0", "fill": "#abcdef"}


def test_the_example_wears_its_look(view: View) -> None:
    page = render_html(view).decode("utf-8")
    logo = re.search(r'<img class="logo" src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', page)
    assert logo and logo[2].startswith("Exempelköpings kommun")
    assert base64.b64decode(logo[1]) == clean_svg((EXAMPLE / "utseende" / "vapen.svg").read_bytes())
    assert "--accent:#1f5c3d" in page and "--accent:#8fd3ac" in page
    style, script = (re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("style", "script"))
    assert style and script and content_policy(style[1], script[1]) in page.replace("&#39;", "'")
    assert "har 52 system" in page and "Diarienummer KS 2026/0000" in page
    with_logo, without = (pdf_pictures(render_pdf(memo(one))) for one in (view, replace(view, look=None)))
    assert with_logo == without + 1


def test_a_look_makes_no_other_plan_and_is_saved_with_the_view(make_case: MakeCase, view: View) -> None:
    saved = json.dumps(view, default=vars, ensure_ascii=False).encode()
    assert load_view(saved, "plan.json").look == view.look and view.look is not None
    looks = ("", 'look: {name: Provby, accent: "#1f5c3d"}\n')
    plans = [compute(read_case(make_case(SYSTEMS, SOURCE, extra=look, name=f"c{len(look)}"))) for look in looks]
    assert plans[0].plan_id == plans[1].plan_id
    assert "--accent:#1f5c3d" in render_html(build_view(plans[1], "sv", "intern")).decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>a", "<p> is not closed"),
        ("<p>\n</div>", "intro.html:2"),
        ("<script>alert(1)</script>", "<script>"),
        ('<p style="color:red">a</p>', "style"),
        ('<p onclick="a()">a</p>', "onclick"),
        ('<a href="javascript:a()">a</a>', "href"),
        ('<img src="a">', "<img>"),
        ("</main>", "</main>"),
        ("<!-- a -->", "comment"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ plan.update(a=1) }}", "safe"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% if %}", "intro.html:1"),
        ("{% include 'roadmap.html' %}", "loader"),
        ("{{ 1 // 0 }}", "zero"),
        ("{{ 'x' | center(300000000) }}", ""),
        ("{{ 'x' * 9000000000 }}", ""),
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", ""),
    ],
)
def test_a_template_that_goes_too_far_is_refused_with_its_place(view: View, text: str, words: str) -> None:
    with pytest.raises(CaseError) as told:
        own_parts(wearing(view, intro=text))
    assert words in str(told.value) and "docs/look.md" in str(told.value)


def test_a_template_writes_numbers_as_the_report_does_and_values_stay_text(view: View) -> None:
    hostile = replace(view, conclusion="<script>alert(1)</script>")
    text = "<p>{{ conclusion }}</p><p>{{ 12345 | antal }} {{ plan.plan_date | datum }}</p>"
    made = own_parts(wearing(hostile, foot=text))
    assert made == {
        "intro": "",
        "foot": "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p><p>12\u00a0345 23\u00a0nov.\u00a02026</p>",
    }
    with pytest.raises(CaseError, match=f"more than {MOST_LETTERS} letters"):
        own_parts(wearing(view, foot=f"{{% for one in range({MOST_LETTERS + 1}) %}}a{{% endfor %}}"))


def test_a_template_of_a_public_report_knows_no_more_than_the_reader(planned: Plan) -> None:
    public = wearing(build_view(planned, "sv", "offentlig"), foot="<p>{{ waves[0] }} {{ counts[0] }}</p>")
    assert "Eken" not in own_parts(public)["foot"]
    assert set(re.findall(r"&#39;(\w+)&#39;:", own_parts(public)["foot"])) == {
        "number", "quarter", "start", "end", "systems", "label", "settled",
    }  # fmt: skip


def test_a_colour_for_the_dark_is_made_where_none_is_given() -> None:
    light, dark = Look(accent="#1f5c3d").colours or ("", "")
    assert light == "#1f5c3d" and readable_on(dark, DARK_GROUND)


def png(colour: int = 6, depth: int = 8, size: tuple[int, int] = (60, 30), interlaced: int = 0) -> bytes:
    """A picture that editors save: a slope of colour, with words of the editor's in it."""
    width, height = size
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = bytes((at * 7) % (4 if colour == 3 else 256) for at in range((width * channels * depth + 7) // 8))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))]
    parts += [(b"PLTE", bytes(range(12))), (b"tRNS", bytes([0, 128, 255, 255]))] if colour == 3 else []
    parts += [(b"tEXt", b"Author\0Nora Tecknare"), (b"IDAT", zlib.compress((b"\0" + row) * height)), (b"IEND", b"")]
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


@pytest.mark.parametrize(("colour", "depth"), [(0, 1), (0, 16), (2, 8), (3, 8), (4, 8), (6, 8), (6, 16)])
def test_a_png_is_worn_by_page_paper_and_text(view: View, tmp_path: Path, colour: int, depth: int) -> None:
    (tmp_path / "logo.png").write_bytes(png(colour, depth))
    worn = read_look(Look(logo="logo.png", logo_says="Exempelköpings kommun"), tmp_path)
    assert worn is not None and worn.logo is not None and worn.logo.kind == "png"
    assert b"Nora" not in base64.b64decode(worn.logo.data)
    dressed = replace(view, look=worn)
    assert f'src="data:image/png;base64,{worn.logo.data}" alt="Exempelköpings kommun"' in render_html(dressed).decode()
    assert pdf_pictures(render_pdf(memo(dressed))) == 3
    with zipfile.ZipFile(io.BytesIO(render_docx(memo(dressed)))) as text:
        assert b'descr="Exempelk\xc3\xb6pings kommun"' in text.read("word/document.xml")
        assert text.read("word/media/image1.png") == base64.b64decode(worn.logo.data)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (png()[:-30], "cut off or damaged"),
        (png().replace(b"IDAT", b"IDAX"), "cut off or damaged"),
        (SIGNATURE, "cut off or damaged"),
        (SIGNATURE + b"<script>alert(1)</script>", "cut off or damaged"),
        (png(size=(5000, 5000), colour=0, depth=1), "more than a logo needs"),
        (png(interlaced=1), "interlaced"),
        (png().replace(struct.pack(">II", 60, 30), struct.pack(">II", 60, 31)), "cut off or damaged"),
    ],
)
def test_a_png_that_cannot_be_shown_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "logo.png").write_bytes(content)
    with pytest.raises(CaseError, match=says):
        read_look(Look(logo="logo.png", logo_says="Kommunen"), tmp_path)
