"""Monte Carlo of a schedule: futures of activities that wait for each other, beside drawing triangles alone.

    python -m benchmarks.simulation [--activities 1000 5000] [--samples 10000] [--runs 5]

The network is drawn: every activity waits for up to three of the fifty before it. Prints seconds of CPU for the kernel
(drawing with drivers, waiting, cut-overs after freezes and
at most three a week, cost by wave), for percentiles and criticality, and for NumPy's
own `triangular` on as many numbers in the same run, which is what a plain simulation spends its time on. The goal for
1,000 activities and 10,000 futures is 0.1 s.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from planner.simulate.kernel import Bounds, Draws, Watch, critical, futures
from planner.simulate.spread import triangular

GOAL_SECONDS = 0.1
WAVES = 12


def drawn(activities: int, seed: int = 1) -> tuple[Draws, Bounds, list[int]]:
    """Activities with triangles of effort, four teams, order and cut-overs."""
    draw = np.random.default_rng(seed)
    likely = draw.uniform(2, 8, activities)
    days = triangular(likely * 0.6, likely, likely * 2.2).astype(np.float32)
    before = [sorted({int(at) for at in draw.integers(max(0, n - 50), n, 3)}) if n else [] for n in range(activities)]
    teams = ["application", "business", "platform", "security"]
    drivers = [teams[int(at)] for at in draw.integers(0, 4, activities)]
    wait = np.zeros(2 * activities, np.float32)
    wait[::26] = 6
    is_change = draw.random(activities) < 0.3
    least = [1.0] * activities
    draws = Draws(days, least, least, {}, drivers, dict.fromkeys(teams, 0.7))
    opens = np.where(is_change, 0, -1).tolist()
    # As many changes a week as are planned in one, and a few to spare.
    changes = [1 if at >= 0 else 0 for at in opens]
    bounds = Bounds([0.0] * activities, before, wait[None, :], opens, changes, 3)
    return draws, bounds, (np.arange(activities) * WAVES // activities).tolist()


def seconds(run: Callable[[], object], runs: int) -> float:
    """Least CPU time of several runs."""
    took = []
    for _ in range(runs):
        began = time.process_time()
        run()
        took.append(time.process_time() - began)
    return min(took)


def measure(activities: int, samples: int, runs: int) -> None:
    """Print one size."""
    draws, bounds, bucket = drawn(activities)
    last = [at for at in range(activities) if bounds.opens[at] >= 0]
    watch = Watch(bucket, last, close=2000)
    blocks = list(futures(draws, bounds, watch, samples, 1))
    kernel = seconds(lambda: [None for _ in futures(draws, bounds, watch, samples, 1)], runs)
    close = seconds(lambda: critical(blocks[0], bounds.before, last), runs)
    percentiles = seconds(lambda: np.sort(blocks[0].close_end, axis=1), runs)
    random = np.random.default_rng(1)
    plain = seconds(lambda: [random.triangular(0.6, 1, 2.2, samples) for _ in range(activities)], runs)
    print(
        f"{activities:6} activities x {samples} futures: kernel {kernel:.3f} s, criticality {close:.3f} s, "
        f"percentiles {percentiles:.3f} s, together {kernel + close + percentiles:.3f} s; "
        f"triangular alone {plain:.3f} s ({kernel / plain:.2f} of it)"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--activities", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    for activities in given.activities:
        measure(activities, given.samples, given.runs)
    print(f"goal: {GOAL_SECONDS} s for 1,000 activities x 10,000 futures")


if __name__ == "__main__":
    main()
