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

from .configuration import LONGEST_POLL, source_of
from .freshrss import filter_rules, jmespath_of, xpath_of_css
from .plain_text import one_line, tidy
from .slugs import category_slug
from .urls import is_template

MAX_OPML_BYTES = 5 * 1024 * 1024
FRESHRSS = "https://freshrss.org/opml"
BROADSHEET = "urn:broadsheet:opml"
"""Namespace of our own attributes: ``id``, by which a source keeps its name on its way out and in, and ``body``."""

_XPATH, _JSON, _SITEMAP = "HTML+XPath", "JSON+DotNotation", "sitemap"
_FEED_TYPES = frozenset(("", "rss", "atom", "rdf", "rss1", "rss2", "feed", "jsonfeed", "link", "include"))
_FIELDS = {
    "Title": "title", "Content": "content", "Uri": "url", "Author": "authors", "Timestamp": "published",
    "Thumbnail": "image", "Categories": "categories", "Uid": "id",
}  # fmt: skip
"""FreshRSS's names, after ``xPathItem`` or ``jsonItem``, and ours."""
_TAKEN_OVER = frozenset((
    "cssFullContent", "cssContentFilter", "filtersActionRead", "ttl", "opmlUrl",
    "priority", "unicityCriteria", "unicityCriteriaForced", "xPathItemTimeFormat", "jsonItemTimeFormat",
    "CURLOPT_FOLLOWLOCATION", "CURLOPT_MAXREDIRS",
))  # fmt: skip
"""FreshRSS's attributes that are read here, or that nothing is lost without."""
_MOST_RULES = 100
_CARRIED = frozenset((
    "id", "kind", "url", "title", "site_url", "language", "category", "items", "fields", "body", "paused", "poll",
))  # fmt: skip
"""Fields of a source that OPML has a place for, all or in part."""
_LONGEST_INTERVAL = int(LONGEST_POLL.total_seconds())
_USUAL_INTERVAL = Source("usual", "feed", "").poll_every


@dataclass(frozen=True, slots=True)
class OpmlReading:
    """What an OPML file holds. ``problems`` are (outline's line and title, reason)."""

    sources: tuple[Source, ...]
    problems: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    """(outline's line and title, what of it is not taken over) of outlines that are sources all the same."""


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
    notes: list[tuple[str, str]] = []
    for outline, category in _outlines(_root(body, file)):
        where = f"line {outline.sourceline} ('{_title(outline)}')"
        try:
            mapping, lost = _mapping(outline, category)
        except ValueError as fault:
            problems.append((where, str(fault)))
            continue
        notes += ((where, text) for text in lost)
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
    return OpmlReading(tuple(sources), tuple(problems), tuple(notes))


