"""Runs in the environment of the rivals, not in ours: ``rival_program.py PAGES.json MODE`` prints JSON lines.

``PAGES.json`` lists ``{"id", "file", "url"}``; a line is ``{"id", "text", "title", "published", "authors", "ms"}``,
``ms`` being CPU milliseconds for text and metadata together, the least of ``TRIES``.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

TRIES = 2
MODES: dict[str, dict[str, bool]] = {"fast": {"fast": True}, "precision": {"favor_precision": True}}


def main() -> None:
    """Extract every page of the list."""
    pages = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    options = MODES[sys.argv[2]]
    extract = importlib.import_module("trafilatura").bare_extraction
    for number, page in enumerate(pages):
        body = Path(page["file"]).read_bytes()
        if number == 0:
            _extract(extract, body, page["url"], options)
        found, ms = None, float("inf")
        for _ in range(TRIES):
            begun = time.process_time()
            found = _extract(extract, body, page["url"], options)
            ms = min(ms, (time.process_time() - begun) * 1000)
        print(json.dumps({"id": page["id"], "ms": ms, **(_facts(found) if found else {})}), flush=True)


def _extract(extract: Any, body: bytes, url: str, options: dict[str, bool]) -> Any:
    return extract(body, url=url or None, include_comments=False, with_metadata=True, **options)


def _facts(found: Any) -> dict[str, Any]:
    return {
        "text": found.text,
        "title": found.title,
        "published": found.date,
        "authors": [name.strip() for name in (found.author or "").split(";") if name.strip()],
    }


if __name__ == "__main__":
    main()
