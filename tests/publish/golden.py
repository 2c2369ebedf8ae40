"""Golden files: what a page looked like when somebody last read it with care.

``UPDATE_GOLDEN=1 pytest tests/publish`` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "golden" / "publish"
ASSET_HASH = re.compile(rb"(?<=assets/)(\w+)-[a-z2-7]{8}(?=\.)")
"""A change of the stylesheet alone does not change what pages look like here."""


def check(name: str, written: bytes) -> None:
    """Compare ``written`` with the golden file of that name, or write it where that is asked for."""
    path = FOLDER / name
    written = ASSET_HASH.sub(rb"\1-HASH", written)
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
    assert path.is_file(), f"{path} is missing; UPDATE_GOLDEN=1 writes it"
    assert written.decode() == path.read_text(encoding="utf-8")
