"""The pages of the site, each a pure function of what is stored: no clock, no chance, no order but a sorted one.

A page's canonical address is always its own. A full copy of another's article is kept out of search results by
``noindex`` instead (``Site.noindex``), for search engines ask syndicating sites for that and take a canonical link
across hosts as a hint at most; together the two contradict each other. The original is named by the visible
attribution and by ``isBasedOn``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from broadsheet.model.article import Article, Body, CategoryLine, IndexLine, Origin
from broadsheet.model.identity import digest
from broadsheet.model.page import CACHE_ARTICLE, CACHE_ASSET, CACHE_SHORT, Page, PageKey
from broadsheet.model.site import Site

from .article_body import fitted
from .escaping import web_url
from .feeds import Feed, atom_page, json_feed_page, rss_page
from .linked_data import news_article
from .permalink import post_key, site_key
from .posts import post_page
from .strings import direction, strings_for
from .templates_env import ICON, STYLESHEET, render, source_of

HTML = "text/html; charset=utf-8"
CATEGORIES = "/category/"


def article_pages(site: Site, body: Body) -> list[Page]:
    """Return a published article's page in the site bucket and its portable post in the archive bucket.

    Raises ValueError for an article that is not published, and ConfigurationError where a template of the site's
    own does not work.
    """
    article = body.article
    if not article.published or article.address is None or article.chosen is None:
        raise ValueError(f"article {article.id} is {article.state}, so it has no pages")
    address, chosen = article.address, article.chosen
    language = chosen.language or site.language
    original = web_url(chosen.canonical_url) or web_url(chosen.source_url)
    values = {
        "article": article,
        "chosen": chosen,
        "address": address,
        "categories": body.categories,
        "language": language,
        "direction": direction(language),
        "original": original,
        "image": web_url(chosen.image),
        "also": [(name, web_url(url)) for name, url in article.also],
        "noindex": site.noindex and _is_copy(site, chosen),
        "json_ld": news_article(site, body, address, chosen),
        "text": fitted(body.html, strings_for(site.language)),
    }
    page = _html(site, "article.html.j2", address, values, cache_control=CACHE_ARTICLE)
    return [page, post_page(site, body, address, chosen)]


def article_page_keys(site: Site, article: Article) -> list[PageKey]:
    """Return where an article's page and post live; nothing for an article that never had an address."""
    if article.address is None:
        return []
    return [PageKey(site_key(article.address)), PageKey(post_key(article, site.zone), bucket="archive")]


def redirect_page(site: Site, address: str, target: str) -> Page:
    """Return the page that leads on from ``address`` to ``target``, a path on the site, or a web address."""
    return _html(site, "redirect.html.j2", address, {"target": target, "noindex": True}, cache_control=CACHE_ARTICLE)


def gone_page(site: Site, address: str) -> Page:
    """Return the page that tells that the article at ``address`` was taken down; the CDN answers 410 with it."""
    return _html(site, "gone.html.j2", address, {"noindex": True}, cache_control=CACHE_ARTICLE, status=410)


def category_pages(site: Site, category: CategoryLine, lines: Sequence[IndexLine]) -> list[Page]:
    """Return a category's head page and its Atom feed; of ``lines``, newest first, the first ``head_size`` count."""
    address = category_address(category.slug)
    head = lines[: site.head_size]
    feed = Feed(f"{category.name} · {site.title}", address, head, {category.slug: category.name})
    values = {"category": category, "days": _by_day(site, head), "feed": (category.name, address + "atom.xml")}
    return [_html(site, "category.html.j2", address, values), atom_page(site, feed, address + "atom.xml")]


def category_page_keys(slug: str) -> list[PageKey]:
    """Return where a category's head page and feed live."""
    address = category_address(slug)
    return [PageKey(site_key(address)), PageKey(site_key(address + "atom.xml"))]


