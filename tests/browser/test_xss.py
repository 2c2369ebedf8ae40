"""Every payload, cleaned and published, opened in a browser: nothing of it runs.

The pages are served without their content security policy, so that the sanitiser and the templates stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from broadsheet.ingest.clean import clean
from broadsheet.model.article import Body, ParsedArticle
from broadsheet.publish.html import article_pages
from tests.e2e.loopback import Answer, Loopback, serving
from tests.ingest.xss_payloads import PAYLOADS
from tests.publish.newsroom import ENGLISH, MORNING, body, origin

from .chromium import Chromium, Visit

RUNS_UNCLEANED = 40
"""Payloads that do run when nobody cleans them; the others are for browsers and sanitisers of their own."""
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_HARMLESS = {"Document", "Stylesheet", "Image", "Other"}
"""What a published page may ask for; ``Other`` is the icon."""


def cleaned(payload: str) -> Body:
    """An article that holds ``payload`` wherever an article can hold text."""
    article = clean(
        ParsedArticle(
            title=f"Title {payload}",
            html=f"<p>Before.</p>{payload}<p>Within {payload} words.</p><table><tr><td>{payload}</td></tr></table>",
            authors=(f"Name {payload}",),
            description=f"Description {payload}",
            image=payload,
            canonical_url=payload,
            source_name=f"Source {payload}",
            source_url=payload,
            tags=(f"tag {payload}",),
            base_url="https://wire.example/",
        ),
        fallback_slug="payload",
        observed_at=MORNING,
        upload=False,
    )
    chosen = origin(
        title=article.title,
        authors=article.authors,
        description=article.description,
        image=article.image,
        canonical_url=article.canonical_url,
        source_name=article.source_name,
        source_url=article.source_url,
        tags=article.tags,
    )
    return body(ENGLISH, chosen, html=article.html, claim="url:https://wire.example/")


@dataclass(frozen=True)
class Opened:
    """A site on loopback, and the browser that looks at it."""

    site: Loopback
    browser: Chromium

    def visit(self, published: Body) -> Visit:
        (page, _) = article_pages(ENGLISH, published)
        html, policies = _POLICY.subn("", page.body.decode("utf-8"))
        assert policies == 1
        self.site.routes["/page"] = Answer(html.encode("utf-8"), "text/html; charset=utf-8")
        return self.browser.visit(f"http://{self.site.host}/page")


@pytest.fixture(scope="module")
def opened(chromium: Chromium) -> Iterator[Opened]:
    with serving({}) as site:
        yield Opened(site, chromium)


def test_no_payload_runs_once_it_is_cleaned(opened: Opened) -> None:
    ran = {}
    for payload in PAYLOADS:
        visit = opened.visit(cleaned(payload))
        requests = [(kind, url) for kind, url in visit.requests if kind not in _HARMLESS or "evil.example" in url]
        if visit.calls or visit.navigations or requests:
            ran[payload] = (visit.calls, visit.navigations, requests)
    assert ran == {}


def test_the_same_pages_show_it_where_nobody_cleans(opened: Opened) -> None:
    ran = [payload for payload in PAYLOADS if opened.visit(body(ENGLISH, html=payload)).calls]
    assert len(ran) >= RUNS_UNCLEANED
