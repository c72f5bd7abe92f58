"""Python's search for cyclic garbage, paused while very many objects are made that are all kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Pause the search. A view of ten thousand systems is some millions of objects without one cycle, and going through
    all of them again and again took half of the time in which they were made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
