"""Groups under a cap with as little as possible across their borders, in an order without circles.

First the strongest pairs merge (greedy start); then single units change group and groups merge as long as the weight
across borders falls, so that the result is never worse than the start. Communities (Louvain, Leiden) are no way here:
they break the cap; METIS keeps it and cuts more (benchmarks/grouping.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence

from planner.groups.order import Order

MAX_ROUNDS = 12
Pair = tuple[int, int]


def partition(sizes: Sequence[int], weights: Mapping[Pair, float], arrows: Sequence[Pair], cap: int) -> list[int]:
    """Put units into groups.

    Parameters
    ----------
    sizes
        Systems in each unit; a unit larger than the cap stays alone.
    weights
        Weight of each pair of units (smaller number first) that may share a group.
    arrows
        Pairs of units of which the first comes before the second; without circles.
    cap
        Most systems in a group.

    Returns
    -------
    list of int
        Number of the group of each unit: that of its first member.
    """
    labels = merged(sizes, weights, arrows, cap, list(range(len(sizes))))
    cut = cut_weight(weights, labels)
    for _ in range(MAX_ROUNDS):
        tried = merged(sizes, weights, arrows, cap, moved(sizes, weights, arrows, cap, labels))
        now = cut_weight(weights, tried)
        if now >= cut - 1e-9:
            break
        labels, cut = tried, now
    return labels


def steady(
    sizes: Sequence[int],
    weights: Mapping[Pair, float],
    arrows: Sequence[Pair],
    cap: int,
    before: Mapping[int, str],
) -> list[int]:
    """Put units into the groups that they were in, and only what is new into groups of its own choice.

    Parameters
    ----------
    sizes, weights, arrows, cap
        As for `partition`.
    before
        Group in the plan before of the units that were in it. Units that were together stay so where they are still
        tied, where the cap and the order allow it; groups of that plan never merge.

    Returns
    -------
    list of int
        As of `partition`.
    """
    old = {pair: weight for pair, weight in weights.items() if before.get(pair[0], 0) == before.get(pair[1], 1)}
    labels = merged(sizes, old, arrows, cap, list(range(len(sizes))))
    homes = {labels[unit] for unit in before}
    return merged(sizes, weights, arrows, cap, labels, homes)


def cut_weight(weights: Mapping[Pair, float], labels: Sequence[int]) -> float:
    """Weight across borders."""
    return sum(weight for (one, other), weight in weights.items() if labels[one] != labels[other])


def merged(
    sizes: Sequence[int],
    weights: Mapping[Pair, float],
    arrows: Sequence[Pair],
    cap: int,
    labels: list[int],
    homes: Collection[int] = (),
) -> list[int]:
    """Merge whole groups, the most strongly tied for their size first; two of `homes` stay apart."""
    lasting = set(homes)
    size: dict[int, int] = {}
    for unit, label in enumerate(labels):
        size[label] = size.get(label, 0) + sizes[unit]
    near = _near(weights, labels)
    order = Order(len(sizes), [(labels[first], labels[then]) for first, then in arrows])
    strength = _strength(near)
    heap = [
        (-strength[pair] / (size[pair[0]] * size[pair[1]]), pair)
        for pair in strength
        if size[pair[0]] + size[pair[1]] <= cap
    ]
    heapq.heapify(heap)
    into = list(range(len(sizes)))
    while heap:
        score, (one, other) = heapq.heappop(heap)
        if into[one] != one or into[other] != other:
            continue
        if -score != strength[one, other] / (size[one] * size[other]) or size[one] + size[other] > cap:
            continue
        if (one in lasting and other in lasting) or not order.may_merge(one, other):
            continue
        order.merge(one, other)
        if other in lasting:
            lasting.add(one)
        into[other] = one
        size[one] += size.pop(other)
        _absorb(near, strength, one, other)
        for third in near[one]:
            if size[one] + size[third] <= cap:
                pair = (min(one, third), max(one, third))
                heapq.heappush(heap, (-strength[pair] / (size[one] * size[third]), pair))
    return _first_members([_root(into, label) for label in labels])


def _near(weights: Mapping[Pair, float], labels: Sequence[int]) -> dict[int, dict[int, float]]:
    """Weight between groups."""
    near: dict[int, dict[int, float]] = {label: {} for label in labels}
    for (one, other), weight in weights.items():
        first, second = labels[one], labels[other]
        if first != second:
            near[first][second] = near[first].get(second, 0.0) + weight
            near[second][first] = near[first][second]
    return near


def _strength(near: Mapping[int, Mapping[int, float]]) -> dict[Pair, float]:
    """Weight of a pair, and more where both are tied to the same third: those belong to one whole."""
    strength = {}
    for one, around in near.items():
        for other, weight in around.items():
            if one < other:
                fewer, more = sorted((around, near[other]), key=len)
                shared = sum(min(tie, more[third]) for third, tie in fewer.items() if third in more)
                strength[one, other] = weight + shared
    return strength


def _absorb(near: dict[int, dict[int, float]], strength: dict[Pair, float], one: int, other: int) -> None:
    for third, weight in near.pop(other).items():
        del near[third][other]
        gone = strength.pop((min(other, third), max(other, third)), 0.0)
        if third != one:
            near[one][third] = near[third][one] = near[one].get(third, 0.0) + weight
            pair = (min(one, third), max(one, third))
            strength[pair] = strength.get(pair, 0.0) + gone


def _root(into: list[int], label: int) -> int:
    while into[label] != label:
        label = into[label]
    return label


def _first_members(labels: Sequence[int]) -> list[int]:
    first: dict[int, int] = {}
    for unit, label in enumerate(labels):
        first.setdefault(label, unit)
    return [first[label] for label in labels]


def moved(
    sizes: Sequence[int], weights: Mapping[Pair, float], arrows: Sequence[Pair], cap: int, labels: Sequence[int]
) -> list[int]:
    """Let units change group where that takes weight from the borders.

    Groups are numbered so that no arrow runs backwards; a unit may only go to a group between those of what comes
    before it and of what comes after it, so that no circle can arise.
    """
    labels = list(labels)
    rank = _ranks(arrows, labels)
    size: dict[int, int] = {}
    for unit, label in enumerate(labels):
        size[label] = size.get(label, 0) + sizes[unit]
    near = _near(weights, range(len(sizes)))
    before: list[list[int]] = [[] for _ in sizes]
    after: list[list[int]] = [[] for _ in sizes]
    for first, then in arrows:
        after[first].append(then)
        before[then].append(first)
    waiting = [unit for unit in range(len(sizes)) if near[unit]]
    for _ in range(MAX_ROUNDS):
        changed: set[int] = set()
        for unit in waiting:
            low = max((rank[labels[one]] for one in before[unit]), default=-1)
            high = min((rank[labels[one]] for one in after[unit]), default=len(labels))
            pull: dict[int, float] = {}
            for other, weight in near[unit].items():
                pull[labels[other]] = pull.get(labels[other], 0.0) + weight
            home = labels[unit]
            stay = pull.get(home, 0.0)
            best = max(
                (
                    (
                        round(weight - stay, 9),
                        label < home and size[label] + sizes[unit] - size[home],
                        -label,
                    )
                    for label, weight in pull.items()
                    if label != home and size[label] + sizes[unit] <= cap and low <= rank[label] <= high
                ),
                default=(0.0, 0, 0),
            )
            # Where nothing is lost the fuller group takes it, always the earlier one: what it leaves can join another.
            if best[:2] > (0.0, 0):
                labels[unit] = -best[2]
                size[home] -= sizes[unit]
                size[labels[unit]] += sizes[unit]
                changed.update(near[unit], before[unit], after[unit])
        if not changed:
            break
        waiting = sorted(changed)
    return _first_members(labels)


def _ranks(arrows: Sequence[Pair], labels: Sequence[int]) -> list[int]:
    return Order(len(labels), [(labels[first], labels[then]) for first, then in arrows]).place
