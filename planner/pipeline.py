"""The order of the steps, once: the command line runs them as they are, the flow wraps each in a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pandas import DataFrame

from planner.baseline import baseline
from planner.business_case import business_case
from planner.case import Case, read_case
from planner.catalogue import load_catalogue, with_price_lists
from planner.cite import cite
from planner.classify import classify
from planner.counters import counters
from planner.diff import Diff, diff
from planner.enrich import enrich
from planner.errors import InfeasiblePlan, PlannerError, VerificationError
from planner.estimate import estimate
from planner.freshness import freshness
from planner.groups import group
from planner.ingest import ingest
from planner.lenses import assess
from planner.outlook import outlook
from planner.overlaps import overlaps
from planner.plan import Lineage, Plan, make_plan, settings
from planner.policy import Policy, load_policy
from planner.portfolio import Portfolio
from planner.preview import ENTITIES, Preview, preview
from planner.prioritise import prioritise
from planner.progress import progress
from planner.questions import questions
from planner.render import papers, render
from planner.reuse import Reuse
from planner.review import FILE, decided_matches, held, read_review, review
from planner.scenarios import ScenarioResult, result_of, variants, without_plan
from planner.schedule import schedule
from planner.simulate import DECLARED as FUTURES
from planner.simulate import risk_costs, simulate
from planner.size import size
from planner.store import Base, History, as_saved, load_tables, open_history, plan_files, save
from planner.texts import Texts
from planner.verify import verify
from planner.view import View, build_view

Result = TypeVar("Result")
Call = Callable[[str, Callable[[], Any]], Any]
STEPS = (
    "ingest",
    "counters",
    "review",
    "enrich",
    "progress",
    "assess",
    "classify",
    "prioritise",
    "overlaps",
    "size",
    "estimate",
    "questions",
    "baseline",
    "group",
    "schedule",
    "simulate",
    "risk_costs",
    "business_case",
    "outlook",
    "cite",
    "freshness",
    "held",
    "verify",
    "render",
    "save",
)


@dataclass(frozen=True)
class Outcome:
    """What a run made: the plan, its view and the folder."""

    plan: Plan
    view: View
    folder: Path


def run_now(name: str, step: Callable[[], Result]) -> Result:
    """Run a step as it is."""
    return step()


def compute(
    case: Case, call: Call = run_now, history: History | None = None, *, is_anew: bool = False, is_quick: bool = False
) -> Plan:
    """Run every step up to the verified plan; reads files and writes nothing.

    Parameters
    ----------
    case
        The case.
    call
        Runs a named step; the flow passes one that makes it a task. Steps take no arguments, so that no table is
        ever handed to an orchestrator as a parameter.
    history
        The plans before it, to which this one keeps; without it, it is as if there were none. What takes long and
        was asked just the same for the one before is taken from there.
    is_anew
        Follow them, and neither keep to their dates nor take anything from them.
    is_quick
        Search less, and without the exact solver, which more often says how good a schedule is than finds a better one.
    """
    policy = policy_of(case)
    if is_quick:
        policy = policy.with_quick_search()
    shipped = load_catalogue(case.folder / case.catalogue if case.catalogue else None)
    catalogue = with_price_lists(shipped, case, policy.sizing.hours_per_month.value)
    decided = read_review(case.folder / FILE)
    reviewed = decided_matches(decided, case.plan_date)
    portfolio = call("ingest", lambda: Portfolio().with_tables(ingest(case, policy.matching, reviewed)))
    lineage, base, earlier = Lineage(), Base(), None
    if history is not None:
        begun = history.following(make_plan(case, policy, portfolio, catalogue, decided.review.inputs), is_anew=is_anew)
        lineage, base = begun.lineage, history.base(begun)
        earlier = None if is_anew else history.current
    reuse = Reuse(settings(case, policy), earlier)
    steps: dict[str, Callable[[Portfolio], dict[str, DataFrame]]] = {
        "counters": lambda before: counters(before, case, policy),
        "review": lambda before: review(before, case, decided),
        "enrich": lambda before: enrich(before, case, policy, catalogue),
        "progress": lambda before: progress(before, case),
        "assess": lambda before: assess(before, case, policy),
        "classify": lambda before: classify(before, case, policy),
        "prioritise": lambda before: prioritise(before, case, policy),
        "overlaps": lambda before: overlaps(before, case, policy),
        "size": lambda before: size(before, case, policy, catalogue),
        "estimate": lambda before: estimate(before, case, policy),
        "questions": lambda before: questions(before, case, policy),
        "baseline": lambda before: baseline(before, base),
        "group": lambda before: group(before, case, policy),
        "schedule": lambda before: schedule(
            before, case, policy, lambda asked: reuse.taken("schedule", asked, ("placements", "solution"))
        ),
        "simulate": lambda before: reuse.run("simulate", FUTURES, before, lambda seen: simulate(seen, case, policy)),
        "risk_costs": lambda before: risk_costs(before),
        "business_case": lambda before: business_case(before, case, policy, catalogue),
        "outlook": lambda before: outlook(before, case, policy),
        "cite": lambda before: cite(before, case, policy),
        "freshness": lambda before: freshness(before, case, policy, catalogue),
        "held": lambda before: held(before),
        "verify": lambda before: verify(before, case, policy),
    }
    for name, step in steps.items():
        portfolio = call(name, _bound(step, portfolio))
    return make_plan(case, policy, portfolio, catalogue, decided.review.inputs, reuse.asked).after(lineage)


def policy_of(case: Case) -> Policy:
    """The policy of a case, with a gate on the places where it lets nothing run."""
    return load_policy(case.policy, case.folder, case.places)


def _refuse_broken(made: Plan) -> None:
    """A plan that breaks a promise is a fault of the planner, and is not published."""
    findings = made.portfolio["findings"]
    broken = findings[findings["code"] == "broken_promise"]
    if len(broken):
        promises = sorted(set(broken["detail"]))
        raise VerificationError(
            f"the finished plan breaks {len(broken)} promises and is not published",
            value=promises,
            place=", ".join(map(str, broken["row_id"].head(3))),
            remedy="Nothing is written. Report this with the case; an earlier plan stays as it is.",
        )


def _bound(step: Callable[[Portfolio], dict[str, DataFrame]], before: Portfolio) -> Callable[[], Portfolio]:
    return lambda: before.with_tables(step(before))


def read_only(case: Case) -> Portfolio:
    """Read and enrich a case, for `fardplan check`."""
    policy = policy_of(case)
    reviewed = decided_matches(read_review(case.folder / FILE), case.plan_date)
    portfolio = Portfolio().with_tables(ingest(case, policy.matching, reviewed))
    portfolio = portfolio.with_tables(counters(portfolio, case, policy))
    return portfolio.with_tables(enrich(portfolio, case, policy))


def compare(portfolio: Portfolio, folder: Path, texts: Texts, *, is_asked_for: bool) -> Preview | str:
    """Compare an inventory with that of an earlier plan, or say why it cannot be.

    Raises
    ------
    PlannerError
        The plan was asked for and cannot be compared with.
    """
    if not is_asked_for and not folder.is_dir():
        return str(texts.check["no_plan"].format(folder=folder.name))
    try:
        return preview(portfolio, load_tables(folder, ENTITIES))
    except PlannerError as reason:
        if is_asked_for:
            raise
        return str(texts.check["not_comparable"].format(folder=folder.name, reason=reason.message))


def compare_scenarios(case: Case, names: list[str]) -> list[ScenarioResult]:
    """Compute the case itself and some of its scenarios in memory.

    What was read is shared where the scenarios read alike; a scenario for which there is no plan says why.

    Raises
    ------
    CaseError
        A name that the case does not have.
    """
    read: dict[str, Portfolio] = {}
    results: list[ScenarioResult] = []
    for name, one in variants(case, names).items():
        results.append(_outcome(name, one, read))
    return results


def _outcome(name: str, case: Case, read: dict[str, Portfolio]) -> ScenarioResult:
    def call(step: str, run: Callable[[], Any]) -> Any:
        if step != "ingest":
            return run()
        key = policy_of(case).matching.model_dump_json()
        if key not in read:
            read[key] = run()
        return read[key]

    try:
        return result_of(name, compute(case, call))
    except InfeasiblePlan as reason:
        return without_plan(name, case, reason)


def plan(
    folder: Path,
    out: Path | None = None,
    *,
    language: str | None = None,
    audience: str = "intern",
    plan_date: date | None = None,
    is_anew: bool = False,
    call: Call = run_now,
) -> Outcome:
    """Plan one case, from its files to its documents.

    Parameters
    ----------
    folder
        The case.
    out
        Plan folder; `plan/` in the case by default.
    language, audience, plan_date
        Replace what the case says.
    is_anew
        Look for the best dates, not for those nearest to the plan before.
    """
    case = read_case(folder, plan_date)
    # A plan that is put elsewhere is a trial, and makes no history.
    history = open_history(case) if out is None else None
    made = compute(case, call, history, is_anew=is_anew)
    _refuse_broken(made)
    files = plan_files(made)
    changes = _since_parent(history, made, files) if history else None
    decision = history.decision(made.plan_id) if history else None
    view = build_view(made, language or case.language, audience, changes, decision)
    documents = call("render", lambda: {**render(view), **papers(view)})
    place = out or case.folder / "plan"

    def kept() -> Path:
        if history:
            history.keep(made, files)
        return save(made, documents, place, with_tables=audience == "intern", files=files)

    return Outcome(made, view, call("save", kept))


def _since_parent(history: History, made: Plan, files: dict[str, bytes]) -> Diff | None:
    """What differs from the plan before; nothing where there is none, or where it was thinned out."""
    if made.parent is None or made.parent not in history.shelf.plans():
        return None
    return diff(history.plan(made.parent), as_saved(made, files))


def plan_tables(folder: Path, out: Path) -> Path:
    """Plan one case into tables without documents and without the exact solver: half the work, for comparisons of
    many. Its dates can be some weeks from those of the case's own plan, and its policy says that it searched less.

    Returns
    -------
    The plan folder.
    """
    made = compute(read_case(folder), is_quick=True)
    _refuse_broken(made)
    return save(made, {}, out, with_tables=True)
