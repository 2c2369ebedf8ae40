"""XPath that others wrote, run within bounds: lxml cannot be interrupted, so the cost is known before it runs.

An expression is read into steps once. On a page, the nodes that each step can reach at most follow from the page's
shape (nodes, depth, fan-out, elements by tag), and with them an upper bound in nanoseconds. What exceeds the page's
allowance is refused by name. The weights are measured on libxml2 2.14, rounded up; what is quadratic there (merging
node sets without an index, following and sibling axes, comparing two sets) is quadratic in the bound.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from broadsheet.ingest.fragment import Element, is_element

MAX_LENGTH = 2_000
"""Characters of one expression; the longest of 2,000 public recipes has 379."""
MAX_NESTING = 20
"""Brackets open at once: the reader here is recursive, and libxml2's is too."""
ALLOWANCE_NANOSECONDS = 1_500_000_000
"""For all expressions on one page. What runs stays far below its bound: 50 usual rules take some milliseconds."""

_WORTH_COUNTING = 10_000_000
"""Nanoseconds of a bound from which it is worth while to count what the first condition of a path leaves."""
_VISIT, _PREDICATE, _COMPARE, _CHARACTER = 100, 200, 100, 4
_MERGE = 2
"""For each pair of nodes, where two sets become one: libxml2 looks for doubles one by one."""

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
_READ_TEXT = frozenset((
    "id", "string", "concat", "starts-with", "contains", "substring-before", "substring-after", "substring",
    "string-length", "normalize-space", "translate", "number", "sum", "lang",
))  # fmt: skip
_SEARCHES = frozenset({"contains", "substring-before", "substring-after", "translate"})
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
    """What bounds the cost of an expression on a page. ``characters`` are those of its texts and attributes."""

    nodes: int
    depth: int
    fan_out: int
    characters: int
    attributes: int
    longest_attribute: int
    tags: Mapping[str, int]
    nesting: frozenset[str]
    """Names of elements that stand within others of their name."""


def shape_of(root: Element) -> PageShape:
    """Return the shape of the tree under ``root``."""
    tags: Counter[str] = Counter()
    nesting: set[str] = set()
    bits: dict[str, int] = {}
    fan_out = depth = 0
    level = [(root, 0)]
    while level:
        depth += 1
        below: list[tuple[Element, int]] = []
        for element, around in level:
            if is_element(element):
                tag = str(element.tag)
                tags[tag] += 1
                bit = bits.setdefault(tag, 1 << len(bits))
                if around & bit:
                    nesting.add(tag)
                children = list(element)
                fan_out = max(fan_out, 2 * len(children) + 1)
                below += [(child, around | bit) for child in children]
        level = below
    nodes: Any = _NODES(root)
    texts: Any = _TEXTS(root)
    attributes: Any = _ATTRIBUTES(root)
    lengths = [len(value) for value in attributes]
    characters = sum(map(len, texts)) + sum(lengths)
    return PageShape(
        int(nodes), depth, fan_out, characters, len(lengths), max(lengths, default=0), tags, frozenset(nesting)
    )


_NODES = etree.XPath("count(//node())")
_TEXTS = etree.XPath("//text()", smart_strings=False)
_ATTRIBUTES = etree.XPath("//@*", smart_strings=False)


# -- the expression as it is read ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Literal:
    text: str


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
    heads: tuple[tuple[str, int], ...] = ()
    """Its beginnings, each down to a condition, where more follows: as an expression of their own, and their steps."""


_Node = _Literal | _Call | _Terms | _Union | _Path


class Rule:
    """One compiled expression. Make it by :func:`compile_rule`."""

    __slots__ = ("_compiled", "_node", "text")

    def __init__(self, text: str, node: _Node, compiled: etree.XPath) -> None:
        self.text = text
        self._node = node
        self._compiled = compiled

    def cost(self, shape: PageShape, known: Mapping[str, int] | None = None) -> int:
        """Return the most nanoseconds that the expression takes on a page of that shape.

        ``known`` are the numbers of nodes that the ``heads`` select there, where they were counted.
        """
        return _Estimate(shape, known or {}).of(self._node, 1, 1).cost

    def heads(self) -> list[str]:
        """Return the beginnings of the expression's paths that leave few nodes, if their conditions are good ones."""
        return list(_heads(self._node))

    def run(self, root: Element) -> object:
        """Return what lxml gives: a list of elements and smart strings, or a str, float or bool."""
        return self._compiled(root)


