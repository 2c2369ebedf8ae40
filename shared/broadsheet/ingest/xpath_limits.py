"""XPath that others wrote, run within bounds: lxml cannot be interrupted, so the cost is known before it runs.

An expression is read into steps once. On a page, the nodes that each step can reach at most follow from the page's
shape (nodes, depth, fan-out, elements by tag), and with them an upper bound in nanoseconds. What exceeds the page's
allowance is refused by name. The weights are measured on libxml2 2.14, rounded up; what is quadratic there (merging
node sets without an index, following and sibling axes, comparing two sets) is quadratic in the bound.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from broadsheet.ingest.fragment import Element, is_element

MAX_LENGTH = 2_000
"""Characters of one expression; the longest of 2,000 public recipes has 379."""
MAX_NESTING = 20
"""Brackets open at once: the reader here is recursive, and libxml2's is too."""
ALLOWANCE_NANOSECONDS = 1_500_000_000
"""For all expressions on one page. What runs stays far below its bound: 50 usual rules take some milliseconds."""

_VISIT, _PREDICATE, _COMPARE, _CHARACTER = 100, 200, 100, 2
_MERGE = 4
"""For each pair of nodes, where two sets become one: libxml2 looks for doubles one by one."""

FUNCTIONS = frozenset((
    "last", "position", "count", "id", "local-name", "namespace-uri", "name", "string", "concat", "starts-with",
    "contains", "substring-before", "substring-after", "substring", "string-length", "normalize-space", "translate",
    "boolean", "not", "true", "false", "lang", "number", "sum", "floor", "ceiling", "round",
))  # fmt: skip
"""XPath 1.0's core library (W3C, chapter 4): lxml adds regular expressions, which have no bound."""
_NODE_TYPES = frozenset({"text", "node", "comment", "processing-instruction"})
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OPERATORS = _COMPARISONS | {"or", "and", "+", "-", "*", "div", "mod"}
_AXES = frozenset((
    "ancestor", "ancestor-or-self", "attribute", "child", "descendant", "descendant-or-self", "following",
    "following-sibling", "namespace", "parent", "preceding", "preceding-sibling", "self",
))  # fmt: skip
_DESCENDING = frozenset({"descendant", "descendant-or-self"})
_MERGED_AS_THEY_ARE = frozenset({"child", "attribute", "self", "namespace"})
"""Axes on which no node is reached from two others, so that libxml2 does not look for doubles."""

_NAME = r"[^\W\d][\w.\-]*"
_TOKEN = re.compile(
    rf"\s*(?:(?P<literal>\"[^\"]*\"|'[^']*')|(?P<number>\d+(?:\.\d*)?|\.\d+)"
    rf"|(?P<name>{_NAME}(?::(?!:)(?:{_NAME}|\*))?)|(?P<mark>::|//|!=|<=|>=|\.\.|[()\[\]@,|+=<>/*.$-]))"
)


@dataclass(frozen=True, slots=True)
class PageShape:
    """What bounds the cost of an expression on a page. ``characters`` are those of its markup."""

    nodes: int
    depth: int
    fan_out: int
    characters: int
    tags: Mapping[str, int]


def shape_of(root: Element, characters: int) -> PageShape:
    """Return the shape of the tree under ``root``, whose markup has ``characters``."""
    tags: Counter[str] = Counter()
    nodes = fan_out = depth = 0
    level = [root]
    while level:
        depth += 1
        below: list[Element] = []
        for element in level:
            nodes += 1 + bool(element.text) + bool(element.tail)
            if is_element(element):
                tags[str(element.tag)] += 1
                children = list(element)
                fan_out = max(fan_out, 2 * len(children) + 1)
                below += children
        level = below
    return PageShape(nodes, depth, fan_out, characters, tags)


