"""The errors Broadsheet raises on purpose; anything else that propagates is a fault of ours."""

from __future__ import annotations


class BroadsheetError(Exception):
    """Root of all errors raised on purpose."""


class ConfigurationError(BroadsheetError):
    """A setting, source file or environment that cannot work.

    The message names file, field, reason and remedy in one line.
    """


class TemplateFault(ConfigurationError):
    """A template of the site's own that does not work for a page; ``template`` is its name."""

    def __init__(self, message: str, template: str) -> None:
        super().__init__(message)
        self.template = template


class ArticleRejected(BroadsheetError):
    """This input will not become an article by itself: recorded, counted and acknowledged, never retried.

    ``reason`` is one sentence for an operator: what, why, and what would mend it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Conflict(BroadsheetError):
    """A conditional write met another writer: read again and decide again."""
