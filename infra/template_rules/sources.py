"""Source rules: entry points are short, the environment is read once, no clock at all, and no key URL-encoded."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from template_rules.fault import Fault

MAX_LINES = 45
"""About 25 are enough: an entry point turns an event into a call."""
ENVIRONMENT_READER = "bootstrap.py"

_ENVIRONMENT_NAMES = {"environ", "environb", "getenv", "getenvb"}
_CLOCKS = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "time": {"time", "time_ns"}}
_UNQUOTE = {"unquote_plus"}


def short(functions: Path) -> Iterator[Fault]:
    """Each file in the folder of entry points has at most :data:`MAX_LINES` lines."""
    for file in sorted(functions.glob("*.py")):
        count = len(file.read_text(encoding="utf-8").splitlines())
        if count > MAX_LINES:
            message = f"an entry point of {count} lines holds logic"
            yield Fault(file.name, message, f"move it to broadsheet/flow; {MAX_LINES} lines are the limit")


def environment_in_one_place(*folders: Path) -> Iterator[Fault]:
    """No file but the bootstrap reads the process's environment."""
    for file, tree in _trees(*folders):
        if file.name == ENVIRONMENT_READER:
            continue
        for node in ast.walk(tree):
            for module, name in _names_taken(node):
                if module == "os" and name in _ENVIRONMENT_NAMES:
                    yield Fault(_place(file, node), f"it reads os.{name}", "take the value from the bootstrap")


def no_clock(*folders: Path) -> Iterator[Fault]:
    """Time comes from the event, so that a redelivery computes the same; a stopwatch (``time.monotonic``) is none."""
    for file, tree in _trees(*folders):
        for node in ast.walk(tree):
            for owner, name in _names_taken(node):
                if name in _CLOCKS.get(owner, ()):
                    yield Fault(_place(file, node), f"it reads the clock by {owner}.{name}", "take the event's time")


def keys_unquoted(*folders: Path) -> Iterator[Fault]:
    """A key out of an S3 notification goes through ``unquote_plus`` where it is read.

    Powertools' ``record.s3.get_object.key`` and ``["object"]["key"]`` are both still URL-encoded; only
    ``S3Event.object_key``, of the first record, is not.
    """
    for file, tree in _trees(*folders):
        unquoted = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _name(node.func) in _UNQUOTE
            for argument in node.args
            for inner in ast.walk(argument)
        }
        for node in ast.walk(tree):
            if _is_event_key(node) and node not in unquoted:
                message = "a key out of an S3 event is URL-encoded"
                yield Fault(_place(file, node), message, "wrap it in urllib.parse.unquote_plus(…)")


def _trees(*folders: Path) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def _names_taken(node: ast.AST) -> list[tuple[str, str]]:
    """List (owner, name) of ``from owner import name``, ``owner.name`` and ``package.owner.name``."""
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "", alias.name) for alias in node.names]
    if isinstance(node, ast.Attribute):
        return [(_name(node.value), node.attr)]
    return []


def _is_event_key(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "key" and isinstance(node.value, ast.Attribute) and node.value.attr == "get_object"
    if isinstance(node, ast.Subscript):
        return _constant(node.slice) == "key" and _reads_object(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return _constant(node.args[0]) == "key" and _reads_object(node.func.value)
    return False


def _reads_object(node: ast.expr) -> bool:
    """Tell whether an expression ends in ``["object"]`` or ``.get("object")``."""
    if isinstance(node, ast.Subscript):
        return _constant(node.slice) == "object"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return _constant(node.args[0]) == "object"
    return False


def _place(file: Path, node: ast.AST) -> str:
    return f"{file.name}:{getattr(node, 'lineno', 0)}"


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