def home_pages(site: Site, newest: Sequence[IndexLine], categories: Sequence[CategoryLine]) -> list[Page]:
    """Return the home page and the site's Atom, RSS and JSON feeds.

    ``newest`` is sorted, newest first; ``categories`` may be all there are. The home page shows the first
    ``home_categories`` of them: those with a place of their own, then those with the newest articles.
    """
    shown = sorted((line for line in categories if line.newest), key=_place)[: site.home_categories]
    names = {line.slug: line.name for line in categories}
    latest = newest[: site.home_size]
    values = {
        "latest": latest,
        "days": _by_day(site, latest[1:]),
        "categories": [(line, line.newest[: site.home_category_size]) for line in shown],
        "names": names,
    }
    feed = Feed(site.title, "/", newest[: site.head_size], names)
    return [
        _html(site, "home.html.j2", "/", values),
        atom_page(site, feed, "/atom.xml"),
        rss_page(site, feed, "/rss.xml"),
        json_feed_page(site, feed, "/feed.json"),
    ]


def categories_pages(site: Site, categories: Sequence[CategoryLine]) -> list[Page]:
    """Return the page of all categories, by the first letter of their slugs."""
    ordered = sorted(categories, key=lambda line: line.slug)
    letters = [(letter, list(group)) for letter, group in groupby(ordered, key=_initial)]
    return [_html(site, "categories.html.j2", CATEGORIES, {"letters": letters})]


def static_pages(site: Site) -> list[Page]:
    """Return what depends on the settings alone: stylesheet, icon, 404 page and ``robots.txt``."""
    return [
        _asset(site, STYLESHEET, "text/css; charset=utf-8"),
        _asset(site, ICON, "image/svg+xml"),
        _html(site, "404.html.j2", "/404.html", {"noindex": True}),
        Page("robots.txt", b"User-agent: *\nAllow: /\n", "text/plain; charset=utf-8"),
    ]


def category_address(slug: str) -> str:
    """Return the address of a category's head page."""
    return f"{CATEGORIES}{slug}/"


def _html(
    site: Site,
    template: str,
    address: str,
    values: dict[str, Any],
    *,
    cache_control: str = CACHE_SHORT,
    status: int = 200,
) -> Page:
    strings = strings_for(site.language)
    folder = urlsplit(site.url).path.rstrip("/")
    shared = {
        "site": site,
        "t": strings,
        "address": address,
        "site_direction": direction(site.language),
        "noindex": False,
        "feed": None,
        "style": folder + _asset_address(site, STYLESHEET),
        "icon": folder + _asset_address(site, ICON),
        "href": lambda path: folder + path if path.startswith("/") else path,
        "category_href": lambda slug: folder + category_address(slug),
        "local": lambda instant: _local(site, instant),
    }
    text = render(site, template, {**shared, **values})
    return Page(site_key(address), text.encode(), HTML, cache_control, status=status)


def _asset(site: Site, name: str, content_type: str) -> Page:
    body = (source_of(site, name) or "").encode()
    return Page(site_key(_asset_address(site, name)), body, content_type, CACHE_ASSET)


def _asset_address(site: Site, name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"/assets/{stem}-{digest(source_of(site, name) or '', 8)}.{ending}"


def _local(site: Site, instant: datetime) -> datetime:
    return instant.astimezone(site.zone).replace(microsecond=0)


def _by_day(site: Site, lines: Sequence[IndexLine]) -> list[tuple[datetime, list[IndexLine]]]:
    days = groupby(lines, key=lambda line: _local(site, line.instant).date())
    return [(_local(site, group[0].instant), group) for group in (list(lines) for _, lines in days)]


def _place(line: CategoryLine) -> tuple[bool, int, float, str]:
    newest = max(entry.instant for entry in line.newest)
    return (line.order is None, line.order or 0, -newest.timestamp(), line.slug)


def _initial(line: CategoryLine) -> str:
    return line.slug[:1].upper() if line.slug[:1].isalpha() else "0–9"


def _is_copy(site: Site, chosen: Origin) -> bool:
    """Whether the text is another site's: it names an original that is not on this site."""
    original = web_url(chosen.canonical_url)
    return original is not None and urlsplit(original).netloc != urlsplit(site.url).netloc
