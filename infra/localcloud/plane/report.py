"""What happened: the outcome of running a stack, for people and for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something that was given up: a message in a dead-letter queue, or a batch of stream records."""

    destination: str
    """Name of the queue or bucket it lies in; empty where it is lost."""
    body: str
    """The message, or the failure record."""
    source: str = ""
    """What gave it up: a queue, or a function."""
    receives: int = 0
    """How often it was received, or tried."""
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A snapshot; counters begin with this run, dead letters are what the queues hold now."""

    aws_calls: Counter[str]
    """``dynamodb:PutItem`` → calls by functions; the operator's own calls do not count."""
    invocations: Counter[str]
    """By logical id of the function."""
    dead_letters: tuple[DeadLetter, ...]
    warnings: tuple[str, ...]
    """In order of first appearance; events lost, permissions refused, records discarded."""
    policy_denials: Counter[str]
    """``Function: action on resource`` → how often it was refused. Conditions of policies are not evaluated."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The last error of each function that had one, with its traceback and log."""
