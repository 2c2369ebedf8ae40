"""What stands for the rest of the web while a site is looked at: it asks nothing of any network but loopback.

A picture from elsewhere is a grey one; any other page answers that it has nothing to show, so that the browser stays
where it is. Where the site's own full address is asked for, it leads to where the site is served.
"""

from __future__ import annotations

import base64
from typing import Any

from .devtools import Tab

PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800" viewBox="0 0 1200 800">'
    b'<rect width="1200" height="800" fill="#8a8f94"/>'
    b'<path d="M0 800 400 300l300 350 200-180 300 330z" fill="#5d6368"/></svg>'
)


class Outside:
    """Answers for the web in one tab, from when it is made.

    ``home`` is where the site is served, ``site_url`` where it says it is, both without a trailing slash. With
    ``hold`` no picture comes before ``release``; with ``broken`` none ever does. Without ``follow`` a page that leads
    on by itself to the site's full address stays, so that it can be looked at.
    """

    def __init__(self, tab: Tab, home: str, site_url: str) -> None:
        self._tab = tab
        self._home = home
        self._site_url = site_url
        self._held: list[str] = []
        self.hold = False
        self.broken = False
        self.follow = False
        tab.on("Fetch.requestPaused", self._take)
        tab.call("Fetch.enable", patterns=[{"urlPattern": "*"}])

    @property
    def waiting(self) -> int:
        """How many pictures are held back."""
        return len(self._held)

    def release(self) -> None:
        """Let the pictures come that were held back, and the next ones at once."""
        held, self._held, self.hold = self._held, [], False
        for request in held:
            self._give_picture(request)

    def _take(self, told: dict[str, Any]) -> None:
        request, url, picture = told["requestId"], told["request"]["url"], told["resourceType"] == "Image"
        if url.startswith(self._home + "/"):
            self._tab.send("Fetch.continueRequest", requestId=request)
        elif url.startswith(self._site_url + "/") and (self.follow or told["resourceType"] != "Document"):
            self._answer(request, 302, {"Location": self._home + url.removeprefix(self._site_url)})
        elif picture and self.hold:
            self._held.append(request)
        elif picture:
            self._give_picture(request)
        else:
            self._answer(request, 204, {})

    def _give_picture(self, request: str) -> None:
        if self.broken:
            self._tab.send("Fetch.failRequest", requestId=request, errorReason="ConnectionRefused")
        else:
            self._answer(request, 200, {"Content-Type": "image/svg+xml"}, PICTURE)

    def _answer(self, request: str, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self._tab.send(
            "Fetch.fulfillRequest",
            requestId=request,
            responseCode=status,
            responseHeaders=[{"name": name, "value": value} for name, value in headers.items()],
            body=base64.b64encode(body).decode(),
        )
