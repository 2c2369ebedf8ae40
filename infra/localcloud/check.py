"""What ``localcloud check`` says of a template: its wiring line by line, what cannot run here, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from localcloud.policy import allows
from localcloud.stack import BucketNotification, EventSourceMapping, Finding, Function, Queue, Severity, Stack

CONDITIONS_NOTE = "Conditions of policies are not evaluated (but for aws:SourceArn and aws:SourceAccount)."
ARROW = " → "


@dataclass(frozen=True, slots=True)
class Wire:
    """One event source: from what, through what, to which handler."""

    source: str
    """Who sends: buckets, rules, functions; empty where the template does not tell."""
    through: str
    """The queue, stream or schedule the function is started from."""
    function: str
    handler: str
    batch: str = ""
    filter: str = ""
    dead_letters: str = ""

    def line(self) -> str:
        """Write it as one line."""
        path = ARROW.join(part for part in (self.source, self.through, f"{self.function} {self.handler}") if part)
        return ", ".join(part for part in (path, self.batch, self.filter, self.dead_letters) if part)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All there is to say about a template."""

    wires: tuple[Wire, ...]
    cannot_run: tuple[str, ...]
    findings: tuple[Finding, ...]
    works: bool
    """All event sources of Python functions can run, and nothing is wired wrongly."""

    @property
    def exit_status(self) -> int:
        """0 where all event sources of Python functions can run, else 1."""
        return 0 if self.works else 1

    def text(self) -> str:
        """Write everything for people."""
        return "\n".join(self._lines())

    def json(self) -> str:
        """Write everything for programs: ``event_sources``, ``cannot_run``, ``findings``, ``ok``."""
        document = {
            "event_sources": [asdict(wire) for wire in self.wires],
            "cannot_run": list(self.cannot_run),
            "findings": [asdict(finding) for finding in self.findings],
            "policy_conditions": "not evaluated",
            "ok": self.works,
        }
        return json.dumps(document, ensure_ascii=False, indent=2)

    def _lines(self) -> Iterator[str]:
        yield from (wire.line() for wire in self.wires)
        yield from (f"cannot run here: {name}" for name in self.cannot_run)
        for finding in self.findings:
            yield f"{finding.severity}: {finding.resource}: {finding.message}" + (
                f". Mend: {finding.remedy}" if finding.remedy else ""
            )
        counts = {kind: sum(finding.severity is kind for finding in self.findings) for kind in Severity}
        yield (
            f"{_count(len(self.wires), 'event source')} can run,"
            f" {_count(len(self.cannot_run), 'thing')} cannot; {_count(counts[Severity.ERROR], 'error')},"
            f" {_count(counts[Severity.WARNING], 'warning')}. {CONDITIONS_NOTE}"
        )


def check(stack: Stack) -> Verdict:
    """Say what of a stack runs on this machine, what does not, and what is wrong with it."""
    wires = (*_mappings(stack), *_timers(stack), *_rules(stack), *_direct_notifications(stack))
    sources = [
        f"{source.source}{ARROW}{source.function} {source.handler} (by {source.logical_id})"
        for source in stack.unsupported_sources
    ]
    mentioned = {source.logical_id for source in stack.unsupported_sources}
    resources = [f"{name} ({kind})" for name, kind in dict.fromkeys(stack.unsupported) if name not in mentioned]
    blocked = any(source.runtime.startswith("python") for source in stack.unsupported_sources)
    faulty = any(finding.severity is Severity.ERROR for finding in stack.findings)
    return Verdict(wires, (*sources, *resources), stack.findings, not blocked and not faulty)


