"""Pages of waves: they say what the tables say, every flow is drawn or counted, and no picture grows beyond reading."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from planner.plan import Plan
from planner.portfolio import Portfolio
from planner.render.html import render_html
from planner.texts import load_texts
from planner.view import View, build_view
from planner.view.desk import Desk
from planner.view.wave_pages import MOST_NODES, NEEDED, NEEDING, OWN, wave_pages
from tests.conftest import planned_example


@pytest.fixture(scope="module")
def planned() -> Plan:
    return planned_example()


@pytest.fixture(scope="module")
def view(planned: Plan) -> View:
    return build_view(planned, "sv", "intern")


def pairs(planned: Plan, wave: int) -> set[tuple[str, str]]:
    """Systems with a flow between them and an end in the wave, from the tables themselves."""
    waves = planned.portfolio["waves"].set_index("system_id")["wave"]
    ties = planned.portfolio["ties"]
    ends = [ties[name].map(waves) for name in ("source_system_id", "target_system_id")]
    mine = ties[(ends[0] == wave).fillna(False) | (ends[1] == wave).fillna(False)]
    return set(zip(mine["source_system_id"], mine["target_system_id"], strict=True))


def test_a_page_says_what_the_tables_say(planned: Plan, view: View) -> None:
    effort = planned.portfolio["effort"].groupby("system_id")["likely_days"].sum()
    assert [page.number for page in view.wave_pages] == [wave.number for wave in view.waves]
    for page, wave in zip(view.wave_pages, view.waves, strict=True):
        assert sum(action.systems for action in page.actions) == len(wave.systems)
        days = effort.reindex([ref.system_id for ref in wave.systems]).sum()
        assert sum(days for _, days in page.who) == pytest.approx(days, abs=0.5)
        assert all(action.way_back for action in page.actions)
        assert page.flows == len(page.edges) == len(pairs(planned, page.number))
        together = [group for group in view.groups if group.wave == page.number]
        assert len(page.together) == len(together)
    assert any(page.together for page in view.wave_pages)


def test_every_flow_is_a_line_or_within_a_box(planned: Plan, view: View) -> None:
    seen = 0
    for page in view.wave_pages:
        if page.picture is None:
            assert not page.flows
            continue
        assert sum(line.flows for line in page.picture.lines) == page.flows
        used = {end for line in page.picture.lines for end in (line.source, line.target)}
        assert used == set(range(len(page.picture.nodes))), "no box stands alone"
        for line in page.picture.lines:
            columns = page.picture.nodes[line.source].column, page.picture.nodes[line.target].column
            assert columns in {(OWN, NEEDED), (NEEDING, OWN), (OWN, OWN)}
            seen += 1
        places = [(node.column, node.row) for node in page.picture.nodes]
        assert len(set(places)) == len(places) and max(row for _, row in places) < page.picture.rows
    assert seen > 30


def crowded(planned: Plan, systems: int) -> Plan:
    """The plan as if its third wave were a crowd that all needs all of it."""
    draw = [f"X{at:03d}" for at in range(systems)]
    tables: dict[str, Any] = dict(planned.portfolio.tables)
    for name in ("systems", "facts", "waves", "decisions"):
        one = tables[name]
        first = tables["waves"].query("wave == 3")["system_id"].iloc[0]
        rows = one[one["system_id"] == first]
        more = pd.concat([rows.assign(system_id=key) for key in draw])
        tables[name] = pd.concat([one, more.assign(name=draw) if name == "systems" else more], ignore_index=True)
    tie = tables["ties"].iloc[:1]
    ties = [
        tie.assign(source_system_id=one, target_system_id=other, flow_id=f"{one}{other}")
        for at, one in enumerate(draw)
        for other in draw[at + 1 : at + 4]
    ]
    tables["ties"] = pd.concat([tables["ties"], *ties], ignore_index=True)
    return replace(planned, portfolio=Portfolio(tables))


def test_a_crowded_wave_is_a_picture_one_can_read(planned: Plan) -> None:
    desk = Desk(crowded(planned, 60), load_texts("sv"), True)
    page = next(page for page in wave_pages(desk, (), ()) if page.number == 3)
    assert page.picture is not None and page.flows > 170
    columns = Counter(node.column for node in page.picture.nodes)
    assert columns[OWN] == MOST_NODES
    (many,) = (node for node in page.picture.nodes if node.column == OWN and node.is_many)
    assert "andra i vågen" in many.label
    assert len(page.edges) < page.flows


def test_the_public_is_told_no_dependency(planned: Plan) -> None:
    public = build_view(planned, "sv", "offentlig")
    assert public.wave_pages == ()
    assert 'id="v-1"' not in render_html(public).decode()


def test_a_picture_has_a_title_and_a_table_with_as_many_rows(view: View) -> None:
    page = render_html(view).decode()
    parts = re.split(r'<details class="card" id="v-(\d+)">', page)
    assert [int(number) for number in parts[1::2]] == [item.number for item in view.wave_pages]
    for item, part in zip(view.wave_pages, parts[2::2], strict=True):
        head = part[: part.index("<h3>")] if "<h3>" in part else part
        assert head.count('<svg class="graph"') == (item.picture is not None)
        if item.picture:
            assert f'aria-labelledby="g-title-{item.number} g-desc-{item.number}"' in head
            table = head[head.index('<svg class="graph"') :].partition("</table>")[0]
            assert table.count('role="rowheader"') == item.flows


def test_the_days_of_a_team_lead_to_the_sheets_they_come_from(view: View) -> None:
    sheets = {item.system_id: item for item in view.systems}
    page = render_html(view).decode()
    for item in view.wave_pages:
        for at, (_, days) in enumerate(item.who):
            assert sum(row.days[at] or 0 for row in item.work) == pytest.approx(days, abs=0.06)
        for row in item.work:
            assert sum(days or 0 for days in row.days) == pytest.approx(sheets[row.system.system_id].days[1], abs=0.02)
            assert f'href="#s-{row.system.system_id}"' in page
        assert item.worked == len(item.work)


def test_more_systems_than_a_page_holds_are_told(planned: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.view.wave_pages.MOST_WORK", 1)
    view = build_view(planned, "sv", "intern")
    page = max(view.wave_pages, key=lambda item: item.worked)
    assert len(page.work) == 1 < page.worked
    assert f"Tabellen visar de första 1 av {page.worked}. Alla finns i tables/effort.csv." in render_html(view).decode()
