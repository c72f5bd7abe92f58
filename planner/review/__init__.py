"""People's decisions about a plan: read from review.yaml, checked, merged, and held against the finished plan."""

from planner.review.held import held
from planner.review.merge import Conflict, Merged, merge, write_review
from planner.review.model import FORMAT, Approval, Review
from planner.review.reading import FILE, Read, read_review
from planner.review.step import decided_matches, review, told_of

__all__ = [
    "FILE",
    "FORMAT",
    "Approval",
    "Conflict",
    "Merged",
    "Read",
    "Review",
    "decided_matches",
    "held",
    "merge",
    "read_review",
    "review",
    "told_of",
    "write_review",
]
