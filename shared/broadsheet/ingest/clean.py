"""From what a document says to what may be stored and shown. The order of the steps is the design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from broadsheet.ingest.attribution import Attribution, take_attribution
from broadsheet.ingest.blocks import rebuild
from broadsheet.ingest.content_hash import content_hash
from broadsheet.ingest.fragment import Element, has_words, parse_fragment, text_of, to_markup
from broadsheet.ingest.junk import remove_additions, remove_hidden, remove_untextual, strip_by_rules
from broadsheet.ingest.media import link_embeds, resolve_images, resolve_links
from broadsheet.ingest.plain_text import comparable, one_line, shorten, trim, without_tags
from broadsheet.ingest.repeats import drop_repeats, is_alike
from broadsheet.ingest.sanitize import sanitize
from broadsheet.ingest.slugs import title_slug
from broadsheet.ingest.urls import canonical_url, web_url
from broadsheet.model.article import MAX_CATEGORIES, CleanArticle, ParsedArticle
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Cleaning

MAX_TITLE = 300
MAX_DESCRIPTION = 300
OWN_DESCRIPTION = 160
"""Characters of the text that stand for a description where none is given."""
MAX_TAGS = 8
MAX_AUTHORS = 20
MAX_NAME = 100
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_HEADLINE = re.compile(r"^\s*【([^】]{1,120})】\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class CleanBody:
    """A cleaned body: allow-listed HTML, its text, its first image, and what its closing lines said."""

    html: str
    text: str
    image: str | None
    attribution: Attribution


def clean(
    parsed: ParsedArticle,
    *,
    fallback_slug: str,
    observed_at: datetime,
    upload: bool,
    cleaning: Cleaning | None = None,
    language: str | None = None,
    categories: Sequence[str] = (),
    source_name: str | None = None,
    source_url: str | None = None,
    source_host: str | None = None,
) -> CleanArticle:
    """Return ``parsed`` as it may be stored and shown.

    ``fallback_slug`` makes the address where the title cannot (the entry's id, the file's name), and is what
    rejections call the article. A date after ``observed_at`` becomes ``observed_at``, but for an ``upload``, where
    it holds the article until then. ``cleaning`` are the source's rules; ``language``, ``categories`` and the
    source's name, address and host stand where the document gives none.

    Raises ArticleRejected: no title, empty body, a rule that is no XPath, HTML past the bounds of ``html_limits``.
    A draft that edits an existing article needs neither title nor body: it only hides that article.
    """
    hides = upload and parsed.draft and parsed.edits is not None
    title = shorten(without_tags(parsed.title), MAX_TITLE)
    if not comparable(title) and not trim(title) and not hides:
        raise ArticleRejected(f"no title: nothing names the article '{fallback_slug}'; give it a title")
    body = clean_body(parsed, title, cleaning)
    if not body.html and not hides:
        raise ArticleRejected(f"empty body: no text is left of '{fallback_slug}' ({title}); look at what it holds")
    return finish(
        CleanArticle(
            title=title,
            html=body.html,
            published=_clamped(parsed.published, observed_at, upload),
            modified=_clamped(parsed.modified, observed_at, upload),
            authors=_names(parsed.authors, MAX_AUTHORS),
            language=_language(parsed.language) or _language(language),
            description=_description(parsed.description, title, body.text),
            image=_address(parsed.base_url, parsed.image) or body.image,
            canonical_url=canonical_url(parsed.canonical_url or body.attribution.original or ""),
            source_name=_first_name(parsed.source_name, body.attribution.name, source_name, _host(source_host)),
            source_url=_address(None, parsed.source_url) or _address(None, body.attribution.url or source_url),
            categories=_names(parsed.categories or categories, MAX_CATEGORIES),
            tags=_names((tag.lstrip("#＃") for tag in parsed.tags), MAX_TAGS),
            edits=parsed.edits,
            slug=_slug(parsed.slug, title, fallback_slug),
            aliases=parsed.aliases,
            draft=parsed.draft,
        )
    )


def finish(article: CleanArticle) -> CleanArticle:
    """Return ``article`` with its content hash."""
    return replace(article, content_hash=content_hash(article))


def clean_body(parsed: ParsedArticle, title: str, cleaning: Cleaning | None = None) -> CleanBody:
    """Return the body of ``parsed``, cleaned; ``html`` is "" where no text and no image is left."""
    base = parsed.base_url or parsed.canonical_url
    tree = parse_fragment(parsed.html)
    if cleaning is not None:
        strip_by_rules(tree, cleaning.strip, cleaning.strip_id_or_class)
    resolve_images(tree, base)  # before what is hidden goes: a lazy image's twin stands in a noscript
    remove_hidden(tree)
    remove_additions(tree)
    link_embeds(tree, base)
    remove_untextual(tree)
    resolve_links(tree, base)
    blocks = rebuild(tree)
    attribution = take_attribution(blocks, parsed.source_name)
    drop_repeats(blocks, title)
    _drop_rules_at_edges(blocks)
    if not has_words(blocks) and not any(True for _ in blocks.iter("img")):
        return CleanBody("", "", None, attribution)
    html = sanitize("\n".join(to_markup(block) for block in blocks))
    image = next((str(src) for e in blocks.iter("img") if (src := e.get("src"))), None)
    for line_break in blocks.iter("br"):
        line_break.tail = f"\n{line_break.tail or ''}"
    text = " ".join(one_line(text_of(block)) for block in blocks if block.tag in {"p", "ul", "ol", "blockquote"})
    return CleanBody(html, text or one_line(text_of(blocks)), image, attribution)


def _drop_rules_at_edges(blocks: Element) -> None:
    for index in (0, -1):
        while len(blocks) and blocks[index].tag == "hr":
            blocks.remove(blocks[index])


def _slug(given: str | None, title: str, fallback: str) -> str:
    """Return the slug of what is given, else of the title; a number that was given is a name by itself."""
    named_by_number = given is not None and any(map(str.isdecimal, given)) and not any(map(str.isalpha, given))
    return title_slug(given or title, given if given and named_by_number else fallback)


def _clamped(instant: datetime | None, observed_at: datetime, upload: bool) -> datetime | None:
    return observed_at if instant is not None and not upload and instant > observed_at else instant


def _description(given: str | None, title: str, text: str) -> str:
    if given:
        described = without_tags(given)
        if (headline := _HEADLINE.match(described)) and is_alike(headline[1], title):
            described = described[headline.end() :]
        if comparable(described) not in {"", comparable(title)}:
            return shorten(described, MAX_DESCRIPTION)
    return shorten(text, OWN_DESCRIPTION)


def _names(given: Iterable[str], limit: int) -> tuple[str, ...]:
    """Return the names on one line each, without tags, the first spelling of each, at most ``limit``."""
    names: dict[str, str] = {}
    for name in given:
        plain = shorten(without_tags(name), MAX_NAME)
        if plain:
            names.setdefault(comparable(plain) or plain, plain)
    return tuple(names.values())[:limit]


def _first_name(*candidates: str | None) -> str | None:
    return next(iter(_names((c for c in candidates if c), 1)), None)


def _host(host: str | None) -> str | None:
    return host.removeprefix("www.") if host else None


def _address(base: str | None, url: str | None) -> str | None:
    return web_url(base, url) if url else None


def _language(tag: str | None) -> str | None:
    plain = (tag or "").strip().replace("_", "-")
    return plain if _LANGUAGE.fullmatch(plain) else None
