"""JSON Schemas of the policy files, for completion and checks in an editor."""

from __future__ import annotations

import json

from planner.policy import PARTS, fact_columns
from planner.policy.cloud_fit import CONSTANTS
from planner.policy.priority import readable


def json_schema(part: str) -> bytes:
    """Schema of one file of a policy, such as `decisions`.

    Nothing is required at the top, since a policy that extends another names only what differs.
    """
    schema = PARTS[part].model_json_schema(by_alias=True)
    schema.pop("required", None)
    condition = schema.get("$defs", {}).get("Condition", {}).get("properties")
    if condition:
        condition["field"] = {"title": "Field", "enum": sorted(_fields(part))}
    text = json.dumps(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=1, ensure_ascii=False
    )
    return f"{text}\n".encode()


def _fields(part: str) -> list[str]:
    if part == "priority":
        return list(readable())
    return [*fact_columns(), *(CONSTANTS if part == "cloud_fit" else [])]
