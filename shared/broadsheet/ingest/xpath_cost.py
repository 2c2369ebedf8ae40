"""What an XPath can cost on a page at most: from the page's shape, the nodes that each of its steps can reach.

The weights are nanoseconds measured on libxml2 2.14, rounded up. What is quadratic there is quadratic here: merging
node sets without an index, following and sibling axes, comparing two sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from broadsheet.ingest.fragment import Element, is_element
from broadsheet.ingest.xpath_reader import COMPARISONS, Call, Literal, Node, Path, Step, Terms, Union

_VISIT, _PREDICATE, _COMPARE, _CHARACTER = 100, 200, 100, 4
_MERGE = 2
"""For each pair of nodes, where two sets become one: libxml2 looks for doubles one by one."""

_READ_TEXT = frozenset((
    "id", "string", "concat", "starts-with", "contains", "substring-before", "substring-after", "substring",
    "string-length", "normalize-space", "translate", "number", "sum", "lang",
))  # fmt: skip
_SEARCHES = frozenset({"contains", "substring-before", "substring-after", "translate"})
_DESCENDING = frozenset({"descendant", "descendant-or-self"})
_MERGED_AS_THEY_ARE = frozenset({"child", "attribute", "self", "namespace"})
"""Axes on which no node is reached from two others, so that libxml2 does not look for doubles."""


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


def cost_of(node: Node, shape: PageShape, known: Mapping[str, int]) -> int:
    """Return the most nanoseconds that ``node`` takes on a page of ``shape``.

    ``known`` are the numbers of nodes that beginnings of its paths select there, where they were counted.
    """
    return _Estimate(shape, known).of(node, 1, 1).cost


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

    def of(self, node: Node, contexts: int, times: int) -> _Bound:
        """Return the bound of evaluating ``node`` once for each of ``contexts`` nodes.

        ``times`` is how often one and the same node of the page may be among them.
        """
        match node:
            case Literal():
                return _Bound(0, 0, len(node.text) * contexts)
            case Terms():
                return self._of_terms(node, contexts, times)
            case Union():
                return self._of_union(node, contexts, times)
            case Call():
                return self._of_call(node, contexts, times)
            case Path():
                return self._of_path(node, contexts, times)

    def _of_terms(self, terms: Terms, contexts: int, times: int) -> _Bound:
        bounds = [self.of(operand, contexts, times) for operand in terms.operands]
        cost = sum(bound.cost for bound in bounds)
        for operator, left, right in zip(terms.operators, bounds, bounds[1:], strict=False):
            if operator in COMPARISONS:
                pairs = (left.nodes or contexts) * min(right.nodes or 1, self._shape.nodes)
                cost += _COMPARE * pairs + left.characters + right.characters
        return _Bound(cost)

    def _of_union(self, union: Union, contexts: int, times: int) -> _Bound:
        bounds = [self.of(part, contexts, times) for part in union.parts]
        cost, nodes = bounds[0].cost, bounds[0].nodes
        for bound in bounds[1:]:
            cost += bound.cost + 2 * _MERGE * nodes * min(bound.nodes, self._shape.nodes)
            nodes += bound.nodes
        return _Bound(cost, nodes, sum(bound.characters for bound in bounds))

    def _of_call(self, call: Call, contexts: int, times: int) -> _Bound:
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

    def _rereading(self, call: Call) -> int:
        """Return how often more than once a function may look at a character of its first argument."""
        if call.name == "concat":
            return len(call.arguments)  # what is there already is copied for each one that is appended
        if call.name not in _SEARCHES or len(call.arguments) < 2:
            return 0
        sought = call.arguments[1]
        if not isinstance(sought, Literal):
            return self._shape.characters
        # A search begins anew at each place where the first character stands, inside a partial match too.
        return 2 * len(sought.text) if call.name == "translate" else sought.text.count(sought.text[:1])

    def _of_path(self, path: Path, contexts: int, times: int) -> _Bound:
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

    def _of_absolute(self, path: Path) -> _Bound:
        """Return the bound of a path from the page down, by way of what its beginnings are known to select."""
        cost, nodes, begin, test = 0, 1, 0, ""
        for text, end in path.heads:
            if text in self._known:
                cost += self._of_steps(path.steps[begin:end], nodes, 1, 1, test).cost
                nodes, begin, test = self._known[text], end, path.steps[end - 1].test
        rest = self._of_steps(path.steps[begin:], nodes, 1, 1, test)
        return replace(rest, cost=cost + rest.cost)

    def _of_steps(self, steps: tuple[Step, ...], nodes: int, evaluations: int, times: int, test: str = "") -> _Bound:
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

    def _count(self, step: Step) -> int:
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
