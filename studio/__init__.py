"""Backline: a local studio that plays several bands to your vocal."""

__version__ = "0.1.0"
