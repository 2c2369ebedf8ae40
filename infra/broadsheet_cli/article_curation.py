"""``broadsheet article unpublish`` and ``restore``: take an article down by hand, and lift that again."""

from __future__ import annotations

from broadsheet.flow.curate import restore, unpublish
from broadsheet.flow.ingest_article import COUNTED
from broadsheet.model.article import Article, ArticleState, Takedown
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.order import format_instant, parse_instant
from broadsheet.publish.permalink import addresses_of

from .article_lookup import find_article
from .article_show import STANDING, site_url
from .article_text import clock_time, print_line
from .stored import Opened


class DecidedLater(BroadsheetError):
    """A takedown or restoration of a later time stands, which one of an earlier time does not undo."""


def take_down(given: str, reason: str, opened: Opened) -> int:
    """Take the article that ``given`` names off the site, say what follows, and return the exit status.

    One that is taken down already stays so; another reason replaces the one that was given. Raises ArticleUnknown,
    and DecidedLater where a later restoration stands.
    """
    before = find_article(given, opened).article
    known = before.takedown
    if known and known.active and known.reason == reason:
        print_line(f"{_named(before)} was {_done(known, opened)} already, because: {reason}; nothing was changed")
        return 0
    _check_order(before, opened)
    decision = unpublish(before.id, reason, opened.now, opened.store, addresses_of(opened.site))
    after = find_article(before.id, opened).article
    status = opened.publish("taking it off the site", COUNTED[decision.outcome])
    if known and known.active:
        print_line(f"{_named(after)} was taken down already; the reason is now: {reason}")
        return status
    print_line(f"{_named(after)} is taken down, because: {reason}")
    url = site_url(after, opened)
    if url:
        print_line(f"  {url} says that it is gone (status 410), and lists, feeds, sitemap and posts are without it")
    print_line("  no poll and no upload brings it back")
    print_line(f"  to undo this: broadsheet article restore {after.id} {opened.where}")
    return status


def lift_takedown(given: str, opened: Opened) -> int:
    """Lift the takedown of the article that ``given`` names, say what follows, and return the exit status.

    Raises ArticleUnknown, and DecidedLater where a later takedown stands.
    """
    before = find_article(given, opened).article
    if before.takedown is None or not before.takedown.active:
        print_line(f"{_named(before)} is not taken down ({STANDING[before.state]}); nothing was changed")
        return 0
    _check_order(before, opened)
    decision = restore(before.id, opened.now, opened.store, addresses_of(opened.site))
    after = find_article(before.id, opened).article
    status = opened.publish("bringing it back", COUNTED[decision.outcome])
    print_line(f"{_named(after)} is restored")
    if after.state is ArticleState.PUBLISHED:
        print_line(f"  {site_url(after, opened)} shows it again, with all that its sources told meanwhile")
    else:
        print_line(f"  it is not on the site all the same: {STANDING[after.state]}")
    return status


def _check_order(article: Article, opened: Opened) -> None:
    """Raise DecidedLater where what was decided last is not before the present instant: then it would stand."""
    known = article.takedown
    if known and known.order >= format_instant(opened.now):
        raise DecidedLater(
            f"{_named(article)} was {_done(known, opened)}, which is not before --now, so it stands; give a later --now"
        )


def _named(article: Article) -> str:
    return f"{article.id}  {article.chosen.title}" if article.chosen else article.id


def _done(takedown: Takedown, opened: Opened) -> str:
    at = clock_time(parse_instant(takedown.order), opened.site.zone)
    return f"{'taken down' if takedown.active else 'restored'} {at}"
