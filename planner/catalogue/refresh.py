"""Reads cloud facts from AWS into a dated snapshot: part by part, a few at a time, from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from planner.catalogue.client import CONFIG, FAULTS, Aws, reason_of
from planner.catalogue.parts import EVERY_PART, PARTS, PUBLIC, TYPES, Tables, types_of
from planner.catalogue.snapshot import SNAPSHOTS, is_unfinished, load_catalogue
from planner.catalogue.write import Unfinished, write_snapshot
from planner.errors import CatalogueError

DEFAULT_REGIONS = ("eu-north-1", "eu-central-1", "eu-west-1", "eusc-de-east-1")
# AWS throttles by account; more at a time only waits more.
AT_A_TIME = 4
OTHER_PARTITION = "another partition: needs credentials of its own"
Key = tuple[str, str]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Answer:
    """What came of one part of one region: rows, or why there are none."""

    tables: Tables | None
    reason: str | None = None
    is_asked: bool = True


def refresh(
    out: Path,
    regions: Sequence[str],
    captured_date: date,
    session: Any = None,
    made_with: str | None = None,
    *,
    parts: Iterable[str] = EVERY_PART,
    last: Path | None = None,
    progress: Progress | None = None,
    config: Config = CONFIG,
) -> Path:
    """Write a snapshot.

    What was read stays beside `out` until the snapshot is whole, so that the next refresh of the same day asks only
    for the rest. A part that fails keeps the facts of the last snapshot with their date, and the snapshot says so.

    Parameters
    ----------
    out
        Folder to make; it must not exist, unless as a snapshot in which parts had failed.
    regions
        Regions to read. One of another partition than the session's own region (eu-north-1 when it has none) needs
        other credentials: it is listed with what is known and has no offerings.
    captured_date
        Date to write on it: no clock is read.
    session
        A boto3 session; the default one when None.
    made_with
        How the facts were got, when not from AWS itself ("moto 5.2.5"): a snapshot made through a mock is never
        called live.
    parts
        Names of the parts to read; what is not asked for is not in the snapshot.
    last
        Snapshot whose facts stand in for a part that fails; the newest shipped one by default.
    progress
        Told after every part: how many are done, of how many, and which.
    config
        How botocore retries and how long it waits.

    Raises
    ------
    CatalogueError
        A region or part that does not exist, a folder that is in the way, or not one part could be read, with the
        reason of the first; nothing is left half-written.
    """
    if out.exists() and not is_unfinished(out):
        raise CatalogueError("the folder exists already", place=str(out), remedy="Choose another --out.")
    aws = Aws(session or boto3.Session(), config)
    keys = _keys(aws, sorted(set(regions)), _known(parts))
    made = made_with or f"AWS API through boto3 {boto3.__version__}"
    kept = Unfinished(out, captured_date, made)
    answers = _answers(aws, keys, kept, progress or (lambda done, total, name: None))
    _refuse_if_nothing_was_read(answers)
    tables = {key: answer.tables for key, answer in answers.items() if answer.tables is not None}
    reasons = {key: answer.reason for key, answer in answers.items() if answer.reason}
    skipped = {key for key, answer in answers.items() if not answer.is_asked}
    write_snapshot(out, tables, reasons, skipped, captured_date, made, last or sorted(SNAPSHOTS.glob("aws-*"))[-1])
    # The folder may have held a snapshot that this process has read.
    load_catalogue.cache_clear()
    if not reasons.keys() - skipped:
        kept.forget()
    return out


def _known(parts: Iterable[str]) -> list[str]:
    asked = list(parts)
    unknown = next((name for name in asked if name not in EVERY_PART), None)
    if unknown:
        raise CatalogueError("no such part", value=unknown, remedy=f"Parts: {', '.join(EVERY_PART)}.")
    return [name for name in EVERY_PART if name in asked]


def _keys(aws: Aws, regions: list[str], parts: list[str]) -> list[Key]:
    for region, remedy in [
        *((region, "") for region in regions),
        (aws.home, "It is that of the profile or AWS_REGION."),
    ]:
        try:
            aws.partition_of(region)
        except BotoCoreError as reason:
            raise CatalogueError(f"no such region ({reason})", place=region, remedy=remedy) from None
    return [(part, region) for region in regions for part in parts]


def _answers(aws: Aws, keys: list[Key], kept: Unfinished, progress: Progress) -> dict[Key, Answer]:
    """Ask for every part, a few at a time; types last, since they are asked for by the names that are offered."""
    answers: dict[Key, Answer] = {}
    first = [key for key in keys if key[0] != TYPES]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for stage in (first, [key for key in keys if key[0] == TYPES]):
            asked = {key: pool.submit(_answer, aws, key, _offered(answers, key[1]), kept) for key in stage}
            try:
                for key, coming in asked.items():
                    answers[key] = coming.result()
                    progress(len(answers), len(keys), f"{key[1]} {key[0]}")
            except BaseException:
                # Somebody has had enough: what is not begun is left for the next refresh.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return answers


def _offered(answers: dict[Key, Answer], region: str) -> list[str]:
    answer = answers.get(("offerings", region))
    return [row["instance_type"] for row in (answer.tables or {}).get("offerings", [])] if answer else []


def _answer(aws: Aws, key: Key, offered: list[str], kept: Unfinished) -> Answer:
    part, region = key
    if not aws.is_reachable(region) and part not in PUBLIC:
        return Answer(None, OTHER_PARTITION, is_asked=False)
    if (known := kept.read(key)) is not None:
        return Answer(known)
    if part == TYPES and not offered:
        return Answer(None, "no offerings to ask for")
    try:
        tables = types_of(aws, region, offered) if part == TYPES else PARTS[part](aws, region)
    except FAULTS as fault:
        return Answer(None, reason_of(fault))
    # A list that should have something in it and is empty is a hole, never the fact that there is nothing.
    if not all(tables.values()):
        return Answer(None, "empty answer")
    kept.write(key, tables)
    return Answer(tables)


def _refuse_if_nothing_was_read(answers: dict[Key, Answer]) -> None:
    if any(answer.tables for answer in answers.values()):
        return
    first = next(iter(answers.items()), (("", ""), Answer(None, "nothing was asked for")))
    (_, region), answer = next((item for item in answers.items() if item[1].is_asked), first)
    raise CatalogueError(
        f"AWS could not be asked ({answer.reason})",
        place=region,
        remedy="Check credentials and network; plans go on with the last snapshot.",
    )
