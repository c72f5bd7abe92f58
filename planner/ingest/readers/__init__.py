"""Sheets of one dialect to records; a dialect that is one table with a header row needs no reader of its own."""
