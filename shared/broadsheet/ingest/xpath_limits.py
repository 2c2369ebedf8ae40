"""XPath that others wrote, run within bounds: lxml cannot be interrupted, so the cost is known before it runs.

An expression is read into steps once (:mod:`broadsheet.ingest.xpath_reader`); on a page, an upper bound of its cost
follows from the page's shape (:mod:`broadsheet.ingest.xpath_cost`). What exceeds the page's allowance is refused by
name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from broadsheet.ingest.fragment import Element
from broadsheet.ingest.xpath_cost import PageShape, cost_of
from broadsheet.ingest.xpath_reader import Call, Node, Path, Terms, Union, read_xpath

ALLOWANCE_NANOSECONDS = 1_500_000_000
"""For all expressions on one page. What runs stays far below its bound: 50 usual rules take some milliseconds."""

_WORTH_COUNTING = 10_000_000
"""Nanoseconds of a bound from which it is worth while to count what the first condition of a path leaves."""


class Rule:
    """One compiled expression. Make it by :func:`compile_rule`."""

    __slots__ = ("_compiled", "_node", "text")

    def __init__(self, text: str, node: Node, compiled: etree.XPath) -> None:
        self.text = text
        self._node = node
        self._compiled = compiled

    def cost(self, shape: PageShape, known: Mapping[str, int] | None = None) -> int:
        """Return the most nanoseconds that the expression takes on a page of that shape.

        ``known`` are the numbers of nodes that the ``heads`` select there, where they were counted.
        """
        return cost_of(self._node, shape, known or {})

    def heads(self) -> list[str]:
        """Return the beginnings of the expression's paths that leave few nodes, if their conditions are good ones."""
        return list(_heads(self._node))

    def run(self, root: Element) -> object:
        """Return what lxml gives: a list of elements and smart strings, or a str, float or bool."""
        return self._compiled(root)


def _heads(node: Node) -> Iterable[str]:
    match node:
        case Union():
            inner = node.parts
        case Call():
            inner = node.arguments
        case Terms():
            inner = node.operands
        case Path() if node.start is not None:
            inner = (node.start,)
        case _:
            inner = ()
    if isinstance(node, Path) and node.absolute:
        yield from (text for text, _ in node.heads)
    for part in inner:
        yield from _heads(part)


def compile_rule(expression: str) -> Rule:
    """Return the XPath 1.0 ``expression``, compiled; raises ValueError with the reason where it cannot be run."""
    node = read_xpath(expression)
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