def _heads(node: _Node) -> Iterable[str]:
    match node:
        case _Union():
            inner = node.parts
        case _Call():
            inner = node.arguments
        case _Terms():
            inner = node.operands
        case _Path() if node.start is not None:
            inner = (node.start,)
        case _:
            inner = ()
    if isinstance(node, _Path) and node.absolute:
        yield from (text for text, _ in node.heads)
    for part in inner:
        yield from _heads(part)


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


class TooCostly(ValueError):
    """An expression that could take too long on this page."""


class Allowance:
    """The nanoseconds that all expressions together may take on one page, by their bounds."""

    def __init__(self, shape: PageShape, nanoseconds: int = ALLOWANCE_NANOSECONDS) -> None:
        self._shape = shape
        self._left = nanoseconds

    def run(self, rule: Rule, root: Element) -> object:
        """Return what ``rule`` gives on ``root``; raises TooCostly where that could exceed what is left."""
        cost = rule.cost(self._shape)
        if cost > _WORTH_COUNTING and (heads := rule.heads()):
            known: dict[str, int] = {}
            for head in heads:
                self._count(head, root, known)
            cost = rule.cost(self._shape, known)
        if cost > self._left:
            raise TooCostly(
                f"could take {cost / 1e9:,.1f} s on a page of {self._shape.nodes:,} nodes, "
                f"{max(self._left, 0) / 1e9:,.1f} s are left; name tags and fewer axes"
            )
        self._left -= cost
        return rule.run(root)

    def _count(self, head: str, root: Element, known: dict[str, int]) -> None:
        """Add to ``known`` how many nodes ``head`` selects, unless to count them is too costly itself."""
        rule = compile_rule(f"count({head})")
        cost = rule.cost(self._shape, known)
        if cost <= self._left:
            self._left -= cost
            counted: Any = rule.run(root)
            known[head] = int(counted)


# -- reading ---------------------------------------------------------------------------------------------------


class _Reader:
    """Reads XPath 1.0 by recursive descent, as far as the cost goes; libxml2 is the judge of the rest."""

    def __init__(self, text: str) -> None:
        self._words = list(_words(text))
        self._at = 0
        self._depth = 0

    def read(self) -> _Node:
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
        word = self._peek()
        if word[:1] in {'"', "'"} or word[:1].isdigit() or re.fullmatch(r"\.\d+", word):
            self._take()
            return _Literal(word.strip("\"'"))
        is_call = self._peek(1) == "(" and word not in _NODE_TYPES
        if word == "$":
            raise ValueError("uses a variable; there are none")
        if word != "(" and not is_call:
            return self._location()
        start = self._primary()
        predicates = self._predicates()
        steps = self._location().steps if self._peek() in {"/", "//"} else ()
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
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise ValueError(f"calls {name}() with {len(arguments)} arguments")
        return _Call(name, tuple(arguments))

    def _location(self) -> _Path:
        begin = self._at
        absolute = self._peek() in {"/", "//"}
        steps: list[_Step] = []
        heads: list[tuple[str, int]] = []
        if self._peek() == "/":
            self._take()
            if not self._begins_step():
                return _Path(None, (), absolute, ())
        while True:
            if self._peek() == "//":
                self._take()
                steps.append(_Step("descendant-or-self", "node()"))
            steps.append(self._step())
            more = self._peek() in {"/", "//"}
            if more and steps[-1].predicates:
                heads.append((" ".join(self._words[begin : self._at]), len(_joined(steps))))
            if self._peek() == "/":
                self._take()
            elif not more:
                break
        return _Path(None, (), absolute, _joined(steps), tuple(heads))

    def _begins_step(self) -> bool:
        word = self._peek()
        return word in {".", "..", "@", "*"} or word[:1].isalpha() or word[:1] == "_"

    def _step(self) -> _Step:
        word = self._take()
        if word == ".":
            return _Step("self", "node()", self._predicates())
        if word == "..":
            return _Step("parent", "node()", self._predicates())
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
        return _Step(axis, word, self._predicates())

    def _predicates(self) -> tuple[_Node, ...]:
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


