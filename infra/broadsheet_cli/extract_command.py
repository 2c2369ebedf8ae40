"""``broadsheet extract``: HTML files in, the article of each out, as text or as JSON lines."""

from __future__ import annotations

import gzip
import json
import os
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from broadsheet.ingest.clean import clean
from broadsheet.ingest.extract import explain_page, extract_page
from broadsheet.ingest.readable import readable_text
from broadsheet.ingest.recipe_text import GLOBAL, Recipe, recipe_for, recipe_names
from broadsheet.ingest.urls import web_url
from broadsheet.model.article import SourceDocument
from broadsheet.model.errors import ArticleRejected, ConfigurationError

from .explanation import explanation_lines, explanation_object, facts_of

MAX_FILE_BYTES = 40 * 1024 * 1024
"""Unpacked: what ten million characters, the most that is parsed, can take in UTF-8."""
STANDARD_INPUT = "-"
_GZIP = b"\x1f\x8b"
_UNREADABLE = 1
"""Exit status where a file that was named could not be read; a page without an article is no fault."""


@dataclass(frozen=True, slots=True)
class ExtractOptions:
    """What ``broadsheet extract`` was asked for. ``urls`` are the pages' addresses by file, as given."""

    files: tuple[str, ...]
    jsonl: bool = False
    explain: bool = False
    urls: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    recipes: Path | None = None
    """Folder of recipes, a file for each host."""


def extract_command(options: ExtractOptions) -> int:
    """Print the article of each file as soon as it is found, and return the exit status.

    Raises ConfigurationError for a time zone that there is not. What is wrong with a file is told in its place:
    as ``error`` of its JSON object, else on standard error.
    """
    _check_timezone(options.timezone)
    _write_utf8()
    status = 0
    try:
        for name in options.files:
            row = _row(name, options)
            status = max(status, _UNREADABLE if row.pop("unreadable", False) else 0)
            _print_object(row) if options.jsonl else _print_text(row, several=len(options.files) > 1)
    except BrokenPipeError:
        # The reader has seen enough (`| head`); nothing may be written to that pipe any more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def article_object(
    document: SourceDocument, name: str, timezone: str = "UTC", recipe: Recipe | None = None
) -> dict[str, Any]:
    """Return the article on a page, cleaned as it would be for the site, as a plain object.

    ``name`` is what the article is called where it has no title of its own. Instants are ISO 8601 strings with their
    zone; ``text`` has a line for each block. Raises ArticleRejected where the page holds no article.
    """
    parsed = extract_page(document, timezone=timezone, recipe=recipe)
    # As an upload, so that a date in the future is shown as the page has it, whatever the time is now.
    article = clean(
        parsed if parsed.title.strip() else replace(parsed, title=name),
        fallback_slug=name,
        observed_at=document.retrieved_at,
        upload=True,
    )
    return {
        "title": article.title if parsed.title.strip() else "",
        "text": readable_text(article.html),
        "html": article.html,
        "published": article.published and article.published.isoformat(),
        "modified": article.modified and article.modified.isoformat(),
        "authors": list(article.authors),
        "language": article.language,
        "description": article.description,
        "image": article.image,
        "canonical_url": article.canonical_url,
        "source_name": article.source_name,
        "tags": list(article.tags),
        "method": parsed.method,
        "confidence": parsed.confidence,
    }


def read_page(name: str, url: str, at: datetime) -> SourceDocument:
    """Return the page in the file ``name``, unpacked where it is gzip; ``-`` is standard input.

    Raises OSError where there is no such file to read, ArticleRejected where what it holds cannot be taken.
    """
    if name == STANDARD_INPUT:
        body = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    else:
        with Path(name).open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            try:
                body = gzip.GzipFile(fileobj=file).read(MAX_FILE_BYTES + 1) if packed else file.read(MAX_FILE_BYTES + 1)
            except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
                raise ArticleRejected(f"{name}: broken gzip ({fault}); pack it again, or give it unpacked") from fault
    if len(body) > MAX_FILE_BYTES:
        raise ArticleRejected(f"{name}: more than {MAX_FILE_BYTES // 2**20} MB of HTML; publish it in parts")
    # Without an address the name stands for it in messages; a path would be searched for a date as an address is.
    return SourceDocument(body, url or Path(name).name, "text/html", at)


def read_url_map(file: Path) -> dict[str, str]:
    """Return ``{file: url}`` as the JSON file has it; raises ConfigurationError where it is something else."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ConfigurationError(
            f"--url-map {file}: cannot be read ({fault}); write a JSON object {{file: url}}"
        ) from fault
    if not isinstance(found, dict) or not all(isinstance(url, str) for url in found.values()):
        raise ConfigurationError(f"--url-map {file}: is no object of texts; write {{file: url}}")
    return found


def _row(name: str, options: ExtractOptions) -> dict[str, Any]:
    """Return what is printed of one file; ``unreadable`` marks one that could not even be read."""
    url = options.urls.get(name, "")
    row: dict[str, Any] = {"file": name, "url": url or None}
    try:
        document = read_page(name, url, datetime.now(UTC))
        recipe = _recipe(url, options.recipes) if options.recipes else None
        if options.explain:
            row["facts"] = facts_of(document, options.timezone)
            row["explanation"] = explain_page(document, timezone=options.timezone, recipe=recipe)
        found = article_object(document, Path(name).name.split(".")[0], options.timezone, recipe)
        return {**row, "url": url or found["canonical_url"], **found, "error": None}
    except OSError as fault:
        return {
            **row,
            "error": f"{name}: cannot be read ({fault.strerror or fault}); check the name",
            "unreadable": True,
        }
    except ArticleRejected as rejected:
        return {**row, "error": rejected.reason}


def _recipe(url: str, folder: Path) -> Recipe | None:
    """Return what the recipes in ``folder`` say of the page's host."""
    address = web_url(None, url)
    host = urlsplit(address).hostname or "" if address else ""
    files = {name: folder / f"{name}.txt" for name in (*recipe_names(host), GLOBAL)}
    present = {name: file for name, file in files.items() if file.is_file()}
    texts = {name: file.read_text(encoding="utf-8-sig", errors="replace") for name, file in present.items()}
    return recipe_for(host, texts)


def _print_object(row: dict[str, Any]) -> None:
    if "explanation" in row:
        row["explanation"] = explanation_object(row["explanation"], row.pop("facts"))
    print(json.dumps(row, ensure_ascii=False), flush=True)


def _print_text(row: dict[str, Any], *, several: bool) -> None:
    if several:
        print(f"== {row['file']}")
    if "explanation" in row:
        print("\n".join(explanation_lines(row["explanation"], row["facts"])), end="\n\n")
    if row["error"]:
        print(f"broadsheet: {row['error']}", file=sys.stderr)
    else:
        print(row["text"], end="\n\n" if several else "\n")
    sys.stdout.flush()


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(f"--timezone {name}: no such zone; write an IANA name such as Asia/Shanghai") from None


def _write_utf8() -> None:
    """JSON lines are UTF-8 whatever the terminal's locale is."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8")
