"""axe-core in a tab: what it finds wrong with the page there, as it stands at its width and in its colours.

Its rules are at https://dequeuniversity.com/rules/axe/; the script comes out of a package of PyPI, pinned in
``infra/toolchain/axe.txt``, so that no Node is needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from toolchain.devtools import Tab

SCRIPT = Path(__file__).resolve().parents[2] / ".tools" / "axe" / "axe_playwright_python" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """
axe.run(document, OPTIONS).then(found => {
  const lines = rules => rules.flatMap(rule => rule.nodes.map(node =>
    `${rule.id}: ${node.target.flat().join(' ')} (${node.failureSummary?.replace(/\\s+/g, ' ') ?? rule.help})`));
  return [lines(found.violations), lines(found.incomplete)];
})
"""
_OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations", "incomplete"]}


@dataclass(frozen=True)
class Findings:
    """Lines of rule, selector and reason: what is wrong, and what axe could not judge."""

    wrong: tuple[str, ...]
    unjudged: frozenset[str]


def load(tab: Tab) -> None:
    """Put axe-core into the page: a content security policy does not stop the debugger."""
    tab.evaluate(SCRIPT.read_text(encoding="utf-8") + ";0")


def findings(tab: Tab) -> Findings:
    """Return what axe finds in a page that it was loaded into."""
    wrong, unjudged = tab.evaluate(_RUN.replace("OPTIONS", json.dumps(_OPTIONS)))
    return Findings(tuple(wrong), frozenset(unjudged))
