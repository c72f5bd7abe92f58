"""The one way to AWS: one session, its clients, botocore's standard retries and nothing above them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, PaginationError
from botocore.parsers import ResponseParserError

from planner.errors import CatalogueError

HOME_REGION = "eu-north-1"
CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=5, read_timeout=20)
# A part fails by what AWS or the way there answers, or by an answer that is not of the documented shape. Half an answer
# with HTTP 200 is a ResponseParserError, which botocore counts neither among its own errors nor retries; JSON of the
# wrong shape comes out of its parser as whatever Python raises. Files of credentials are read when a part is asked for.
SHAPES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
FAULTS = (BotoCoreError, ClientError, ResponseParserError, OSError, *SHAPES)
# The Price List API answers in a few regions, of its own partition each.
PRICING_REGIONS = {"aws": "eu-central-1", "aws-eusc": "eusc-de-east-1"}
SAVINGS_REGIONS = {"aws": "us-east-1"}


def open_session(profile: str | None) -> Any:
    """Open a session with a profile of the AWS configuration, or with what the environment gives.

    Raises
    ------
    CatalogueError
        There is no such profile.
    """
    try:
        return boto3.Session(profile_name=profile)
    except BotoCoreError as reason:
        remedy = f"Profiles: {', '.join(boto3.Session().available_profiles) or 'none'}."
        raise CatalogueError(str(reason), place="--profile", value=profile, remedy=remedy) from None


class Aws:
    """A session with its clients: making them anew costs half a second each.

    Clients may be used from several threads; making one may not, so that is done one at a time.
    """

    def __init__(self, session: Any, config: Config = CONFIG) -> None:
        self._session, self._config = session, config
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self.home: str = session.region_name or HOME_REGION

    def partition_of(self, region: str) -> str:
        """Partition of a region, by botocore's own list."""
        return str(self._session.get_partition_for_region(region))

    def is_reachable(self, region: str) -> bool:
        """Whether the session's credentials hold there: each partition has its own."""
        return self.partition_of(region) == self.partition_of(self.home)

    def each(self, service: str, region: str, operation: str, key: str, **asked: Any) -> Iterator[Any]:
        """Every item of every page."""
        for page in self._client(service, region).get_paginator(operation).paginate(**asked):
            yield from page[key]

    def each_by_token(self, service: str, region: str, operation: str, key: str, **asked: Any) -> Iterator[Any]:
        """Every item of every page of a call for which botocore has no paginator."""
        call = getattr(self._client(service, region), operation)
        token: dict[str, str] = {}
        while True:
            page = call(**asked, **token)
            yield from page[key]
            if not page.get("nextToken"):
                return
            if token == (token := {"nextToken": page["nextToken"]}):
                # As botocore's own paginators do: the list would never end.
                raise PaginationError(message=f"the same token twice in {operation}")

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(service, region_name=region, config=self._config)
            return self._clients[service, region]


def reason_of(fault: Exception) -> str:
    """What failed, in words without account numbers, names or request ids: a snapshot is handed on."""
    if isinstance(fault, ClientError):
        return f"{fault.response.get('Error', {}).get('Code', 'error')} in {fault.operation_name}"
    is_named = isinstance(fault, BotoCoreError | ResponseParserError | OSError)
    return type(fault).__name__ if is_named else f"unexpected answer ({type(fault).__name__})"
