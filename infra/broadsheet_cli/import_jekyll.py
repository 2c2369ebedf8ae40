"""``broadsheet import jekyll``: a site's posts, one by one, mended, into an inbox; each mend told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from broadsheet.ingest.jekyll import JekyllImport, MendedPost
from broadsheet.model.errors import ArticleRejected

from .import_destination import Destination
from .import_folder import SiteFolder
from .import_report import ImportReport

SETTLED_EACH = 2_000
"""Posts put before a state takes them in and is saved: what an interruption can cost."""
TOLD_EACH = 1_000
_SHOWN_SKIPPED = 20
_MAX_KEY_BYTES = 1024


@dataclass(slots=True)
class Imported:
    """What an import has done so far."""

    read: int = 0
    written: int = 0
    unchanged: int = 0
    drafts: int = 0
    addresses: int = 0
    skipped: int = 0
    posts_mended: int = 0
    mended: Counter[str] = field(default_factory=Counter)
    first_skipped: list[str] = field(default_factory=list)
    exit_status: int = 0
    complete: bool = False

    @property
    def counts(self) -> dict[str, object]:
        """The counts, as the report has them."""
        return {
            "read": self.read,
            "written": self.written,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "drafts": self.drafts,
            "addresses": self.addresses,
            "mended": dict(sorted(self.mended.items())),
            "complete": self.complete,
        }


@dataclass(frozen=True, slots=True)
class Run:
    """One import: of which site, into what, under which ``prefix`` (below ``articles/``)."""

    folder: SiteFolder
    destination: Destination
    prefix: str
    report: ImportReport
    dry: bool = False


def import_posts(run: Run, console: Console, imported: Imported) -> None:
    """Take in all posts, counting in ``imported``: it tells how far an interrupted import came."""
    mender = JekyllImport(run.folder.site, run.folder.paths, run.folder.read)
    with _progress(console, len(run.folder.paths)) as advance:
        for path in run.folder.paths:
            imported.read += 1
            try:
                post = mender.mend(path)
                _put(run, post, imported)
            except ArticleRejected as rejection:
                _skip(rejection.reason, run.report, imported)
            else:
                imported.drafts += post.draft
                imported.addresses += len(post.addresses)
                imported.posts_mended += bool(post.mends)
                imported.mended.update({mend.kind.value for mend in post.mends})
                run.report.mended(path, post.mends)
            advance()
    if not run.dry and imported.written % SETTLED_EACH:
        imported.exit_status |= run.destination.settle()
    imported.complete = True


def _put(run: Run, post: MendedPost, imported: Imported) -> None:
    key = f"articles/{run.prefix}{post.key}"
    if len(key.encode()) > _MAX_KEY_BYTES:
        raise ArticleRejected(
            f"{post.key}: its inbox key would have more than {_MAX_KEY_BYTES} bytes; shorten its name"
        )
    if run.destination.has(key, hashlib.sha256(post.body).hexdigest()):
        imported.unchanged += 1
        return
    if not run.dry:
        run.destination.put(key, post.body)
    imported.written += 1
    if not run.dry and imported.written % SETTLED_EACH == 0:
        imported.exit_status |= run.destination.settle()


def _skip(reason: str, report: ImportReport, imported: Imported) -> None:
    imported.skipped += 1
    if len(imported.first_skipped) < _SHOWN_SKIPPED:
        imported.first_skipped.append(reason)
    report.skipped(reason)


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[], None]]:
    """Show how far the import is: a bar on a terminal, a line now and then elsewhere; call what it gives per post."""
    if console.is_terminal:
        columns = (TextColumn("posts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("posts", total=total)
            yield lambda: bar.advance(task)
        return
    done = count(1)

    def advance() -> None:
        if (now := next(done)) % TOLD_EACH == 0 and now < total:
            console.print(f"posts: {now} of {total}", highlight=False)

    yield advance


def print_imported(imported: Imported, console: Console, *, dry: bool) -> None:
    """Print what was done: counts, mends by kind, and the first of what was skipped, with the reason."""
    counts = Table(title="Import (dry run)" if dry else "Import", show_header=False, title_justify="left")
    counts.add_column(justify="left")
    counts.add_column(justify="right")
    lines = {
        "posts read": imported.read,
        "would be written" if dry else "written": imported.written,
        "unchanged": imported.unchanged,
        "skipped": imported.skipped,
        "drafts": imported.drafts,
        "old addresses kept": imported.addresses,
        "posts mended": imported.posts_mended,
        **{f"  {kind}": number for kind, number in sorted(imported.mended.items())},
    }
    for name, number in lines.items():
        counts.add_row(name, str(number))
    console.print(counts)
    for reason in imported.first_skipped:
        console.print(f"skipped {reason}", markup=False, highlight=False)
    if (more := imported.skipped - len(imported.first_skipped)) > 0:
        console.print(f"skipped {more} more; --report FILE.json names all", markup=False, highlight=False)
