"""What a page does when it is opened and touched."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from toolchain.devtools import BrowserError, Tab

_REPORTING = """
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open', 'msgbox'])
  window[name] = () => { ran(name); return null; };
"""
_TOUCH = """
(async () => {
  const events = ['click', 'dblclick', 'mouseover', 'mouseenter', 'mousemove', 'pointerdown', 'pointerrawupdate', 'focus',
                  'blur', 'keydown', 'input', 'change', 'submit', 'toggle', 'load', 'error', 'animationstart', 'wheel'];
  for (const element of document.querySelectorAll('*')) {
    const link = element.closest('a[href]');
    for (const name of events)
      if (name != 'click' || !link) element.dispatchEvent(new Event(name, {bubbles: true}));
    const address = element.href?.baseVal ?? element.href;
    if (link == element && address && !/^(https?|mailto):/i.test(address)) element.dispatchEvent(new MouseEvent('click'));
  }
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
  await frame();
  await frame();
})()
"""


@dataclass
class Visit:
    """What a page did: what it called, where it went, what it asked the network for (type and address)."""

    calls: list[str] = field(default_factory=list)
    navigations: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)


class Chromium:
    """A tab that tells what the pages in it do."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._visit = Visit()
        tab.on("Runtime.bindingCalled", lambda told: self._visit.calls.append(told["payload"]))
        tab.on("Runtime.consoleAPICalled", lambda told: self._visit.calls.append(f"console.{told['type']}"))
        tab.on("Page.javascriptDialogOpening", self._close_dialog)
        tab.on("Page.frameNavigated", lambda told: self._visit.navigations.append(told["frame"]["url"]))
        tab.on("Page.frameAttached", lambda told: self._visit.navigations.append("a frame"))
        tab.on("Network.requestWillBeSent", self._note_request)
        tab.call("Runtime.addBinding", name="ran")
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=_REPORTING)

    def visit(self, url: str) -> Visit:
        """Open a page, touch everything on it, and tell what it did."""
        self._visit = visit = Visit()
        self._tab.open(url)
        # A page that leaves while it is touched ends the evaluation: that is told by its navigation.
        with suppress(BrowserError):
            self._tab.evaluate(_TOUCH)
        visit.navigations = [address for address in visit.navigations if address != url]
        return visit

    def _close_dialog(self, told: dict[str, Any]) -> None:
        self._visit.calls.append(f"dialog {told['type']}")
        self._tab.send("Page.handleJavaScriptDialog", accept=True)

    def _note_request(self, told: dict[str, Any]) -> None:
        self._visit.requests.append((told.get("type", ""), told["request"]["url"]))
