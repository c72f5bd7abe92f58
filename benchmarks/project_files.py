"""Readers for the files of the scheduling libraries: PSPLIB (.sm, .mm), MMLIB, which has nearly the same layout, and
Patterson's (.rcp), in which the RG300 and other sets of the OR&S group are kept."""

from __future__ import annotations

import os
import re
from pathlib import Path

from planner.schedule.problem import Draft, Problem, Segment

VARIABLE = "FARDPLAN_INSTANCES"
SHARED = Path(__file__).parent.parent.parent / "shared" / "data"


def folders() -> list[Path]:
    """Where instances are looked for: the folder that the environment names, or ../shared/data."""
    named = os.environ.get(VARIABLE)
    return [Path(named)] if named else [SHARED]


def find(kind: str, limit: int | None = 20) -> list[Path]:
    """Instances whose name begins with `kind` (j120, J100, ...), evenly spread over all there are, in order of name."""
    found = sorted(
        path
        for folder in folders()
        for path in folder.rglob("*")
        if path.suffix in READERS and path.name.casefold().startswith(kind.casefold())
    )
    if limit is None or len(found) <= limit:
        return found
    return [found[at * len(found) // limit] for at in range(limit)]


def read_instance(path: Path) -> Problem:
    """Read a file by its suffix; the objective is the makespan."""
    return READERS[path.suffix](path.read_text(encoding="latin-1"))


def read_project(text: str) -> Problem:
    """Read one instance of PSPLIB or MMLIB. Without a line of its horizon (MMLIB+) the calendar holds all work in turn.

    Raises
    ------
    ValueError
        A section is missing or its numbers do not add up.
    """
    renewable = int(_after(text, r"-\s*renewable\s*:\s*(\d+)"))
    stocks = int(_after(text, r"-\s*nonrenewable\s*:\s*(\d+)"))
    order, modes = _section(text, "PRECEDENCE RELATIONS"), _section(text, "REQUESTS/DURATIONS")
    limits = _section(text, r"RESOURCE ?AVAILABILITIES")[0]
    if len(limits) != renewable + stocks:
        raise ValueError(f"{len(limits)} limits for {renewable + stocks} resources")
    draft = Draft(_horizon(text, modes, renewable + stocks))
    for at in range(renewable):
        draft.add_renewable(f"R{at + 1}", [limits[at]])
    for at in range(stocks):
        draft.add_stock(limits[renewable + at])
    _activities(draft, modes, renewable, stocks)
    for number, _, count, *after in order:
        if len(after) != count:
            raise ValueError(f"activity {number} names {len(after)} successors and says {count}")
        for other in after:
            draft.add_before(number - 1, other - 1)
    if len(order) != len(draft.names):
        raise ValueError(f"{len(order)} rows of order for {len(draft.names)} activities")
    return draft.problem()


def _horizon(text: str, modes: list[list[int]], width: int) -> int:
    """The stated horizon, or the sum of the longest durations."""
    stated = re.search(r"horizon\s*:\s*(\d+)", text)
    longest: list[int] = []
    for row in modes:
        longest += [0] if len(row) == width + 3 else []
        longest[-1] = max(longest[-1], row[-width - 1])
    return max(int(stated[1]) if stated else sum(longest), 1)


def read_patterson(text: str) -> Problem:
    """Read one instance in Patterson's format: numbers only, where the lines of an activity may be broken anywhere.

    Raises
    ------
    ValueError
        Numbers are missing, or left over as in formats that go on after it (alternative subgraphs, skills).
    """
    numbers = [int(word) for word in text.split()]
    count, renewable = numbers[:2]
    limits, at = numbers[2 : 2 + renewable], 2 + renewable
    rows: list[tuple[int, list[int], list[int]]] = []
    for _ in range(count):
        if at + renewable + 1 >= len(numbers):
            raise ValueError(f"the file ends after {len(rows)} of {count} activities")
        duration, demands, after = numbers[at], numbers[at + 1 : at + 1 + renewable], numbers[at + 1 + renewable]
        at += renewable + 2 + after
        rows.append((duration, demands, numbers[at - after : at]))
    if at != len(numbers):
        raise ValueError(f"{len(numbers) - at} numbers more than {count} activities take")
    draft = Draft(max(sum(duration for duration, _, _ in rows), 1))
    for number, limit in enumerate(limits):
        draft.add_renewable(f"R{number + 1}", [limit])
    for number, (duration, demands, _) in enumerate(rows):
        draft.add_activity(str(number + 1))
        draft.add_mode(Segment(duration, dict(enumerate(demands))))
    for number, (_, _, successors) in enumerate(rows):
        for other in successors:
            draft.add_before(number, other - 1)
    return draft.problem()


def _activities(draft: Draft, rows: list[list[int]], renewable: int, stocks: int) -> None:
    width = renewable + stocks
    for row in rows:
        if len(row) == width + 3:
            draft.add_activity(str(row[0]))
        elif len(row) != width + 2:
            raise ValueError(f"a mode has {len(row)} numbers: {row}")
        weeks, amounts = row[-width - 1], row[-width:]
        demand = dict(enumerate(amounts[:renewable]))
        draft.add_mode(Segment(weeks, demand), spend=dict(enumerate(amounts[renewable:])))


def _after(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"nothing like {pattern}")
    return found[1]


def _section(text: str, title: str) -> list[list[int]]:
    """Rows of whole numbers under a title, up to the line of stars."""
    found = re.search(title, text)
    if found is None:
        raise ValueError(f"no section {title}")
    lines = text[found.end() :].split("****")[0].splitlines()[1:]
    return [[int(word) for word in line.split()] for line in lines if re.fullmatch(r"\s*\d[\d\s]*", line)]


READERS = {".sm": read_project, ".mm": read_project, ".rcp": read_patterson}


def write_project(problem: Problem) -> str:
    """Write a problem in the layout that `read_project` reads."""
    renewable, stocks = len(problem.resources), len(problem.stock)
    after: dict[int, list[int]] = {at: [] for at in range(len(problem))}
    for at in range(len(problem)):
        for before, _ in problem.predecessors(at):
            after[before].append(at + 1)
    stars = "*" * 72
    lines = [stars, f"horizon                       :  {problem.weeks}", "RESOURCES",
             f"  - renewable                 :  {renewable}   R", f"  - nonrenewable              :  {stocks}   N",
             "  - doubly constrained        :  0   D", stars, "PRECEDENCE RELATIONS:",
             "jobnr.    #modes  #successors   successors"]  # fmt: skip
    for at in range(len(problem)):
        lines.append(" ".join(map(str, [at + 1, len(problem.modes(at)), len(after[at]), *after[at]])))
    lines += [stars, "REQUESTS/DURATIONS:", "jobnr. mode duration  R", "-" * 72]
    for at in range(len(problem)):
        for place, mode in enumerate(problem.modes(at)):
            demand = {resource: amount for _, _, used in problem.segments(mode) for resource, amount in used.items()}
            row = [place + 1, int(problem.duration[mode]), *(demand.get(r, 0) for r in range(renewable))]
            row += problem.spend[mode].tolist()
            lines.append(" ".join(map(str, [at + 1, *row] if place == 0 else row)))
    limits = [*problem.capacity[:, 0].tolist(), *problem.stock.tolist()]
    lines += [stars, "RESOURCEAVAILABILITIES:", "  R", " ".join(map(str, limits)), stars]
    return "\n".join(lines) + "\n"
