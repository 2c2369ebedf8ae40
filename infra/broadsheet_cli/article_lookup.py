"""Which article an operator means: by its id, its address, the URL it was taken from, or the file that brought it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from broadsheet.flow.ports import Item, Table
from broadsheet.flow.settle import read_article
from broadsheet.ingest.decide import Stored
from broadsheet.ingest.urls import canonical_url
from broadsheet.model import keys
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.identity import ARTICLE_ID_LENGTH, InputKey, claim_of_url
from broadsheet.model.inputs import state_from

from .progress import make_console
from .stored import Opened

CHUNK = 500
"""Items of an index that are read at once, so that memory stays small whatever its size."""
_ID = re.compile(f"[a-z2-7]{{{ARTICLE_ID_LENGTH}}}")


class ArticleUnknown(BroadsheetError):
    """What was given names no article that is stored."""


def find_article(given: str, opened: Opened) -> Stored:
    """Return the article that ``given`` names, merges followed. Raises ArticleUnknown where there is none.

    Nothing is scanned: whose an address is stands in the table.
    """
    with make_console().status(f"looking for {given}"):
        for article_id in _candidates(given.strip(), opened):
            found = read_article(article_id, opened.store.table)
            if found:
                return found
    raise ArticleUnknown(
        f"no article {given!r} is stored; give its id, its address on the site, the URL it was taken from or the "
        f"inbox key of its file, or see `broadsheet article list {opened.where}`"
    )


def _candidates(given: str, opened: Opened) -> Iterator[str]:
    table = opened.store.table
    if _ID.fullmatch(given):
        yield given
    elif given.startswith(("http://", "https://")):
        site = opened.site.url
        if given == site or given.startswith(f"{site}/"):
            yield from _at_address(urlsplit(given.removeprefix(site)).path, opened)
        url = canonical_url(given)
        link = table.get(keys.link(claim_of_url(url))) if url else None
        if link:
            yield str(link["article"])
    elif given.startswith("/"):
        yield from _at_address(urlsplit(given).path, opened)
    elif "/" in given or ":" in given:
        article_id = _brought_by(given, table)
        if article_id:
            yield article_id


def _brought_by(given: str, table: Table) -> str | None:
    """Return the article of an input: an inbox key, with ``#name`` for what is in a bundle, or ``entry:SOURCE#ID``."""
    if given.startswith(("entry:", "upload:")):
        input_key = InputKey.parse(given)
    else:
        container, _, name = given.partition("#")
        input_key = InputKey("upload", container, name)
    return state_from(table.get(keys.input_state(input_key)), input_key)[0].article


def _at_address(path: str, opened: Opened) -> Iterator[str]:
    """Yield the article whose own address ``path`` on the site is, or was, then those that are reached there too."""
    items = opened.store.table.query(keys.alias(_as_stored(path)))
    yield from (str(item["article"]) for item in sorted(items, key=lambda item: item["sk"] != keys.OWNER))


def _as_stored(path: str) -> str:
    """Return ``path`` as addresses are recorded: decoded, a folder with a slash at its end."""
    address = unquote(path).removesuffix("index.html")
    return address if address.endswith("/") or "." in address.rpartition("/")[2] else f"{address}/"


def walk(
    table: Table, pk: str, *, first: str = "", last: str | None = None, newest_first: bool = False
) -> Iterator[Item]:
    """Yield the items of a partition between two sort keys, read in chunks as they are asked for."""
    seen = ""
    while True:
        items = table.query(pk, first=first, last=last, limit=CHUNK, newest_first=newest_first)
        yield from (item for item in items if item["sk"] != seen)
        if len(items) < CHUNK:
            return
        seen = items[-1]["sk"]
        first, last = (first, seen) if newest_first else (seen, last)
