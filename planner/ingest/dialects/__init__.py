"""Column maps as data, and which dialect a sheet is written in."""
