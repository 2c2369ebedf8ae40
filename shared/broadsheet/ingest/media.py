"""Images, embeds and links: real addresses instead of placeholders, links instead of foreign players."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from broadsheet.ingest.fragment import Element, elements, has_words, new, remove, replace, text_of, unwrap
from broadsheet.ingest.plain_text import one_line
from broadsheet.ingest.sanitize import FOOTNOTE
from broadsheet.ingest.urls import absolute, canonical_url, web_url

_LAZY = (
    "data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-echo", "data-url", "data-orig-src",
    "data-full-src", "data-hi-res-src", "data-image", "data-lazy", "data-original-src", "data-src-large",
    "real_src", "original_src", "orginial_src", "zoomfile", "file",
)  # fmt: skip
"""Where scripts keep an image's address until it is scrolled to, as seen on news sites and forums."""
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_PLACEHOLDER = re.compile(
    r"(?:^|[/_.-])(?:blank|spacer|placeholder|loading|loader|lazy(?:load)?|transparent|grey|gray|empty|1x1|none|nothing)"
    r"[\w.-]*\.(?:gif|png|svg|jpe?g|webp)(?:[?#]|$)",
    re.IGNORECASE,
)
_PIXEL = re.compile(
    r"//(?:pixel|b|sb)\.(?:wp|scorecardresearch|quantserve)\.com/|//[^/]*(?:doubleclick|googlesyndication|google-analytics)"
    r"\.|feeds\.feedburner\.com/~|/(?:pixel|beacon|track(?:er|ing)?|count(?:er)?)(?:\.(?:gif|png|php|aspx?))(?:[?#]|$)"
    r"|stats\.wordpress\.com/",
    re.IGNORECASE,
)
_TINY = re.compile(r"(?:^|;)\s*(?:width|height)\s*:\s*[01]px", re.IGNORECASE)
_SIZE = re.compile(r"\s*([0-9]{1,4})(?:\.[0-9]+)?(?:px)?\s*", re.IGNORECASE)
_NO_ALT = frozenset({"image", "img", "picture", "photo", "图片", "图像", "alt", "null", "undefined", "none"})
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg)", re.IGNORECASE)
_NOSCRIPT_ARTICLE = 500
"""Characters from which a ``noscript`` holds the text itself, not the advice to turn scripts on."""
_WIDEST = 1600
"""Of the sizes an image is offered in, the widest up to here is shown."""
_CANDIDATE = re.compile(r"[\s,]*([^\s,]\S*)([^,]*)")
"""An address and its descriptors in ``srcset`` (HTML, 4.8.4.2.2): an address may hold commas, and end before one."""
_DESCRIPTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?)([wxh])", re.IGNORECASE)
_SHOWN_TYPES = re.compile(r"(?:image/(?:jpeg|jpg|png|gif|webp|avif)\s*(?:;.*)?)?", re.IGNORECASE)
"""Of a ``source``: formats that every browser shows, now that nothing chooses between them."""
_OTHER_MEDIA = re.compile(r"\bprint\b|prefers-color-scheme:\s*dark", re.IGNORECASE)

_ADVERTISERS = re.compile(
    r"(?:^|\.)(?:doubleclick\.net|googlesyndication\.com|googletagmanager\.com|taboola\.com|outbrain\.com|criteo\.com"
    r"|amazon-adsystem\.com|addthis\.com|sharethis\.com)$"
)
_PLAYERS = (
    (
        re.compile(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{6,20})"),
        "https://www.youtube.com/watch?v={}",
    ),
    (re.compile(r"https?://player\.vimeo\.com/video/([0-9]{4,15})"), "https://vimeo.com/{}"),
    (
        re.compile(r"https?://player\.bilibili\.com/[^#]*[?&]bvid=([A-Za-z0-9]{6,15})"),
        "https://www.bilibili.com/video/{}",
    ),
)
"""Players, and the page of what they play."""


def resolve_images(root: Element, base: str | None) -> None:
    """Give each image its real, absolute address; drop pixels, placeholders and what has no address on the web.

    An image of an e-mail (``cid:``) leaves its description in its place.
    """
    for noscript in elements(root, "noscript"):
        _resolve_noscript(noscript, base)
    for picture in elements(root, "picture"):
        image = next(iter(elements(picture, "img")), None)
        sources = elements(picture, "source")
        if image is None and sources:
            image = new("img")
            picture.append(image)
        if image is not None and not _address(image, base):
            offered = [s.get("srcset") or s.get("data-srcset") or "" for s in sources if _is_for_all(s)]
            image.set("srcset", ", ".join(offered))
        for source in sources:
            unwrap(source)
    for image in elements(root, "img", "amp-img", "image"):
        _resolve_image(image, base)


def _is_for_all(source: Element) -> bool:
    media = _OTHER_MEDIA.search(source.get("media") or "")
    return media is None and _SHOWN_TYPES.fullmatch((source.get("type") or "").strip()) is not None


def _resolve_noscript(noscript: Element, base: str | None) -> None:
    """Keep what is there for readers without JavaScript: an image instead of its placeholder, or the whole text."""
    twins = elements(noscript, "img")
    words = len(text_of(noscript).strip())
    if words >= _NOSCRIPT_ARTICLE:
        unwrap(noscript)
        return
    if words or all(_is_pixel(twin, _address(twin, base) or "") for twin in twins):
        remove(noscript)
        return
    shown = {_address(twin, base) for twin in twins}
    for lazy, precedes in ((noscript.getprevious(), True), (noscript.getnext(), False)):
        images = _images_alone(lazy)
        # What follows is its placeholder only where it is the same image: else it is the next one.
        if len(images) == len(twins) and (precedes or {_address(image, base) for image in images} <= shown):
            for image in images:
                remove(image)
            break
    unwrap(noscript)


