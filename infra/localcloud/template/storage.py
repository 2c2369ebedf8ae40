"""Queues, buckets and tables in a template → the stack's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from localcloud.stack import Bucket, BucketNotification, Queue, Severity, Table
from localcloud.template.roles import policies_by_target
from localcloud.template.scope import Resource
from localcloud.template.values import as_bool, as_int, as_list, as_mapping, as_seconds, as_text

TABLE_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_CREATE_TABLE = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
)
_INDEX_KEYS = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")
_ENOUGH = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}


def queues_of(resources: Sequence[Resource]) -> dict[str, Queue]:
    """Read every queue with its redrive and its policies (which name it by URL)."""
    policies = policies_by_target(resources, "AWS::SQS::QueuePolicy", "Queues")
    return {r.logical_id: _queue(r, policies) for r in resources if r.type == "AWS::SQS::Queue"}


def buckets_of(resources: Sequence[Resource]) -> dict[str, Bucket]:
    """Read every bucket with its notifications and its policies."""
    policies = policies_by_target(resources, "AWS::S3::BucketPolicy", "Bucket")
    return {r.logical_id: _bucket(r, policies) for r in resources if r.type == "AWS::S3::Bucket"}


def tables_of(resources: Sequence[Resource]) -> dict[str, Table]:
    """Read every table as ``CreateTable`` takes it."""
    return {r.logical_id: _table(r) for r in resources if r.type in TABLE_TYPES}


def _queue(resource: Resource, policies: Mapping[str, Any]) -> Queue:
    properties, identity = resource.properties, resource.identity
    redrive = properties.get("RedrivePolicy")
    if isinstance(redrive, str):
        try:
            redrive = json.loads(redrive)
        except json.JSONDecodeError:
            resource.report(Severity.ERROR, "its RedrivePolicy is not JSON", "write it as a mapping")
    fifo = as_bool(properties.get("FifoQueue"))
    if fifo != identity.name.endswith(".fifo"):
        message = f"it is {'FIFO' if fifo else 'not FIFO'}, but its name is {identity.name}"
        resource.report(Severity.ERROR, message, "FIFO queues, and only they, end in .fifo")
    receives = as_int(as_mapping(redrive).get("maxReceiveCount"))
    return Queue(
        logical_id=resource.logical_id,
        name=identity.name,
        arn=identity.arn,
        url=identity.url,
        fifo=fifo,
        content_based_deduplication=as_bool(properties.get("ContentBasedDeduplication")),
        visibility_timeout=as_seconds(properties.get("VisibilityTimeout"), 30),
        delay=as_seconds(properties.get("DelaySeconds"), 0),
        retention=as_seconds(properties.get("MessageRetentionPeriod"), int(timedelta(days=4).total_seconds())),
        maximum_message_size_bytes=as_int(properties.get("MaximumMessageSize")) or 1_048_576,
        dead_letter_arn=as_text(as_mapping(redrive).get("deadLetterTargetArn")) or None,
        max_receive_count=receives,
        policy=policies.get(identity.url, ()),
    )


def _bucket(resource: Resource, policies: Mapping[str, Any]) -> Bucket:
    properties, identity = resource.properties, resource.identity
    configuration = as_mapping(properties.get("NotificationConfiguration"))
    notifications: list[BucketNotification] = []
    for key, target_key in (("QueueConfigurations", "Queue"), ("LambdaConfigurations", "Function")):
        notifications += [_notification(as_mapping(entry), target_key) for entry in as_list(configuration.get(key))]
    bridge = configuration.get("EventBridgeConfiguration")
    return Bucket(
        logical_id=resource.logical_id,
        name=identity.name,
        arn=identity.arn,
        versioned=as_mapping(properties.get("VersioningConfiguration")).get("Status") == "Enabled",
        notifications=_merged(notifications),
        eventbridge=isinstance(bridge, Mapping) and as_bool(bridge.get("EventBridgeEnabled"), default=True),
        policy=policies.get(identity.name, ()),
    )


def _notification(entry: Mapping[str, Any], target_key: str) -> BucketNotification:
    rules = as_list(as_mapping(as_mapping(entry.get("Filter")).get("S3Key")).get("Rules"))
    names = {as_text(rule.get("Name")).lower(): as_text(rule.get("Value")) for rule in map(as_mapping, rules)}
    return BucketNotification(
        events=(as_text(entry.get("Event")),),
        target_arn=_unqualified(as_text(entry.get(target_key))),
        prefix=names.get("prefix", ""),
        suffix=names.get("suffix", ""),
    )


def _unqualified(arn: str) -> str:
    """Take alias or version off a function's ARN; any other stays as it is."""
    return ":".join(arn.split(":")[:7]) if ":function:" in arn else arn


def _merged(notifications: Sequence[BucketNotification]) -> tuple[BucketNotification, ...]:
    """Join those that differ in their event only: CloudFormation takes one event at a time."""
    events: dict[tuple[str, str, str], list[str]] = {}
    for one in notifications:
        events.setdefault((one.target_arn, one.prefix, one.suffix), []).extend(one.events)
    return tuple(
        BucketNotification(tuple(dict.fromkeys(names)), target, prefix, suffix)
        for (target, prefix, suffix), names in events.items()
    )


def _table(resource: Resource) -> Table:
    properties, identity = resource.properties, resource.identity
    definition: dict[str, Any] = {"TableName": identity.name}
    definition |= {key: properties[key] for key in _CREATE_TABLE if key in properties}
    on_demand = definition.get("BillingMode") == "PAY_PER_REQUEST" or resource.type == TABLE_TYPES[1]
    if on_demand:
        definition["BillingMode"] = "PAY_PER_REQUEST"
        definition.pop("ProvisionedThroughput", None)
    else:
        definition["ProvisionedThroughput"] = _throughput(definition.get("ProvisionedThroughput"))
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if kind in definition:
            definition[kind] = [
                _index(as_mapping(index), capacity=kind.startswith("Global") and not on_demand)
                for index in as_list(definition[kind])
            ]
    view = as_text(as_mapping(properties.get("StreamSpecification")).get("StreamViewType")) or None
    if view:
        definition["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    ttl = as_mapping(properties.get("TimeToLiveSpecification"))
    return Table(
        logical_id=resource.logical_id,
        name=identity.name,
        arn=identity.arn,
        definition=definition,
        stream_view=view,
        stream_arn=identity.attribute("StreamArn") if view else None,
        ttl_attribute=as_text(ttl.get("AttributeName")) if as_bool(ttl.get("Enabled")) else None,
    )


def _index(index: Mapping[str, Any], *, capacity: bool) -> dict[str, Any]:
    made = {key: index[key] for key in _INDEX_KEYS if key in index}
    if capacity:
        made["ProvisionedThroughput"] = _throughput(made.get("ProvisionedThroughput"))
    else:
        made.pop("ProvisionedThroughput", None)
    return made


def _throughput(written: Any) -> dict[str, int]:
    given = as_mapping(written)
    return {key: as_int(given.get(key)) or least for key, least in _ENOUGH.items()}
