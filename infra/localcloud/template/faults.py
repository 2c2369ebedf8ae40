"""What would go wrong with a template on AWS, found before anything runs.

Each rule reports to the template of the resource it is about: what is wrong, and the mend. Errors lose events
or are refused by AWS; warnings cost dearly once something fails; notes are for the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from localcloud.policy import allows
from localcloud.stack import EventSourceMapping, Function, PolicyStatement, Queue, Severity, Stack, Table
from localcloud.template.dependencies import graph_of, report_circles, report_unknown_dependencies
from localcloud.template.handlers import fault_in_handler
from localcloud.template.patterns import (
    faults_in_event_pattern,
    faults_in_queue_filter,
    faults_in_stream_filter,
)
from localcloud.template.roles import statements
from localcloud.template.schedule_expressions import fault_in_schedule
from localcloud.template.scope import Resource, TemplateScope
from localcloud.template.senders import report_senders
from localcloud.template.values import as_list, as_mapping, as_text

MIN_RECEIVES = 5
"""The Lambda guide asks for at least 5, or throttling alone dead-letters messages."""
VISIBILITY_FACTOR = 6
"""The Lambda guide asks for a visibility timeout of six times the function's."""
MAX_QUEUE_BATCH, MAX_UNWINDOWED_BATCH, MAX_STREAM_BATCH = 10_000, 10, 10_000
MAX_WINDOW = timedelta(seconds=300)
MAX_DELAY = timedelta(seconds=900)

_POLL_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_POLL_STREAM = ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream")
_DELIVERY = {"sqs": ("sqs:SendMessage", ""), "s3": ("s3:PutObject", "/*"), "sns": ("sns:Publish", "")}
_WITHOUT_RESOURCES = (
    "xray:",
    "cloudwatch:PutMetricData",
    "ec2:Describe",
    "s3:ListAllMyBuckets",
    "dynamodb:ListTables",
    "sqs:ListQueues",
    "comprehend:",
    "polly:",
    "rekognition:",
    "textract:",
    "translate:",
)
"""Actions (or their beginnings) that know no resources, so that ``*`` is all one can write."""


def faults_of(stack: Stack, resources: Sequence[Resource], scopes: Iterable[TemplateScope]) -> None:
    """Report every fault of an application to the templates it stands in."""
    by_id = {resource.logical_id: resource for resource in resources}
    graph = graph_of(resources)
    report_unknown_dependencies(resources)
    report_circles(resources, graph)
    report_senders(stack, resources, graph)
    for function in stack.functions.values():
        _function(by_id[function.logical_id], function, stack)
    for queue in stack.queues.values():
        _queue(by_id[queue.logical_id], queue, stack)
    for mapping in stack.mappings:
        _mapping(by_id[mapping.logical_id], mapping, stack)
    for schedule in stack.schedules:
        fault = fault_in_schedule(schedule.expression, scheduler=schedule.scheduler)
        if fault:
            by_id[schedule.logical_id].report(Severity.ERROR, fault, "such as rate(5 minutes) or cron(0 6 * * ? *)")
    for rule in stack.rules:
        for fault in faults_in_event_pattern(rule.pattern):
            by_id[rule.logical_id].report(Severity.ERROR, f"event pattern: {fault}", "correct the pattern")
    for scope in scopes:
        _wildcards(scope)


def _function(resource: Resource, function: Function, stack: Stack) -> None:
    fault = fault_in_handler(function)
    if fault:
        resource.report(Severity.ERROR, *fault)
    if function.timeout > timedelta(minutes=15):
        resource.report(Severity.ERROR, "its timeout is over 900 s", "Lambda ends a function after 15 minutes")
    for arn, what in ((function.dead_letter_arn, "dead-letter queue"), (function.on_failure_arn, "on-failure target")):
        if arn:
            _delivery(resource, function, stack, arn, what)
    if not function.invoke_permissions and not _is_started(function, stack):
        remedy = "leave it out, or invoke it yourself"
        resource.report(Severity.NOTE, "nothing in the template starts this function", remedy)


def _is_started(function: Function, stack: Stack) -> bool:
    wired: set[str | None] = {mapping.function for mapping in stack.mappings}
    wired |= {schedule.function for schedule in stack.schedules} | {rule.function for rule in stack.rules}
    wired |= {source.function for source in stack.unsupported_sources}
    return function.logical_id in wired or any(
        allows(found, "lambda:InvokeFunction", function.arn) for found in stack.roles.values()
    )


def _delivery(resource: Resource, function: Function, stack: Stack, arn: str, what: str) -> None:
    """Lambda refuses a failure destination that the function's own role may not write to."""
    found = stack.roles.get(function.role or "")
    action, suffix = _DELIVERY.get([*arn.split(":"), "", ""][2], ("", ""))
    if found is not None and action and not allows(found, action, arn + suffix):
        message = f"the role of {function.logical_id} may not write to its {what} {arn}"
        resource.report(Severity.ERROR, message, f"allow {action} on it")


