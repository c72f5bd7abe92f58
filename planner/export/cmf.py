"""Cloud Migration Factory intake: every server with its wave, application and R."""

from __future__ import annotations

import pandas as pd

from planner.export.limits import limits_of
from planner.export.material import Asked, Export, Planned
from planner.export.rows import formulas, server_rows, split, to_csv, too_long, with_domain

HEADER = (
    "wave_name,app_name,aws_region,aws_accountid,server_name,server_os_family,server_os_version,server_fqdn,"
    "server_tier,server_environment,r_type,subnet_IDs,securitygroup_IDs,subnet_IDs_test,securitygroup_IDs_test,"
    "instanceType,tenancy,tags"
)
# The names of the 7 Rs in the target (formats reference, section 5); undecided is TBC.
R_TYPES = {
    "retire": "Retire",
    "retain": "Retain",
    "rehost": "Rehost",
    "relocate": "Relocate",
    "repurchase": "Repurchase",
    "replatform": "Replatform",
    "refactor": "Rearchitect",
}
ENVIRONMENTS = {"production": "prod", "preproduction": "preprod", "development": "dev", "recovery": "dr"}
HOST_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
MANDATORY = (
    "app_name",
    "aws_region",
    "aws_accountid",
    "server_name",
    "server_os_family",
    "server_os_version",
    "server_fqdn",
)


def write_cmf(planned: Planned, asked: Asked) -> Export:
    """Write the intake; dates belong to the target's waves and not to its rows."""
    rows = server_rows(planned)
    limits = limits_of("cmf")
    fqdn = rows["fqdn"].fillna(with_domain(rows["name"], asked.domain))
    rows = rows.assign(
        app_name=rows["app"],
        aws_region=rows["region"],
        aws_accountid=pd.array([asked.account_id] * len(rows), dtype="string"),
        server_name=rows["name"],
        server_os_family=rows["operating_system"],
        server_os_version=rows["os"],
        server_fqdn=fqdn,
        server_environment=rows["environment"].replace(ENVIRONMENTS),
        r_type=rows["disposition"].map(R_TYPES).fillna("TBC"),
        instanceType=rows["instance_type"],
        tags="plan=" + planned.plan_id + ";decision=" + rows["state"],
    )
    checks = [
        *((column, rows[column].isna(), "missing") for column in MANDATORY),
        *((name, ~rows[name].str.fullmatch(HOST_NAME), "host_name") for name in ("server_name", "server_fqdn")),
        ("aws_accountid", ~rows["aws_accountid"].str.fullmatch(r"\d{12}"), "account_id"),
        ("aws_region", rows["aws_region"].isin(limits.refused["aws_region"]), "region"),
        ("wave_name", too_long(rows["wave_name"], limits["wave_name"]), "too_long"),
        ("app_name", too_long(rows["app_name"], limits["app_name"]), "too_long"),
        *formulas(rows, {"app_name": "app_name", "server_os_version": "server_os_version"}),
    ]
    kept, refused = split(rows, checks)
    content = to_csv(HEADER.split(","), {name: kept[name] for name in HEADER.split(",") if name in kept}, len(kept))
    return Export((content,), len(kept), refused)
