"""Move groups: systems that change together and why, what crosses their borders, and which group comes first."""

from planner.groups.make import group

__all__ = ["group"]
