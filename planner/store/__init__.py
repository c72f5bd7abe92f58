"""Where plans are kept: the plan folder for readers, and beside it every plan that was made, each once and for good."""

from planner.store.folder import load_tables, plan_files, save
from planner.store.history import Base, Entry, History, open_history
from planner.store.manifest import MANIFEST
from planner.store.saved import SavedPlan, as_saved, open_saved

__all__ = [
    "MANIFEST",
    "Base",
    "Entry",
    "History",
    "SavedPlan",
    "as_saved",
    "load_tables",
    "open_history",
    "open_saved",
    "plan_files",
    "save",
]