def write_opml(sources: Iterable[Source], title: str) -> bytes:
    """Return the sources as OPML 2.0 in UTF-8, grouped by first category, in the order of categories and ids.

    What OPML and FreshRSS have no attribute for (priority, identity, templates, headers, …), and filters, which are
    nobody's business where the list is published, stay in the YAML files: see :func:`not_carried`. Holds no date, so
    that the same sources give the same bytes; so does what is read of them again.
    """
    from lxml import etree  # noqa: PLC0415 - for lists of sources only

    root = etree.Element("opml", nsmap={"frss": FRESHRSS, "broadsheet": BROADSHEET}, version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = one_line(title)
    body = etree.SubElement(root, "body")
    groups: dict[str, list[Source]] = {}
    for source in sorted(sources, key=lambda one: one.id):
        groups.setdefault(one_line(source.categories[0]) if source.categories else "", []).append(source)
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


def _mapping(outline: Any, category: str) -> tuple[dict[str, Any], list[str]]:
    """Return the outline as a source's YAML would hold it, and what of it that cannot hold.

    Raises ValueError where it cannot be a source. What we wrote ourselves has an id of ours and is taken as it is.
    """
    if not outline.get("xmlUrl"):
        raise ValueError("is a list kept elsewhere (opmlUrl); download it and add it as a file")
    own = outline.get(f"{{{BROADSHEET}}}id")
    title = _title(outline)
    url = outline.get("xmlUrl").strip()
    if not own:
        url = re.sub(r"^feed:(?://)?(?=https?:)", "", url)
        url = re.sub(r"^feed:(?=//)", "http:", url).partition("#force_feed")[0]
    mapping: dict[str, Any] = {"id": own or _made_up_id(title, url), "url": url, **_listing(outline, own=bool(own))}
    if title and title != own:
        mapping["title"] = title
    if re.match(r"https?://", outline.get("htmlUrl") or ""):
        mapping["site_url"] = outline.get("htmlUrl").strip()
    if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", outline.get("language") or ""):
        mapping["language"] = outline.get("language")
    names = [category] if category else []
    if own or not names:
        names = list(dict.fromkeys(filter(None, (*names, *_category_attribute(outline)))))
    if names:
        mapping["category"] = names[0] if len(names) == 1 else names[:8]
    if outline.get(f"{{{FRESHRSS}}}cssFullContent") or outline.get(f"{{{BROADSHEET}}}body") == "page":
        mapping["body"] = {"from": "page"}
    return mapping, _rules(outline, mapping)


def _rules(outline: Any, mapping: dict[str, Any]) -> list[str]:
    """Add to ``mapping`` what FreshRSS's attributes say of polling, filters and cleaning; return what they cannot."""
    theirs = {
        name.removeprefix(f"{{{FRESHRSS}}}"): value.strip()
        for name, value in outline.items()
        if name.startswith(f"{{{FRESHRSS}}}") and value.strip()
    }
    lost = [f"frss:{name} is not taken over" for name in theirs if name not in _TAKEN_OVER and not _is_path(name)]
    if re.fullmatch(r"-?[0-9]{1,9}", theirs.get("ttl", "")) and (seconds := int(theirs["ttl"])):
        mapping["poll"] = {"every": f"{min(abs(seconds), _LONGEST_INTERVAL)}s"}
        if seconds < 0:
            mapping["paused"] = True
    excluded: list[str] = []
    for query in filter(None, map(str.strip, theirs.get("filtersActionRead", "").splitlines())):
        rules = filter_rules(query)
        if rules is None or len(excluded) + len(rules) > _MOST_RULES:
            lost.append(f"frss:filtersActionRead '{query[:100]}' is no rule that `filter` knows")
        else:
            excluded += rules
    if excluded:
        mapping["filter"] = {"exclude": excluded}
    if css := theirs.get("cssContentFilter"):
        xpaths = xpath_of_css(css)
        if xpaths is None or len(xpaths) > _MOST_RULES:
            lost.append(f"frss:cssContentFilter '{css[:100]}' is not simple enough; write `clean` in a YAML file")
        else:
            mapping["clean"] = {"strip": list(xpaths)}
    return lost


def _is_path(name: str) -> bool:
    return name.removeprefix("xPathItem").removeprefix("jsonItem") in {"", *_FIELDS}


def _listing(outline: Any, *, own: bool) -> dict[str, Any]:
    """Return ``kind``, ``items`` and ``fields`` of an outline."""
    kind = (outline.get("type") or "").strip()
    if kind.lower() == _SITEMAP:
        return {"kind": "sitemap"}
    if kind.lower() in _FEED_TYPES:
        return {"kind": "feed"}
    if kind not in {_XPATH, _JSON}:
        raise ValueError(f"its type '{kind}' is not known; known are rss, {_XPATH}, {_JSON}, JSONFeed and {_SITEMAP}")
    prefix = "xPathItem" if kind == _XPATH else "jsonItem"
    translate = _as_it_is if own or kind == _XPATH else jmespath_of
    items = (outline.get(f"{{{FRESHRSS}}}{prefix}") or "").strip()
    if not items and not (own and kind == _JSON):
        raise ValueError(f"its type is {kind}, but it has no frss:{prefix}; add it")
    fields = {
        name: translate(value.strip())
        for theirs, name in _FIELDS.items()
        if (value := outline.get(f"{{{FRESHRSS}}}{prefix}{theirs}")) and value.strip()
    }
    return {
        "kind": "html" if kind == _XPATH else "json",
        **({"items": translate(items)} if items else {}),
        "fields": fields,
    }


def _as_it_is(path: str) -> str:
    return path


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


def not_carried(source: Source) -> tuple[str, ...]:
    """Return the names of what defines ``source`` and has no place in :func:`write_opml`'s outlines."""
    lost = [name for name in source.raw if name not in _CARRIED]
    lost += [f"poll.{name}" for name in source.raw.get("poll", {}) if name != "every"]
    lost += [f"fields.{name}" for name, path in source.fields.items() if not _travels(source, name, path)]
    if source.body.origin == "json":
        lost.append("body")
    if source.category_field or any(re.search(r"[,/]", name) for name in source.categories[1:]):
        lost.append("category")
    return tuple(lost)


def _travels(source: Source, name: str, path: str) -> bool:
    return source.kind in {"html", "json"} and name in _FIELDS.values() and not is_template(path)


def _attributes(source: Source) -> dict[str, str]:
    shown = one_line(source.title or source.id)
    attributes = {"text": shown, "title": shown, "type": "rss", "xmlUrl": source.url}
    if source.site_url:
        attributes["htmlUrl"] = source.site_url
    if source.language:
        attributes["language"] = source.language
    if others := [name for name in source.categories[1:] if not re.search(r"[,/]", name)]:
        attributes["category"] = ",".join(map(one_line, others))
    if source.kind == "sitemap":
        attributes["type"] = _SITEMAP
    if source.kind in {"html", "json"}:
        prefix = "xPathItem" if source.kind == "html" else "jsonItem"
        attributes["type"] = _XPATH if source.kind == "html" else _JSON
        if source.items:
            attributes[f"{{{FRESHRSS}}}{prefix}"] = tidy(source.items).strip()
        for theirs, name in _FIELDS.items():
            if (path := source.fields.get(name)) and _travels(source, name, path):
                attributes[f"{{{FRESHRSS}}}{prefix}{theirs}"] = tidy(path).strip()
    if source.paused or source.poll_every != _USUAL_INTERVAL:
        seconds = int(source.poll_every.total_seconds())
        attributes[f"{{{FRESHRSS}}}ttl"] = str(-seconds if source.paused else seconds)
    if source.body.origin == "page":
        attributes[f"{{{BROADSHEET}}}body"] = "page"
    attributes[f"{{{BROADSHEET}}}id"] = source.id
    return attributes
