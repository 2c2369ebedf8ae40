"""Posts of a Jekyll site, mended into uploads: what Jekyll showed comes in, and its old address leads there.

A post is read by itself; of the others only addresses and keys are remembered, to tell two at one place apart.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import yaml

from broadsheet.ingest import jekyll_front_matter, markdown
from broadsheet.ingest.article_fields import read_fields
from broadsheet.ingest.encoding import decode
from broadsheet.ingest.fragment import parse_fragment, text_of
from broadsheet.ingest.jekyll_address import PostFacts, address, jekyll_day
from broadsheet.ingest.jekyll_kramdown import to_commonmark
from broadsheet.ingest.jekyll_labels import categories_of, jekyll_categories, tags_of
from broadsheet.ingest.jekyll_liquid import LiquidContext, has_liquid, render
from broadsheet.ingest.jekyll_mend import Kind, Mend
from broadsheet.ingest.jekyll_name import PostName, post_name
from broadsheet.ingest.jekyll_site import JekyllSite
from broadsheet.ingest.plain_text import comparable, one_line, shorten, without_tags
from broadsheet.ingest.redirects import MAX_REDIRECTS, redirect_path
from broadsheet.ingest.upload import check_size
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.identity import ADDRESS_SUFFIX_LENGTH, digest

MARKDOWN_ENDINGS = (".md", ".markdown", ".mkd", ".mkdn", ".mkdown")
HTML_ENDINGS = (".html", ".htm")

_FAR_EAST, _FAR_WEST = "Etc/GMT-14", "Etc/GMT+12"
"""A date that is one instant in both names its zone itself."""
_FALSE = frozenset(("false", "no", "off"))
_SOURCE_LINE = re.compile(r"[^\s:：]{1,20}[:：] ?\[")
_MAX_TITLE = 60
"""Characters of a title that is made from the text."""
_MAX_DESCRIPTION = 1000
_TAKEN_APART = frozenset(
    ("layout", "id", "categories", "category", "tags", "tag", "permalink", "redirect_from", "slug", "base_url")
)
"""Fields that are read here, by Jekyll's rules, and not by ours."""


@dataclass(frozen=True, slots=True)
class MendedPost:
    """An upload made of a post. ``key`` stands below the import's prefix; ``addresses`` lead to the article."""

    key: str
    body: bytes
    addresses: tuple[str, ...]
    draft: bool
    mends: tuple[Mend, ...]


@dataclass(frozen=True, slots=True)
class _Post:
    """A post as read: ``fields`` with the site's defaults, ``front`` as written."""

    name: PostName
    fields: dict[str, Any]
    front: str
    body: str
    mends: tuple[Mend, ...]

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    @property
    def portable(self) -> bool:
        """Whether Broadsheet wrote it: no other generator needs these two keys together."""
        return "templateEngineOverride" in self.fields and self.text("render_with_liquid") == "false"

    @property
    def slug(self) -> str:
        """What the address is to be made of; a post of ours has the end of its address in it, which is made anew."""
        given = self.text("slug") or self.name.slug
        return given.removesuffix(f"-{self.text('id')[:ADDRESS_SUFFIX_LENGTH]}") if self.portable else given

    @property
    def published(self) -> bool:
        """Whether Jekyll put it on the site."""
        return self.name.dated and not self.name.draft and self.text("published").casefold() not in _FALSE


