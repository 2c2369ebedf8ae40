"""Lists of sources as OPML 2.0, with FreshRSS's attributes for JSON and HTML listings.

The attributes are those of https://freshrss.github.io/FreshRSS/en/developers/OPML.html. An outline becomes a mapping
as a source's YAML file would hold, and is validated as one, so that nothing comes in here that could not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from broadsheet.model.errors import ConfigurationError
from broadsheet.model.identity import digest
from broadsheet.model.source import Source

from .configuration import source_of
from .plain_text import one_line
from .slugs import category_slug
from .urls import is_template

MAX_OPML_BYTES = 5 * 1024 * 1024
FRESHRSS = "https://freshrss.org/opml"
BROADSHEET = "urn:broadsheet:opml"
"""Namespace of our one attribute, ``id``: a source keeps its name on its way out and in."""

_XPATH, _JSON = "HTML+XPath", "JSON+DotNotation"
_FEED_TYPES = frozenset(("", "rss", "atom", "rdf", "rss1", "rss2", "feed", "jsonfeed", "link", "include"))
_FIELDS = {
    "Title": "title", "Content": "content", "Uri": "url", "Author": "authors", "Timestamp": "published",
    "Thumbnail": "image", "Categories": "categories", "Uid": "id",
}  # fmt: skip
"""FreshRSS's names, after ``xPathItem`` or ``jsonItem``, and ours."""
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = r"[^.\[\]\"'`|&@*?(){},\s]+"
_DOTTED = rf"{_NAME}(?:\[\d+\])*(?:\.{_NAME}(?:\[\d+\])*)*"
_PART = rf"\"[^\"]*\"|'[^']*'|{_DOTTED}"
_CONCATENATION = re.compile(rf"\s*(?:{_PART})\s*(?:&\s*(?:{_PART})\s*)*")


@dataclass(frozen=True, slots=True)
class OpmlReading:
    """What an OPML file holds. ``problems`` are (outline's line and title, reason)."""

    sources: tuple[Source, ...]
    problems: tuple[tuple[str, str], ...] = ()


def read_opml(body: bytes, file: str) -> tuple[Source, ...]:
    """Return the sources of an OPML file, in its order; outlines that are no usable source are left out.

    Raises ConfigurationError where the file is no OPML, or none of its outlines is usable. See :func:`parse_opml`
    for the reasons of those left out.
    """
    reading = parse_opml(body, file)
    if reading.problems and not reading.sources:
        where, reason = reading.problems[0]
        raise ConfigurationError(f"{file}: no outline can be used; {where}: {reason}")
    return reading.sources


def parse_opml(body: bytes, file: str) -> OpmlReading:
    """Return the sources of an OPML file, and why others are none.

    The category of a source is the title of the outline it is in, else its ``category`` attribute. A source that
    is listed in several outlines is one source in all their categories. Raises ConfigurationError where the file is
    no OPML or larger than 5 MB.
    """
    found: dict[str, dict[str, Any]] = {}
    lines: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for outline, category in _outlines(_root(body, file)):
        where = f"line {outline.sourceline} ('{_title(outline)}')"
        try:
            mapping = _mapping(outline, category)
        except ValueError as fault:
            problems.append((where, str(fault)))
            continue
        known = found.setdefault(mapping["id"], mapping)
        lines.setdefault(mapping["id"], where)
        if known is not mapping and known["url"] == mapping["url"]:
            names = dict.fromkeys((*_names(known), *_names(mapping)))
            if names:
                known["category"] = list(names)[:8]
        elif known is not mapping:
            taken = lines[mapping["id"]]
            problems.append((where, f"its id '{mapping['id']}' is also that of {taken}; give it another"))
    sources: list[Source] = []
    for ident, mapping in found.items():
        try:
            sources.append(source_of(mapping, file))
        except ConfigurationError as fault:
            problems.append((lines[ident], str(fault).removeprefix(f"{file}: ")))
    return OpmlReading(tuple(sources), tuple(problems))


