"""``broadsheet sources poll``: have sources polled now, whenever they are due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from broadsheet.aws.queues import SqsQueue
from broadsheet.aws.table import DynamoTable
from broadsheet.flow.operate_sources import OperatedSource, find_sources, poll_now, read_sources
from broadsheet.flow.ports import Queue, Table
from broadsheet.flow.site_settings import read_settings
from broadsheet.model.errors import BroadsheetError, ConfigurationError

from .article_text import clock_time, print_line
from .progress import RunProgress, make_console
from .sources_text import counted, failing, paused
from .stored import Opened, open_stored
from .stored_options import Where

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .local_run import LocalStack

QUEUE = "PollQueueUrl"
"""Output of the template: where polls are asked for."""
NAMED = 10
"""Sources left out that are named; the others are counted."""


class NotPolled(BroadsheetError):
    """A source that was named cannot be polled as it stands."""


def poll_stack(ids: Sequence[str], where: Where) -> int:
    """Ask a deployed stack for polls of these sources, or of all where none is named; return the exit status.

    Raises SourceUnknown, and NotPolled where one that is named is paused.
    """
    with open_stored(where) as opened:
        asked, left_out = _ask(ids, opened.store.table, opened.now, poll_queue(opened), opened.site.zone)
        print_line(f"{counted(len(asked))} asked to be polled; broadsheet sources list {where} tells how it went")
        _tell_left_out(left_out)
    return 0


def poll_queue(opened: Opened) -> SqsQueue:
    """Return the stack's poll queue. Raises ConfigurationError where the stack names none."""
    url = opened.outputs.get(QUEUE)
    if not url:
        raise ConfigurationError(f"{opened.where}: has no output {QUEUE}; deploy it again")
    return SqsQueue(opened.client("sqs"), url)


def poll_state(ids: Sequence[str], where: Where, allow_hosts: tuple[str, ...]) -> int:
    """Poll these sources of a state, or all where none is named, until all is quiet; tell what came.

    Returns 1 where something came to a dead-letter queue, else 0. Raises SourceUnknown and NotPolled as
    :func:`poll_stack`, and ConfigurationError where there is no such state.
    """
    progress = RunProgress(make_console())
    with _state(where, allow_hosts, progress) as local:
        table = DynamoTable(local.cloud.client("dynamodb"), local.table)
        zone = read_settings(table).zone
        polls = SqsQueue(local.cloud.client("sqs"), local.stack.outputs[QUEUE])
        at, known = local.cloud.now, local.cloud.report().dead_letters
        asked, left_out = _ask(ids, table, at, polls, zone)
        with progress.step(f"polling {counted(len(asked))}"):
            local.cloud.drain()
        outcome = local.conclude(where.out, save=True)
        _tell_polled(find_sources(asked, table, missing_ok=True), at, zone)
        _tell_left_out(left_out)
        stored = [f"{count} {name}" for name, count in outcome.report["articles"].items() if count]
        print_line(f"articles: {', '.join(stored) or 'none new or changed'}")
        fresh = [letter for letter in local.cloud.report().dead_letters if letter not in known]
        for letter in fresh:
            print_line(f"dead letter in {letter.destination}: {letter.last_error or letter.body[:200]}")
    return 1 if fresh else 0


@contextmanager
def _state(where: Where, allow_hosts: tuple[str, ...], progress: RunProgress) -> Iterator[LocalStack]:
    """Open a state for functions that fetch: unlike other commands on a state, a poll may need ``--allow-host``."""
    from localcloud.saved.file import StateError  # noqa: PLC0415 - the local cloud takes a second to import
    from localcloud.saved.state import read_clock  # noqa: PLC0415

    from .local_run import open_stack  # noqa: PLC0415

    try:
        if where.state is None or read_clock(where.state) is None:
            raise ConfigurationError(
                f"{where}: nothing is stored there; give the folder that `broadsheet run --state` was given"
            )
        with open_stack(where.now, state=where.state, allow_hosts=allow_hosts, on_progress=progress.invoked) as local:
            yield local
    except StateError as fault:
        raise ConfigurationError(f"--state {fault}") from fault


def _ask(ids: Sequence[str], table: Table, at: datetime, polls: Queue, zone: ZoneInfo) -> tuple[list[str], list[str]]:
    """Send the messages; raises NotPolled where a source that was named is not to be polled."""
    sources = find_sources(ids, table) if ids else read_sources(table)
    if ids:
        for one in sources:
            if one.paused_by:
                raise NotPolled(f"source {one.source.id} is {paused(one)}; `broadsheet sources resume` it first")
            if one.state.last_poll and one.state.last_poll >= at:
                polled = clock_time(one.state.last_poll, zone)
                raise NotPolled(f"source {one.source.id} was polled {polled}, not before --now; give a later --now")
    return poll_now(sources, at, polls)


def _tell_polled(sources: Sequence[OperatedSource], at: datetime, zone: ZoneInfo) -> None:
    """Tell what a poll at ``at`` gave: each source that had something new or failed, and how many had neither."""
    idle = 0
    for one in sources:
        state = one.state
        if state.last_poll is None or state.last_poll < at:
            told = "was not polled; `broadsheet run` with this state tells why"
        elif trouble := paused(one) or failing(one):
            told = trouble
        elif state.last_new == state.last_poll:
            told = "listed something new"
        else:
            idle += 1
            continue
        following = f"; next poll {clock_time(state.next_poll, zone)}" if state.next_poll else ""
        print_line(f"{one.source.id}  {told}{following}")
    if idle:
        print_line(f"{counted(idle)} listed nothing new")


def _tell_left_out(ids: Sequence[str]) -> None:
    if ids:
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        print_line(f"{counted(len(ids))} left out, paused or polled already: {', '.join(ids[:NAMED])}{more}")