class JekyllImport:
    """Mends the posts of one site, in the order they are asked for: of two at one address, the first keeps it.

    ``paths`` are all posts, relative to the site; ``read`` returns one's bytes.
    """

    def __init__(self, site: JekyllSite, paths: Sequence[str], read: Callable[[str], bytes]) -> None:
        self._site = site
        self._paths = paths
        self._read = read
        self._by_stem: dict[str, list[str]] | None = None
        self._addresses: dict[str, str] = {}
        self._keys: set[str] = set()

    def mend(self, path: str) -> MendedPost:
        """Return the post at ``path`` as an upload.

        Raises ArticleRejected for what is no post, or of which nothing would be left: the reason, for people.
        """
        post = self._load(path)
        mends = list(post.mends)
        parsed = self._parsed(post, mends)
        body = self._body(post, parsed.title, mends)
        if not body.strip():
            raise ArticleRejected(f"{post.name.shown}: no text is left; write some, or leave it out")
        served = self._served(post) if post.published else []
        aliases = self._claimed(post, served, mends)
        base = self._site.absolute(f"{self._site.baseurl}{served[0]}" if served else "/")
        text = _front_matter(parsed, post, aliases, base) + body.strip("\n") + "\n"
        key = self._key(post, mends)
        return MendedPost(key, text.encode(), aliases, parsed.draft, tuple(dict.fromkeys(mends)))

    # -- reading ---------------------------------------------------------------------------------------------------

    def _load(self, path: str) -> _Post:
        name = post_name(path, self._site.collections_dir)
        if name.ending not in MARKDOWN_ENDINGS + HTML_ENDINGS:
            raise ArticleRejected(f"{name.shown}: is no Markdown and no HTML; convert it")
        raw = self._read(path)
        check_size(name.shown, len(raw))
        decoded = decode(raw, "", kind="html" if name.ending in HTML_ENDINGS else "text")
        mends = list(name.mends)
        if decoded.encoding != "utf-8" or decoded.how == "bom":
            mends.append(Mend(Kind.ENCODING, f"was {decoded.encoding}{' with a mark' if decoded.how == 'bom' else ''}"))
        text = decoded.text
        if "\r" in text:
            mends.append(Mend(Kind.LINE_ENDS, "carriage returns became line ends"))
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        front, body, slips = jekyll_front_matter.split(text)
        mends += slips
        fields: dict[str, Any] = {}
        if front is not None:
            fields, slips = jekyll_front_matter.read(front, file=name.shown)
            mends += slips
        elif not name.dated and not name.draft:
            raise ArticleRejected(f"{name.shown}: has no date in its name and no front matter; Jekyll left it out too")
        else:
            mends.append(Mend(Kind.FRONT_MATTER, "there is none; title and date are those of the file's name"))
        defaults = self._site.defaults_of(name.path, draft=name.draft)
        if "categories" in defaults and fields.get("categories"):
            fields["categories"] = jekyll_categories((), defaults) + jekyll_categories((), fields, singular=False)
        return _Post(name, {**defaults, **fields}, front or "", body, tuple(mends))

    def _parsed(self, post: _Post, mends: list[Mend]) -> ParsedArticle:
        """Return what the post's fields say, those left out that say nothing sensible."""
        values: dict[str, Any] = {"lang": self._site.language} if "language" not in post.fields else {}
        for name, value in post.fields.items():
            if name in _TAKEN_APART or name == "title":
                continue
            try:
                read_fields({name: value}, file=post.name.shown, timezone=self._site.timezone)
            except ArticleRejected as fault:
                kind = Kind.DATE if name == "date" else Kind.FIELD
                mends.append(Mend(kind, fault.reason.removeprefix(f"{post.name.shown}: ").partition(";")[0]))
                continue
            values[name] = value
        if "id" in post.fields:
            mends.append(Mend(Kind.ID, "'id' left out: here it would name an article to edit"))
        if post.portable and isinstance(values.get("author"), str):
            values["author"] = values["author"].split(", ")
        parsed = read_fields(values, file=post.name.shown, timezone=self._site.timezone)
        if parsed.draft or post.name.draft:
            mends.append(Mend(Kind.DRAFT, "not published; it comes in as a draft"))
        return replace(
            parsed,
            title=self._title(post, mends),
            published=self._date(post, parsed, values, mends),
            categories=tuple(categories_of(post.name.categories, post.fields, mends)),
            tags=tuple(tags_of(post.fields, mends)),
            draft=parsed.draft or post.name.draft,
        )

    def _date(self, post: _Post, parsed: ParsedArticle, values: dict[str, Any], mends: list[Mend]) -> datetime | None:
        if parsed.published is not None:
            east, west = (read_fields(values, file="", timezone=zone) for zone in (_FAR_EAST, _FAR_WEST))
            if east.published != west.published:
                mends.append(Mend(Kind.ZONE, f"the date names no zone; {self._site.timezone} it is"))
            return parsed.published
        if post.name.day is None:
            mends.append(Mend(Kind.DATE, "no date; it will be when the article is first seen"))
            return None
        if "date" in post.fields:  # where no post has one, that is how the site is written
            mends.append(Mend(Kind.DATE, "no date that can be read; the day in the file's name"))
        return post.name.day.replace(tzinfo=ZoneInfo(self._site.timezone))

    def _title(self, post: _Post, mends: list[Mend]) -> str:
        given = post.fields.get("title", "")
        if not isinstance(given, str):
            given = jekyll_front_matter.raw_value(post.front, "title")
            mends.append(Mend(Kind.TITLE, "was a list or mapping; taken as the text that stands there"))
        if title := one_line(given):
            return title
        spelt = " ".join(word.capitalize() for word in post.name.slug.split("-"))
        as_jekyll = spelt if "title" not in post.fields and re.search("[A-Za-z]{2}", spelt) else ""
        text = render(post.body, LiquidContext())[0] if has_liquid(post.body) else post.body
        if post.name.ending in MARKDOWN_ENDINGS:
            text = markdown.to_html(to_commonmark(text)[0])
        tree = parse_fragment(text)
        heading = next((words for e in tree.iter("h1", "h2") if (words := one_line(text_of(e)))), "")
        words = next((line for block in tree if comparable(line := one_line(text_of(block)))), "")
        found = heading or as_jekyll or shorten(words, _MAX_TITLE) or spelt or post.name.stem
        source = "first heading" if heading else "file's name" if as_jekyll or not words else "first words"
        mends.append(Mend(Kind.TITLE, f"there was none; from the {source}"))
        return found

    # -- the body --------------------------------------------------------------------------------------------------

    def _body(self, post: _Post, title: str, mends: list[Mend]) -> str:
        body = post.body
        is_markdown = post.name.ending in MARKDOWN_ENDINGS
        if has_liquid(body) and post.text("render_with_liquid") != "false":
            site = self._site
            variables = {"site.url": site.url, "site.baseurl": site.baseurl, "site.title": site.title}
            variables |= {"page.title": title, "site.github.url": site.url + site.baseurl, "page.url": ""}
            places = {"post_url": self._post_address, "link": self._file_address}
            context = LiquidContext(variables, places, site.url, site.baseurl, markdown=is_markdown)
            body, done = render(body, context)
            mends += done
        separator = post.text("excerpt_separator") or self._site.excerpt_separator
        if separator and not separator.startswith("<!--"):
            body = body.replace(separator, "", 1)
        if is_markdown:
            body, done = to_commonmark(body)
            mends += done
        return _without_source_line(body, post) if post.portable else body

    def _post_address(self, name: str) -> str | None:
        """Return where the post lies that ``{% post_url name %}`` names: a file's name, or folders and that."""
        folder, _, stem = name.strip("/").rpartition("/")
        for path in self._named(stem):
            if not folder or folder in path.rpartition("/")[0]:
                return self._linked(path)
        return None

    def _file_address(self, path: str) -> str | None:
        """Return where ``{% link path %}`` leads: a post's address; a file's own, if it is no page to be rendered."""
        path = path.lstrip("/")
        if path in self._named(PurePosixPath(path).stem):
            return self._linked(path)
        return None if path.endswith(MARKDOWN_ENDINGS) else quote(f"{self._site.baseurl}/{path}")

    def _named(self, stem: str) -> Sequence[str]:
        if self._by_stem is None:  # most sites have no such tags
            self._by_stem = {}
            for path in self._paths:
                self._by_stem.setdefault(PurePosixPath(path).stem, []).append(path)
        return self._by_stem.get(stem, ())

    def _linked(self, path: str) -> str | None:
        try:
            served = self._served(self._load(path))
        except ArticleRejected:
            return None
        return quote(self._site.baseurl + served[0]) if served else None

    # -- addresses -------------------------------------------------------------------------------------------------

    def _served(self, post: _Post) -> list[str]:
        """Return the paths at which Jekyll served the post, without the base URL."""
        zone = self._site.built_in
        written = post.text("date")
        quoted = jekyll_front_matter.raw_value(post.front, "date").startswith(('"', "'"))
        day = (jekyll_day(written, quoted=quoted, zone=zone) if written else None) or post.name.day
        if day is None:
            return []
        facts = PostFacts(
            day=day,
            slug=post.text("slug") or post.name.slug,
            stem=post.name.stem,
            path=post.name.path.replace("_posts", "", 1).removesuffix(post.name.ending),
            categories=jekyll_categories(post.name.categories, post.fields),
        )
        found = [address(post.text("permalink") or self._site.permalink, facts)]
        if any("Jekyll took it for text" in mend.how for mend in post.mends) and post.name.day:
            bare = replace(facts, day=post.name.day, slug=post.name.slug, categories=post.name.categories)
            found.append(address(self._site.permalink, bare))
        return [path for path in dict.fromkeys(found) if path]

    def _claimed(self, post: _Post, served: list[str], mends: list[Mend]) -> tuple[str, ...]:
        """Return the addresses that are to lead here: served, and the post's own, unless another post has them."""
        own = post.fields.get("redirect_from", ()) if post.published else ()
        wanted = [*served, *([own] if isinstance(own, str) else own if isinstance(own, list) else ())]
        claimed: dict[str, None] = {}
        for written in filter(None, map(str, wanted)):
            try:
                path = redirect_path(self._site.baseurl + (written if written.startswith("/") else f"/{written}"))
            except ValueError as fault:
                mends.append(Mend(Kind.ADDRESS, f"not kept: {fault}"))
                continue
            holder = self._addresses.setdefault(path, post.name.shown)
            if holder != post.name.shown:
                mends.append(Mend(Kind.ADDRESS, f"{path} leads to {holder}, which has it too"))
            elif len(claimed) < MAX_REDIRECTS:
                claimed[path] = None
            else:
                mends.append(Mend(Kind.ADDRESS, f"{path} is one more than {MAX_REDIRECTS}"))
        return tuple(claimed)

    def _key(self, post: _Post, mends: list[Mend]) -> str:
        key = post.name.key + (".html" if post.name.ending in HTML_ENDINGS else ".md")
        if key.casefold() in self._keys:
            mends.append(Mend(Kind.FILE_NAME, f"another post is stored as {key} already"))
            stem, dot, ending = key.rpartition(".")
            key = f"{stem}-{digest(post.name.shown, 6)}{dot}{ending}"
        self._keys.add(key.casefold())
        return key


