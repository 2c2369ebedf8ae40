"""Articles over several pages: one page is fetched with each message, in a slot of its host, and archived.

A recipe says where the whole article stands on one page (``single_page_link``), else where it goes on
(``next_page_link``). What was fetched travels with the message by name, so that nothing waits, nothing is fetched twice
in the usual course, and a failure costs only the page that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from broadsheet.ingest.encoding import decode
from broadsheet.ingest.fragment import parse_document, parse_fragment
from broadsheet.ingest.recipe import PageLinks, find_pages, prepare_text
from broadsheet.ingest.recipe_text import Recipe
from broadsheet.model.article import Entry, SourceDocument
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.identity import digest_bytes
from broadsheet.model.messages import EntryMessage
from broadsheet.model.web import FetchFailed

from .ports import ObjectStore
from .recipes import Recipes

MAX_PAGES = 10

Fetch = Callable[[str, Mapping[str, str]], SourceDocument]
"""Fetch an address with these headers besides the source's own, and archive it. Raises FetchFailed, and SlotNeeded."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of an article in order, and its site's recipe; or the message that fetches one more before."""

    documents: tuple[SourceDocument, ...] = ()
    recipe: Recipe | None = None
    onward: EntryMessage | None = None


def raw_key(source_id: str, body: bytes) -> str:
    """Return where the raw bytes of ``body`` lie in the archive."""
    return f"raw/{source_id}/{digest_bytes(body)}"


def next_page(
    message: EntryMessage, entry: Entry, address: str, recipes: Recipes
) -> tuple[str, Mapping[str, str]] | None:
    """Return the page that is ``message``'s turn, ``address`` being the entry's own, and its recipe's headers.

    None where the feed names another page in place of the entry's own.
    """
    if not message.pages and message.next_page is None and _linked_in_feed(entry, address, recipes.of(address)):
        return None
    target = message.next_page or address
    recipe = recipes.of(target)
    return target, dict(recipe.http_headers) if recipe else {}


def fetch_pages(
    message: EntryMessage, entry: Entry, address: str, *, recipes: Recipes, archive: ObjectStore, fetch: Fetch
) -> Pages:
    """Fetch the page that is ``message``'s turn, ``address`` being the entry's own, and return what follows from it.

    Raises FetchFailed where that page failed and the article cannot do without it, or not yet.
    """
    first_recipe = recipes.of(address)
    wanted = next_page(message, entry, address, recipes)
    if wanted is None:
        return Pages(onward=replace(message, next_page=_linked_in_feed(entry, address, first_recipe)))
    target, headers = wanted
    recipe = recipes.of(target)
    try:
        document = fetch(target, headers)
    except FetchFailed as failure:
        if failure.transient or not message.pages:
            raise
        return _without(message, recipe or first_recipe, archive)
    earlier = {} if message.single_page else dict(message.pages)
    key = raw_key(message.source, document.body)
    if document.url in earlier or key in earlier.values():
        return Pages(_stored(message, archive), recipe or first_recipe)
    pages = {**earlier, document.url: key}
    documents = (*(() if message.single_page else _stored(message, archive)), document)
    recipe = recipes.of(document.url) or first_recipe
    links = page_links(document, recipe) if len(pages) < MAX_PAGES else PageLinks()
    if links.single and not message.pages:
        return Pages(onward=replace(message, pages=pages, next_page=links.single, single_page=True))
    if links.next and links.next not in pages:
        return Pages(onward=replace(message, pages=pages, next_page=links.next, single_page=False))
    return Pages(documents, recipe)


def _without(message: EntryMessage, recipe: Recipe | None, archive: ObjectStore) -> Pages:
    """Return what there is although a page is gone: the pages before it, or what they offer instead."""
    documents = _stored(message, archive)
    links = page_links(documents[-1], recipe) if message.single_page else PageLinks()
    if links.next and links.next not in message.pages:
        return Pages(onward=replace(message, next_page=links.next, single_page=False))
    return Pages(documents, recipe)


def _stored(message: EntryMessage, archive: ObjectStore) -> tuple[SourceDocument, ...]:
    documents = []
    for url, key in message.pages.items():
        stored = archive.get(key)
        if stored is None:
            raise LookupError(f"archive object {key} of {url} is gone")
        documents.append(SourceDocument(stored.body, url, stored.content_type, message.observed_at))
    return tuple(documents)


def page_links(document: SourceDocument, recipe: Recipe | None) -> PageLinks:
    """Return where ``recipe`` says the other pages of the article at ``document`` are."""
    if recipe is None or not (recipe.single_page_link or recipe.next_page_link):
        return PageLinks()
    text = decode(document.body, document.content_type, kind="html").text
    try:
        root = parse_document(prepare_text(text, recipe))
    except ArticleRejected:  # past the bounds: a page that cannot be read leads nowhere, and extracting it says why
        return PageLinks()
    return find_pages(root, recipe, document.url)


def _linked_in_feed(entry: Entry, address: str, recipe: Recipe | None) -> str | None:
    html = entry.content_html or entry.summary_html
    if recipe is None or not recipe.single_page_link_in_feed or not html:
        return None
    return find_pages(parse_fragment(html), recipe, address, in_feed=True).single
