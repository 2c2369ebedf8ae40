"""A headless Chromium, driven over its debugging pipe.

The protocol is https://chromedevtools.github.io/devtools-protocol/: JSON objects that end with a NUL. What is passed
to ``call`` and comes back from it stands there under the method's name.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_SECONDS = 120
"""How long the browser may say nothing before it is taken for hung; the slowest call takes about one second."""
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic", "--mute-audio",
    "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe",
)  # fmt: skip
_WITH_PIPES = """
import fcntl, os, sys
# The browser reads from descriptor 3 and writes to 4; away from there first, for either may be the other's place.
pipes = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for number, pipe in enumerate(pipes, 3):
    os.dup2(pipe, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
_FRAME_BYTES = 1 << 16

Handler = Callable[[dict[str, Any]], None]


class BrowserError(Exception):
    """The browser refused a call, or went away."""


class Browser:
    """One end of the pipe. Messages are read while somebody waits for an answer, and handed to the tab they tell of."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._buffer = bytearray()
        self._number = 0
        self._tabs: dict[str, Tab] = {}

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Return the result of a method of the protocol; ``session`` names a tab. Raises BrowserError."""
        number = self.send(method, session, **parameters)
        while (message := self._read()).get("id") != number:
            self._hand_on(message)
        if error := message.get("error"):
            raise BrowserError(f"{method}: {error['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def send(self, method: str, session: str | None = None, **parameters: Any) -> int:
        """Call a method and return without its answer, which nobody will see."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._requests.write(json.dumps(message).encode() + b"\0")
        self._requests.flush()
        return self._number

    def take_event(self) -> None:
        """Wait for one message, and hand it on."""
        self._hand_on(self._read())

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        """Open a tab that shares no cache and no cookies with others; it is closed when the body ends."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._tabs[session] = tab = Tab(self, session)
        try:
            tab.start()
            yield tab
        finally:
            del self._tabs[session]
            self.send("Target.disposeBrowserContext", browserContextId=context)

    def _hand_on(self, message: dict[str, Any]) -> None:
        tab = self._tabs.get(message.get("sessionId", ""))
        if tab and "method" in message:
            tab.take(message["method"], message.get("params", {}))

    def _read(self) -> dict[str, Any]:
        while (end := self._buffer.find(b"\0")) < 0:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE_SECONDS)
            if not ready:
                raise BrowserError(f"the browser has said nothing for {PATIENCE_SECONDS} s")
            data = os.read(self._answers.fileno(), _FRAME_BYTES)
            if not data:
                raise BrowserError("the browser has gone")
            self._buffer += data
        message: dict[str, Any] = json.loads(self._buffer[:end])
        del self._buffer[: end + 1]
        return message


class Tab:
    """One page at a time. What happens in it is told to those who listen, while a call waits for its answer."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self._handlers: dict[str, list[Handler]] = {}
        self._frame = ""
        self._reached: set[tuple[str, str]] = set()

    def start(self) -> None:
        """Make the tab tell what happens in it."""
        self.on("Page.lifecycleEvent", self._note_reached)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)
        # Without it the tab has no focus, and keys go nowhere.
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the result of a method of the protocol. Raises BrowserError."""
        return self._browser.call(method, self._session, **parameters)

    def send(self, method: str, **parameters: Any) -> None:
        """Call a method without waiting: the only way from within a handler."""
        self._browser.send(method, self._session, **parameters)

    def on(self, event: str, handler: Handler) -> None:
        """Have ``handler`` called with the parameters of each ``event``; it must not ``call``."""
        self._handlers.setdefault(event, []).append(handler)

    def take(self, event: str, told: dict[str, Any]) -> None:
        """Tell the listeners of an event."""
        for handler in self._handlers.get(event, ()):
            handler(told)

    def open(self, url: str, until: str = "load") -> None:
        """Go to ``url`` and return once it, or a page it leads to, has come to the lifecycle event ``until``."""
        frame = self.call("Page.getFrameTree")["frameTree"]["frame"]
        self._frame, left = frame["id"], frame["loaderId"]
        self._reached.clear()
        if error := self.call("Page.navigate", url=url).get("errorText"):
            raise BrowserError(f"{url}: {error}")
        self.wait_until(lambda: any(name == until and loader != left for loader, name in self._reached))

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited if it is a promise. Raises BrowserError if it throws."""
        told = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if thrown := told.get("exceptionDetails"):
            raise BrowserError(thrown.get("exception", {}).get("description") or thrown["text"])
        return told["result"].get("value")

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return once ``condition``, which handlers make true, holds."""
        while not condition():
            self._browser.take_event()

    def wait_for_frames(self) -> None:
        """Return once what has been changed was laid out and painted."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def emulate(self, width: int, height: int, scheme: str = "light") -> None:
        """Show pages on a screen of that many CSS pixels, to a reader who prefers ``scheme`` and no motion."""
        # A phone's browser, unlike a narrow window, heeds the viewport that the page asks for.
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        self.call(
            "Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in features.items()]
        )

    def press(self, key: str, code: int, *, shift: bool = False, text: str = "") -> None:
        """Press and let go of a key, such as ``("Tab", 9)``; ``text`` is what it would type."""
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **told)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def screenshot(self, *, whole: bool = True) -> bytes:
        """Return a PNG of the page: the ``whole`` of it however long, or what is on the screen."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}} if whole else {}
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **clip)
        return base64.b64decode(told["data"])

    def _note_reached(self, told: dict[str, Any]) -> None:
        # A frame within the page has a life of its own.
        if told["frameId"] == self._frame:
            self._reached.add((told["loaderId"], told["name"]))


def find_chromium() -> str | None:
    """The browser's path, or None where none is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def running(program: str, profile: Path) -> Iterator[Browser]:
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
        with os.fdopen(ours_out, "wb") as requests, os.fdopen(ours_in, "rb", buffering=0) as answers:
            yield Browser(requests, answers)
    finally:
        # The end of its pipe ends the browser too; it may be told twice.
        process.terminate()
        process.wait()
