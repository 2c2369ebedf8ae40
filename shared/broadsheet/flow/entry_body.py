"""The body of an entry that its listing does not carry: what is asked of whom, and the text in a JSON answer."""

from __future__ import annotations

import json
from collections.abc import Mapping

import jmespath

from broadsheet.ingest.encoding import decode
from broadsheet.ingest.urls import expand, host_of
from broadsheet.model.article import Entry, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.messages import EntryMessage
from broadsheet.model.source import Source
from broadsheet.model.web import FetchRequest, written_ports

from .visits import Visit


def body_visit(
    message: EntryMessage, source: Source, address: str, url: str, recipe_headers: Mapping[str, str]
) -> Visit:
    """Return the visit to ``url`` for the body of an entry whose own address is ``address``."""
    # What the source sends may be secret: it is not for another host, wherever a page may link.
    own = source.headers if host_of(url) == host_of(address) else {}
    request = FetchRequest(
        url=url,
        kind="page" if source.body.origin == "page" else "json",
        headers={**recipe_headers, **_lower(own)},
        extra_ports=written_ports([source.url, source.body.url or ""]),
    )
    return Visit(request, message.slot, message.waited_until or message.observed_at)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def no_address(source: Source, entry: Entry) -> ArticleRejected:
    """Return why the entry's body cannot be asked for: what its address would need and has not."""
    if source.body.origin == "json" and source.body.url:
        try:
            expand(source.body.url, entry.fields)
        except ArticleRejected as rejected:
            return rejected
    return ArticleRejected(
        f"{entry.id}: has no URL to fetch its page from; set `body: {{from: entry}}` or `fields.url`"
    )


def json_text(document: SourceDocument, source: Source) -> str:
    """Return the text at ``body.field``. Raises ArticleRejected, naming what came instead."""
    text = decode(document.body, document.content_type, kind="json").text
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArticleRejected(
            f"{document.url}: is no JSON ({error}); check `body.url` of source {source.id}"
        ) from error
    value = jmespath.search(source.body.field or "@", data)
    if not isinstance(value, str) or not value.strip():
        got = ", ".join(sorted(data)) if isinstance(data, dict) else type(data).__name__
        raise ArticleRejected(
            f"{document.url}: `body.field` {source.body.field!r} of source {source.id} gives no text (got keys: {got})"
        )
    return value
