"""Plans side by side in a bucket: the manifest goes last, and a plan without its manifest is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from planner.errors import PlannerError
from planner.store.manifest import MANIFEST
from planner.store.shelf import moved

SCHEME = "s3://"
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_ABSENT = {"NoSuchKey", "404", "NotFound"}


class Bucket:
    """A shelf in S3; `place` is s3://bucket/prefix.

    Pointers move by conditional writes, so that of two planners one is told. Retries are botocore's alone.
    """

    def __init__(self, place: str) -> None:
        self.place = place.rstrip("/")
        self.bucket, _, prefix = self.place.removeprefix(SCHEME).partition("/")
        self.prefix = f"{prefix}/" if prefix else ""
        retries = {"mode": "standard", "total_max_attempts": 6}
        self.client: Any = boto3.client("s3", config=Config(retries=retries, connect_timeout=5, read_timeout=20))

    def plans(self) -> list[str]:
        """Ids of all plans with a manifest, sorted."""
        ends = f"/{MANIFEST}"
        keys = [key.removeprefix(self.prefix) for key in self._keys(self.prefix)]
        return sorted(key.removesuffix(ends) for key in keys if key.endswith(ends) and key.count("/") == 1)

    def read(self, plan_id: str, name: str) -> bytes | None:
        """One file of a plan, or nothing."""
        return self._get(f"{plan_id}/{name}")[0]

    def add(self, plan_id: str, files: Mapping[str, bytes]) -> None:
        """Upload every file, and at last the manifest: until then nobody sees any of it."""
        if self.read(plan_id, MANIFEST) is not None:
            return
        for name in sorted(set(files) - {MANIFEST}):
            self._put(f"{plan_id}/{name}", files[name])
        try:
            self._put(f"{plan_id}/{MANIFEST}", files[MANIFEST], IfNoneMatch="*")
        except _Taken:
            return

    def remove(self, plan_id: str) -> None:
        """Take a plan away, its manifest first."""
        self._call("delete_object", Key=f"{self.prefix}{plan_id}/{MANIFEST}")
        for key in self._keys(f"{self.prefix}{plan_id}/"):
            self._call("delete_object", Key=key)

    def pointer(self, name: str) -> str | None:
        """What a pointer says."""
        content = self._get(name)[0]
        return content.decode("utf-8").strip() or None if content is not None else None

    def move(self, name: str, before: str | None, after: str) -> None:
        """Let a pointer say something else, if it still says what it said before."""
        content, tag = self._get(name)
        said = content.decode("utf-8").strip() if content is not None else None
        if said != before:
            raise moved(f"{self.place}/{name}")
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        try:
            self._put(name, f"{after}\n".encode(), **condition)
        except _Taken:
            raise moved(f"{self.place}/{name}") from None

    def _keys(self, prefix: str) -> list[str]:
        keys: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=prefix, **more)
            keys += [item["Key"] for item in page.get("Contents", [])]
            if not page.get("IsTruncated"):
                return keys
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _get(self, name: str) -> tuple[bytes | None, str | None]:
        try:
            found = self._call("get_object", Key=f"{self.prefix}{name}")
            return found["Body"].read(), found["ETag"]
        except _Absent:
            return None, None

    def _put(self, name: str, content: bytes, **condition: str) -> None:
        self._call("put_object", Key=f"{self.prefix}{name}", Body=content, **condition)

    def _call(self, operation: str, **given: Any) -> Any:
        try:
            return getattr(self.client, operation)(Bucket=self.bucket, **given)
        except ClientError as reason:
            code = str(reason.response.get("Error", {}).get("Code"))
            if code in _TAKEN:
                raise _Taken(code) from None
            if code in _ABSENT:
                raise _Absent(code) from None
            raise _refused(self.place, code) from None
        except BotoCoreError as reason:
            raise _refused(self.place, type(reason).__name__) from None


class _Taken(Exception):
    """The condition of a write does not hold."""


class _Absent(Exception):
    """There is no such object."""


def _refused(place: str, why: str) -> PlannerError:
    return PlannerError(
        "the bucket cannot be read or written",
        place=place,
        value=why,
        remedy="Check the name, the credentials and the region; what was there before is as it was.",
    )
