"""What stands in a cell, read into a value or refused with a code."""
