"""Law, guidance, proposals and own models as dated facts: what gates and lenses cite, and when each is due for review.

Nothing in it is legal advice: every fact says how far it is confirmed, and documents print that.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from planner.errors import PolicyError
from planner.yamlfile import read_model

LAWS = Path(__file__).parent / "laws.yaml"
# What nobody has confirmed is looked at before the first release (public-sector reference section 1).
UNVERIFIED_UNTIL = date(2026, 12, 31)


class Law(BaseModel):
    """One fact: what holds, since or until when, by which source, and when somebody has to look again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    status: Literal["law", "guidance", "proposal", "own", "fact"]
    mark: Literal["verified", "secondary", "own_model", "unverified"]
    key_date: date | None = None
    kind: Literal["applies", "target", "event"] | None = None
    title_sv: str
    title_en: str
    fact_sv: str
    fact_en: str
    source: str | None = None
    as_of: date
    review_by: date
    used_by: list[str]

    @model_validator(mode="after")
    def _dated(self) -> Law:
        if self.review_by <= self.as_of:
            raise ValueError(f"'{self.id}': review_by must lie after as_of")
        if self.mark == "unverified" and self.review_by > UNVERIFIED_UNTIL:
            raise ValueError(f"'{self.id}': what is unverified is reviewed by {UNVERIFIED_UNTIL}")
        if self.source is None and self.mark != "unverified":
            raise ValueError(f"'{self.id}' needs a source")
        return self


class Laws(BaseModel):
    """All facts, in the order of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Annotated[Literal["facts/1"], Field(alias="schema")]
    compiled: date
    source_horizon: date
    facts: list[Law]

    @model_validator(mode="after")
    def _once_each(self) -> Laws:
        ids = [fact.id for fact in self.facts]
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice:
            raise ValueError(f"the id '{twice}' stands twice")
        return self

    @cached_property
    def by_id(self) -> dict[str, Law]:
        """Facts by id."""
        return {fact.id: fact for fact in self.facts}


@lru_cache
def load_laws(path: Path = LAWS) -> Laws:
    """Read the shipped facts.

    Raises
    ------
    PolicyError
        A key, value or date that is wrong; names file, line and the nearest known key.
    """
    return read_model(Laws, path, PolicyError)


def check_citation(cited_by: str, ids: Iterable[str], *, denies: bool) -> None:
    """Refuse a citation that cannot carry what is built on it.

    Raises
    ------
    ValueError
        An unknown id; or a denial that rests on a proposal, or on what nobody has confirmed.
    """
    known = load_laws().by_id
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise ValueError(f"'{cited_by}' cites the unknown fact '{name}'{hint}")
        if denies and known[name].status == "proposal":
            raise ValueError(f"'{cited_by}' denies and cites the proposal '{name}': a proposal may never deny")
        if denies and known[name].mark == "unverified":
            raise ValueError(f"'{cited_by}' denies and cites '{name}', which nobody has confirmed")
