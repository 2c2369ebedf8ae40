"""The one error of the template reader: this is not a template, or not one that can be read to the end."""

from __future__ import annotations

from pathlib import Path


class TemplateError(Exception):
    """A file is not a template, or a parameter does not fit it.

    ``where`` is a line or a path of keys, ``message`` what is wrong, ``remedy`` how to mend it.
    """

    def __init__(self, file: Path, where: str, message: str, remedy: str = "") -> None:
        self.file = file
        self.where = where
        self.message = message
        self.remedy = remedy
        place = f"{file}: {where}" if where else str(file)
        super().__init__(f"{place}: {message}" + (f" ({remedy})" if remedy else ""))
