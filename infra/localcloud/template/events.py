"""What starts functions: event source mappings, rules, schedules; and the sources that cannot run here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from localcloud.stack import (
    EventRule,
    EventSourceMapping,
    Function,
    Schedule,
    Severity,
    UnsupportedSource,
)
from localcloud.template.code import Functions
from localcloud.template.scope import Resource
from localcloud.template.values import as_bool, as_int, as_list, as_mapping, as_seconds, as_text, as_texts

_STREAM_DEFAULT_BATCH, _QUEUE_DEFAULT_BATCH = 100, 10
_SERVICES = {
    "apigateway.amazonaws.com": "API Gateway",
    "sns.amazonaws.com": "SNS",
    "cognito-idp.amazonaws.com": "Cognito",
    "iot.amazonaws.com": "IoT rule",
    "logs.amazonaws.com": "CloudWatch Logs",
    "elasticloadbalancing.amazonaws.com": "load balancer",
    "alexa-appkit.amazon.com": "Alexa skill",
    "alexa-connectedhome.amazon.com": "Alexa smart home",
    "lex.amazonaws.com": "Lex",
    "ses.amazonaws.com": "SES",
    "config.amazonaws.com": "Config rule",
    "secretsmanager.amazonaws.com": "Secrets Manager rotation",
    "appsync.amazonaws.com": "AppSync",
    "bedrock.amazonaws.com": "Bedrock",
}
_RUN_HERE = frozenset({"s3.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com", "sqs.amazonaws.com"})


@dataclass(slots=True)
class Events:
    """All event sources of an application."""

    mappings: list[EventSourceMapping] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    rules: list[EventRule] = field(default_factory=list)
    unsupported: list[tuple[str, str]] = field(default_factory=list)
    unsupported_sources: list[UnsupportedSource] = field(default_factory=list)


def events_of(resources: Sequence[Resource], functions: Functions, sources: frozenset[str]) -> Events:
    """Read every event source; ``sources`` are the ARNs of the queues and streams that run here.

    Faults are reported to the template of the resource.
    """
    events = Events()
    for resource in resources:
        reader = _READERS.get(resource.type)
        if reader is not None:
            reader(resource, functions, sources, events)
    for resource in resources:
        if resource.type == "AWS::SNS::Subscription":
            _subscription(resource, functions, events)
    _set_apart(events, functions)
    return events


def _set_apart(events: Events, functions: Functions) -> None:
    """Move what starts functions that cannot run here to the unsupported sources."""
    started: list[tuple[str, str, str | None]] = [
        *((one.logical_id, _describe(one.source_arn), one.function) for one in events.mappings),
        *((one.logical_id, one.expression, one.function) for one in events.schedules),
        *((one.logical_id, "EventBridge", one.function) for one in events.rules),
    ]
    for logical_id, source, function in started:
        if function is not None and function in functions.unsupported:
            events.unsupported_sources.append(_unsupported(logical_id, source, functions.by_id[function]))
    events.mappings = [one for one in events.mappings if one.function not in functions.unsupported]
    events.schedules = [one for one in events.schedules if one.function not in functions.unsupported]
    events.rules = [one for one in events.rules if one.function not in functions.unsupported]


def _unsupported(logical_id: str, source: str, function: Function) -> UnsupportedSource:
    return UnsupportedSource(logical_id, source, function.logical_id, function.runtime, function.handler)


def _mapping(resource: Resource, functions: Functions, sources: frozenset[str], events: Events) -> None:
    properties = resource.properties
    function = functions.find(properties.get("FunctionName"))
    if function is None:
        message = f"it is for {as_text(properties.get('FunctionName'))}, which the template does not have"
        resource.report(Severity.ERROR, message, "name a function of the template")
        return
    source = as_text(properties.get("EventSourceArn"))
    if source not in sources:
        events.unsupported.append((resource.logical_id, resource.type))
        described = _describe(source) if source else "self-managed Kafka or another source without an ARN"
        events.unsupported_sources.append(_unsupported(resource.logical_id, described, function))
        return
    is_queue = ":sqs:" in source
    scaling = as_mapping(properties.get("ScalingConfig"))
    destination = as_mapping(as_mapping(properties.get("DestinationConfig")).get("OnFailure"))
    age = as_int(properties.get("MaximumRecordAgeInSeconds"))
    retries = as_int(properties.get("MaximumRetryAttempts"))
    events.mappings.append(
        EventSourceMapping(
            logical_id=resource.logical_id,
            source_arn=source,
            function=function.logical_id,
            batch_size=as_int(properties.get("BatchSize"))
            or (_QUEUE_DEFAULT_BATCH if is_queue else _STREAM_DEFAULT_BATCH),
            batching_window=as_seconds(properties.get("MaximumBatchingWindowInSeconds"), 0),
            report_batch_item_failures="ReportBatchItemFailures" in as_texts(properties.get("FunctionResponseTypes")),
            filters=tuple(_filters(resource)),
            maximum_concurrency=as_int(scaling.get("MaximumConcurrency")),
            starting_position=as_text(properties.get("StartingPosition")) or None,
            bisect_on_error=as_bool(properties.get("BisectBatchOnFunctionError")),
            maximum_retry_attempts=None if retries in (None, -1) else retries,
            maximum_record_age=None if age in (None, -1) else timedelta(seconds=age or 0),
            parallelization_factor=as_int(properties.get("ParallelizationFactor")) or 1,
            on_failure_arn=as_text(destination.get("Destination")) or None,
            enabled=as_bool(properties.get("Enabled"), default=True),
        )
    )


def _filters(resource: Resource) -> Iterator[Mapping[str, Any]]:
    for entry in as_list(as_mapping(resource.properties.get("FilterCriteria")).get("Filters")):
        pattern = as_mapping(entry).get("Pattern")
        try:
            parsed = json.loads(pattern) if isinstance(pattern, str) else pattern
        except json.JSONDecodeError as error:
            message = f"a filter pattern is not JSON: {error.msg} at character {error.pos}"
            resource.report(Severity.ERROR, message, "Pattern is JSON text in quotes")
            continue
        if not isinstance(parsed, Mapping):
            resource.report(Severity.ERROR, "a filter pattern is no JSON object", "Pattern is JSON text in quotes")
            continue
        yield parsed


def _rule(resource: Resource, functions: Functions, _sources: frozenset[str], events: Events) -> None:
    properties = resource.properties
    bus = as_text(properties.get("EventBusName")) or "default"
    if bus.rpartition("/")[2] != "default":
        events.unsupported.append((resource.logical_id, f"{resource.type} on the bus {bus.rpartition('/')[2]}"))
        for target in map(as_mapping, as_list(properties.get("Targets"))):
            function = functions.find(target.get("Arn"))
            if function is not None:
                source = f"EventBridge bus {bus.rpartition('/')[2]}"
                events.unsupported_sources.append(_unsupported(resource.logical_id, source, function))
        return
    targets = [as_mapping(target) for target in as_list(properties.get("Targets"))]
    if not targets:
        resource.report(Severity.ERROR, "it has no target, so its events go nowhere", "add Targets")
    for target in targets:
        _target(resource, target, functions, events)


def _target(resource: Resource, target: Mapping[str, Any], functions: Functions, events: Events) -> None:
    properties = resource.properties
    arn = as_text(target.get("Arn"))
    function = functions.find(arn) if ":lambda:" in arn else None
    queue = arn if ":sqs:" in arn else None
    if function is None and queue is None:
        events.unsupported.append((resource.logical_id, f"{resource.type} → {_describe(arn)}"))
        return
    for key in ("InputPath", "InputTransformer"):
        if key in target:
            message = f"{key} is not applied here: the target gets the whole event"
            resource.report(Severity.WARNING, message, "use Input, or take the part in the handler")
    constant = as_text(target["Input"]) if "Input" in target else None
    enabled = as_text(properties.get("State")) != "DISABLED"
    expression = as_text(properties.get("ScheduleExpression"))
    if expression and function is None:
        events.unsupported.append((resource.logical_id, f"{resource.type}, a schedule → SQS queue"))
    elif expression and function is not None:
        events.schedules.append(
            Schedule(
                logical_id=resource.logical_id,
                name=resource.identity.name,
                expression=expression,
                function=function.logical_id,
                input=constant,
                enabled=enabled,
            )
        )
    pattern = properties.get("EventPattern")
    if isinstance(pattern, str):
        try:
            pattern = json.loads(pattern)
        except json.JSONDecodeError as error:
            resource.report(Severity.ERROR, f"its EventPattern is not JSON: {error.msg}", "write it as a mapping")
    if isinstance(pattern, Mapping):
        events.rules.append(
            EventRule(
                logical_id=resource.logical_id,
                name=resource.identity.name,
                pattern=pattern,
                function=function.logical_id if function else None,
                queue_arn=queue,
                enabled=enabled,
                input=constant,
                message_group_id=as_text(as_mapping(target.get("SqsParameters")).get("MessageGroupId")) or None,
            )
        )


def _schedule(resource: Resource, functions: Functions, _sources: frozenset[str], events: Events) -> None:
    properties = resource.properties
    target = as_mapping(properties.get("Target"))
    arn = as_text(target.get("Arn"))
    if not arn:
        resource.report(Severity.ERROR, "it has no target, so it starts nothing", "add Target")
        return
    function = functions.find(arn) if ":lambda:" in arn else None
    if function is None:
        events.unsupported.append((resource.logical_id, f"{resource.type} → {_describe(arn)}"))
        return
    events.schedules.append(
        Schedule(
            logical_id=resource.logical_id,
            name=resource.identity.name,
            expression=as_text(properties.get("ScheduleExpression")),
            function=function.logical_id,
            input=as_text(target["Input"]) if "Input" in target else None,
            timezone=as_text(properties.get("ScheduleExpressionTimezone")) or "UTC",
            enabled=as_text(properties.get("State")) != "DISABLED",
            scheduler=True,
        )
    )


def _permission(resource: Resource, functions: Functions, _sources: frozenset[str], events: Events) -> None:
    principal = as_text(resource.properties.get("Principal"))
    function = functions.find(resource.properties.get("FunctionName"))
    if function is None or principal in _RUN_HERE or not principal.endswith((".amazonaws.com", ".amazon.com")):
        return
    source = _SERVICES.get(principal, principal)
    if source == "SNS":
        source = _describe(as_text(resource.properties.get("SourceArn")))
    known = {(one.source, one.function) for one in events.unsupported_sources}
    if (source, function.logical_id) not in known:
        events.unsupported_sources.append(_unsupported(resource.logical_id, source, function))


def _url(resource: Resource, functions: Functions, _sources: frozenset[str], events: Events) -> None:
    function = functions.find(resource.properties.get("TargetFunctionArn"))
    if function is not None:
        events.unsupported_sources.append(_unsupported(resource.logical_id, "function URL", function))


def _subscription(resource: Resource, functions: Functions, events: Events) -> None:
    """A queue that a topic fills is polled here, but the topic does not fill it."""
    endpoint = as_text(resource.properties.get("Endpoint"))
    for mapping in events.mappings:
        if mapping.source_arn == endpoint:
            source = f"{_describe(as_text(resource.properties.get('TopicArn')))} → {_describe(endpoint)}"
            events.unsupported_sources.append(
                _unsupported(resource.logical_id, source, functions.by_id[mapping.function])
            )


def _bucket(resource: Resource, _functions: Functions, _sources: frozenset[str], events: Events) -> None:
    configuration = as_mapping(resource.properties.get("NotificationConfiguration"))
    for entry in map(as_mapping, as_list(configuration.get("TopicConfigurations"))):
        topic = _describe(as_text(entry.get("Topic")))
        events.unsupported.append((resource.logical_id, f"its notification {as_text(entry.get('Event'))} → {topic}"))


def _describe(arn: str) -> str:
    """Say what an ARN is, for people: ``kinesis stream/clicks``."""
    parts = arn.split(":", 5)
    return f"{parts[2]} {parts[5]}" if len(parts) == 6 else arn


_READERS: Mapping[str, Any] = {
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Events::Rule": _rule,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::Url": _url,
    "AWS::S3::Bucket": _bucket,
}
