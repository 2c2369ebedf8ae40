"""Addresses of articles, and the keys under which pages and posts are stored.

An address is recorded once, when an article is first published, and everything that is named after an article
is derived from that record: a corrected date or title moves neither page nor post.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, tzinfo

from broadsheet.model.article import Article, Origin
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.identity import ADDRESS_SUFFIX_LENGTH
from broadsheet.model.site import Site

TOKENS = ("category", "year", "month", "day", "slug")
RESERVED = frozenset({"category", "assets", "posts"})
"""First folders of addresses that the site's own pages live under."""
MAX_SLUG = 80
"""Characters of a slug that go into an address, before the suffix: long enough to be read, short enough to share."""
POSTS = "posts/"

_TOKEN = re.compile(r":([a-z]+)")
_LITERAL = re.compile(r"[A-Za-z0-9._~/-]*")
_DAY = re.compile(r"(?<!\d)(\d{4})[/-](\d{2})[/-](\d{2})(?!\d)")


def check_pattern(pattern: str) -> str:
    """Return the permalink ``pattern`` with a leading and a trailing slash.

    Raises ConfigurationError where it names an unknown token, leaves out ``:slug``, holds characters that a path
    should not hold, or begins with a folder of the site's own.
    """
    complete = "/" + pattern.strip("/") + "/"
    for token in _TOKEN.findall(complete):
        if token not in TOKENS:
            known = " ".join(f":{name}" for name in TOKENS)
            raise ConfigurationError(f"site.yaml: permalink: {pattern!r} names :{token}; use {known}")
    if ":slug" not in complete:
        raise ConfigurationError(
            f"site.yaml: permalink: {pattern!r} has no :slug, so that all articles would share one address; add it"
        )
    folders = complete.strip("/").split("/")
    literal = _TOKEN.sub("", complete)
    if not _LITERAL.fullmatch(literal) or not all(folder.strip(".") for folder in folders):
        raise ConfigurationError(
            f"site.yaml: permalink: {pattern!r} holds more than letters, digits and . _ ~ - between its slashes"
        )
    if folders[0] in RESERVED:
        raise ConfigurationError(
            f"site.yaml: permalink: {pattern!r} begins with /{folders[0]}/, which is the site's own; take another"
        )
    return complete


def address_of(site: Site, category_slug: str, instant: datetime, slug: str, article_id: str) -> str:
    """Return the address an article gets: the site's pattern filled in, with a slash at both ends.

    ``instant`` is aware; its day is a day in the site's zone. The slug ends in the first characters of
    ``article_id``, so that no two addresses collide. Raises ConfigurationError for a pattern that cannot work.
    """
    day = instant.astimezone(site.zone)
    suffix = article_id[:ADDRESS_SUFFIX_LENGTH]
    readable = _plain(slug)[:MAX_SLUG].strip("-")
    values = {
        "category": _plain(category_slug),
        "year": f"{day.year:04d}",
        "month": f"{day.month:02d}",
        "day": f"{day.day:02d}",
        "slug": f"{readable}-{suffix}" if readable else suffix,
    }
    return _TOKEN.sub(lambda match: values[match[1]], check_pattern(site.permalink))


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def site_key(address: str) -> str:
    """Return the key of the object that is served at ``address``: a folder is its ``index.html``.

    Raises ValueError for an address that does not begin with a slash or that climbs.
    """
    if not address.startswith("/") or ".." in address.split("/"):
        raise ValueError(f"{address!r} is no address on the site; it begins with a slash and does not climb")
    key = address.lstrip("/")
    return key + "index.html" if not key or key.endswith("/") else key


def day_of_address(address: str, article_id: str) -> date | None:
    """Return the day that a recorded address names, or None where its pattern has none."""
    folders = [folder for folder in address.split("/") if folder]
    named = "/".join(folder for folder in folders if folder != _slug_folder(address, article_id))
    for match in _DAY.finditer(named):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            continue
    return None


def addresses_of(site: Site) -> Callable[[Origin, str], str]:
    """Return what gives an article its address on ``site``, from the origin it shows and its id."""

    def address(origin: Origin, article_id: str) -> str:
        return address_of(site, origin.categories[0], origin.instant, origin.slug, article_id)

    return address


def post_key(article: Article, zone: tzinfo) -> str:
    """Return the archive key of an article's portable post, ``posts/YYYY-MM-DD-slug.md``.

    Day and slug are those of the recorded address. Where the address names no day it is the day, in ``zone``, of
    the decision that made the article: that is recorded too, so no correction renames a post. Raises ValueError
    for an article that was never published.
    """
    if article.address is None:
        raise ValueError(f"article {article.id} was never published, so its post has no name")
    day = day_of_address(article.address, article.id) or article.created_at.astimezone(zone).date()
    slug = _slug_folder(article.address, article.id).removesuffix(".html")
    return f"{POSTS}{day.isoformat()}-{slug}.md"


def _slug_folder(address: str, article_id: str) -> str:
    folders = [folder for folder in address.split("/") if folder] or [article_id]
    suffix = article_id[:ADDRESS_SUFFIX_LENGTH]
    return next((folder for folder in reversed(folders) if folder.endswith(suffix)), folders[-1])
