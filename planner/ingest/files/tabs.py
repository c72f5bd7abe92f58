"""Names of the tabs of an RVTools export, and which of them are read."""

from __future__ import annotations

import re
from collections.abc import Iterable

INFO = "vinfo"
READ = frozenset(
    {
        INFO,
        "vcpu",
        "vmemory",
        "vdisk",
        "vpartition",
        "vnetwork",
        "vsnapshot",
        "vcd",
        "vusb",
        "vtools",
        "vhost",
        "vhealth",
        "vsource",
        "vmetadata",
    }
)


OTHERS = frozenset(
    {
        "vfileinfo",
        "vfloppy",
        "vrp",
        "vcluster",
        "vhba",
        "vnic",
        "vswitch",
        "vport",
        "dvswitch",
        "dvport",
        "dvportgroup",
        "vsc+vmk",
        "vsc_vmk",
        "vdatastore",
        "vmultipath",
        "vlicense",
    }
)


def is_known_tab(name: str | None) -> bool:
    """Whether a sheet is named just as a tab of RVTools."""
    return (name or "").casefold() in READ | OTHERS


def is_tab(name: str | None) -> bool:
    """Whether a sheet bears a name that RVTools gives: vInfo, vHost, dvPort."""
    return re.match(r"d?v[A-Z]", name or "") is not None or (name or "").casefold() in READ


def is_left_out(name: str, names: Iterable[str]) -> bool:
    """Whether a sheet is a tab beside vInfo that no plan needs; such as vFileInfo, which may hold a million rows."""
    return is_tab(name) and name.casefold() not in READ and INFO in {other.casefold() for other in names}