def _queue(resource: Resource, queue: Queue, stack: Stack) -> None:
    if queue.delay > MAX_DELAY:
        resource.report(Severity.ERROR, f"its delay is over {MAX_DELAY.seconds} s", "SQS refuses it")
    if queue.dead_letter_arn is None:
        return
    if queue.max_receive_count is None:
        message = "its RedrivePolicy lacks maxReceiveCount"
        resource.report(Severity.ERROR, message, f"add maxReceiveCount: {MIN_RECEIVES}")
    if queue.dead_letter_arn == queue.arn:
        resource.report(Severity.ERROR, "it is its own dead-letter queue", "name another queue")
        return
    dead = next((other for other in stack.queues.values() if other.arn == queue.dead_letter_arn), None)
    if dead is None:
        message = f"its dead-letter queue {queue.dead_letter_arn} is not in the template"
        resource.report(Severity.WARNING, message, "add it, or messages are lost here")
    elif dead.fifo != queue.fifo:
        kinds = ("standard", "FIFO")
        message = f"it is {kinds[queue.fifo]}, but its dead-letter queue {dead.logical_id} is {kinds[dead.fifo]}"
        resource.report(Severity.ERROR, message, "both must be of one kind")
    elif dead.retention < queue.retention:
        message = f"its dead-letter queue {dead.logical_id} keeps messages shorter than it does itself"
        remedy = "a message's age counts from its first sending: set MessageRetentionPeriod to 1209600 there"
        resource.report(Severity.WARNING, message, remedy)


def _mapping(resource: Resource, mapping: EventSourceMapping, stack: Stack) -> None:
    function = stack.functions.get(mapping.function)
    if function is None:
        return
    queue = next((one for one in stack.queues.values() if one.arn == mapping.source_arn), None)
    if queue is not None:
        _may_poll(resource, function, stack, _POLL_QUEUE, queue.arn)
        _queue_mapping(resource, mapping, queue, function, stack)
        return
    table = next(one for one in stack.tables.values() if mapping.source_arn.startswith(one.arn + "/"))
    _may_poll(resource, function, stack, _POLL_STREAM, mapping.source_arn)
    _stream_mapping(resource, mapping, table)
    if mapping.on_failure_arn:
        _delivery(resource, function, stack, mapping.on_failure_arn, "on-failure target")


def _may_poll(resource: Resource, function: Function, stack: Stack, actions: Sequence[str], source_arn: str) -> None:
    found = stack.roles.get(function.role or "")
    missing = [] if found is None else [action for action in actions if not allows(found, action, source_arn)]
    if missing:
        message = f"the role of {function.logical_id} may not read its source: it lacks {', '.join(missing)}"
        resource.report(Severity.ERROR, message, f"allow them on {source_arn}")


def _queue_mapping(
    resource: Resource, mapping: EventSourceMapping, queue: Queue, function: Function, stack: Stack
) -> None:
    visibility, timeout = queue.visibility_timeout, function.timeout
    seconds = int(VISIBILITY_FACTOR * timeout.total_seconds() + mapping.batching_window.total_seconds())
    if visibility < timeout:
        message = (
            f"the visibility timeout of {queue.logical_id} ({visibility.seconds} s) is below the timeout of"
            f" {function.logical_id} ({timeout.seconds} s): Lambda refuses the mapping"
        )
        resource.report(Severity.ERROR, message, f"set VisibilityTimeout: {seconds}")
    elif visibility < VISIBILITY_FACTOR * timeout:
        message = (
            f"the visibility timeout of {queue.logical_id} ({visibility.seconds} s) is below"
            f" {VISIBILITY_FACTOR} × the timeout of {function.logical_id} ({timeout.seconds} s)"
        )
        resource.report(Severity.WARNING, message, f"set VisibilityTimeout: {seconds}")
    _queue_batches(resource, mapping, queue)
    if queue.dead_letter_arn is None:
        message = (
            f"{queue.logical_id} has no dead-letter queue: a message that always fails comes back until it expires"
        )
        resource.report(Severity.WARNING, message, "add a RedrivePolicy")
    elif queue.max_receive_count is not None and queue.max_receive_count < MIN_RECEIVES:
        message = (
            f"{queue.logical_id} gives up after {queue.max_receive_count} receives, which throttling alone can use up"
        )
        resource.report(Severity.WARNING, message, f"set maxReceiveCount: {MIN_RECEIVES} or more")
    if mapping.on_failure_arn:
        message = "an SQS event source has no on-failure destination"
        resource.report(Severity.ERROR, message, "use the queue's RedrivePolicy")
    if mapping.batch_size > 1 and not mapping.report_batch_item_failures:
        message = "one bad message makes its whole batch come back"
        resource.report(
            Severity.NOTE, message, "FunctionResponseTypes: [ReportBatchItemFailures], and a handler for it"
        )
    rivals = [other for other in stack.mappings if other.source_arn == mapping.source_arn and other != mapping]
    if rivals and mapping.logical_id < min(other.logical_id for other in rivals):
        names = ", ".join(sorted({function.logical_id, *(other.function for other in rivals)}))
        message = f"{names} poll {queue.logical_id}: each message reaches only one of them"
        resource.report(Severity.WARNING, message, "give each its own queue")
    for pattern in mapping.filters:
        for fault in faults_in_queue_filter(pattern):
            resource.report(Severity.ERROR, f"filter: {fault}", "correct the pattern")


