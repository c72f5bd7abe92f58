"""Readers for the files of the scheduling libraries: PSPLIB (.sm, .mm) and MMLIB, which has the same layout."""

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
        if path.suffix in {".sm", ".mm"} and path.name.casefold().startswith(kind.casefold())
    )
    if limit is None or len(found) <= limit:
        return found
    return [found[at * len(found) // limit] for at in range(limit)]


def read_project(text: str) -> Problem:
    """Read one instance; its objective is the makespan.

    Raises
    ------
    ValueError
        A section is missing or its numbers do not add up.
    """
    horizon = int(_after(text, r"horizon\s*:\s*(\d+)"))
    renewable = int(_after(text, r"-\s*renewable\s*:\s*(\d+)"))
    stocks = int(_after(text, r"-\s*nonrenewable\s*:\s*(\d+)"))
    order, modes = _section(text, "PRECEDENCE RELATIONS"), _section(text, "REQUESTS/DURATIONS")
    limits = _section(text, "RESOURCEAVAILABILITIES")[0]
    if len(limits) != renewable + stocks:
        raise ValueError(f"{len(limits)} limits for {renewable + stocks} resources")
    draft = Draft(max(horizon, 1))
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
    _, is_there, rest = text.partition(title)
    if not is_there:
        raise ValueError(f"no section {title}")
    lines = rest.split("****")[0].splitlines()[1:]
    return [[int(word) for word in line.split()] for line in lines if re.fullmatch(r"\s*\d[\d\s]*", line)]


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
