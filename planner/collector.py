"""Python's search for cyclic garbage, paused while very many objects are made that are all kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Pause the search: cells, rows, texts, activities and views form no cycles. Going through some millions of them
    again and again took a tenth of the time of reading, a third of that of scheduling 100,000 activities, and half of
    that in which a view of ten thousand systems was made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