def _queue_batches(resource: Resource, mapping: EventSourceMapping, queue: Queue) -> None:
    size, window = mapping.batch_size, mapping.batching_window
    if queue.fifo and size > MAX_UNWINDOWED_BATCH:
        resource.report(Severity.ERROR, f"its batch size is {size}", "at most 10 for a FIFO queue")
    elif queue.fifo and window:
        resource.report(Severity.ERROR, "it has a batching window", "FIFO queues have none: take it out")
    elif size > MAX_UNWINDOWED_BATCH and not window:
        message = f"its batch size is {size} without a batching window"
        resource.report(Severity.ERROR, message, "set MaximumBatchingWindowInSeconds to 1 or more")
    if not 1 <= size <= MAX_QUEUE_BATCH:
        resource.report(Severity.ERROR, f"its batch size is {size}", f"between 1 and {MAX_QUEUE_BATCH}")
    if window > MAX_WINDOW:
        resource.report(Severity.ERROR, "its batching window is over 300 s", "set it to 300 or less")
    if mapping.maximum_concurrency is not None and not 2 <= mapping.maximum_concurrency <= 1000:
        resource.report(Severity.ERROR, f"its MaximumConcurrency is {mapping.maximum_concurrency}", "2 to 1000")


def _stream_mapping(resource: Resource, mapping: EventSourceMapping, table: Table) -> None:
    if table.stream_view is None:
        message = f"the table {table.logical_id} has no stream"
        resource.report(Severity.ERROR, message, "add StreamSpecification: StreamViewType to the table")
    if mapping.starting_position not in ("LATEST", "TRIM_HORIZON"):
        message = f"its starting position is {mapping.starting_position or 'missing'}"
        resource.report(Severity.ERROR, message, "set StartingPosition: LATEST or TRIM_HORIZON")
    if not 1 <= mapping.batch_size <= MAX_STREAM_BATCH:
        resource.report(Severity.ERROR, f"its batch size is {mapping.batch_size}", f"1 to {MAX_STREAM_BATCH}")
    if mapping.batching_window > MAX_WINDOW:
        resource.report(Severity.ERROR, "its batching window is over 300 s", "set it to 300 or less")
    if not 1 <= mapping.parallelization_factor <= 10:
        resource.report(Severity.ERROR, f"its ParallelizationFactor is {mapping.parallelization_factor}", "1 to 10")
    lacks = [
        name
        for name, given in (
            ("DestinationConfig OnFailure", mapping.on_failure_arn),
            ("BisectBatchOnFunctionError", mapping.bisect_on_error or mapping.report_batch_item_failures),
            ("MaximumRetryAttempts", mapping.maximum_retry_attempts is not None),
        )
        if not given
    ]
    if lacks:
        message = "one bad record blocks its shard for a day, or is lost"
        resource.report(Severity.WARNING, message, f"set {', '.join(lacks)}")
    for pattern in mapping.filters:
        for fault in faults_in_stream_filter(pattern, table.stream_view):
            resource.report(Severity.ERROR, f"filter: {fault}", "correct the pattern")


def _wildcards(scope: TemplateScope) -> None:
    """Warn of ``*`` in what the template itself writes; SAM's own policies are not its fault."""
    for logical_id, resource in scope.source["Resources"].items():
        for statement in _written_statements(as_mapping(resource)):
            if statement.effect != "Allow":
                continue
            wide = [action for action in statement.actions if action == "*" or action.endswith(":*")]
            if wide:
                message = f"a statement allows {', '.join(wide)}"
                scope.report(Severity.WARNING, logical_id, message, "name the actions that are used")
            elif "*" in statement.resources and not all(
                action.startswith(_WITHOUT_RESOURCES) for action in statement.actions
            ):
                message = f"a statement allows {', '.join(statement.actions)} on every resource"
                scope.report(Severity.WARNING, logical_id, message, "name the resources")


def _written_statements(resource: Mapping[str, Any]) -> Iterator[PolicyStatement]:
    properties = as_mapping(resource.get("Properties"))
    kind = as_text(resource.get("Type"))
    if kind.startswith("AWS::Serverless::"):
        for policy in as_list(properties.get("Policies")):
            yield from statements(policy)
    elif kind.startswith("AWS::IAM::"):
        yield from statements(properties.get("PolicyDocument"))
        for policy in as_list(properties.get("Policies")):
            yield from statements(as_mapping(policy).get("PolicyDocument"))
