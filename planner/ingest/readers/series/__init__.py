"""Utilisation series: files of any size, streamed to percentiles, coverage and gaps per server."""
