"""XPath 1.0 read into steps, as far as its cost goes; libxml2 is the judge of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_LENGTH = 2_000
"""Characters of one expression; the longest of 2,000 public recipes has 379."""
MAX_NESTING = 20
"""Brackets open at once: the reader here is recursive, and libxml2's is too."""

FUNCTIONS = {
    "last": (0, 0), "position": (0, 0), "count": (1, 1), "id": (1, 1), "local-name": (0, 1), "namespace-uri": (0, 1),
    "name": (0, 1), "string": (0, 1), "concat": (2, MAX_LENGTH), "starts-with": (2, 2), "contains": (2, 2),
    "substring-before": (2, 2), "substring-after": (2, 2), "substring": (2, 3), "string-length": (0, 1),
    "normalize-space": (0, 1), "translate": (3, 3), "boolean": (1, 1), "not": (1, 1), "true": (0, 0), "false": (0, 0),
    "lang": (1, 1), "number": (0, 1), "sum": (1, 1), "floor": (1, 1), "ceiling": (1, 1), "round": (1, 1),
}  # fmt: skip
"""XPath 1.0's core library (W3C, chapter 4), with the numbers of arguments; lxml adds regular expressions, which have
no bound."""
_NODE_TYPES = frozenset({"text", "node", "comment", "processing-instruction"})
COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OPERATORS = COMPARISONS | {"or", "and", "+", "-", "*", "div", "mod"}
_AXES = frozenset((
    "ancestor", "ancestor-or-self", "attribute", "child", "descendant", "descendant-or-self", "following",
    "following-sibling", "namespace", "parent", "preceding", "preceding-sibling", "self",
))  # fmt: skip
_NAME = r"[^\W\d][\w.\-]*"
_TOKEN = re.compile(
    rf"\s*(?:(?P<literal>\"[^\"]*\"|'[^']*')|(?P<number>\d+(?:\.\d*)?|\.\d+)"
    rf"|(?P<name>{_NAME}(?::(?!:)(?:{_NAME}|\*))?)|(?P<mark>::|//|!=|<=|>=|\.\.|[()\[\]@,|+=<>/*.$-]))"
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or number as written, without its quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """Operands with the operators between them; precedence does not matter to the cost."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """Paths whose nodes become one set."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """An axis, a name or ``type()``, and conditions."""

    axis: str
    test: str
    predicates: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """``start`` is None for a location path, ``absolute`` where it begins at the page."""

    start: Node | None
    predicates: tuple[Node, ...]
    absolute: bool
    steps: tuple[Step, ...]
    heads: tuple[tuple[str, int], ...] = ()
    """Its beginnings, each down to a condition, where more follows: as an expression of their own, and their steps."""


Node = Literal | Call | Terms | Union | Path


def read_xpath(expression: str) -> Node:
    """Return the steps of ``expression``; raises ValueError with the reason where it cannot be run."""
    if len(expression) > MAX_LENGTH:
        raise ValueError(f"has {len(expression):,} characters; the limit is {MAX_LENGTH:,}")
    return _Reader(expression).read()


class _Reader:
    """Reads XPath 1.0 by recursive descent, as far as the cost goes; libxml2 is the judge of the rest."""

    def __init__(self, text: str) -> None:
        self._words = list(_words(text))
        self._at = 0
        self._depth = 0

    def read(self) -> Node:
        node = self._terms()
        if self._at < len(self._words):
            raise ValueError(f"is no XPath (does not go on with {self._peek()!r})")
        return node

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else ""

    def _take(self, expected: str | None = None) -> str:
        word = self._peek()
        if not word or (expected is not None and word != expected):
            raise ValueError(f"is no XPath (ends early; {expected or 'an operand'} is missing)")
        self._at += 1
        return word

    def _terms(self) -> Node:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise ValueError(f"nests deeper than {MAX_NESTING}")
        operands, operators = [self._union()], []
        while self._peek() in _OPERATORS:
            operators.append(self._take())
            operands.append(self._union())
        self._depth -= 1
        return Terms(tuple(operands), tuple(operators)) if operators else operands[0]

    def _union(self) -> Node:
        while self._peek() == "-":
            self._take()
        parts = [self._path()]
        while self._peek() == "|":
            self._take()
            parts.append(self._path())
        return Union(tuple(parts)) if len(parts) > 1 else parts[0]

    def _path(self) -> Node:
        word = self._peek()
        if word[:1] in {'"', "'"} or word[:1].isdigit() or re.fullmatch(r"\.\d+", word):
            self._take()
            return Literal(word.strip("\"'"))
        is_call = self._peek(1) == "(" and word not in _NODE_TYPES
        if word == "$":
            raise ValueError("uses a variable; there are none")
        if word != "(" and not is_call:
            return self._location()
        start = self._primary()
        predicates = self._predicates()
        steps = self._location().steps if self._peek() in {"/", "//"} else ()
        return Path(start, predicates, False, steps) if predicates or steps else start

    def _primary(self) -> Node:
        if self._peek() == "(":
            self._take()
            inner = self._terms()
            self._take(")")
            return inner
        name = self._take()
        if name not in FUNCTIONS:
            raise ValueError(f"calls {name}(), which XPath 1.0 does not have")
        self._take("(")
        arguments = []
        while self._peek() != ")":
            arguments.append(self._terms())
            if self._peek() != ")":
                self._take(",")
        self._take(")")
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise ValueError(f"calls {name}() with {len(arguments)} arguments")
        return Call(name, tuple(arguments))

    def _location(self) -> Path:
        begin = self._at
        absolute = self._peek() in {"/", "//"}
        steps: list[Step] = []
        heads: list[tuple[str, int]] = []
        if self._peek() == "/":
            self._take()
            if not self._begins_step():
                return Path(None, (), absolute, ())
        while True:
            if self._peek() == "//":
                self._take()
                steps.append(Step("descendant-or-self", "node()"))
            steps.append(self._step())
            more = self._peek() in {"/", "//"}
            if more and steps[-1].predicates:
                heads.append((" ".join(self._words[begin : self._at]), len(_joined(steps))))
            if self._peek() == "/":
                self._take()
            elif not more:
                break
        return Path(None, (), absolute, _joined(steps), tuple(heads))

    def _begins_step(self) -> bool:
        word = self._peek()
        return word in {".", "..", "@", "*"} or word[:1].isalpha() or word[:1] == "_"

    def _step(self) -> Step:
        word = self._take()
        if word == ".":
            return Step("self", "node()", self._predicates())
        if word == "..":
            return Step("parent", "node()", self._predicates())
        axis = "child"
        if word == "@":
            axis, word = "attribute", self._take()
        elif self._peek() == "::":
            if word not in _AXES:
                raise ValueError(f"names the axis {word}::, which XPath 1.0 does not have")
            self._take()
            axis, word = word, self._take()
        if word != "*" and not re.fullmatch(rf"{_NAME}(?::(?:{_NAME}|\*))?", word):
            raise ValueError(f"is no XPath ({word!r} where a name should be)")
        if self._peek() == "(" and word in _NODE_TYPES:
            self._take()
            if self._peek() != ")":
                self._take()
            self._take(")")
            word += "()"
        return Step(axis, word, self._predicates())

    def _predicates(self) -> tuple[Node, ...]:
        predicates = []
        while self._peek() == "[":
            self._take()
            predicates.append(self._terms())
            self._take("]")
        return tuple(predicates)


def _words(text: str) -> Iterable[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"is no XPath (cannot read {text[at : at + 20].strip()!r})")
        at = match.end()
        yield match[0].strip()


def _joined(steps: list[Step]) -> tuple[Step, ...]:
    """Return ``steps`` with ``//name`` as one step, as libxml2 takes it where no condition follows."""
    joined: list[Step] = []
    for step in steps:
        anywhere = bool(joined) and joined[-1] == Step("descendant-or-self", "node()")
        if anywhere and step.axis == "child" and not step.predicates:
            joined[-1] = Step("descendant", step.test)
        else:
            joined.append(step)
    return tuple(joined)
