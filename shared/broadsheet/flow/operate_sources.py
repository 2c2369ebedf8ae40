"""What the operator sees of sources, and does to one by hand: pause it, resume it, have it polled now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from broadsheet.model import keys
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.messages import PollMessage
from broadsheet.model.records import source_state_from
from broadsheet.model.source import Source
from broadsheet.model.source_state import SourceState

from .ports import Outgoing, Queue, Table
from .source_state import change_state, effective_source

NO_REASON = "no reason given"

PausedBy = Literal["definition", "operator", "gone"]


class SourceUnknown(BroadsheetError):
    """No file defines a source of that id."""


class PausedByDefinition(BroadsheetError):
    """A source whose own file pauses it: no command may contradict what the configuration says."""


@dataclass(frozen=True, slots=True)
class OperatedSource:
    """A source in force: its definition, the file that holds it, and how polling it stands."""

    source: Source
    file: str
    state: SourceState

    @property
    def paused_by(self) -> PausedBy | None:
        """What keeps it from being polled: its definition, the operator, or that its server says it is gone."""
        if self.source.paused:
            return "definition"
        if self.state.paused:
            return "operator"
        return "gone" if self.state.gone else None


def read_sources(table: Table) -> list[OperatedSource]:
    """Return all sources in force, by id. Reads three items for each, whatever it has brought."""
    prefix = keys.catalog_source("").sk
    lines = table.query(keys.CATALOG, first=prefix, last=f"{prefix}\uffff")
    return find_sources([line["sk"].removeprefix(prefix) for line in lines], table, missing_ok=True)


def find_sources(ids: Iterable[str], table: Table, *, missing_ok: bool = False) -> list[OperatedSource]:
    """Return the sources of these ids, in their order, each once.

    Raises SourceUnknown for those that no file defines, unless ``missing_ok`` has them left out.
    """
    wanted = list(dict.fromkeys(ids))
    items = table.batch_get(
        key for source_id in wanted for key in (keys.source_config(source_id), keys.source_state(source_id))
    )
    found: list[OperatedSource] = []
    missing: list[str] = []
    for source_id in wanted:
        defined = effective_source(items.get(keys.source_config(source_id)))
        if defined is None:
            missing.append(source_id)
            continue
        state, _ = source_state_from(items.get(keys.source_state(source_id)), source_id)
        found.append(OperatedSource(*defined, state))
    if missing and not missing_ok:
        raise SourceUnknown(f"no source {', '.join(missing)} is defined; `broadsheet sources list` names all there are")
    return found


def pause(source_id: str, reason: str, at: datetime, table: Table) -> SourceState:
    """Have the source polled no more from ``at`` on, until it is resumed, and return its state.

    ``reason`` may be empty. A poll under way meets the new version of the state, writes nothing of its own, and finds
    the source paused when it is delivered again. Paused for that reason already, nothing is written. Raises
    SourceUnknown, and Conflict where others kept writing the state.
    """
    because = reason or NO_REASON

    def paused(state: SourceState) -> SourceState:
        find_sources([source_id], table)
        if state.paused == because and state.next_poll is None:
            return state
        notes = state.noted(at, f"paused by the operator: {because}")
        return replace(state, paused=because, next_poll=None, notes=notes)

    return change_state(source_id, paused, table)


def resume(source_id: str, at: datetime, table: Table) -> SourceState:
    """Have a source that is paused or gone polled again, due at ``at``, and return its state; another stays as it is.

    Its failures stay counted until a poll succeeds. Raises SourceUnknown, PausedByDefinition, and Conflict where
    others kept writing the state.
    """

    def resumed(state: SourceState) -> SourceState:
        # Read after the state: a removal that comes later writes the state too, and this change then meets Conflict.
        refuse_paused_by_definition(find_sources([source_id], table))
        if not state.asleep:
            return state
        notes = state.noted(at, "resumed by the operator")
        return replace(state, paused=None, gone=None, failing_since=None, next_poll=at, notes=notes)

    return change_state(source_id, resumed, table)


def refuse_paused_by_definition(sources: Sequence[OperatedSource]) -> None:
    """Raise PausedByDefinition where a file says `paused: true` of one of ``sources``."""
    for one in sources:
        if one.source.paused:
            raise PausedByDefinition(
                f"{one.file}: source {one.source.id} is paused there; take `paused: true` out of the file, "
                "which resumes it by itself"
            )


def poll_now(sources: Iterable[OperatedSource], at: datetime, polls: Queue) -> tuple[list[str], list[str]]:
    """Ask for a poll of each source at ``at``, whenever it is due; return the ids asked for, and those left out.

    Left out are paused sources and those that were polled at ``at`` or later, which would be dropped. The poll itself
    sets when the source is due next.
    """
    asked: list[str] = []
    left_out: list[str] = []
    for one in sources:
        polled = one.state.last_poll is not None and one.state.last_poll >= at
        (left_out if one.paused_by or polled else asked).append(one.source.id)
    polls.send([Outgoing(PollMessage(source_id, at).dump()) for source_id in asked])
    return asked, left_out
