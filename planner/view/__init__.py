"""The view-model of the documents: one per audience and language, already redacted and already in words."""

from planner.view.build import AUDIENCES, build_view
from planner.view.model import View

__all__ = ["AUDIENCES", "View", "build_view"]
