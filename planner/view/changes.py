"""What differs from another plan, in words: for the documents and for `fardplan diff`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from planner.diff import Cause, Change, Diff
from planner.diff.totals import Total
from planner.texts import Texts
from planner.view.cell import told as told_cell
from planner.view.directions import closed
from planner.view.model.changes import Changed, Changes, Sum
from planner.view.model.terms import Ref

# Of these the public hears; sizes, estimates and prices of single systems are for internal readers.
PUBLIC = ("added", "removed", "renamed", "reclassified", "moved")
_PUBLIC_SUMS = ("systems", "option_", "settled", "low_days", "likely_days", "high_days", "one_off_", "waves", "last_")
MAX_ROOTS = 2
# So many changed cells are read; of more, the number and the systems that they change are told.
MAX_CELLS = 10


def changes_page(found: Diff, texts: Texts, public_names: Mapping[str, str] | None = None) -> Changes:
    """Put a comparison into words.

    Parameters
    ----------
    found
        What differs.
    texts
        Words of the language.
    public_names
        Names of the systems as the public may see them; for internal readers None. The public hears what becomes of
        the systems, not from which cells it follows.
    """
    page = _Page(found, texts, public_names)
    return Changes(
        found.old_id,
        found.new_id,
        tuple(page.sum(total.key, total.before, total.after) for total in page.totals()),
        tuple(page.inputs()) if public_names is None else (),
        tuple(
            page.changed(item, causes)
            for item, causes in zip(found.changes, found.causes, strict=True)
            if public_names is None or item.kind in PUBLIC
        ),
    )


class _Page:
    def __init__(self, found: Diff, texts: Texts, public_names: Mapping[str, str] | None) -> None:
        self.found = found
        self.texts = texts
        self.say = texts.diff
        self.public_names = public_names
        self.names = {key: closed(name) for key, name in found.names.items()}

    def shows(self, key: str) -> bool:
        return self.public_names is None or key.startswith(_PUBLIC_SUMS)

    def totals(self) -> list[Total]:
        """Sums to show. The ends of a range that is one number say nothing that its middle does not."""
        sums = {total.key: (total.before, total.after) for total in self.found.totals}
        middles = {key: re.sub("_(low|high)_", "_likely_", key) for key in sums}
        repeated = {key for key, middle in middles.items() if key != middle and sums[key] == sums.get(middle)}
        return [total for total in self.found.totals if self.shows(total.key) and total.key not in repeated]

    def sum(self, key: str, before: float | str | None, after: float | str | None) -> Sum:
        label = self.texts.say(key) if key.startswith("option_") else str(self.say["sums"][key])
        return Sum(label, before, after)

    def inputs(self) -> list[str]:
        """What changed in the inputs: how many cells, and which where they are few; each line of policy and case."""
        cells = self._cells()
        told = [self.say["cells"].format(count=len(cells))] if cells else []
        told += cells if len(cells) <= MAX_CELLS else []
        told += [self.cause(item, "") for item in self.found.inputs.settings]
        for key, causes in self.found.inputs.reviews.items():
            told += [f"{self.names.get(key, key)}: {self.cause(item, '')}" for item in causes]
        return told

    def _cells(self) -> list[str]:
        """Every cell once, with the first of the systems that it is about."""
        told: dict[Cause, str] = {}
        for key, causes in self.found.inputs.by_system.items():
            for _, _, cause in causes:
                told.setdefault(cause, f"{self.names[key]}: " if key in self.names else "")
        return [f"{name}{self.cause(cause, '')}" for cause, name in told.items()]

    def changed(self, item: Change, causes: tuple[Cause, ...]) -> Changed:
        before, after = (self.value(item.kind, value) for value in (item.before, item.after))
        name = closed(item.name)
        if self.public_names is not None:
            name = self.public_names.get(item.system_id, self.say["nobody"])
            if item.kind in ("added", "removed", "renamed"):
                before = after = ""
        told = tuple(self.cause(cause, item.system_id) for cause in causes) if self.public_names is None else ()
        return Changed(item.kind, self.say["kinds"][item.kind], Ref(item.system_id, name), before, after, told)

    def value(self, kind: str, value: str | None) -> str:
        """The value of a change as people read it."""
        if kind in ("reclassified",):
            return self.texts.say(f"option_{value or 'undecided'}")
        if kind == "resettled" and value:
            return self.texts.say(f"state_{value}")
        if kind == "moved":
            year, _, number = (value or "").partition("-Q")
            return self.texts.say("quarter", year=year, number=number) if value else str(self.say["no_quarter"])
        if value is None:
            return str(self.say["nothing_said"])
        value = closed(value)
        if kind == "reestimated":
            return f"{value.replace('.', self.texts.say('decimal'))} {self.say['person_days']}"
        if kind == "resized":
            for word, label in self.say["states"].items():
                value = value.replace(word, str(label))
        return value

    def _decision(self, kind: str, text: str) -> str:
        """A decision and whether it holds, such as `retain (active)`, in words."""
        value, _, state = text.removesuffix(")").rpartition(" (")
        said = self.texts.say(f"option_{value}") if kind == "disposition" else value
        return f"{said} ({self.texts.say(f'reviewed_{state}')})"

    def cause(self, cause: Cause, system_id: str) -> str:
        """One cause; a knock-on with the first causes that it goes back to."""
        words = self.say["cause"]
        if cause.kind == "knock_on":
            key = "knock_on_self" if cause.place == system_id else "knock_on"
            name = self.names.get(cause.place, cause.place)
            told = words[key].format(name=name, what=self.say["kinds"][cause.what])
            roots = [self.cause(root, "") for root in self.found.roots(cause.place, cause.what)[:MAX_ROOTS]]
            return f"{told} ({'; '.join(roots)})" if roots else str(told)
        nothing = self.say["nothing_said"]
        before, after = (nothing if value is None else closed(value) for value in (cause.before, cause.after))
        entity, _, column = cause.what.rpartition(".")
        key = cause.kind
        if cause.kind == "cell" and column in ("created", "gone"):
            key = f"cell_{column}"
        elif cause.kind == "cell":
            # Among the choices of a column may be one that says that there is nothing.
            unknown = str(self.texts.values["unknown"])
            before, after = (
                unknown if value is None else closed(told_cell(entity, column, value, self.texts))
                for value in (cause.before, cause.after)
            )
        what = self.texts.field(column) if cause.kind == "cell" else cause.what
        if cause.kind == "review":
            what = self.say["reviews"].get(cause.what, cause.what)
            before, after = (
                nothing if value is None else self._decision(cause.what, value) for value in (cause.before, cause.after)
            )
        return str(words[key].format(place=cause.place, what=what, before=before, after=after))
