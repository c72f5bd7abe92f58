"""The process in which an organisation's own templates are rendered: limited first, then given them on standard input.

A sandbox keeps a template from the machine, but neither from making a text of a gigabyte nor from looping for an hour.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from planner.render.formats import filters
from planner.texts import load_texts

SECONDS = 2
BYTES = 512 * 2**20


def limit() -> None:
    """Take memory and processor time from this process, where the system knows how."""
    try:
        import resource
    except ImportError:
        # Elsewhere than on Unix the time of the whole process is limited by who started it.
        return
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS, used + SECONDS))


def made(language: str, templates: list[list[str]], context: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What each template makes, or why it does not."""
    words = load_texts(language).interface
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    environment.filters.update(filters(language, words))
    found: dict[str, dict[str, Any]] = {}
    for name, text in templates:
        try:
            found[name] = {"text": environment.from_string(text).render(context)}
        except MemoryError:
            found[name] = {"error": "it takes more memory than it may"}
        except (
            TemplateError,
            SecurityError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
        ) as reason:
            found[name] = {"error": str(reason)[:300], "line": getattr(reason, "lineno", None)}
    return found


if __name__ == "__main__":
    limit()
    sys.stdout.write(json.dumps(made(**json.loads(sys.stdin.buffer.read()))))
