"""The article's text as it stands in a page: sanitised HTML made to fit the page around it.

Nothing is made safe here, the text has come sanitised; what is added is what a page owes its readers: headings
below the page's own, images that load when they are looked at, wide tables that scroll by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, SoupStrainer, Tag
from markupsafe import Markup

from broadsheet.model.article import MirroredImage
from broadsheet.model.site import Site

from .addresses import is_path
from .escaping import web_url
from .markdown import PLAIN_HTML, lower_headings
from .strings import Strings

MOST_IMAGES = 20
"""Images of one article that are mirrored, its own picture first; the rest stay where they are."""


def images_of(site: Site, picture: str | None, html: str) -> tuple[str, ...]:
    """Return the addresses of an article's images that may be mirrored, each once: its picture, those in its text.

    What lies on ``site`` itself needs no mirror.
    """
    soup = BeautifulSoup(html, "html.parser", parse_only=SoupStrainer("img")) if "<img" in html else None
    in_text = (str(image.get("src", "")) for image in soup.find_all("img")) if soup else ()
    found = dict.fromkeys(filter(None, (picture, *in_text)))
    own = urlsplit(site.url).netloc
    return tuple(url for url in found if web_url(url) == url and urlsplit(url).netloc != own)[:MOST_IMAGES]


def fitted(html: str, strings: Strings, folder: str = "", images: Iterable[MirroredImage] = ()) -> Markup:
    """Return sanitised ``html`` fitted into a page; ``strings`` name what needs a name.

    ``folder`` is the path that the site's own addresses begin with where it does not stand at its host's root;
    ``images`` are those that are shown from the site, in their real size.

    It is parsed and written by a tree that escapes every attribute by itself: libxml2 copies ``<!-- … -->`` in an
    attribute as it is, quotes and all, and would undo the sanitiser's work.
    """
    soup = BeautifulSoup(html, "html.parser")
    lower_headings(soup)
    mirrored = {image.url: image for image in images}
    for tag in soup.find_all("img") if mirrored else ():
        _show_mirrored(tag, mirrored)
    for tag in soup.find_all(("a", "img")) if folder else ():
        _move(tag, folder)
    for position, image in enumerate(soup.find_all("img")):
        _fit_image(soup, image, first=position == 0)
    for link in soup.find_all("a"):
        _name_link(link, strings)
    for table in soup.find_all("table"):
        if not table.find_parent("table"):
            # A group, for as a region each table would be a landmark of the page.
            scroller = {"class": "scroll", "role": "group", "tabindex": "0", "aria-label": strings("table")}
            table.wrap(soup.new_tag("div", attrs=scroller))
    return Markup(soup.decode(formatter=PLAIN_HTML))  # noqa: S704 - sanitised before it was stored


def _show_mirrored(tag: Tag, mirrored: Mapping[str, MirroredImage]) -> None:
    if image := mirrored.get(str(tag.get("src", ""))):
        tag["src"], tag["width"], tag["height"] = image.address, str(image.width), str(image.height)


def _move(tag: Tag, folder: str) -> None:
    for name in ("href", "src"):
        address = str(tag.get(name, ""))
        if is_path(address):
            tag[name] = folder + address


def _fit_image(soup: BeautifulSoup, image: Tag, *, first: bool) -> None:
    image["alt"] = image.get("alt") or ""
    image["decoding"] = "async"
    # Many news hosts refuse an image to a page of another host; without a referrer they cannot tell.
    image["referrerpolicy"] = "no-referrer"
    if not first:
        image["loading"] = "lazy"
    sizes = [str(image.get(side, "")) for side in ("width", "height")]
    if all(size.isascii() and size.isdigit() and size != "0" for size in sizes):
        return
    for side in ("width", "height"):
        image.attrs.pop(side, None)
    # The stylesheet keeps a box of one shape free for it, or the text would jump; a tall one is small in it.
    source = str(image.get("src", ""))
    if (is_path(source) or web_url(source)) and not image.find_parent("a"):
        whole = {"href": source, "rel": "nofollow noopener", "referrerpolicy": "no-referrer"}
        image.wrap(soup.new_tag("a", attrs=whole))


def _name_link(link: Tag, strings: Strings) -> None:
    named = link.get_text(strip=True) or any(image.get("alt") for image in link.find_all("img"))
    if link.get("href") and not named and not link.get("aria-label"):
        link["aria-label"] = strings("image")
