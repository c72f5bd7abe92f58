"""What readers see of uncertainty and of move groups, and what the public does not."""

from __future__ import annotations

import re

import pytest

from planner.render import render
from planner.view import build_view
from tests.conftest import planned_example


def test_every_wave_and_the_whole_plan_stand_in_picture_and_table() -> None:
    view = build_view(planned_example(), "sv", "intern")
    page = render(view)["roadmap.html"].decode()
    section = page[page.index('<section id="uncertainty"') :]
    section = section[: section.index("</section>")]
    assert [item.wave for item in view.uncertain] == [*(wave.number for wave in view.waves), None]
    assert section.count('class="end"') == len(view.uncertain)
    assert all(item.p95_date >= item.p80_date >= item.p50_date for item in view.uncertain)
    assert all(0 <= place <= 1 for item in view.uncertain for place in item.places)
    assert "10 000".replace(" ", "\u00a0") in section
    assert "Hela planen" in section


@pytest.mark.slow
def test_groups_say_why_their_members_are_together_and_what_crosses() -> None:
    view = build_view(planned_example(), "sv", "intern")
    whys = [one.why for group in view.groups for one in group.members]
    assert any(why.startswith("väntar på varandra i en ring: ") for why in whys)
    assert all(whys)
    ties = planned_example().portfolio["ties"]
    assert sum(number for _, number in view.flow_fates) == len(ties)
    crossing = {(flow.source, flow.target) for group in view.groups for flow in group.crossing}
    inside = {member.system.name for group in view.groups for member in group.members}
    assert crossing and all(source in inside or target in inside for source, target in crossing)
    cards = {item.name: item.circle for item in view.systems}
    assert cards[view.groups[0].members[0].system.name] == view.groups[0].members[0].why


def test_the_public_sees_dates_and_the_total_and_no_system_behind_them() -> None:
    view = build_view(planned_example(), "sv", "offentlig")
    assert (view.groups, view.deadlines, view.critical, view.flow_fates) == ((), (), (), ())
    assert all(item.sek == (None, None, None) for item in view.uncertain[:-1])
    assert view.uncertain[-1].sek[1] is not None
    page = render(view)["roadmap.html"].decode()
    assert 'id="groups"' not in page
    assert not re.search(r"Tidsgränser och chansen", page)
