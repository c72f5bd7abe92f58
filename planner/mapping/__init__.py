"""From an unknown table to a column map: proposed from headers and values, decided by a person where unsure."""
