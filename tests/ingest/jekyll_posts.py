"""Small Jekyll sites for tests: a dictionary of paths and contents, imported without a disk."""

from __future__ import annotations

from broadsheet.ingest.clean import clean
from broadsheet.ingest.jekyll import JekyllImport, MendedPost
from broadsheet.ingest.jekyll_mend import Kind
from broadsheet.ingest.jekyll_site import read_site
from broadsheet.ingest.upload import parse_upload
from broadsheet.model.article import CleanArticle, ParsedArticle

from .articles import NOW, document

Tree = dict[str, str | bytes]
DAY = "_posts/2022-02-16-a-story.md"


def importer(posts: Tree, config: str = "", *, timezone: str | None = None, url: str | None = None) -> JekyllImport:
    def read(path: str) -> bytes:
        content = posts[path]
        return content if isinstance(content, bytes) else content.encode()

    return JekyllImport(read_site(config, timezone=timezone, url=url), sorted(posts), read)


def mended(content: str | bytes, config: str = "", *, path: str = DAY, timezone: str | None = None) -> MendedPost:
    """The one post of a site."""
    return importer({path: content}, config, timezone=timezone).mend(path)


def parsed(post: MendedPost) -> ParsedArticle:
    """What the upload says; its dates must need no zone."""
    return parse_upload(f"articles/imported/{post.key}", document(post.body), timezone="Pacific/Kiritimati")


def cleaned(post: MendedPost) -> CleanArticle:
    return clean(parsed(post), fallback_slug="file", observed_at=NOW, upload=True)


def kinds(post: MendedPost) -> set[Kind]:
    return {mend.kind for mend in post.mends}


def text_of(post: MendedPost) -> str:
    """The Markdown below the front matter."""
    return post.body.decode().split("\n---\n", 1)[1].strip("\n")
