"""``broadsheet sources pause`` and ``resume``: leave a source alone, and poll it again."""

from __future__ import annotations

from collections.abc import Sequence

from broadsheet.flow.operate_sources import find_sources, pause, refuse_paused_by_definition, resume

from .article_text import clock_time, print_line
from .sources_text import paused
from .stored import Opened


def pause_sources(ids: Sequence[str], reason: str, opened: Opened) -> int:
    """Pause each source, say so, and return the exit status; a source that is paused for another reason has this one.

    Raises SourceUnknown before anything is changed.
    """
    table = opened.store.table
    changed = False
    for before in find_sources(ids, table):
        state = pause(before.source.id, reason, opened.now, table)
        if state == before.state:
            print_line(f"{before.source.id} was {paused(before)}, and still is; nothing was changed")
            continue
        changed = True
        print_line(f"{before.source.id} is paused: {state.paused}; what it has brought stays")
        if before.paused_by == "definition":
            print_line(f"  {before.file} pauses it too, which no command resumes")
        elif before.paused_by:
            print_line(f"  it was {paused(before)}")
        print_line(f"  to undo this: broadsheet sources resume {before.source.id} {opened.where}")
    return opened.publish("pausing", None) if changed else 0


def resume_sources(ids: Sequence[str], opened: Opened) -> int:
    """Resume each source, say so, and return the exit status; one that is not paused stays as it is.

    Raises SourceUnknown and PausedByDefinition before anything is changed.
    """
    table = opened.store.table
    found = find_sources(ids, table)
    refuse_paused_by_definition(found)
    changed = False
    for before in found:
        if not before.paused_by:
            following = clock_time(before.state.next_poll, opened.site.zone)
            print_line(f"{before.source.id} is not paused, next poll {following}; nothing was changed")
            continue
        changed = True
        resume(before.source.id, opened.now, table)
        print_line(f"{before.source.id} is resumed; it was {paused(before)}")
        if opened.where.stack:
            print_line("  it is polled within a minute")
        else:
            print_line(f"  the next run polls it, or now: broadsheet sources poll {before.source.id} {opened.where}")
    return opened.publish("resuming", None) if changed else 0