def _images_alone(element: Element | None) -> list[Element]:
    if element is None or has_words(element):
        return []
    return [element] if element.tag == "img" else elements(element, "img")


def _resolve_image(image: Element, base: str | None) -> None:
    image.tag = "img"
    raw = image.get("src") or ""
    address = _address(image, base)
    if address is None or _is_pixel(image, address):
        alt = _alt(image) if raw.strip().lower().startswith("cid:") else ""
        replace(image, alt)
        return
    kept = {"src": address, "alt": _alt(image), "title": one_line(image.get("title") or "")}
    for name in ("width", "height"):
        if (size := _SIZE.fullmatch(image.get(name) or "")) and int(size[1]) > 0:
            kept[name] = str(int(size[1]))
    image.attrib.clear()
    for name, value in kept.items():
        if value or name == "alt":
            image.set(name, value)


def shows_image(image: Element) -> bool:
    """Return whether an image, or one of the sources of a ``picture``, has an address that is no placeholder."""
    anywhere = "https://example.org/"
    return any(_address(inner, anywhere) for inner in image.iter("img", "source", "amp-img", "image"))


def _address(image: Element, base: str | None) -> str | None:
    for name in _LAZY:
        value = (image.get(name) or "").strip()
        if value and not re.search(r"[\s{}<>]", value) and (found := web_url(base, value)):
            return found
    source = (image.get("src") or "").strip()
    if source and not _PLACEHOLDER.search(source) and (found := web_url(base, source)):
        return found
    for name in _LAZY_SETS:
        if found := _widest(image.get(name) or "", base):
            return found
    return None


def _widest(candidates: str, base: str | None) -> str | None:
    best: tuple[bool, float, str] | None = None
    for url, written in _candidates(candidates[:8000]):
        descriptors = [_DESCRIPTOR.fullmatch(descriptor) for descriptor in written.split()]
        address = web_url(base, url)
        if address and all(descriptors) and not _PLACEHOLDER.search(address):
            width = next((float(d[1]) for d in descriptors if d and d[2] in "wxWX"), 1.0)
            rank = (width <= _WIDEST, width if width <= _WIDEST else -width, address)
            best = max(best, rank) if best else rank
    return best[2] if best else None


def _candidates(srcset: str) -> Iterator[tuple[str, str]]:
    """Yield each address with its descriptors as they are written."""
    at = 0
    while found := _CANDIDATE.match(srcset, at):
        url = found[1].rstrip(",")
        ends = url != found[1]  # with its address, and without descriptors
        yield url, "" if ends else found[2]
        at = found.end(1) if ends else found.end()


def _is_pixel(image: Element, address: str) -> bool:
    sizes = [m[1] for name in ("width", "height") if (m := _SIZE.fullmatch(image.get(name) or ""))]
    tiny = len(sizes) == 2 and all(int(size) <= 2 for size in sizes)
    return tiny or _TINY.search(image.get("style") or "") is not None or _PIXEL.search(address) is not None


def _alt(image: Element) -> str:
    alt = one_line(image.get("alt") or "")
    return "" if alt.casefold() in _NO_ALT or _FILE_NAME.fullmatch(alt) else alt[:500]


def link_embeds(root: Element, base: str | None) -> None:
    """Replace players, frames and plug-ins with a paragraph that links to what they show, by its title."""
    for embed in elements(root, "iframe", "video", "audio", "embed", "object", "amp-youtube", "amp-iframe"):
        if embed.getparent() is not None:
            link = _embed_link(embed, base)
            if link is None:
                remove(embed)
            else:
                replace(embed, link)


def _embed_link(embed: Element, base: str | None) -> Element | None:
    if embed.tag == "amp-youtube":
        raw = f"https://www.youtube.com/embed/{embed.get('data-videoid') or ''}"
    else:
        inner = (e.get("src") for e in elements(embed, "source", "embed", "iframe"))
        names = ("src", "data-src", "data-lazy-src", "data")
        raw = next((v for v in (*(embed.get(name) for name in names), *inner) if v and v.strip()), "")
    address = web_url(base, raw)
    if address is None:
        return None
    parts = urlsplit(address)
    sizes = (embed.get("width"), embed.get("height"))
    if _ADVERTISERS.search(parts.hostname or "") or "0" in sizes or "1" in sizes:
        return None
    for pattern, page in _PLAYERS:
        if found := pattern.match(address):
            address = page.format(found[1])
            break
    title = one_line(embed.get("title") or embed.get("aria-label") or "")
    host = (urlsplit(address).hostname or "").removeprefix("www.")
    paragraph = new("p")
    paragraph.append(new("a", title[:200] or host, href=address))
    return paragraph


def resolve_links(root: Element, base: str | None) -> None:
    """Make links absolute and free of tracking parameters; unwrap those that lead nowhere on the web."""
    for link in elements(root, "a"):
        href = link.get("href")
        link.attrib.pop("href", "")
        target = resolve_link(href, base) if href is not None else None
        if target is not None:
            link.set("href", target)
        elif not text_of(link).strip() and not len(link):
            remove(link)


def resolve_link(href: str, base: str | None) -> str | None:
    """Return where a link leads, for readers: http(s), ``mailto:``, a footnote; None for anything else."""
    href = href.strip()
    if href.startswith("#"):
        return href if FOOTNOTE.fullmatch(href[1:]) else None
    address = absolute(base, f"https:{href}" if href.startswith("//") and not base else href)
    if address is None:
        return None
    if address.startswith("mailto:"):
        return address if "@" in address else None
    canonical = canonical_url(address)
    if canonical is None:
        return None
    fragment = address.partition("#")[2]
    return f"{canonical}#{fragment}" if fragment else canonical
