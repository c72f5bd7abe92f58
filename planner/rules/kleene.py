"""Three-valued truth of conditions over coded values: each comparison is made once per distinct value.

False, unknown and true are -1, 0 and 1, so that `all` is the minimum, `any` the maximum and `not` the sign (Kleene).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.codes import Codes, first_of, joined
from planner.policy.conditions import Condition, evaluate
from planner.rules.facts import Facts

TRUE, UNKNOWN, FALSE = 1, 0, -1
TRUTHS = 3
Truth = NDArray[np.int8]


class Truths:
    """Conditions on combinations of values.

    The codes of a field count its distinct values, then the unknown, then the `answers` that it could have.
    """

    def __init__(self, facts: Facts, plan_date: date, answers: Mapping[str, list[Any]] | None = None) -> None:
        self._facts = facts
        self._plan_date = plan_date
        self._answers = answers or {}
        self._values: dict[str, pd.Series] = {}
        self._leaves: dict[tuple[str, bool], Truth] = {}

    def values(self, name: str) -> pd.Series:
        """What the codes of a field stand for."""
        if name not in self._values:
            known = self._facts.codes(name)[1]
            given = pd.Series(self._answers.get(name, []), dtype=known.dtype)
            self._values[name] = pd.concat([known, given], ignore_index=True)
        return self._values[name]

    def first_answer(self, name: str) -> int:
        """Code of the first of the answers of a field; the others follow."""
        return len(self._facts.codes(name)[1])

    def combinations(self, condition: Condition, names: Iterable[str]) -> tuple[Codes, dict[str, Codes]]:
        """Combinations of values that a condition can tell apart.

        Parameters
        ----------
        condition
            What is asked of the values.
        names
            Its fields, and columns that it does not read: of these every value counts.

        Returns
        -------
        Code of every system's combination, and the codes of the values in an example of each.
        """
        columns = {name: self._facts.codes(name)[0] for name in names}
        kinds = {name: self._kinds(name, condition) for name in columns}
        codes, size = joined(((kinds[name][0][own], kinds[name][1]) for name, own in columns.items()), len(self._facts))
        first = first_of(codes, size)
        return codes, {name: own[first] for name, own in columns.items()}

    def of(self, condition: Condition, codes: Mapping[str, Codes], *, ahead: bool = False) -> Truth:
        """Truth for every row of codes; `ahead` looks to the day when every question is answered."""
        if condition.not_ is not None:
            return -self.of(condition.not_, codes, ahead=ahead)
        for parts, fold in ((condition.all, np.minimum), (condition.any, np.maximum)):
            if parts is not None:
                return reduce(fold, (self.of(part, codes, ahead=ahead) for part in parts))
        return self._leaf(condition, ahead)[codes[str(condition.field)]]

    def _kinds(self, name: str, condition: Condition) -> tuple[Codes, int]:
        """Kind of each value of a column, and how many there are: what the condition cannot tell apart is of one kind;
        the unknown is one of its own."""
        count = self.first_answer(name)
        said = [self._leaf(leaf, ahead=False)[:count] - FALSE for leaf in condition.leaves() if leaf.field == name]
        if not said:
            return np.arange(count), count
        is_unknown = np.arange(count) == count - 1
        return joined([*((part, TRUTHS) for part in said), (is_unknown, 2)], count)

    def _leaf(self, leaf: Condition, ahead: bool) -> Truth:
        ahead = ahead and leaf.is_known is not None
        key = (leaf.model_dump_json(), ahead)
        if key not in self._leaves:
            table = pd.DataFrame({str(leaf.field): self.values(str(leaf.field))})
            found = evaluate(leaf, table, self._plan_date, will_be_answered=ahead)
            truth = found.astype("Int8").to_numpy(dtype=np.int8, na_value=UNKNOWN)
            self._leaves[key] = np.where(found.isna(), UNKNOWN, np.where(truth == 1, TRUE, FALSE)).astype(np.int8)
        return self._leaves[key]
