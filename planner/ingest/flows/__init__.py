"""Data flows that a register writes in free text."""
