"""Dated facts as data: end of support, prices, and later law and guidance; each with its date and source."""
