"""An order of clusters that stays free of circles while clusters merge."""

from __future__ import annotations

from collections.abc import Iterable

# A pair whose paths cannot be looked through in this many steps is left apart: it costs a border, never a circle.
MAX_STEPS = 300


class Order:
    """Clusters, what comes before and after each, and a place for each that no arrow runs against.

    Dynamic topological order after Pearce and Kelly (2006), with merging: two clusters may merge when no path leads
    from one to the other through a third.
    """

    def __init__(self, count: int, arrows: Iterable[tuple[int, int]]) -> None:
        self.after: list[set[int]] = [set() for _ in range(count)]
        self.before: list[set[int]] = [set() for _ in range(count)]
        for first, then in arrows:
            if first != then:
                self.after[first].add(then)
                self.before[then].add(first)
        self.place = _places(self.after, self.before)

    def may_merge(self, one: int, other: int) -> bool:
        """Whether no path leads from one to the other through a third."""
        first, last = sorted((one, other), key=self.place.__getitem__)
        reached = self._reached(first, self.after, self.place[last], last)
        return reached is not None and last not in reached

    def merge(self, into: int, gone: int) -> None:
        """Merge two clusters that may merge."""
        first, last = sorted((into, gone), key=self.place.__getitem__)
        behind = self._between(first, self.after, self.place[first], self.place[last])
        ahead = self._between(last, self.before, self.place[first], self.place[last])
        moved = [*sorted(ahead, key=self.place.__getitem__), into, *sorted(behind, key=self.place.__getitem__)]
        free = sorted(self.place[cluster] for cluster in [*ahead, into, gone, *behind])
        for cluster, place in zip(moved, free, strict=False):
            self.place[cluster] = place
        self._join(into, gone)

    def _join(self, into: int, gone: int) -> None:
        for links, back in ((self.after, self.before), (self.before, self.after)):
            for cluster in links[gone]:
                back[cluster].discard(gone)
                if cluster != into:
                    back[cluster].add(into)
                    links[into].add(cluster)
            links[into].discard(gone)
            links[gone] = set()

    def _reached(self, start: int, links: list[set[int]], limit: int, last: int) -> set[int] | None:
        """Clusters before a place that paths through a third lead to; None when there are too many to look through."""
        waiting = [cluster for cluster in links[start] if cluster != last and self.place[cluster] < limit]
        seen = set(waiting)
        steps = len(links[start])
        while waiting and steps <= MAX_STEPS:
            following = links[waiting.pop()]
            steps += len(following)
            if last in following:
                return {last}
            fresh = [cluster for cluster in following if cluster not in seen and self.place[cluster] < limit]
            seen.update(fresh)
            waiting += fresh
        return seen if steps <= MAX_STEPS else None

    def _between(self, start: int, links: list[set[int]], low: int, high: int) -> set[int]:
        waiting, seen = [start], {start}
        while waiting:
            for cluster in links[waiting.pop()] - seen:
                if low < self.place[cluster] < high:
                    seen.add(cluster)
                    waiting.append(cluster)
        return seen - {start}


def _places(after: list[set[int]], before: list[set[int]]) -> list[int]:
    """A place for each cluster, by Kahn's algorithm; a circle here is a fault of the caller."""
    open_before = [len(clusters) for clusters in before]
    ready = [cluster for cluster, count in enumerate(open_before) if count == 0][::-1]
    place = [-1] * len(after)
    for at in range(len(after)):
        if not ready:
            raise ValueError("the order runs in a circle")
        cluster = ready.pop()
        place[cluster] = at
        for follower in sorted(after[cluster], reverse=True):
            open_before[follower] -= 1
            if open_before[follower] == 0:
                ready.append(follower)
    return place