def _joined(steps: list[_Step]) -> tuple[_Step, ...]:
    """Return ``steps`` with ``//name`` as one step, as libxml2 takes it where no condition follows."""
    joined: list[_Step] = []
    for step in steps:
        anywhere = bool(joined) and joined[-1] == _Step("descendant-or-self", "node()")
        if anywhere and step.axis == "child" and not step.predicates:
            joined[-1] = _Step("descendant", step.test)
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
    def __init__(self, shape: PageShape, known: Mapping[str, int]) -> None:
        self._shape = shape
        self._known = known
        self._elements = sum(shape.tags.values())

    def of(self, node: _Node, contexts: int, times: int) -> _Bound:
        """Return the bound of evaluating ``node`` once for each of ``contexts`` nodes.

        ``times`` is how often one and the same node of the page may be among them.
        """
        match node:
            case _Literal():
                return _Bound(0, 0, len(node.text) * contexts)
            case _Terms():
                return self._of_terms(node, contexts, times)
            case _Union():
                return self._of_union(node, contexts, times)
            case _Call():
                return self._of_call(node, contexts, times)
            case _Path():
                return self._of_path(node, contexts, times)

    def _of_terms(self, terms: _Terms, contexts: int, times: int) -> _Bound:
        bounds = [self.of(operand, contexts, times) for operand in terms.operands]
        cost = sum(bound.cost for bound in bounds)
        for operator, left, right in zip(terms.operators, bounds, bounds[1:], strict=False):
            if operator in _COMPARISONS:
                pairs = (left.nodes or contexts) * min(right.nodes or 1, self._shape.nodes)
                cost += _COMPARE * pairs + left.characters + right.characters
        return _Bound(cost)

    def _of_union(self, union: _Union, contexts: int, times: int) -> _Bound:
        bounds = [self.of(part, contexts, times) for part in union.parts]
        cost, nodes = bounds[0].cost, bounds[0].nodes
        for bound in bounds[1:]:
            cost += bound.cost + 2 * _MERGE * nodes * min(bound.nodes, self._shape.nodes)
            nodes += bound.nodes
        return _Bound(cost, nodes, sum(bound.characters for bound in bounds))

    def _of_call(self, call: _Call, contexts: int, times: int) -> _Bound:
        bounds = [self.of(argument, contexts, times) for argument in call.arguments]
        page = self._shape.characters
        characters = 0
        if call.name in _READ_TEXT:
            # Of a node set, a function takes the first node's text only.
            characters = sum(min(b.characters, contexts * page) if b.nodes else b.characters for b in bounds)
            if not bounds:
                characters = page * min(contexts, times * self._shape.depth)
        cost = sum(bound.cost for bound in bounds) + _VISIT * contexts
        cost += _CHARACTER * characters * (1 + self._rereading(call))
        if call.name == "id":
            cost += _VISIT * characters
            return _Bound(cost, min(self._elements, characters) * contexts, page * self._shape.depth * contexts)
        return _Bound(cost, 0, characters)

    def _rereading(self, call: _Call) -> int:
        """Return how often more than once a function may look at a character of its first argument."""
        if call.name == "concat":
            return len(call.arguments)  # what is there already is copied for each one that is appended
        if call.name not in _SEARCHES or len(call.arguments) < 2:
            return 0
        sought = call.arguments[1]
        if not isinstance(sought, _Literal):
            return self._shape.characters
        # A search begins anew at each place where the first character stands, inside a partial match too.
        return 2 * len(sought.text) if call.name == "translate" else sought.text.count(sought.text[:1])

    def _of_path(self, path: _Path, contexts: int, times: int) -> _Bound:
        if path.absolute:
            once = self._of_absolute(path)
            return _Bound(once.cost * contexts, once.nodes * contexts, once.characters * contexts)
        if path.start is None:
            return self._of_steps(path.steps, contexts, contexts, times)
        start = self.of(path.start, contexts, times)
        filters = [self.of(predicate, start.nodes, contexts) for predicate in path.predicates]
        cost = start.cost + sum(bound.cost + _PREDICATE * start.nodes for bound in filters)
        if not path.steps:
            return _Bound(cost, start.nodes, start.characters)
        rest = self._of_steps(path.steps, start.nodes, contexts, contexts, "node()")
        return _Bound(cost + rest.cost, rest.nodes, rest.characters)

    def _of_absolute(self, path: _Path) -> _Bound:
        """Return the bound of a path from the page down, by way of what its beginnings are known to select."""
        cost, nodes, begin, test = 0, 1, 0, ""
        for text, end in path.heads:
            if text in self._known:
                cost += self._of_steps(path.steps[begin:end], nodes, 1, 1, test).cost
                nodes, begin, test = self._known[text], end, path.steps[end - 1].test
        rest = self._of_steps(path.steps[begin:], nodes, 1, 1, test)
        return replace(rest, cost=cost + rest.cost)

    def _of_steps(self, steps: tuple[_Step, ...], nodes: int, evaluations: int, times: int, test: str = "") -> _Bound:
        """Return the bound of ``steps`` from ``nodes`` in all, each at most ``times``, which passed ``test``."""
        cost = 0
        alone = nodes <= 1 or (nodes == evaluations and not test)  # each evaluation begins at one node
        for step in steps:
            there = self._count(step)
            # Elements of one name, none of them within another, have nothing below them in common.
            apart = step.axis in _DESCENDING and test in self._shape.tags and test not in self._shape.nesting
            times *= 1 if apart else self._times(step.axis)
            times = min(times, nodes)
            visited, reached = self._reach(step.axis, nodes, there, times)
            cost += _VISIT * visited
            for predicate in step.predicates:
                cost += _PREDICATE * reached + self.of(predicate, reached, times).cost
            if not alone and step.axis not in _MERGED_AS_THEY_ARE:
                cost += _MERGE * reached * min(reached, there)
            nodes = min(reached, evaluations * there)
            times = min(times, evaluations)
            test = step.test
            alone = alone and (step.axis in {"self", "parent"} or (step.axis == "attribute" and test != "*"))
        texts = self._shape.characters * min(times, nodes)
        if steps and steps[-1].axis == "attribute":
            return _Bound(cost, nodes, min(texts, nodes * self._shape.longest_attribute))
        is_leaf = bool(steps) and steps[-1].test == "text()"
        return _Bound(cost, nodes, texts * (1 if is_leaf else self._shape.depth))

    def _count(self, step: _Step) -> int:
        """Return how many nodes of the page pass the step's test."""
        if step.axis in {"attribute", "namespace"}:
            return self._shape.attributes if step.test == "*" else min(self._shape.attributes, self._elements)
        if step.test == "*":
            return self._elements
        return self._shape.nodes if step.test.endswith("()") else self._shape.tags.get(step.test, 0)

    def _reach(self, axis: str, nodes: int, there: int, times: int) -> tuple[int, int]:
        """Return how many nodes are visited from ``nodes`` along ``axis``, and how many of them may pass.

        No node is reached more than ``times``.
        """
        shape = self._shape
        if axis in {"attribute", "namespace"}:
            return nodes + min(nodes, times) * shape.attributes, min(nodes, times) * there
        each = {
            "self": 1,
            "parent": 1,
            "child": shape.fan_out,
            "ancestor": shape.depth,
            "ancestor-or-self": shape.depth,
            "following-sibling": shape.fan_out,
            "preceding-sibling": shape.fan_out,
        }.get(axis, shape.nodes)
        return min(nodes * each, times * shape.nodes) + nodes, min(nodes * min(each, there), times * there)

    def _times(self, axis: str) -> int:
        """Return from how many different nodes one node can be reached along ``axis``."""
        shape = self._shape
        if axis in {"child", "self", "attribute", "namespace"}:
            return 1
        if axis in _DESCENDING:
            return shape.depth
        return shape.fan_out if axis in {"parent", "following-sibling", "preceding-sibling"} else shape.nodes
