"""The cases of a feed parser's own tests: each a feed that says in a comment what is expected of it.

The comment holds lines ``Description:``, ``Header: Name: value`` and ``Expect:`` with an expression of Python about
what the parser gives, such as ``not bozo and entries[0]['title'] == 'Example'``. It is read, never run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ENCODINGS = ("utf-8", "utf-32", "utf-16", "cp037", "latin-1")
"""As which a case's comment is looked for; the last reads any bytes."""
_EXPECT = re.compile(r"Expect:\s*(.*?)\s*-->", re.DOTALL)
_HEADER = re.compile(r"^[ \t]*Header:\s*([\w-]+):[ \t]*(.*?)\s*$", re.MULTILINE)

Step = str | int


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a case expects: what is at ``path`` equals ``value``; with neither, what is no such equation."""

    path: tuple[Step, ...]
    value: object
    text: str
    """As it is written."""

    @property
    def key(self) -> str:
        """The path without its numbers: ``entries.n.title``."""
        return ".".join("n" if isinstance(step, int) else step for step in self.path)


@dataclass(frozen=True, slots=True)
class Case:
    """A feed with what is expected of it. ``headers`` have names in lower case."""

    name: str
    """Path below the corpus: ``wellformed/atom/entry_title.xml``."""
    body: bytes
    headers: dict[str, str]
    bozo: bool | None
    """Whether it is expected to be found ill-formed; None where nothing is said."""
    claims: tuple[Claim, ...]


def read_cases(folder: Path) -> list[Case]:
    """Return all cases below ``folder`` in the order of their names; raises ValueError for a file that is none."""
    return [_case(file.relative_to(folder).as_posix(), file.read_bytes()) for file in sorted(folder.rglob("*.xml"))]


def _case(name: str, body: bytes) -> Case:
    comment = _comment(name, body)
    expression = _EXPECT.search(comment)
    if expression is None:
        raise ValueError(f"{name} has no line 'Expect:'; it is no case of these tests")
    bozo, found = None, []
    for part in _parts(ast.parse(" ".join(expression[1].split()), mode="eval").body):
        match part:
            case ast.Name("bozo"):
                bozo = True
            case ast.UnaryOp(ast.Not(), ast.Name("bozo")):
                bozo = False
            case ast.Constant(1):  # that it can be read at all
                pass
            case _:
                found.append(_claim(part))
    return Case(name, body, {key.lower(): value for key, value in _HEADER.findall(comment)}, bozo, tuple(found))


def _comment(name: str, body: bytes) -> str:
    for encoding in _ENCODINGS:
        text = body.decode(encoding, "ignore")
        if "Expect:" in text:
            return text
    raise ValueError(f"{name} has no line 'Expect:'; it is no case of these tests")


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for value in node.values:
            yield from _parts(value)
    else:
        yield node


def _claim(node: ast.expr) -> Claim:
    text = ast.unparse(node)
    match node:
        case ast.Compare(left, [ast.Eq()], [right]):
            path = _path(left)
            try:
                return Claim(path, ast.literal_eval(right) if path else None, text)
            except ValueError:  # calls something
                return Claim(path, ast.unparse(right), text)
        case _:
            return Claim((), None, text)


def _path(node: ast.expr) -> tuple[Step, ...]:
    """Return the steps to what ``node`` names, () where it names nothing by constant steps alone."""
    match node:
        case ast.Name(name):
            return (name,)
        case ast.Attribute(holder, name):
            step: Step = name
        case ast.Subscript(holder, ast.Constant(str() | int() as constant)):
            step = constant
        case _:
            return ()
    path = _path(holder)
    return (*path, step) if path else ()