def write_opml(sources: Iterable[Source], title: str) -> bytes:
    """Return the sources as OPML 2.0 in UTF-8, grouped by first category, in the order of categories and ids.

    What OPML and FreshRSS have no attribute for (priority, identity, body, templates, headers, …) stays in the
    YAML files. Holds no date, so that the same sources give the same bytes.
    """
    from lxml import etree  # noqa: PLC0415 - for lists of sources only

    root = etree.Element("opml", nsmap={"frss": FRESHRSS, "broadsheet": BROADSHEET}, version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = one_line(title)
    body = etree.SubElement(root, "body")
    groups: dict[str, list[Source]] = {}
    for source in sorted(sources, key=lambda one: one.id):
        groups.setdefault(source.categories[0] if source.categories else "", []).append(source)
    for category, members in sorted(groups.items()):
        parent = etree.SubElement(body, "outline", text=category) if category else body
        for source in members:
            etree.SubElement(parent, "outline", _attributes(source))
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _root(body: bytes, file: str) -> Any:
    from lxml import etree  # noqa: PLC0415 - for lists of sources only

    if len(body) > MAX_OPML_BYTES:
        raise ConfigurationError(f"{file}: holds {len(body):,} bytes, more than {MAX_OPML_BYTES:,}; split it")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(_with_namespaces(body.lstrip(b" \t\r\n")), parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise ConfigurationError(f"{file}: is no OPML ({fault}); export it again") from fault
    declared: Any = root.getroottree().docinfo.internalDTD
    if declared is not None and any(declared.iterentities()):
        raise ConfigurationError(f"{file}: declares entities, which no OPML needs; take its document type out")
    if root.tag != "opml" or root.find("body") is None:
        raise ConfigurationError(f"{file}: is XML with the root '{root.tag}', no OPML with a body; export it again")
    return root.find("body")


def _with_namespaces(body: bytes) -> bytes:
    """Declare FreshRSS's prefix where a file uses it undeclared, as some writers do."""
    if b"frss:" in body and b"xmlns:frss" not in body:
        return re.sub(rb"<opml\b", f'<opml xmlns:frss="{FRESHRSS}"'.encode(), body, count=1)
    return body


def _outlines(body: Any) -> Iterator[tuple[Any, str]]:
    """Yield the outlines that have an address, with the title of the nearest outline around them."""
    for outline in body.iter("outline"):
        if outline.get("xmlUrl"):
            parent = outline.getparent()
            yield outline, _title(parent) if parent.tag == "outline" and not parent.get("xmlUrl") else ""
        elif outline.get(f"{{{FRESHRSS}}}opmlUrl"):
            yield outline, ""


def _title(outline: Any) -> str:
    return one_line(outline.get("title") or outline.get("text") or "")[:200]


def _mapping(outline: Any, category: str) -> dict[str, Any]:
    """Return the outline as a source's YAML would hold it; raises ValueError where it cannot be one."""
    if not outline.get("xmlUrl"):
        raise ValueError("is a list kept elsewhere (opmlUrl); download it and add it as a file")
    url = re.sub(r"^feed:(?://)?(?=https?:)", "", outline.get("xmlUrl").strip())
    url = re.sub(r"^feed:(?=//)", "http:", url).partition("#force_feed")[0]
    title = _title(outline)
    given = outline.get(f"{{{BROADSHEET}}}id")
    mapping: dict[str, Any] = {"id": given or _made_up_id(title, url), "url": url, **_listing(outline)}
    if title:
        mapping["title"] = title
    if re.match(r"https?://", outline.get("htmlUrl") or ""):
        mapping["site_url"] = outline.get("htmlUrl").strip()
    if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", outline.get("language") or ""):
        mapping["language"] = outline.get("language")
    names = [category] if category else [part for part in _category_attribute(outline) if part]
    if names:
        mapping["category"] = names[0] if len(names) == 1 else names[:8]
    if outline.get(f"{{{FRESHRSS}}}cssFullContent"):
        mapping["body"] = {"from": "page"}
    return mapping


def _listing(outline: Any) -> dict[str, Any]:
    """Return ``kind``, ``items`` and ``fields`` of an outline."""
    kind = (outline.get("type") or "").strip()
    if kind.lower() in _FEED_TYPES:
        return {"kind": "feed"}
    if kind not in {_XPATH, _JSON}:
        raise ValueError(f"its type '{kind}' is not known; known are rss, {_XPATH}, {_JSON} and JSONFeed")
    prefix = "xPathItem" if kind == _XPATH else "jsonItem"
    translate = _as_it_is if kind == _XPATH else _jmespath
    items = outline.get(f"{{{FRESHRSS}}}{prefix}")
    if not items:
        raise ValueError(f"its type is {kind}, but it has no frss:{prefix}; add it")
    fields = {
        name: translate(value.strip())
        for theirs, name in _FIELDS.items()
        if (value := outline.get(f"{{{FRESHRSS}}}{prefix}{theirs}")) and value.strip()
    }
    return {"kind": "html" if kind == _XPATH else "json", "items": translate(items.strip()), "fields": fields}


def _as_it_is(xpath: str) -> str:
    return xpath


def _jmespath(dotted: str) -> str:
    """Return FreshRSS's dot notation (``meta.links[0] & " text"``) as JMESPath; what is none is taken for JMESPath."""
    if not _CONCATENATION.fullmatch(dotted):
        return dotted
    parts = [_literal(part[1:-1]) if part[0] in "\"'" else _quoted(part) for part in re.findall(_PART, dotted)]
    return parts[0] if len(parts) == 1 else f"join('', [{', '.join(parts)}])"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _quoted(path: str) -> str:
    """Put the names in quotes that JMESPath does not take bare (``content-html``)."""
    parts = (part.partition("[") for part in path.split("."))
    return ".".join(
        (name if _IDENTIFIER.fullmatch(name) else f'"{name}"') + bracket + place for name, bracket, place in parts
    )


def _category_attribute(outline: Any) -> list[str]:
    """Return the last parts of OPML's comma-separated category paths (``/News/Tech``)."""
    given = (outline.get("category") or "").split(",")
    return [one_line(path.rstrip("/").rpartition("/")[2])[:200] for path in given]


def _names(mapping: Mapping[str, Any]) -> list[str]:
    category = mapping.get("category", [])
    return [category] if isinstance(category, str) else list(category)


def _made_up_id(title: str, url: str) -> str:
    """Return an id that depends on this outline alone: others may come and go."""
    host = (urlsplit(url).hostname or "").removeprefix("www.") if "://" in url else ""
    name = category_slug(title) or category_slug(host) or "source"
    return f"{name[:50].strip('-')}-{digest(url, 6)}"


def _attributes(source: Source) -> dict[str, str]:
    shown = source.title or source.id
    attributes = {"text": shown, "title": shown, "type": "rss", "xmlUrl": source.url}
    if source.site_url:
        attributes["htmlUrl"] = source.site_url
    if source.language:
        attributes["language"] = source.language
    if source.kind in {"html", "json"}:
        prefix = "xPathItem" if source.kind == "html" else "jsonItem"
        attributes["type"] = _XPATH if source.kind == "html" else _JSON
        if source.items:
            attributes[f"{{{FRESHRSS}}}{prefix}"] = source.items
        for theirs, name in _FIELDS.items():
            if (path := source.fields.get(name)) and not is_template(path):
                attributes[f"{{{FRESHRSS}}}{prefix}{theirs}"] = path
    attributes[f"{{{BROADSHEET}}}id"] = source.id
    return attributes
