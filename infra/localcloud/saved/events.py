"""Queues, streams and pending invocations, from the plane into the saved state and back."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from localcloud.plane.messages import Message
from localcloud.plane.numbering import Numbering
from localcloud.plane.stream_poller import Batch
from localcloud.plane.streams import StreamRecord
from localcloud.plane.wiring import Plane


def numberings(plane: Plane) -> Mapping[str, Numbering]:
    """Everything that counts, by the name it has in the state."""
    return {
        "sqs": plane.sqs.counter,
        "s3": plane.s3_events.counter,
        "events": plane.bus.counter,
        "schedules": plane.timetable.counter,
        "requests": plane.invoker.counter,
        **{f"stream {name}": stream.counter for name, stream in plane.streams.items()},
    }


def save_events(database: sqlite3.Connection, plane: Plane) -> None:
    """Write what is queued, in flight, unread, remembered and pending."""
    for held in plane.sqs.stores.values():
        name = held.queue.name
        database.executemany("INSERT INTO message VALUES (?, ?)", ((name, _message(message)) for message in held))
        known = ((name, known, _json([until.isoformat(), *rest])) for known, (until, *rest) in held.known().items())
        database.executemany("INSERT INTO deduplication VALUES (?, ?, ?)", known)
    for mapping, poller in plane.stream_pollers.items():
        started = (
            (mapping, _json([batch.failures, [_record(record) for record in batch.records]]))
            for batch in poller.started()
        )
        database.executemany("INSERT INTO batch VALUES (?, ?)", started)
        waiting = ((mapping, _json(_record(record))) for record in poller.waiting())
        database.executemany("INSERT INTO record VALUES (?, ?)", waiting)
    pending = (
        (entry.function, _json([entry.event, entry.attempts, entry.due.isoformat()]))
        for entry in plane.asynchronous.pending.values()
    )
    database.executemany("INSERT INTO invocation VALUES (?, ?)", pending)


def restore_events(database: sqlite3.Connection, plane: Plane) -> set[str]:
    """Put all that back; returns what it belonged to and the stack has no more, in words."""
    missing: set[str] = set()
    queues = {held.queue.name: held for held in plane.sqs.stores.values()}
    for name, known, text in database.execute("SELECT queue, id, details FROM deduplication ORDER BY rowid"):
        if name in queues:
            until, message_id, sequence = json.loads(text)
            queues[name].remember(known, datetime.fromisoformat(until), message_id, sequence)
    for name, text in database.execute("SELECT queue, details FROM message ORDER BY rowid"):
        if name in queues:
            queues[name].add(_read_message(text))
        else:
            missing.add(f"messages of queue {name}")
    batches = _grouped(database.execute("SELECT mapping, details FROM batch ORDER BY rowid"))
    records = _grouped(database.execute("SELECT mapping, details FROM record ORDER BY rowid"))
    for mapping in sorted({*batches, *records}):
        poller = plane.stream_pollers.get(mapping)
        if poller is None:
            missing.add(f"stream records of event source mapping {mapping}")
            continue
        started = [
            Batch(tuple(map(_read_record, inner)), failures)
            for failures, inner in map(json.loads, batches.get(mapping, ()))
        ]
        poller.restore(started, [_read_record(json.loads(text)) for text in records.get(mapping, ())])
    for function, text in database.execute("SELECT function, details FROM invocation ORDER BY rowid"):
        event, attempts, due = json.loads(text)
        if function in plane.stack.functions:
            plane.asynchronous.restore(function, event, attempts, datetime.fromisoformat(due))
        else:
            missing.add(f"invocations of function {function}")
    for stream in plane.streams.values():
        stream.watch_expiries()
    return missing


def _message(message: Message) -> str:
    return _json(
        {
            "id": message.id,
            "body": message.body,
            "sent": message.sent.isoformat(),
            "visible": message.visible_at.isoformat(),
            "attributes": {name: _attribute(value) for name, value in message.attributes.items()},
            "system": dict(message.system),
            "sequence": message.sequence,
            "group": message.group,
            "deduplication": message.deduplication_id,
            "receives": message.receives,
            "first_received": message.first_received.isoformat() if message.first_received else None,
            "receipt": message.receipt,
            "in_flight": message.in_flight,
            "last_error": message.last_error,
        }
    )


def _read_message(text: str) -> Message:
    saved = json.loads(text)
    first = saved["first_received"]
    return Message(
        id=saved["id"],
        body=saved["body"],
        sent=datetime.fromisoformat(saved["sent"]),
        visible_at=datetime.fromisoformat(saved["visible"]),
        attributes={name: _read_attribute(value) for name, value in saved["attributes"].items()},
        system=saved["system"],
        sequence=saved["sequence"],
        group=saved["group"],
        deduplication_id=saved["deduplication"],
        receives=saved["receives"],
        first_received=datetime.fromisoformat(first) if first else None,
        receipt=saved["receipt"],
        in_flight=saved["in_flight"],
        last_error=saved["last_error"],
    )


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"base64": base64.b64encode(bytes(part)).decode()} if name == "BinaryValue" else part
        for name, part in value.items()
    }


def _read_attribute(saved: Mapping[str, Any]) -> dict[str, Any]:
    return {name: base64.b64decode(part["base64"]) if name == "BinaryValue" else part for name, part in saved.items()}


def _record(record: StreamRecord) -> list[Any]:
    return [record.sequence, record.created.isoformat(), record.shard, record.key_hash, record.event]


def _read_record(saved: list[Any]) -> StreamRecord:
    sequence, created, shard, key_hash, event = saved
    return StreamRecord(sequence, datetime.fromisoformat(created), shard, key_hash, event)


def _grouped(rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, text in rows:
        groups.setdefault(name, []).append(text)
    return groups


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
