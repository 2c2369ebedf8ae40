"""What machines are told of an article: schema.org ``NewsArticle`` as JSON-LD."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from markupsafe import Markup

from broadsheet.model.article import Body, Origin
from broadsheet.model.site import Site

from .addresses import absolute
from .escaping import web_url

_IN_SCRIPT = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"})
HEADLINE_LIMIT = 110
"""Characters that search engines show of a headline (Google's Article documentation, until 2023 a hard limit)."""


def news_article(site: Site, body: Body, address: str, chosen: Origin) -> Markup:
    """Return the article's JSON-LD, safe inside a ``script`` element: no character in it can close one.

    The original is named by ``isBasedOn``, and the medium it comes from by ``sourceOrganization``.
    """
    url = site.url + address
    medium = {"@type": "NewsMediaOrganization", "name": chosen.source_name} if chosen.source_name else None
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": url,
        "url": url,
        "headline": chosen.title[:HEADLINE_LIMIT],
        "description": chosen.description,
        "image": absolute(site, chosen.image),
        "datePublished": _moment(site, chosen.instant),
        "dateModified": _moment(site, chosen.updated or chosen.instant),
        "author": [{"@type": "Person", "name": name} for name in chosen.authors] or medium,
        "sourceOrganization": medium,
        "publisher": {"@type": "Organization", "name": site.title, "url": site.url + "/"},
        "isBasedOn": web_url(chosen.canonical_url),
        "inLanguage": chosen.language or site.language,
        "articleSection": [category.name for category in body.categories],
        "keywords": list(chosen.tags),
    }
    return script_json({key: value for key, value in data.items() if value})


def script_json(data: Any) -> Markup:
    """Return ``data`` as JSON that may stand in a ``script`` element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPT))  # noqa: S704 - nothing left in it that HTML acts on


def _moment(site: Site, instant: datetime) -> str:
    return instant.astimezone(site.zone).isoformat(timespec="seconds")
