"""Tells the Prefect server that cases have changed: ``python -m flows.notify CASE...``, behind `fardplan notify`."""

from __future__ import annotations

import argparse
import sys

from prefect.settings import PREFECT_API_URL

from flows.events import tell_changed

NOT_TOLD = 2


def main(arguments: list[str] | None = None) -> int:
    """Send the events; exit code 2 when the server did not take them."""
    parser = argparse.ArgumentParser(prog="fardplan notify", description="Tell that cases have changed.")
    parser.add_argument("cases", nargs="+", help="cases, as they are watched")
    given = parser.parse_args(arguments)
    if not PREFECT_API_URL.value():
        print("fardplan: there is no server to tell. Set PREFECT_API_URL to its address.", file=sys.stderr)
        return NOT_TOLD
    try:
        tell_changed(dict.fromkeys(given.cases))
    except Exception as reason:
        # Sockets, handshakes and libraries fail in kinds of their own; a hook needs a line and an exit code.
        print(f"fardplan: the server did not take the event ({type(reason).__name__}: {reason}).", file=sys.stderr)
        return NOT_TOLD
    return 0


if __name__ == "__main__":
    sys.exit(main())
