"""What classes, ids and roles say of an element, in groups that hold across sites."""

from __future__ import annotations

import re
from functools import lru_cache

NAMES: dict[str, str] = {
    "body": (
        r"article-?_?(?:body|content|text|copy)|story-?_?(?:body|content|text)|post-?_?(?:body|content|text)"
        r"|entry-?_?content|body-?(?:copy|text)|articlebody|richtext|rich-text|正文|page-content|content-?body"
        r"|artikel-?(?:text|body)"
    ),
    "good": (r"article|artikel|story|entry|hentry|post(?!er)|content|inhalt|text|main|body|blog|news|para|copy"),
    "comment": (r"comment|kommentar|disqus|replies|reply|respond|discuss|reader-?(?:letter|post)|livefyre|pinglun"),
    "related": (
        r"related|recommend|more-?(?:news|stor|from|on)|read-?more|readmore|see-?also|most-?(?:read|popular)"
        r"|popular|trending|teaser|promo|similar|suggest|further|weitere|mehr-|latest|recirc|outbrain|taboola"
        r"|carousel|slider|also"
    ),
    "chrome": (
        r"nav|menu|breadcrumb|footer|sidebar|side-?bar|header|masthead|toolbar|pagination|pager|skip|widget"
        r"|aside|topbar|cookie|consent|gdpr|modal|popup|overlay|banner|search|login|sign-?(?:in|up)|register"
        r"|dropdown|offcanvas"
    ),
    "social": (r"share|sharing|social|facebook|twitter|whatsapp|follow|like-|addthis|bookmark"),
    "ad": (
        r"(?:^|[\s_-])(?:ad|ads|adv|advert\w*|anzeige|werbung|sponsor\w*|affiliate|promotion|commercial|shop|deal|product)(?:$|[\s_-])"
    ),
    "sell": (r"newsletter|subscri|paywall|abo-|donat|support-|premium|piano|register|membership|signup|call-to|cta"),
    "byline": (r"author|byline|by-line|autor|bio(?:$|[\s_-])|profile|avatar|contributor|writer|redact"),
    "facts": (
        r"(?:^|[\s_-])meta|date|time(?!line)|publish|info|tags?(?:$|[\s_-])|categor|label|kicker|dachzeile"
        r"|credit|copyright|source|licen[sc]e|updated"
    ),
    "caption": (r"caption|figure|image|img|photo|bild|gallery|media|picture|video|player|foto"),
    "summary": (
        r"summary|lead(?:$|[\s_-])|lede|standfirst|intro|excerpt|teaser-?text|description|dek(?:$|[\s_-])"
        r"|subtitle|subhead|abstract|sapo|vorspann"
    ),
    "box": (r"box|fact|infobox|quote|pull|embed|inset|callout|highlight|note"),
    "hidden": (r"hidden|hide|invisible|sr-only|screen-reader|visually|collapse|d-none|noshow|print-only"),
    "title": (r"title|headline|heading|ueberschrift|titre|titel"),
}
"""Groups of names; one name may fall into several."""
GROUPS = {name: 1 << index for index, name in enumerate(NAMES)}
"""The bit of each group."""
_PATTERNS = tuple((GROUPS[name], re.compile(pattern, re.IGNORECASE)) for name, pattern in NAMES.items())


@lru_cache(maxsize=8192)
def groups_of(named: str) -> int:
    """Return the groups that a class, id or role falls into, as bits of ``GROUPS``."""
    bits = 0
    for bit, pattern in _PATTERNS:
        if pattern.search(named):
            bits |= bit
    return bits
