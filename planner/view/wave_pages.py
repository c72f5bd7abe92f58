"""A page for every wave: what, why together, why not earlier, what binds, risks, the way back, and dependencies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import pandas as pd

from planner.view.desk import Desk
from planner.view.model.schedule import Bound, Uncertain
from planner.view.model.terms import Ref
from planner.view.model.waves import Edge, Line, Node, Picture, Procurement, SystemWork, WaveAction, WavePage
from planner.view.page_one import ORDER

# A picture of more boxes than this cannot be read; the table below it and tables/ties.csv have all flows.
MOST_NODES = 16
MOST_EDGES = 100
MOST_WORK = 100
NAMED_TOGETHER = 10
OWN, NEEDED, NEEDING = 1, 0, 2
Flow = tuple[str, str]
Box = tuple[int, str]
Work = dict[str, dict[str, float]]


def wave_pages(desk: Desk, bounds: Iterable[Bound], uncertain: Iterable[Uncertain]) -> tuple[WavePage, ...]:
    """The pages, in the order of the waves."""
    waves = desk.table("waves")
    wave_of = {str(key): int(wave) for key, wave in zip(waves["system_id"], waves["wave"], strict=True)}
    held = {bound.wave: bound for bound in bounds}
    sure = {item.wave: item for item in uncertain}
    lines = _effort(desk, wave_of)
    who, work = _who(lines), _work(lines)
    together, flows = _together(desk, wave_of), _flows(desk, wave_of)
    actions, bought = _actions(desk, wave_of), _procurements(desk, wave_of)
    made = []
    for number in sorted(actions):
        bound, chance, mine = held.get(number), sure.get(number), flows.get(number, [])
        made.append(
            WavePage(
                number,
                actions[number],
                tuple(who.get(number, {}).items()),
                _most_work(desk, work.get(number, {}), list(who.get(number, {}))),
                len(work.get(number, {})),
                tuple(together.get(number, ())),
                bound.because if bound else "",
                bound.slack if bound else "",
                chance.on_plan if chance else None,
                chance.p80_date if chance else None,
                tuple(bought.get(number, ())),
                _picture(desk, number, mine, wave_of),
                tuple(_edge(desk, flow, wave_of) for flow in mine[:MOST_EDGES]),
                len(mine),
            )
        )
    return tuple(made)


def _actions(desk: Desk, wave_of: dict[str, int]) -> dict[int, tuple[WaveAction, ...]]:
    """Proposals of each wave in the order of the documents, and how one goes back on each."""
    keys, words = desk.decisions["key"].to_dict(), desk.texts.page
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for system, wave in wave_of.items():
        counts[wave][keys[system]] += 1
    return {
        wave: tuple(
            WaveAction(key, desk.texts.say(f"option_{key}"), found[key], words.get(f"way_back_{key}", ""))
            for key in ORDER
            if found[key]
        )
        for wave, found in counts.items()
    }


def _effort(desk: Desk, wave_of: dict[str, int]) -> pd.DataFrame:
    """Lines of the effort with their wave and team."""
    effort = desk.table("effort")
    names = {team.role: team.name for team in desk.plan.case.teams}
    teams = effort["role"].astype(str).map(lambda role: names.get(role, role))
    return effort.assign(wave=effort["system_id"].map(wave_of), team=teams).dropna(subset="wave")


def _who(lines: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Likely days of each team by wave, the most first."""
    sums = lines.groupby(["wave", "team"])["likely_days"].sum()
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for (wave, team), value in sorted(sums.items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        found[int(wave)][str(team)] = round(float(value), 1)
    return found


def _work(lines: pd.DataFrame) -> dict[int, Work]:
    """The same days by system: what a wave's sums are made of."""
    sums = lines.groupby(["wave", "system_id", "team"])["likely_days"].sum()
    found: dict[int, Work] = defaultdict(lambda: defaultdict(dict))
    for (wave, system, team), value in sums.items():
        found[int(wave)][str(system)][str(team)] = round(float(value), 2)
    return found


def _most_work(desk: Desk, work: Work, teams: list[str]) -> tuple[SystemWork, ...]:
    """Systems with the most work first, as many as a page can hold; tables/effort.csv has them all."""
    order = sorted(work, key=lambda key: (-sum(work[key].values()), desk.names[key].casefold(), key))
    return tuple(
        SystemWork(Ref(key, desk.names[key]), tuple(work[key].get(team) for team in teams)) for key in order[:MOST_WORK]
    )


def _procurements(desk: Desk, wave_of: dict[str, int]) -> dict[int, list[Procurement]]:
    """Systems of each wave that are procured, and when that begins, the first first."""
    begun = desk.table("activities").query("phase == 'procure'").groupby("group_id")["start_date"].min()
    starts, groups = begun.to_dict(), desk.group_of.to_dict()
    bought = desk.table("effort").query("phase == 'procure' and likely_days > 0")["system_id"].unique()
    found: dict[int, list[Procurement]] = defaultdict(list)
    for system in sorted(str(key) for key in bought if groups[key] in starts and key in wave_of):
        found[wave_of[system]].append(Procurement(f"{starts[groups[system]]:%Y-%m-%d}", desk.names[system]))
    return {wave: sorted(items, key=lambda one: (one.start_date, one.name)) for wave, items in found.items()}


def _together(desk: Desk, wave_of: dict[str, int]) -> dict[int, list[str]]:
    """Groups of each wave as `Eken, Tallen: hard link`, the largest first."""
    table = desk.table("groups")
    table = table[table["group_id"].duplicated(keep=False) & table["system_id"].isin(list(wave_of))]
    parts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for system, group, reason in zip(table["system_id"], table["group_id"], table["reason"], strict=True):
        parts[str(group)].append((str(system), str(reason)))
    found: dict[int, list[str]] = defaultdict(list)
    for members in sorted(parts.values(), key=lambda part: (-len(part), part)):
        names = sorted((desk.names[system] for system, _ in members), key=str.casefold)
        reasons = dict.fromkeys(desk.texts.say(f"group_{reason}") for _, reason in members)
        more = len(names) - NAMED_TOGETHER
        said = ", ".join(names[:NAMED_TOGETHER]) + (f" … (+{more})" if more > 0 else "")
        found[wave_of[members[0][0]]].append(f"{said}: {', '.join(reasons)}")
    return found


def _flows(desk: Desk, wave_of: dict[str, int]) -> dict[int, list[Flow]]:
    """Pairs of systems with a flow between them, by the waves of their ends; those that weigh most come first."""
    ties = desk.table("ties").sort_values(["weight", "flow_id"], ascending=[False, True])
    pairs = dict.fromkeys(zip(ties["source_system_id"], ties["target_system_id"], strict=True))
    found: dict[int, list[Flow]] = defaultdict(list)
    for source, target in pairs:
        for wave in sorted({wave_of[end] for end in (source, target) if end in wave_of}):
            found[wave].append((str(source), str(target)))
    return found


def _when(desk: Desk, system: str, wave_of: dict[str, int]) -> str:
    words = desk.texts.page
    return words["in_wave"].format(number=wave_of[system]) if system in wave_of else words["in_no_wave"]


def _edge(desk: Desk, flow: Flow, wave_of: dict[str, int]) -> Edge:
    source, target = flow
    row = desk.tie_of[flow]
    what = desk.texts.say(f"tie_{row['kind']}")
    if row["fate"] == "shared":
        what = f"{what}, {desk.texts.say('fate_shared')}"
    if row["is_decoupled"]:
        what = f"{what}; {desk.texts.interface['to_decouple']}"
    return Edge(
        desk.names[source], _when(desk, source, wave_of), desk.names[target], _when(desk, target, wave_of), what
    )


def _picture(desk: Desk, number: int, flows: list[Flow], wave_of: dict[str, int]) -> Picture | None:
    """The wave's own systems in the middle; beside them each other wave is one box, for however many systems."""
    if not flows:
        return None
    degree = Counter(end for flow in flows for end in flow if wave_of.get(end) == number)
    own = sorted(degree, key=lambda end: (-degree[end], desk.names[end].casefold(), end))
    # A box that holds one system alone would be that system.
    shown = own if len(own) <= MOST_NODES else own[: MOST_NODES - 1]
    named = set(shown)
    boxes: dict[Box, set[str]] = {(OWN, end): {end} for end in shown}
    lines: Counter[tuple[Box, Box]] = Counter()
    for source, target in flows:
        ends = []
        for end, side in ((source, NEEDING), (target, NEEDED)):
            if wave_of.get(end) == number:
                box = (OWN, end if end in named else "")
            else:
                box = (side, _when(desk, end, wave_of))
            boxes.setdefault(box, set()).add(end)
            ends.append(box)
        if ends[0] != ends[1]:
            lines[ends[0], ends[1]] += 1
    return _drawn(desk, boxes, lines)


def _drawn(desk: Desk, boxes: dict[Box, set[str]], lines: Counter[tuple[Box, Box]]) -> Picture:
    columns: dict[int, list[Box]] = {column: [] for column in (NEEDED, OWN, NEEDING)}
    for box in boxes:
        columns[box[0]].append(box)
    for column in (NEEDED, NEEDING):
        columns[column].sort(key=lambda box: (-len(boxes[box]), box[1]))
    order = [box for column in (NEEDED, OWN, NEEDING) for box in columns[column]]
    place = {box: at for at, box in enumerate(order)}
    nodes = tuple(
        Node(box[0], columns[box[0]].index(box), _label(desk, box, boxes[box]), len(boxes[box]) > 1) for box in order
    )
    made = sorted((place[source], place[target], flows) for (source, target), flows in lines.items())
    return Picture(nodes, tuple(Line(*one) for one in made), max(map(len, columns.values())))


def _label(desk: Desk, box: Box, held: set[str]) -> str:
    column, name = box
    if column == OWN and name:
        return desk.names[name]
    if column == OWN:
        return desk.texts.page["others_of_wave"].format(count=len(held))
    if len(held) == 1:
        return f"{desk.names[next(iter(held))]} ({name})"
    return desk.texts.page["systems_of"].format(count=len(held), where=name)
