"""What a browser complains of while it shows a page."""

from __future__ import annotations

from typing import Any

from toolchain.devtools import Tab

_TELL_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', event =>
  violated(`${event.effectiveDirective} forbids ${event.blockedURI} ${event.sample}`));
"""
_COUNT_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    shifts.push([entry.value, entry.sources.map(source => source.node?.outerHTML?.slice(0, 90) ?? source.node?.data)]);
}).observe({type: 'layout-shift', buffered: true});
"""
_NO_FAULTS = {
    "LazyLoadImageIssue",  # a picture's size is not always known; what follows from that is tested
    "BounceTrackingIssue",  # a redirect that nobody clicked on
}


class Complaints:
    """Errors and warnings on the console, violations of the content security policy, and DevTools' issues.

    They are gathered in ``told`` from when the watch is made, page after page.
    """

    def __init__(self, tab: Tab) -> None:
        self.told: list[str] = []
        tab.on("Runtime.consoleAPICalled", lambda told: self.told.append(f"console.{told['type']}"))
        tab.on(
            "Runtime.exceptionThrown", lambda told: self.told.append(f"exception: {told['exceptionDetails']['text']}")
        )
        tab.on("Runtime.bindingCalled", lambda told: self.told.append(f"policy: {told['payload']}"))
        tab.on("Log.entryAdded", self._take_entry)
        tab.on("Audits.issueAdded", self._take_issue)
        tab.call("Runtime.addBinding", name="violated")
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=_TELL_VIOLATIONS)
        tab.call("Audits.enable")

    def _take_issue(self, told: dict[str, Any]) -> None:
        code = told["issue"]["code"]
        if code not in _NO_FAULTS:
            self.told.append(f"issue: {code}")

    def _take_entry(self, told: dict[str, Any]) -> None:
        entry = told["entry"]
        if entry["level"] in {"error", "warning"}:
            self.told.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")


def watch_shifts(tab: Tab) -> None:
    """Have the pages that are opened from now on count how their parts move while nobody touches them."""
    tab.call("Page.addScriptToEvaluateOnNewDocument", source=_COUNT_SHIFTS)


def shifts(tab: Tab) -> list[tuple[float, list[str]]]:
    """Return each layout shift of the page so far: how much of the screen, and what moved."""
    tab.wait_for_frames()
    return [(value, moved) for value, moved in tab.evaluate("shifts")]
