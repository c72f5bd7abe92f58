"""AWS Application Migration Service import: the servers that are moved as they are, by wave and application."""

from __future__ import annotations

import pandas as pd

from planner.export.cmf import HOST_NAME
from planner.export.limits import limits_of
from planner.export.material import Asked, Export, Planned
from planner.export.rows import formulas, server_rows, split, to_csv, too_long, with_domain

HEADER = [
    "mgn:account-id",
    "mgn:region",
    "mgn:wave:name",
    "mgn:wave:description",
    "mgn:app:name",
    "mgn:server:user-provided-id",
    "mgn:server:platform",
    "mgn:server:fqdn-for-action-framework",
    "mgn:server:tag:Name",
    "mgn:server:tag:plan",
    "mgn:server:tag:app",
    "mgn:server:tag:r",
    "mgn:server:tag:decision",
    "mgn:launch:instance-type",
]
MOVED = ("rehost", "relocate")
PLATFORMS = {"windows": "Windows", "linux": "Linux"}
# Names of botocore's model: no blank at either end, inside only ordinary ones.
NAME = r"[^\s\x00](?: *[^\s\x00])*"


def write_mgn(planned: Planned, asked: Asked) -> Export:
    """Write the import; the id of a server is its stable key and never its name, since it cannot be changed later."""
    everything = server_rows(planned)
    rows = _named(everything[everything["disposition"].isin(MOVED)], planned, asked)
    most = limits_of("mgn")
    names = ("mgn:wave:name", "mgn:app:name", "mgn:server:user-provided-id", "mgn:server:tag:Name")
    checks = [
        *((name, ~rows[name].str.fullmatch(NAME), "blanks") for name in names),
        *((name, too_long(rows[name], most["name"]), "too_long") for name in names),
        ("mgn:server:fqdn-for-action-framework", rows["mgn:server:fqdn-for-action-framework"].isna(), "missing"),
        (
            "mgn:server:fqdn-for-action-framework",
            ~rows["mgn:server:fqdn-for-action-framework"].str.fullmatch(HOST_NAME),
            "host_name",
        ),
        ("mgn:server:platform", rows["mgn:server:platform"].isna(), "missing"),
        ("mgn:wave:name", rows["mgn:wave:name"].isna(), "missing"),
        ("mgn:account-id", ~rows["mgn:account-id"].str.fullmatch(r"\d{12}"), "account_id"),
        ("mgn:server:user-provided-id", rows["is_template"], "template"),
        ("mgn:wave:name", rows.groupby("mgn:wave:name").cumcount() >= most["servers_per_wave"], "wave_is_full"),
        *formulas(rows, {name: name for name in ("mgn:app:name", "mgn:server:tag:Name")}),
    ]
    kept, refused = split(rows, checks)
    content = to_csv(HEADER, {name: kept[name] for name in HEADER}, len(kept))
    others = len(everything) - len(rows)
    return Export((content,), len(kept), refused, (("not_moved_as_they_are", others),) if others else ())


def _named(rows: pd.DataFrame, planned: Planned, asked: Asked) -> pd.DataFrame:
    ends = planned["waves"].groupby("wave")["end_date"].max().dt.strftime("%Y-%m-%d")
    said = {
        "mgn:account-id": pd.array([asked.account_id] * len(rows), dtype="string"),
        "mgn:region": rows["region"],
        "mgn:wave:name": rows["wave_name"],
        "mgn:wave:description": "plan " + planned.plan_id + ", last day " + rows["wave"].map(ends).astype("string"),
        "mgn:app:name": rows["app"],
        "mgn:server:user-provided-id": rows["server_id"],
        "mgn:server:platform": rows["operating_system"].map(PLATFORMS),
        "mgn:server:fqdn-for-action-framework": rows["fqdn"].fillna(with_domain(rows["name"], asked.domain)),
        "mgn:server:tag:Name": rows["name"],
        "mgn:server:tag:plan": pd.array([planned.plan_id] * len(rows), dtype="string"),
        "mgn:server:tag:app": rows["system_id"],
        "mgn:server:tag:r": rows["disposition"],
        "mgn:server:tag:decision": rows["state"],
        "mgn:launch:instance-type": rows["instance_type"],
    }
    return rows.assign(**said)
