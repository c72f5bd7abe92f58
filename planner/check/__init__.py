"""What `fardplan check` says: what was understood of each file, what was not, and what would change."""

from planner.check.findings import worded
from planner.check.page import Line, every_finding, page
from planner.check.written import written

__all__ = ["Line", "every_finding", "page", "worded", "written"]
