"""The article's text as it stands in a page: sanitised HTML made to fit the page around it.

Nothing is made safe here, the text has come sanitised; what is added is what a page owes its readers: headings
below the page's own, images that load when they are looked at, wide tables that scroll by themselves.
"""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from .markdown import PLAIN_HTML, lower_headings
from .strings import Strings


def fitted(html: str, strings: Strings) -> Markup:
    """Return sanitised ``html`` fitted into a page; ``strings`` name what needs a name.

    It is parsed and written by a tree that escapes every attribute by itself: libxml2 copies ``<!-- … -->`` in an
    attribute as it is, quotes and all, and would undo the sanitiser's work.
    """
    soup = BeautifulSoup(html, "html.parser")
    lower_headings(soup)
    for position, image in enumerate(soup.find_all("img")):
        _fit_image(image, first=position == 0)
    for link in soup.find_all("a"):
        _name_link(link, strings)
    for table in soup.find_all("table"):
        if not table.find_parent("table"):
            table.wrap(
                soup.new_tag(
                    "div", attrs={"class": "scroll", "role": "region", "tabindex": "0", "aria-label": strings("table")}
                )
            )
    return Markup(soup.decode(formatter=PLAIN_HTML))  # noqa: S704 - sanitised before it was stored


def _fit_image(image: Tag, *, first: bool) -> None:
    image["alt"] = image.get("alt") or ""
    image["decoding"] = "async"
    # Many news hosts refuse an image to a page of another host; without a referrer they cannot tell.
    image["referrerpolicy"] = "no-referrer"
    if not first:
        image["loading"] = "lazy"
    sizes = [str(image.get(side, "")) for side in ("width", "height")]
    if not all(size.isascii() and size.isdigit() and size != "0" for size in sizes):
        for side in ("width", "height"):
            image.attrs.pop(side, None)


def _name_link(link: Tag, strings: Strings) -> None:
    named = link.get_text(strip=True) or any(image.get("alt") for image in link.find_all("img"))
    if link.get("href") and not named and not link.get("aria-label"):
        link["aria-label"] = strings("image")