def _mappings(stack: Stack) -> Iterator[Wire]:
    queues = {queue.arn: queue for queue in stack.queues.values()}
    for mapping in stack.mappings:
        function = stack.functions[mapping.function]
        queue = queues.get(mapping.source_arn)
        off = "" if mapping.enabled else " (disabled)"
        if queue is not None:
            yield Wire(
                source=", ".join(_senders(stack, queue)),
                through=queue.logical_id + (" (FIFO)" if queue.fifo else "") + off,
                function=function.logical_id,
                handler=function.handler,
                batch=_batch(mapping),
                filter=_filter(mapping.filters),
                dead_letters=_dead_letters(stack, queue),
            )
        else:
            table = next(one for one in stack.tables.values() if mapping.source_arn.startswith(one.arn + "/"))
            failed = _resource_name(stack, mapping.on_failure_arn) if mapping.on_failure_arn else ""
            yield Wire(
                source=table.logical_id,
                through=f"stream ({table.stream_view or 'none'}){off}",
                function=function.logical_id,
                handler=function.handler,
                batch=_batch(mapping),
                filter=_filter(mapping.filters),
                dead_letters=f"failures → {failed}" if failed else "no failure destination",
            )


def _timers(stack: Stack) -> Iterator[Wire]:
    for schedule in stack.schedules:
        zone = "" if schedule.timezone == "UTC" else f" {schedule.timezone}"
        off = "" if schedule.enabled else " (disabled)"
        function = stack.functions[schedule.function]
        yield _started(stack, schedule.logical_id, f"{schedule.expression}{zone}{off}", function)


def _rules(stack: Stack) -> Iterator[Wire]:
    for rule in stack.rules:
        if rule.function is not None:
            function = stack.functions[rule.function]
            through = "EventBridge" + ("" if rule.enabled else " (disabled)")
            yield _started(stack, rule.logical_id, through, function, _filter((rule.pattern,)))


def _direct_notifications(stack: Stack) -> Iterator[Wire]:
    functions = {function.arn: function for function in stack.functions.values()}
    for bucket in stack.buckets.values():
        for one in bucket.notifications:
            function = functions.get(one.target_arn)
            if function is not None:
                yield _started(stack, _bucket_events(bucket.logical_id, one.events), _keys(one), function)


def _started(stack: Stack, source: str, through: str, function: Function, pattern: str = "") -> Wire:
    target = function.on_failure_arn or function.dead_letter_arn
    return Wire(
        source=source,
        through=through,
        function=function.logical_id,
        handler=function.handler,
        filter=pattern,
        dead_letters=f"failures → {_resource_name(stack, target)}" if target else "no dead-letter queue",
    )


def _senders(stack: Stack, queue: Queue) -> Iterator[str]:
    """Name who sends to a queue: what is wired to it, then the functions that may."""
    for bucket in stack.buckets.values():
        for one in bucket.notifications:
            if one.target_arn == queue.arn:
                keys = _keys(one)
                yield _bucket_events(bucket.logical_id, one.events) + (f" {keys}" if keys else "")
    for rule in stack.rules:
        if rule.queue_arn == queue.arn:
            yield rule.logical_id
    for function in stack.functions.values():
        if function.role and allows(stack.roles.get(function.role, ()), "sqs:SendMessage", queue.arn):
            yield function.logical_id


def _bucket_events(bucket: str, events: Sequence[str]) -> str:
    return f"{bucket} {' '.join(events)}"


def _keys(notification: BucketNotification) -> str:
    return f"{notification.prefix}*{notification.suffix}" if notification.prefix or notification.suffix else ""


def _batch(mapping: EventSourceMapping) -> str:
    window = int(mapping.batching_window.total_seconds())
    size = f"batch ≤ {mapping.batch_size}" + (f" within {window} s" if window else "")
    return size + (", partial failures" if mapping.report_batch_item_failures else "")


def _filter(patterns: Sequence[Mapping[str, Any]]) -> str:
    texts = [json.dumps(pattern, ensure_ascii=False, separators=(",", ":")) for pattern in patterns]
    return f"filter {' or '.join(texts)}" if texts else ""


def _dead_letters(stack: Stack, queue: Queue) -> str:
    if queue.dead_letter_arn is None:
        return "no dead-letter queue"
    times = f" after {queue.max_receive_count} receives" if queue.max_receive_count else ""
    return f"dead letters → {_resource_name(stack, queue.dead_letter_arn)}{times}"


def _resource_name(stack: Stack, arn: str | None) -> str:
    known: Iterator[tuple[str, str]] = (
        (one.arn, one.logical_id)
        for group in (stack.queues.values(), stack.buckets.values(), stack.functions.values())
        for one in group
    )
    return next((name for found, name in known if found == arn), arn or "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
