"""A headless Chromium, driven over its debugging pipe: what a page does when it is opened and touched.

The protocol is https://chromedevtools.github.io/devtools-protocol/: JSON objects that end with a NUL.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe",
)  # fmt: skip
_WITH_PIPES = """
import fcntl, os, sys
# The browser reads from descriptor 3 and writes to 4; away from there first, for either may be the other's place.
pipes = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for number, pipe in enumerate(pipes, 3):
    os.dup2(pipe, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
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


def find_chromium() -> str | None:
    """The browser's path, or None where none is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Visit:
    """What a page did: what it called, where it went, what it asked the network for (type and address)."""

    calls: list[str] = field(default_factory=list)
    navigations: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)


class Chromium:
    """One tab of one browser."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._number = 0
        self._session: str | None = None
        self._visit = Visit()
        self._loaded = False
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self._call(f"{domain}.enable")
        self._call("Runtime.addBinding", name="ran")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=_REPORTING)

    def visit(self, url: str) -> Visit:
        """Open a page, touch everything on it, and tell what it did."""
        self._visit = visit = Visit()
        self._loaded = False
        self._call("Page.navigate", url=url)
        while not self._loaded:
            self._take(self._read())
        self._call("Runtime.evaluate", expression=_TOUCH, awaitPromise=True)
        visit.navigations = [address for address in visit.navigations if address != url]
        return visit

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        self._send(number, method, parameters)
        while (message := self._read()).get("id") != number:
            self._take(message)
        # A page that leaves while it is touched ends the evaluation: that is told by its navigation.
        result: dict[str, Any] = message.get("result", {})
        return result

    def _send(self, number: int, method: str, parameters: dict[str, Any]) -> None:
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._requests.write(json.dumps(message).encode() + b"\0")
        self._requests.flush()

    def _read(self) -> dict[str, Any]:
        data = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            if not byte:
                raise EOFError("the browser has gone")
            data += byte
        message: dict[str, Any] = json.loads(data)
        return message

    def _take(self, message: dict[str, Any]) -> None:
        """Keep what an event tells."""
        told = message.get("params", {})
        match message.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.bindingCalled":
                self._visit.calls.append(told["payload"])
            case "Runtime.consoleAPICalled":
                self._visit.calls.append(f"console.{told['type']}")
            case "Page.javascriptDialogOpening":
                self._visit.calls.append(f"dialog {told['type']}")
                self._number += 1
                self._send(self._number, "Page.handleJavaScriptDialog", {"accept": True})
            case "Page.frameNavigated":
                self._visit.navigations.append(told["frame"]["url"])
            case "Page.frameAttached":
                self._visit.navigations.append("a frame")
            case "Network.requestWillBeSent":
                self._visit.requests.append((told.get("type", ""), told["request"]["url"]))


@contextmanager
def running(program: str, profile: Path) -> Iterator[Chromium]:
    """Run the browser, with an empty ``profile`` folder, while the body runs."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    pipes = [str(theirs_in), str(theirs_out)]
    command = [sys.executable, "-c", _WITH_PIPES, *pipes, program, *_FLAGS, f"--user-data-dir={profile}"]
    process = subprocess.Popen(  # noqa: S603 - the browser we look for
        command,
        pass_fds=(theirs_in, theirs_out),
        env={**os.environ, "TMPDIR": str(profile)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        with os.fdopen(ours_out, "wb") as requests, os.fdopen(ours_in, "rb") as answers:
            yield Chromium(requests, answers)
    finally:
        # The end of its pipe ends the browser too; it may be told twice.
        process.terminate()
        process.wait()
