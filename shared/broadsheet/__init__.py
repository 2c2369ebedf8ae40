"""Broadsheet: news sources in, a fast and permanent static news site out."""

__version__ = "0.1.0"