def _front_matter(parsed: ParsedArticle, post: _Post, aliases: tuple[str, ...], base: str | None) -> str:
    plain = _literal if post.portable else str
    fields = {
        "title": plain(parsed.title),
        "date": parsed.published and parsed.published.isoformat(),
        "last_modified_at": parsed.modified and parsed.modified.isoformat(),
        "slug": post.slug,
        "categories": [plain(name) for name in parsed.categories],
        "tags": [plain(name) for name in parsed.tags],
        "description": plain(shorten(parsed.description or "", _MAX_DESCRIPTION)),
        "authors": [plain(name) for name in parsed.authors],
        "lang": parsed.language,
        "image": parsed.image,
        "canonical_url": parsed.canonical_url,
        "source_name": plain(parsed.source_name or ""),
        "source_url": parsed.source_url,
        "draft": parsed.draft or None,
        "redirect_from": [path.replace("%", "%25") for path in aliases],  # it is decoded when it is read
        "base_url": base,
    }
    kept = {name: value for name, value in fields.items() if value not in (None, "", [])}
    written: str = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"---\n{written}---\n\n"


def _without_source_line(body: str, post: _Post) -> str:
    """Return the body of a post of ours without its last line, which names and links what stands in its fields."""
    before, _, last = body.rstrip().rpartition("\n")
    original = post.text("canonical_url") or post.text("source_url")
    return before if original and _SOURCE_LINE.match(last) and last.endswith(f"]({original})") else body


def _literal(text: str) -> str:
    """Return plain text so that it is read as it stands: readers resolve entities twice, and drop tags."""
    return text if without_tags(text) == one_line(text) else html.escape(html.escape(text, quote=False), quote=False)
