"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json

from broadsheet.model.article import FeedEntry
from broadsheet.model.page import Page
from broadsheet.model.site import Site

from .addresses import absolute
from .feed_document import Feed, content, entry_id, makers, rfc3339
from .permalink import site_key


def json_feed_page(site: Site, feed: Feed) -> Page:
    """Return ``feed`` as a JSON Feed, which knows no archives."""
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": site.url + feed.home,
        "feed_url": site.url + feed.address,
        "description": site.description,
        "authors": [{"name": site.title, "url": site.url + feed.home}],
        "language": site.language,
        "items": [_item(site, feed, entry) for entry in feed.entries],
    }
    text = json.dumps({key: value for key, value in data.items() if value != ""}, ensure_ascii=False, indent=1)
    return Page(site_key(feed.address), text.encode() + b"\n", "application/feed+json; charset=utf-8")


def _item(site: Site, feed: Feed, entry: FeedEntry) -> dict[str, object]:
    line = entry.line
    item = {
        "id": entry_id(site, line),
        "url": site.url + line.address,
        "title": line.title,
        "content_html": content(site, entry),
        # The format wants a text even where there is no summary.
        "content_text": "" if entry.html else line.description or line.title,
        "summary": line.description,
        "image": absolute(site, line.image),
        "date_published": rfc3339(line.instant),
        "date_modified": rfc3339(line.updated) if line.updated else None,
        "authors": [{"name": name} for name in makers(line)],
        "tags": [feed.names.get(slug, slug) for slug in line.categories],
        "language": line.language,
    }
    return {key: value for key, value in item.items() if value}
