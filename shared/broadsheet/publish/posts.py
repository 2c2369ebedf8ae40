"""The portable post of an article: a Markdown file that a static site generator takes as it is.

What stands in it is a template's choice (``posts/NAME.md.j2``); which template, a site's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlsplit

from broadsheet.model.article import Body, CategoryLine, Origin
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.page import Page
from broadsheet.model.site import Site

from .escaping import web_url
from .front_matter import front_matter
from .markdown import to_html_paragraphs, to_markdown
from .permalink import post_key
from .strings import strings_for
from .templates_env import POST_FOLDER, render, source_of

MARKDOWN = "text/markdown; charset=utf-8"
MAX_TAG_BYTES = 200
"""Longer tags are left out: Hugo makes a folder of each, and ends where a file system takes no name of its length."""


def post_page(site: Site, body: Body, address: str, chosen: Origin) -> Page:
    """Return the post of a published article, in the archive bucket.

    Raises ConfigurationError where ``site.post_template`` names no template, or the template does not work.
    """
    name = f"{POST_FOLDER}{site.post_template}.md.j2"
    if source_of(site, name) is None:
        raise ConfigurationError(
            f"site.yaml: post_template: {site.post_template!r} is no post template; use portable or finews, "
            f"or upload it as templates/{name}"
        )
    article = body.article
    strings = strings_for(site.language)
    category = body.categories[0] if body.categories else CategoryLine(slug="", name="")
    text = render(
        site,
        name,
        {
            "site": site,
            "article": article,
            "chosen": chosen,
            "address": address,
            "category": category,
            "categories": [line.slug for line in body.categories],
            "tags": [tag for tag in chosen.tags if len(tag.encode()) <= MAX_TAG_BYTES],
            "slug": address.strip("/").rpartition("/")[2],
            "date": _local(chosen.instant, site.zone),
            "updated": chosen.updated and _local(chosen.updated, site.zone),
            "language": chosen.language or site.language,
            "original": web_url(chosen.canonical_url) or web_url(chosen.source_url),
            "site_link": "//" + urlsplit(site.url).netloc + urlsplit(site.url).path,
            "t": strings,
            "front_matter": front_matter,
            "markdown": lambda: to_markdown(body.html),
            "paragraphs": lambda: to_html_paragraphs(body.html),
        },
    )
    footer = f"\n\n{site.post_footer.strip()}" if site.post_footer.strip() else ""
    complete = text.rstrip("\n") + footer + "\n"
    return Page(key=post_key(article, site.zone), body=complete.encode(), content_type=MARKDOWN, bucket="archive")


def _local(instant: datetime, zone: tzinfo) -> datetime:
    """Return ``instant`` in ``zone``, or in UTC where that was no whole minutes ahead: no YAML can write that."""
    local = instant.astimezone(zone).replace(microsecond=0)
    whole = (local.utcoffset() or timedelta()) % timedelta(minutes=1) == timedelta()
    return local if whole else local.astimezone(UTC)
