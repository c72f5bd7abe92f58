"""Matching: when rows of different sources are the same thing, and how sure one is of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from planner.policy.parts import Key, Number, Part, Text
from planner.schema import load_table

IDENTITIES = ("instance_uuid", "smbios_uuid", "source_key", "fqdn", "host_name", "ip_addresses", "mac_addresses")
MADE = ("host", "address", "bare_name", "similar_name")


class MatchRule(Part):
    """What two rows have to share to be the same thing."""

    name: Key
    table: Literal["systems", "servers"]
    parts: Annotated[list[str], Field(min_length=1)]
    score: Annotated[float, Field(gt=0, le=1)]
    unless_differs: list[str] = Field(default_factory=list)
    because: Text
    source: str

    @model_validator(mode="after")
    def _known(self) -> MatchRule:
        known = {*load_table(self.table).names, *IDENTITIES}
        wrong = [part for part in self.parts if part not in known | set(MADE)]
        wrong += [column for column in self.unless_differs if column not in known]
        if wrong:
            raise ValueError(f"there is nothing called '{wrong[0]}' to compare in {self.table}")
        if "similar_name" in self.parts and len(self.parts) > 1:
            raise ValueError("similar_name is compared alone")
        return self


class Matching(Part):
    """Rules and the scores from which they merge or propose."""

    merge_from: Number
    propose_from: Number
    same_within: Number
    likeness: Number
    least_letters: Number
    max_pairs: Number
    max_proposed: Number
    rules: list[MatchRule]

    @model_validator(mode="after")
    def _names_differ(self) -> Matching:
        names = [rule.name for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError("two matching rules have the same name")
        return self

    def rules_of(self, table: str) -> list[MatchRule]:
        """Rules of one table, the surest first."""
        return sorted((rule for rule in self.rules if rule.table == table), key=lambda rule: -rule.score)
