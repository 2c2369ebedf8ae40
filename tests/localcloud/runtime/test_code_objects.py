"""A source file is compiled once, and again when it changes."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from localcloud.runtime import code_objects
from localcloud.runtime.modules import ModuleTree


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of modules, as they are compiled."""
    names: list[str] = []
    stock = code_objects._stock_get_code

    def get_code(loader: Any, name: str) -> Any:
        names.append(name)
        return stock(loader, name)

    monkeypatch.setattr(code_objects, "_stock_get_code", get_code)
    return names


def loaded(folder: Path) -> Any:
    """The module as a function of its own imports it."""
    with code_objects.compiled_once(), ModuleTree([str(folder)]).active():
        return importlib.import_module("shared_by_functions")


def test_functions_share_code_but_no_module(tmp_path: Path, compiled: list[str]) -> None:
    Path(tmp_path, "shared_by_functions.py").write_text("STATE = []\n")
    one, other = loaded(tmp_path), loaded(tmp_path)
    assert compiled == ["shared_by_functions"]
    assert one is not other
    assert one.STATE is not other.STATE
    assert one.__file__ == other.__file__ == str(tmp_path / "shared_by_functions.py")


def test_a_changed_file_is_compiled_anew(tmp_path: Path, compiled: list[str]) -> None:
    source = Path(tmp_path, "shared_by_functions.py")
    source.write_text("ANSWER = 1\n")
    assert loaded(tmp_path).ANSWER == 1
    source.write_text("ANSWER = 1234\n")
    assert loaded(tmp_path).ANSWER == 1234
    assert len(compiled) == 2


def test_the_same_name_elsewhere_is_another_module(tmp_path: Path, compiled: list[str]) -> None:
    for folder in ("a", "b"):
        Path(tmp_path, folder).mkdir()
        Path(tmp_path, folder, "shared_by_functions.py").write_text(f"WHERE = {folder!r}\n")
    assert [loaded(tmp_path / folder).WHERE for folder in ("a", "b")] == ["a", "b"]
    assert len(compiled) == 2
