"""What a template says, once resolved: what the template reader makes and the event plane runs.

Every name is the deployed name (what ``Ref`` gives), every ARN is complete, and nothing here refers to
CloudFormation any more: intrinsics, SAM shorthand and nested stacks are resolved before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

ACCOUNT_ID = "123456789012"
"""The account moto pretends to be; ARNs of the local cloud carry it."""


class Severity(StrEnum):
    """How much a finding matters: an error means that events would not arrive or would be lost."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the template gets wrong or that cannot run here: which resource, what, and the mend."""

    severity: Severity
    resource: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """One statement of a role, already resolved. Conditions are kept for display and not evaluated."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    has_condition: bool = False
    principals: tuple[str, ...] = ()
    """For resource policies (queue, bucket): the services or ARNs allowed; empty in role policies."""
    source_arns: tuple[str, ...] = ()
    """What an ``aws:SourceArn`` condition of a resource policy asks for; empty where there is none."""
    source_accounts: tuple[str, ...] = ()
    """What an ``aws:SourceAccount`` condition of a resource policy asks for; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue. Durations are whole seconds on AWS."""

    logical_id: str
    name: str
    arn: str
    url: str
    fifo: bool = False
    content_based_deduplication: bool = False
    visibility_timeout: timedelta = timedelta(seconds=30)
    delay: timedelta = timedelta(0)
    retention: timedelta = timedelta(days=4)
    maximum_message_size_bytes: int = 1_048_576
    dead_letter_arn: str | None = None
    max_receive_count: int | None = None
    policy: tuple[PolicyStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class BucketNotification:
    """One notification of a bucket: event patterns (``s3:ObjectCreated:*``), a key filter, a target ARN."""

    events: tuple[str, ...]
    target_arn: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket; ``eventbridge`` is true where it sends its events to the default bus."""

    logical_id: str
    name: str
    arn: str
    versioned: bool = False
    notifications: tuple[BucketNotification, ...] = ()
    eventbridge: bool = False
    policy: tuple[PolicyStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table: ``definition`` is what CreateTable takes (boto3 keyword arguments)."""

    logical_id: str
    name: str
    arn: str
    definition: Mapping[str, Any]
    stream_view: str | None = None
    stream_arn: str | None = None
    ttl_attribute: str | None = None


@dataclass(frozen=True, slots=True)
class EventSourceMapping:
    """What Lambda polls for a function: a queue or a table's stream."""

    logical_id: str
    source_arn: str
    function: str
    """Logical id of the function."""
    batch_size: int = 10
    batching_window: timedelta = timedelta(0)
    report_batch_item_failures: bool = False
    filters: tuple[Mapping[str, Any], ...] = ()
    """Parsed filter patterns; an event passes when any of them matches; none means all pass."""
    maximum_concurrency: int | None = None
    # streams only
    starting_position: str | None = None
    bisect_on_error: bool = False
    maximum_retry_attempts: int | None = None
    maximum_record_age: timedelta | None = None
    parallelization_factor: int = 1
    on_failure_arn: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """An EventBridge rule or scheduler schedule that fires by time."""

    logical_id: str
    name: str
    expression: str
    """``rate(1 minute)`` or ``cron(...)`` as written."""
    function: str
    input: str | None = None
    """Constant JSON text given to the function instead of the schedule's own event."""
    timezone: str = "UTC"
    enabled: bool = True
    scheduler: bool = False
    """True for AWS::Scheduler::Schedule, whose event has no ``detail-type``."""


@dataclass(frozen=True, slots=True)
class EventRule:
    """An EventBridge rule on the default bus with an event pattern."""

    logical_id: str
    name: str
    pattern: Mapping[str, Any]
    function: str | None
    queue_arn: str | None = None
    enabled: bool = True
    input: str | None = None
    """Constant JSON text given to the target instead of the event."""
    message_group_id: str | None = None
    """The message group the rule names for a FIFO queue."""


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function as deployed."""

    logical_id: str
    name: str
    arn: str
    runtime: str
    handler: str
    code_dir: Path
    """Source folder of the code (``CodeUri`` made absolute)."""
    layer_dirs: tuple[Path, ...]
    """Source folders of the layers, in order; a folder that holds ``python/`` adds that instead."""
    timeout: timedelta = timedelta(seconds=3)
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    role: str | None = None
    """Name of the role, a key of :attr:`Stack.roles`."""
    dead_letter_arn: str | None = None
    on_failure_arn: str | None = None
    maximum_retry_attempts: int = 2
    reserved_concurrency: int | None = None
    invoke_permissions: tuple[str, ...] = ()
    """Service principals that may invoke it (``s3.amazonaws.com``, ``events.amazonaws.com``)."""
    inline_code: str | None = None
    """The source text of a function whose code stands in the template (module ``index``)."""


@dataclass(frozen=True, slots=True)
class UnsupportedSource:
    """An event source that cannot run on this machine: an API, a topic, or a queue of a Node.js function."""

    logical_id: str
    """Of the resource that connects the two."""
    source: str
    """What sends the events, for people: ``API Gateway``, ``SNS topic local-News``."""
    function: str
    """Logical id of the function."""
    runtime: str = ""
    """Of the function; empty for a container image."""
    handler: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """A whole application: nested stacks are merged in, logical ids prefixed by their stack's path."""

    name: str
    region: str
    functions: Mapping[str, Function]
    queues: Mapping[str, Queue]
    buckets: Mapping[str, Bucket]
    tables: Mapping[str, Table]
    mappings: tuple[EventSourceMapping, ...]
    schedules: tuple[Schedule, ...]
    rules: tuple[EventRule, ...]
    roles: Mapping[str, tuple[PolicyStatement, ...]]
    outputs: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()
    unsupported: tuple[tuple[str, str], ...] = ()
    """(logical id, resource type) of what this machine cannot run."""
    unsupported_sources: tuple[UnsupportedSource, ...] = ()