# -- the expression as it is read ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Literal:
    length: int


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Terms:
    """Operands with the operators between them; precedence does not matter to the cost."""

    operands: tuple[_Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Union:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    axis: str
    test: str
    predicates: tuple[_Node, ...] = ()


@dataclass(frozen=True, slots=True)
class _Path:
    """``start`` is None for a location path, ``absolute`` where it begins at the page."""

    start: _Node | None
    predicates: tuple[_Node, ...]
    absolute: bool
    steps: tuple[_Step, ...]


_Node = _Literal | _Call | _Terms | _Union | _Path


class Rule:
    """One compiled expression. Make it by :func:`compile_rule`."""

    __slots__ = ("_compiled", "_node", "text")

    def __init__(self, text: str, node: _Node, compiled: etree.XPath) -> None:
        self.text = text
        self._node = node
        self._compiled = compiled

    def cost(self, shape: PageShape) -> int:
        """Return the most nanoseconds that the expression takes on a page of that shape."""
        return _Estimate(shape).of(self._node, 1).cost

    def run(self, root: Element) -> object:
        """Return what lxml gives: a list of elements and smart strings, or a str, float or bool."""
        return self._compiled(root)


def compile_rule(expression: str) -> Rule:
    """Return the XPath 1.0 ``expression``, compiled; raises ValueError with the reason where it cannot be run."""
    if len(expression) > MAX_LENGTH:
        raise ValueError(f"has {len(expression):,} characters; the limit is {MAX_LENGTH:,}")
    node = _Reader(expression).read()
    try:
        compiled = etree.XPath(expression, regexp=False)
        # What libxml2 finds only when it runs: prefixes without a namespace, a wrong number of arguments.
        compiled(etree.Element("html"))
    except etree.XPathError as fault:
        raise ValueError(f"is no XPath ({fault})") from fault
    return Rule(expression, node, compiled)


class TooCostly(ValueError):  # noqa: N818 - what it is, not an error of the program
    """An expression that could take too long on this page."""


class Allowance:
    """The nanoseconds that all expressions together may take on one page, by their bounds."""

    def __init__(self, shape: PageShape, nanoseconds: int = ALLOWANCE_NANOSECONDS) -> None:
        self._shape = shape
        self._left = nanoseconds

    def run(self, rule: Rule, root: Element) -> object:
        """Return what ``rule`` gives on ``root``; raises TooCostly where that could exceed what is left."""
        cost = rule.cost(self._shape)
        if cost > self._left:
            raise TooCostly(
                f"could take {cost / 1e9:,.1f} s on a page of {self._shape.nodes:,} nodes, "
                f"{max(self._left, 0) / 1e9:,.1f} s are left; name tags and fewer axes"
            )
        self._left -= cost
        return rule.run(root)


# -- reading ---------------------------------------------------------------------------------------------------


class _Reader:
    """Reads XPath 1.0 by recursive descent, as far as the cost goes; libxml2 is the judge of the rest."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def read(self) -> _Node:
        node = self._terms()
        if self._at < len(self._tokens):
            raise ValueError(f"is no XPath (does not go on with {self._peek()!r})")
        return node

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def _take(self, expected: str | None = None) -> str:
        token = self._peek()
        if not token or (expected is not None and token != expected):
            raise ValueError(f"is no XPath (ends early; {expected or 'an operand'} is missing)")
        self._at += 1
        return token

    def _terms(self) -> _Node:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise ValueError(f"nests deeper than {MAX_NESTING}")
        operands, operators = [self._union()], []
        while self._peek() in _OPERATORS:
            operators.append(self._take())
            operands.append(self._union())
        self._depth -= 1
        return _Terms(tuple(operands), tuple(operators)) if operators else operands[0]

    def _union(self) -> _Node:
        while self._peek() == "-":
            self._take()
        parts = [self._path()]
        while self._peek() == "|":
            self._take()
            parts.append(self._path())
        return _Union(tuple(parts)) if len(parts) > 1 else parts[0]

    def _path(self) -> _Node:
        token = self._peek()
        if token[:1] in {'"', "'"} or token[:1].isdigit() or re.fullmatch(r"\.\d+", token):
            self._take()
            return _Literal(len(token))
        is_call = self._peek(1) == "(" and token not in _NODE_TYPES
        if token == "$":
            raise ValueError("uses a variable; there are none")
        if token != "(" and not is_call:
            return _Path(None, (), *self._location())
        start = self._primary()
        predicates = self._predicates()
        steps = self._location()[1] if self._peek() in {"/", "//"} else ()
        return _Path(start, predicates, False, steps) if predicates or steps else start

    def _primary(self) -> _Node:
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
        return _Call(name, tuple(arguments))

    def _location(self) -> tuple[bool, tuple[_Step, ...]]:
        absolute = self._peek() in {"/", "//"}
        steps: list[_Step] = []
        if self._peek() == "/":
            self._take()
            if not self._begins_step():
                return absolute, ()
        while True:
            if self._peek() == "//":
                self._take()
                steps.append(_Step("descendant-or-self", "node()"))
            steps.append(self._step())
            if self._peek() == "/":
                self._take()
            elif self._peek() != "//":
                break
        return absolute, _joined(steps)

    def _begins_step(self) -> bool:
        token = self._peek()
        return token in {".", "..", "@", "*"} or token[:1].isalpha() or token[:1] == "_"

    def _step(self) -> _Step:
        token = self._take()
        if token == ".":
            return _Step("self", "node()", self._predicates())
        if token == "..":
            return _Step("parent", "node()", self._predicates())
        axis = "child"
        if token == "@":
            axis, token = "attribute", self._take()
        elif self._peek() == "::":
            if token not in _AXES:
                raise ValueError(f"names the axis {token}::, which XPath 1.0 does not have")
            self._take()
            axis, token = token, self._take()
        if token != "*" and not re.fullmatch(rf"{_NAME}(?::(?:{_NAME}|\*))?", token):
            raise ValueError(f"is no XPath ({token!r} where a name should be)")
        if self._peek() == "(" and token in _NODE_TYPES:
            self._take()
            if self._peek() != ")":
                self._take()
            self._take(")")
            token += "()"
        return _Step(axis, token, self._predicates())

    def _predicates(self) -> tuple[_Node, ...]:
        predicates = []
        while self._peek() == "[":
            self._take()
            predicates.append(self._terms())
            self._take("]")
        return tuple(predicates)


def _tokens(text: str) -> Iterable[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"is no XPath (cannot read {text[at : at + 20].strip()!r})")
        at = match.end()
        yield match[0].strip()


def _joined(steps: list[_Step]) -> tuple[_Step, ...]:
    """Return ``steps`` with ``//name`` as one step, as libxml2 takes it."""
    joined: list[_Step] = []
    for step in steps:
        if step.axis == "child" and joined and joined[-1] == _Step("descendant-or-self", "node()"):
            joined[-1] = _Step("descendant", step.test, step.predicates)
        else:
            joined.append(step)
    return tuple(joined)


# -- estimating ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bound:
    """At most: nanoseconds, nodes selected, and characters of what is selected, over all contexts together."""

    cost: int
    nodes: int = 0
    characters: int = 0


class _Estimate:
    def __init__(self, shape: PageShape) -> None:
        self._shape = shape
        self._elements = sum(shape.tags.values())

    def of(self, node: _Node, contexts: int) -> _Bound:
        """Return the bound of evaluating ``node`` once for each of ``contexts`` nodes of the page."""
        match node:
            case _Literal():
                return _Bound(0, 0, node.length * contexts)
            case _Terms():
                return self._of_terms(node, contexts)
            case _Union():
                return self._of_union(node, contexts)
            case _Call():
                return self._of_call(node, contexts)
            case _Path():
                return self._of_path(node, contexts)

    def _of_terms(self, terms: _Terms, contexts: int) -> _Bound:
        bounds = [self.of(operand, contexts) for operand in terms.operands]
        cost = sum(bound.cost for bound in bounds)
        for operator, left, right in zip(terms.operators, bounds, bounds[1:], strict=False):
            if operator in _COMPARISONS:
                pairs = (left.nodes or contexts) * min(right.nodes or 1, self._shape.nodes)
                cost += _COMPARE * pairs + _CHARACTER * (left.characters + right.characters)
        return _Bound(cost)

    def _of_union(self, union: _Union, contexts: int) -> _Bound:
        bounds = [self.of(part, contexts) for part in union.parts]
        cost, nodes = bounds[0].cost, bounds[0].nodes
        for bound in bounds[1:]:
            cost += bound.cost + _MERGE * nodes * min(bound.nodes, self._shape.nodes)
            nodes += bound.nodes
        return _Bound(cost, nodes, sum(bound.characters for bound in bounds))

    def _of_call(self, call: _Call, contexts: int) -> _Bound:
        bounds = [self.of(argument, contexts) for argument in call.arguments]
        characters = sum(bound.characters for bound in bounds)
        if not bounds and call.name in {"string", "normalize-space", "string-length", "number"}:
            characters = self._text_below(contexts)
        weight = 1
        if call.name in {"contains", "substring-before", "substring-after", "translate"} and len(bounds) > 1:
            second = call.arguments[1]
            weight += second.length if isinstance(second, _Literal) else self._shape.characters
        cost = sum(bound.cost for bound in bounds) + _VISIT * contexts + _CHARACTER * characters * weight
        if call.name == "id":
            return _Bound(cost, min(self._elements, characters) * contexts, self._text_below(contexts))
        return _Bound(cost, 0, characters)

    def _of_path(self, path: _Path, contexts: int) -> _Bound:
        if path.absolute:
            once = self._of_steps(path.steps, 1, 1, self._shape.characters * self._shape.depth)
            return _Bound(once.cost * contexts, once.nodes * contexts, once.characters * contexts)
        if path.start is None:
            return self._of_steps(path.steps, contexts, contexts, self._text_below(contexts))
        start = self.of(path.start, contexts)
        filters = [self.of(predicate, start.nodes) for predicate in path.predicates]
        cost = start.cost + sum(bound.cost + _PREDICATE * start.nodes for bound in filters)
        rest = self._of_steps(path.steps, start.nodes, contexts, start.characters)
        return _Bound(cost + rest.cost, rest.nodes, rest.characters)

    def _of_steps(self, steps: tuple[_Step, ...], nodes: int, evaluations: int, characters: int) -> _Bound:
        cost = 0
        for step in steps:
            there = self._count(step)
            visited, reached = self._reach(step.axis, nodes, there)
            cost += _VISIT * visited
            for predicate in step.predicates:
                cost += _PREDICATE * reached + self.of(predicate, reached).cost
            if nodes > evaluations and step.axis not in _MERGED_AS_THEY_ARE:
                cost += _MERGE * reached * min(reached, there)
            nodes = min(reached, evaluations * there)
            characters = self._characters_on(step, nodes, evaluations, characters)
        return _Bound(cost, nodes, characters)

    def _count(self, step: _Step) -> int:
        """Return how many nodes of the page pass the step's test."""
        if step.axis in {"attribute", "namespace"}:
            return max(1, self._shape.characters // 4)
        if step.test == "*":
            return self._elements
        return self._shape.nodes if step.test.endswith("()") else self._shape.tags.get(step.test, 0)

    def _reach(self, axis: str, nodes: int, there: int) -> tuple[int, int]:
        """Return how many nodes are visited from ``nodes`` along ``axis``, and how many of them may pass."""
        shape = self._shape
        passes = math.ceil(nodes / max(1, shape.nodes))
        if axis in {"self", "parent"}:
            return nodes, min(nodes, there * max(1, nodes))
        if axis in {"attribute", "namespace"}:
            return 4 * nodes, nodes
        if axis == "child":
            return min(nodes * shape.fan_out, passes * shape.nodes), min(nodes * shape.fan_out, passes * there)
        if axis in _DESCENDING:
            times = min(nodes, passes * shape.depth)
            return times * shape.nodes, times * there
        if axis in {"ancestor", "ancestor-or-self"}:
            return nodes * shape.depth, nodes * min(shape.depth, there)
        if axis in {"following-sibling", "preceding-sibling"}:
            return nodes * shape.fan_out, nodes * min(shape.fan_out, there)
        return nodes * shape.nodes, nodes * there

    def _characters_on(self, step: _Step, nodes: int, evaluations: int, before: int) -> int:
        """Return the characters in what the step selects: each text counts as often as it is reached."""
        shape = self._shape
        if step.axis in {"child", "self", "attribute"} or step.axis in _DESCENDING:
            return before
        times = shape.fan_out if step.axis in {"parent", "following-sibling", "preceding-sibling"} else evaluations
        return min(before * times, nodes * shape.characters)

    def _text_below(self, contexts: int) -> int:
        """Return the characters of the string values of ``contexts`` nodes: a text is in each of its ancestors."""
        shape = self._shape
        passes = math.ceil(contexts / max(1, shape.nodes))
        return shape.characters * min(contexts, passes * shape.depth)
