"""What FreshRSS writes in the attributes of its OPML, in our terms.

The attributes are those of https://freshrss.github.io/FreshRSS/en/developers/OPML.html, the queries those of
https://freshrss.github.io/FreshRSS/en/users/10_filter.html.
"""

from __future__ import annotations

import re

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = r"[^.\[\]\"'`|&@*?(){},\s]+"
_DOTTED = rf"{_NAME}(?:\[\d+\])*(?:\.{_NAME}(?:\[\d+\])*)*"
_PART = rf"\"[^\"]*\"|'[^']*'|{_DOTTED}"
_CONCATENATION = re.compile(rf"\s*(?:{_PART})\s*(?:&\s*(?:{_PART})\s*)*")

_TERM = re.compile(
    r"(?P<field>intitle:|inurl:|author:|#)?(?:\"(?P<quoted>[^\"*]+)\"|'(?P<single>[^'*]+)'|(?P<bare>[^\s\"'()!/*:#-][^\s\"'()*]*))"
)
_LONGEST_QUERY = 2_000
_LONGEST_WORD = 190
_FIELDS = {"intitle:": "title:", "inurl:": "url:", "author:": "author:", "#": "category:", None: ""}

_CSS_NAME = r"-?[A-Za-z_][\w-]*"
_LONGEST_CSS = 100
_SIMPLE_CSS = re.compile(rf"(?P<tag>[A-Za-z][A-Za-z0-9]*)?(?P<rest>(?:[.#]{_CSS_NAME})*)")


def jmespath_of(dotted: str) -> str:
    """Return FreshRSS's dot notation (``meta.links[0] & " text"``) as JMESPath; what is none is taken for JMESPath."""
    if not _CONCATENATION.fullmatch(dotted):
        return dotted
    parts = [_literal(part[1:-1]) if part[0] in "\"'" else _quoted(part) for part in re.findall(_PART, dotted)]
    return parts[0] if len(parts) == 1 else f"join('', [{', '.join(parts)}])"


def filter_rules(query: str) -> tuple[str, ...] | None:
    """Return a query for entries to be marked as read as rules of a filter; None where it says more than these can.

    That is one word or phrase, alone or after ``intitle:``, ``inurl:``, ``author:`` or ``#``, or several with ``OR``.
    """
    if len(query) > _LONGEST_QUERY:
        return None
    rules = []
    for alternative in re.split(r"\s+OR\s+", query.strip()):
        term = _TERM.fullmatch(alternative)
        if term is None:
            return None
        word = term["quoted"] or term["single"] or term["bare"]
        if not word.strip() or len(word) > _LONGEST_WORD:
            return None
        if not term["field"] and ":" in word:  # an operator that filters have no word for
            return None
        rules.append(_FIELDS[term["field"]] + word)
    return tuple(rules)


def xpath_of_css(selectors: str) -> tuple[str, ...] | None:
    """Return simple CSS selectors (``aside, div.ad, #promo``) as XPaths; None where one of them is not simple."""
    found = []
    for selector in selectors.split(","):
        simple = _SIMPLE_CSS.fullmatch(selector.strip())
        if simple is None or not selector.strip() or len(selector) > _LONGEST_CSS:
            return None
        tests = [
            f"[@id='{name[1:]}']"
            if name[0] == "#"
            else f"[contains(concat(' ', normalize-space(@class), ' '), ' {name[1:]} ')]"
            for name in re.findall(rf"[.#]{_CSS_NAME}", simple["rest"])
        ]
        found.append(f"//{(simple['tag'] or '*').lower()}{''.join(tests)}")
    return tuple(found)


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _quoted(path: str) -> str:
    """Put the names in quotes that JMESPath does not take bare (``content-html``)."""
    parts = (part.partition("[") for part in path.split("."))
    return ".".join(
        (name if _IDENTIFIER.fullmatch(name) else f'"{name}"') + bracket + place for name, bracket, place in parts
    )
