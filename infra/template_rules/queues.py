"""Queues: where messages go that fail, and how long one is hidden while a function works on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from template_rules.application import Application, Resource, as_list, whole_number
from template_rules.fault import Fault

VISIBILITY_FACTOR = 6
"""AWS's own advice: a batch that is throttled is tried again within the visibility time-out, not after it."""
MIN_RECEIVES = 5
"""Lambda may receive a message and be throttled; fewer tries lose messages that nothing is wrong with."""
FIFO_MAX_BATCH = 10
FIFO_MAX_TIMEOUT_SECONDS = 15
"""A message that fails blocks its group for visibility x receives: 6 x 15 s x 5 is 7.5 minutes already."""

_QUEUE = "AWS::SQS::Queue"
_DEFAULT_RETENTION_SECONDS = 345_600
_DEFAULT_VISIBILITY_SECONDS = 30
_DEFAULT_TIMEOUT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Consumer:
    """An event source mapping with the queue or table it reads and the function it wakes."""

    mapping: Resource
    source: Resource
    function: Resource

    @property
    def timeout(self) -> int:
        """The function's time-out in seconds."""
        return _seconds(self.function, "Timeout", _DEFAULT_TIMEOUT_SECONDS)


def consumers(application: Application, source_kind: str) -> Iterator[Consumer]:
    """Find the mappings whose source is of a CloudFormation type and whose function is in the application."""
    for mapping in application.of_kind("AWS::Lambda::EventSourceMapping"):
        source = application.follow(mapping.template, mapping.properties.get("EventSourceArn"))
        function = application.follow(mapping.template, mapping.properties.get("FunctionName"))
        if source is not None and function is not None and source.kind == source_kind:
            yield Consumer(mapping, source, function)


def sources_are_known(application: Application) -> Iterator[Fault]:
    """Every mapping's source and function can be found in the application, or no other rule would see it."""
    for mapping in application.of_kind("AWS::Lambda::EventSourceMapping"):
        for name in ("EventSourceArn", "FunctionName"):
            if application.follow(mapping.template, mapping.properties.get(name)) is None:
                yield Fault(mapping.place, f"its {name} leads to no resource here", "give it by !Ref or !GetAtt")


def dead_letters(application: Application) -> Iterator[Fault]:
    """Every queue has a dead-letter queue of its kind that keeps messages at least as long as it does itself."""
    letters = {
        target
        for queue in application.of_kind(_QUEUE)
        if (target := _dead_letter_queue(application, queue)) is not None
    }
    for queue in application.of_kind(_QUEUE):
        if queue in letters:
            continue
        target = _dead_letter_queue(application, queue)
        if target is None:
            yield Fault(queue.place, "it has no dead-letter queue", "set RedrivePolicy.deadLetterTargetArn")
            continue
        if target == queue:
            yield Fault(queue.place, "it is its own dead-letter queue", "give it another one")
        if _is_fifo(target) != _is_fifo(queue):
            kind = "FIFO" if _is_fifo(queue) else "standard"
            yield Fault(target.place, f"{queue.logical_id} is a {kind} queue and this is not", f"make it {kind} too")
        own = _seconds(queue, "MessageRetentionPeriod", _DEFAULT_RETENTION_SECONDS)
        kept = _seconds(target, "MessageRetentionPeriod", _DEFAULT_RETENTION_SECONDS)
        if kept < own:
            message = f"it keeps messages {kept} s, {queue.logical_id} {own} s, counted from the first sending"
            yield Fault(target.place, message, "raise its MessageRetentionPeriod")
        receives = whole_number(queue.properties["RedrivePolicy"].get("maxReceiveCount"))
        if receives is None or receives < MIN_RECEIVES:
            yield Fault(queue.place, f"its maxReceiveCount is {receives}", f"make it at least {MIN_RECEIVES}")


def visibility(application: Application) -> Iterator[Fault]:
    """A queue hides a message for at least six times the time-out of the function it wakes."""
    for consumer in consumers(application, _QUEUE):
        hidden = _seconds(consumer.source, "VisibilityTimeout", _DEFAULT_VISIBILITY_SECONDS)
        needed = VISIBILITY_FACTOR * consumer.timeout
        if hidden < needed:
            function = consumer.function.logical_id
            message = f"its visibility time-out is {hidden} s, {function} may take {consumer.timeout} s"
            yield Fault(consumer.source.place, message, f"make VisibilityTimeout at least {needed}")


def fifo(application: Application) -> Iterator[Fault]:
    """A FIFO queue is read in batches of ten at most, without a window, by a function that gives up soon."""
    for consumer in consumers(application, _QUEUE):
        if not _is_fifo(consumer.source):
            continue
        mapping, properties = consumer.mapping, consumer.mapping.properties
        if (whole_number(properties.get("BatchSize", FIFO_MAX_BATCH)) or FIFO_MAX_BATCH + 1) > FIFO_MAX_BATCH:
            yield Fault(mapping.place, "Lambda takes at most 10 from a FIFO queue", "make BatchSize 10 or less")
        if whole_number(properties.get("MaximumBatchingWindowInSeconds", 0)) != 0:
            message = "a FIFO queue has no batching window"
            yield Fault(mapping.place, message, "remove MaximumBatchingWindowInSeconds")
        if consumer.timeout > FIFO_MAX_TIMEOUT_SECONDS:
            message = f"a message that fails blocks its group for {VISIBILITY_FACTOR} x {consumer.timeout} s x receives"
            yield Fault(consumer.function.place, message, f"make Timeout {FIFO_MAX_TIMEOUT_SECONDS} or less")


def partial_failures(application: Application) -> Iterator[Fault]:
    """One message that fails does not bring back its whole batch."""
    for kind in (_QUEUE, "AWS::DynamoDB::Table"):
        for consumer in consumers(application, kind):
            if "ReportBatchItemFailures" not in as_list(consumer.mapping.properties.get("FunctionResponseTypes")):
                message = "one failure brings the whole batch back"
                yield Fault(consumer.mapping.place, message, "set FunctionResponseTypes: [ReportBatchItemFailures]")


def _dead_letter_queue(application: Application, queue: Resource) -> Resource | None:
    policy = queue.properties.get("RedrivePolicy") or {}
    target = application.follow(queue.template, policy.get("deadLetterTargetArn"))
    return target if target is not None and target.kind == _QUEUE else None


def _is_fifo(queue: Resource) -> bool:
    return queue.properties.get("FifoQueue") in (True, "true")


def _seconds(resource: Resource, name: str, default: int) -> int:
    """Read a duration. What is no number counts as 0, so that the rule that needs it speaks up."""
    return whole_number(resource.properties.get(name, default)) or 0
