"""Whether a handler is where the template says: found by reading the source, never by importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from localcloud.stack import Function

INLINE_MODULE = "index"
"""Lambda puts code that stands in the template into a file of this name."""


def fault_in_handler(function: Function) -> tuple[str, str] | None:
    """Say what is wrong with a Python function's handler and how to mend it; ``None`` where nothing is.

    ``module.name`` and ``folder/module.name`` are looked up in the function's folder, then in its layers.
    """
    module, _, name = function.handler.rpartition(".")
    if not module or not name:
        return f"its handler {function.handler!r} is not of the form module.function", "write Handler: module.function"
    parts = module.replace("/", ".").strip(".").split(".")
    if function.inline_code is not None:
        if parts != [INLINE_MODULE]:
            return f"its code stands in the template, but its handler is {function.handler}", "use index.NAME"
        return _fault_in_source(function.inline_code, "its inline code", name)
    if not function.code_dir.is_dir():
        return f"its folder of code {function.code_dir} does not exist", "correct CodeUri"
    file = _find(parts, [function.code_dir, *layer_roots(function.layer_dirs)])
    if file is None:
        wanted = "/".join(parts) + ".py"
        remedy = "correct Handler or CodeUri; if a build step moves it, name its folder: Metadata: LocalCloud: CodeDir"
        return f"its handler {function.handler}: there is no {wanted} in {function.code_dir}", remedy
    try:
        source = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return f"its handler's file {file} cannot be read: {error}", "save it as UTF-8"
    return _fault_in_source(source, str(file), name)


def layer_roots(layer_dirs: Sequence[Path]) -> list[Path]:
    """Give the folders that layers add to the import path: their ``python`` folder where they have one."""
    return [folder / "python" if (folder / "python").is_dir() else folder for folder in layer_dirs]


def _find(parts: Sequence[str], roots: Sequence[Path]) -> Path | None:
    for root in roots:
        stem = root.joinpath(*parts)
        for file in (stem.with_name(stem.name + ".py"), stem / "__init__.py"):
            if file.is_file():
                return file
    return None


def _fault_in_source(source: str, what: str, name: str) -> tuple[str, str] | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"{what} is not Python: {error}", "correct the syntax"
    for node in _top_level(tree.body):
        if isinstance(node, ast.AsyncFunctionDef) and node.name == name:
            return f"{what}: {name} is async, and Lambda does not await it", "make it an ordinary function"
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return None if node.decorator_list else _fault_in_arguments(node, what)
        if name in _bound_names(node):
            return None
    return f"{what} has no {name} at its top level", "correct Handler or add the function"


def _fault_in_arguments(node: ast.FunctionDef, what: str) -> tuple[str, str] | None:
    positional = len(node.args.posonlyargs) + len(node.args.args)
    required = positional - len(node.args.defaults)
    if required > 2 or (positional < 2 and node.args.vararg is None):
        return f"{what}: {node.name} takes {positional} arguments", "Lambda calls it with two: (event, context)"
    return None


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements a module runs when it is imported, those in ``if``, ``try`` and ``with`` included."""
    for node in reversed(body):
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            handlers = node.handlers if isinstance(node, ast.Try) else []
            for holder in (node, *handlers):
                for block in ("body", "orelse", "finalbody"):
                    yield from _top_level(getattr(holder, block, []))


def _bound_names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        names = {alias.asname or alias.name for alias in node.names}
        return _Everything() if "*" in names else names
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {
        child.id
        for target in targets
        if target is not None
        for child in ast.walk(target)
        if isinstance(child, ast.Name)
    }


class _Everything(set[str]):
    """What ``import *`` may bind."""

    def __contains__(self, name: object) -> bool:
        return True
