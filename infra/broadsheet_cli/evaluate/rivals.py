"""Another extractor on the same pages in the same run, in an environment of its own: it is no dependency of ours."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .scoring import PROJECT, Corpus

PYTHON = PROJECT / ".tools" / "eval" / "bin" / "python"
MODES = ("fast", "precision")
_PROGRAM = Path(__file__).with_name("rival_program.py")


def rival_names() -> list[str]:
    """Return what the rivals are called in tables; none where their environment is not installed."""
    return [f"trafilatura {mode}" for mode in MODES] if PYTHON.is_file() else []


def rival_predictions(corpus: Corpus, rival: str) -> list[dict[str, Any]]:
    """Return a prediction for each page, ``ms`` being CPU milliseconds.

    Raises CalledProcessError where the rival's program fails as a whole.
    """
    with TemporaryDirectory(prefix="broadsheet-eval-") as folder:
        pages = []
        for number, page in enumerate(corpus.pages):
            file = Path(folder, f"{number}.html")
            file.write_bytes(page.html)
            pages.append({"id": page.id, "file": str(file), "url": page.url})
        listed = Path(folder, "pages.json")
        listed.write_text(json.dumps(pages), encoding="utf-8")
        command = [str(PYTHON), str(_PROGRAM), str(listed), rival.rpartition(" ")[2]]
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own program
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
