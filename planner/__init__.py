"""Färdplan: plans a public body's way to the cloud. Import a room by its name; this package imports nothing itself."""

__version__ = "0.1.0"
