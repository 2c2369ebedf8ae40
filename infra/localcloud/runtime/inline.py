"""Functions whose code stands in the template, put into folders as Lambda does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from localcloud.stack import Function


def with_code_written(function: Function, folder: Path) -> Function:
    """The function with its inline code in a folder of its own below ``folder``; unchanged where it has none."""
    if function.inline_code is None:
        return function
    code = folder / function.name
    code.mkdir()
    (code / "index.py").write_text(function.inline_code, encoding="utf-8")
    return replace(function, code_dir=code)
