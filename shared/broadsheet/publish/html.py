"""The pages of the site, each a pure function of what is stored: no clock, no chance, no order but a sorted one.

A page's canonical address is always its own. A full copy of another's article is kept out of search results by
``noindex`` instead (``Site.noindex``), for search engines ask syndicating sites for that and take a canonical link
across hosts as a hint at most; together the two contradict each other. The original is named by the visible
attribution and by ``isBasedOn``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from urllib.parse import quote, urlsplit

from broadsheet.model.article import Article, Body, CategoryLine, IndexLine, NewestLine, Origin
from broadsheet.model.page import CACHE_ARTICLE, Page, PageKey
from broadsheet.model.site import Site

from .addresses import (
    CATEGORIES,
    HOME,
    SITEMAP,
    absolute,
    category_address,
    category_feed_address,
    day_address,
    folder_of,
    is_path,
    year_address,
)
from .article_body import fitted
from .escaping import web_url
from .frame import asset_page, by_day, html_page, local
from .linked_data import news_article
from .permalink import post_key, site_key
from .posts import post_page
from .sitemap import sections_sitemap
from .strings import strings_for
from .templates_env import ICON, STYLESHEET

_IN_PATH = "/%:@!$&'()*+,;=~"
"""What stands in a path as it is (RFC 3986), besides letters, digits and ``-._``."""


def article_pages(site: Site, body: Body) -> list[Page]:
    """Return a published article's page in the site bucket and its portable post in the archive bucket.

    Raises ValueError for an article that is not published, and ConfigurationError where a template of the site's
    own does not work.
    """
    article = body.article
    if not article.published or article.address is None or article.chosen is None:
        raise ValueError(f"article {article.id} is {article.state}, so it has no pages")
    address, chosen = article.address, article.chosen
    mirrored = {image.url: image.address for image in body.images}
    shown = replace(chosen, image=mirrored.get(chosen.image or "", chosen.image))
    language = chosen.language or site.language
    original = web_url(chosen.canonical_url) or web_url(chosen.source_url)
    values = {
        "article": article,
        "chosen": shown,
        "address": address,
        "categories": body.categories,
        "language": language,
        "original": original,
        "image": absolute(site, shown.image),
        "also": [(name, web_url(url)) for name, url in article.also],
        "reports": body.reports,
        "noindex": site.noindex and _is_copy(site, chosen),
        "json_ld": news_article(site, body, address, shown),
        "text": fitted(body.html, strings_for(site.language), folder_of(site), body.images),
    }
    page = html_page(site, "article.html.j2", address, values, cache_control=CACHE_ARTICLE)
    return [page, post_page(site, body, address, chosen)]


def article_page_keys(site: Site, article: Article) -> list[PageKey]:
    """Return where an article's page and post live; nothing for an article that never had an address."""
    if article.address is None:
        return []
    return [PageKey(site_key(article.address)), PageKey(post_key(article, site.zone), bucket="archive")]


def redirect_page(site: Site, address: str, target: str) -> Page:
    """Return the page that leads on from ``address`` to ``target``, a path on the site, or a web address.

    The CDN answers 301 for what moved within the site; elsewhere, and for the rest, the page itself leads on.
    """
    values = {"target": target, "noindex": True}
    page = html_page(site, "redirect.html.j2", address, values, cache_control=CACHE_ARTICLE)
    if not is_path(target):
        return page
    return replace(page, status=301, location=quote(folder_of(site) + target, safe=_IN_PATH))


def gone_page(site: Site, address: str) -> Page:
    """Return the page that tells that the article at ``address`` was taken down; the CDN answers 410 with it."""
    return html_page(site, "gone.html.j2", address, {"noindex": True}, cache_control=CACHE_ARTICLE, status=410)


def category_head(site: Site, category: CategoryLine, lines: Sequence[IndexLine], years: Sequence[int]) -> Page:
    """Return a category's head page; of ``lines``, newest first, the first ``head_size`` count.

    ``years`` are those that have articles: each leads to its calendar. A full page leads on to the day that its
    last line is of, which may hold more than the page does.
    """
    head = lines[: site.head_size]
    last = local(site, head[-1].instant).date() if len(head) == site.head_size and head else None
    values = {
        "category": category,
        "days": by_day(site, head),
        "older": (last, day_address(category.slug, last)) if last else None,
        "years": [(year, year_address(category.slug, year)) for year in sorted(set(years), reverse=True)],
        "feed": (category.name, category_feed_address(category.slug)),
    }
    return html_page(site, "category.html.j2", category_address(category.slug), values)


def category_page_keys(slug: str) -> list[PageKey]:
    """Return where a category's head page and feed live."""
    return [PageKey(site_key(category_address(slug))), PageKey(site_key(category_feed_address(slug)))]


def home_page(site: Site, newest: Sequence[IndexLine], categories: Sequence[NewestLine]) -> Page:
    """Return the home page.

    ``newest`` is sorted, newest first, and its first ``home_size`` lines count; ``categories`` are those to show,
    in their order, and of each the newest ``home_category_size``.
    """
    latest = newest[: site.home_size]
    values = {
        "latest": latest,
        "days": by_day(site, latest[1:]),
        "categories": [(line, line.newest[: site.home_category_size]) for line in categories],
    }
    return html_page(site, "home.html.j2", HOME, values)


def categories_pages(site: Site, categories: Sequence[CategoryLine]) -> list[Page]:
    """Return the page of all categories that have articles, by the first letter of their slugs, and their sitemap."""
    ordered = sorted((line for line in categories if line.count), key=lambda line: line.slug)
    letters = [(letter, list(group)) for letter, group in groupby(ordered, key=_initial)]
    page = html_page(site, "categories.html.j2", CATEGORIES, {"letters": letters})
    return [page, sections_sitemap(site, categories)]


def static_pages(site: Site) -> list[Page]:
    """Return what depends on the settings alone: stylesheet, icon, 404 page and ``robots.txt``."""
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {site.url}{SITEMAP}\n"
    return [
        asset_page(site, STYLESHEET, "text/css; charset=utf-8"),
        asset_page(site, ICON, "image/svg+xml"),
        html_page(site, "404.html.j2", "/404.html", {"noindex": True}),
        Page("robots.txt", robots.encode(), "text/plain; charset=utf-8"),
    ]


def _initial(line: CategoryLine) -> str:
    return line.slug[:1].upper() if line.slug[:1].isalpha() else "0–9"


def _is_copy(site: Site, chosen: Origin) -> bool:
    """Whether the text is another site's: it names an original that is not on this site."""
    original = web_url(chosen.canonical_url)
    return original is not None and urlsplit(original).netloc != urlsplit(site.url).netloc
