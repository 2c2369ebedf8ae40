"""``--watch``: the virtual clock follows the real one, and changed files are picked up."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

from .local_run import LocalRun

Snapshot = dict[Path, tuple[int, int]]


class Watcher:
    """Runs a local run in real time; between two events it looks for changed files, and writes the outcome."""

    def __init__(self, local: LocalRun, server: ThreadingHTTPServer | None) -> None:
        self._local = local
        self._server = server
        self._seen = self._files()
        self._asked = 0

    def run(self) -> None:
        """Run until interrupted."""
        if self._server:
            threading.Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            self._local.cloud.run_realtime(self._look)
        finally:
            if self._server:
                self._server.shutdown()

    def _look(self) -> bool:
        """Pick up changed files; asked some times a second by the clock, which this never ends."""
        self._asked += 1
        now = self._files()
        if now != self._seen:
            self._seen = now
            self._local.mirror()
        if self._asked % 20 == 0:
            self._local.finish()
        return False

    def _files(self) -> Snapshot:
        folders = [f for f in (self._local.options.config, self._local.options.inbox) if f]
        return {
            path: (path.stat().st_mtime_ns, path.stat().st_size)
            for folder in folders
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
