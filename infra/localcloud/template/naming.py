"""What a deployed resource is called: its physical name, what ``Ref`` gives, what ``Fn::GetAtt`` gives.

Names are deterministic: the name the template writes, else ``stack-LogicalId`` in the letters the service takes,
where CloudFormation would add a random ending.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.stack import ACCOUNT_ID
from localcloud.template.values import as_bool, as_text

NO_UUID = "00000000-0000-0000-0000-000000000000"
"""Stands where CloudFormation puts a random one."""
STREAM_SUFFIX = "/stream/2000-01-01T00:00:00.000"
"""Ends the ARN of a table's stream; AWS puts the time it was made."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one resource type is named: the property with its name, the shape of its ARN, what ``Ref`` gives."""

    name_property: str = ""
    arn: str = ""
    ref: str = "name"
    longest: int = 64


_REGIONAL = "arn:aws:{service}:{region}:{account}:{name}"
_KINDS: Mapping[str, _Kind] = {
    "AWS::SQS::Queue": _Kind("QueueName", "arn:aws:sqs:{region}:{account}:{name}", ref="url", longest=80),
    "AWS::S3::Bucket": _Kind("BucketName", "arn:aws:s3:::{name}", longest=63),
    "AWS::DynamoDB::Table": _Kind("TableName", "arn:aws:dynamodb:{region}:{account}:table/{name}", longest=255),
    "AWS::DynamoDB::GlobalTable": _Kind("TableName", "arn:aws:dynamodb:{region}:{account}:table/{name}", longest=255),
    "AWS::Lambda::Function": _Kind("FunctionName", "arn:aws:lambda:{region}:{account}:function:{name}"),
    "AWS::Lambda::Alias": _Kind("Name", "arn:aws:lambda:{region}:{account}:function:{owner}:{name}", ref="arn"),
    "AWS::Lambda::Version": _Kind("", "arn:aws:lambda:{region}:{account}:function:{owner}:1", ref="arn"),
    "AWS::Lambda::LayerVersion": _Kind(
        "LayerName", "arn:aws:lambda:{region}:{account}:layer:{name}:1", ref="arn", longest=140
    ),
    "AWS::Lambda::EventSourceMapping": _Kind("", "arn:aws:lambda:{region}:{account}:event-source-mapping:{name}"),
    "AWS::IAM::Role": _Kind("RoleName", "arn:aws:iam::{account}:role/{name}"),
    "AWS::IAM::ManagedPolicy": _Kind(
        "ManagedPolicyName", "arn:aws:iam::{account}:policy/{name}", ref="arn", longest=128
    ),
    "AWS::SNS::Topic": _Kind("TopicName", "arn:aws:sns:{region}:{account}:{name}", ref="arn", longest=256),
    "AWS::Events::Rule": _Kind("Name", "arn:aws:events:{region}:{account}:rule/{name}"),
    "AWS::Events::EventBus": _Kind("Name", "arn:aws:events:{region}:{account}:event-bus/{name}", longest=256),
    "AWS::Scheduler::Schedule": _Kind("Name", "arn:aws:scheduler:{region}:{account}:schedule/default/{name}"),
    "AWS::SSM::Parameter": _Kind("Name", "arn:aws:ssm:{region}:{account}:parameter/{name}", longest=1011),
    "AWS::SecretsManager::Secret": _Kind(
        "Name", "arn:aws:secretsmanager:{region}:{account}:secret:{name}-abcdef", ref="arn", longest=512
    ),
    "AWS::Kinesis::Stream": _Kind("Name", "arn:aws:kinesis:{region}:{account}:stream/{name}", longest=128),
    "AWS::KinesisFirehose::DeliveryStream": _Kind(
        "DeliveryStreamName", "arn:aws:firehose:{region}:{account}:deliverystream/{name}"
    ),
    "AWS::StepFunctions::StateMachine": _Kind(
        "StateMachineName", "arn:aws:states:{region}:{account}:stateMachine:{name}", ref="arn", longest=80
    ),
    "AWS::Logs::LogGroup": _Kind("LogGroupName", "arn:aws:logs:{region}:{account}:log-group:{name}:*", longest=512),
    "AWS::CloudFormation::Stack": _Kind(
        "",
        "arn:aws:cloudformation:{region}:{account}:stack/{name}/" + NO_UUID,
        ref="arn",
    ),
}
_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "AWS::SQS::Queue": {
        "Arn": "{arn}",
        "QueueName": "{name}",
        "QueueUrl": "{url}",
    },
    "AWS::S3::Bucket": {
        "Arn": "{arn}",
        "DomainName": "{name}.s3.amazonaws.com",
        "DualStackDomainName": "{name}.s3.dualstack.{region}.amazonaws.com",
        "RegionalDomainName": "{name}.s3.{region}.amazonaws.com",
        "WebsiteURL": "http://{name}.s3-website-{region}.amazonaws.com",
    },
    "AWS::DynamoDB::Table": {"Arn": "{arn}", "StreamArn": "{arn}" + STREAM_SUFFIX},
    "AWS::DynamoDB::GlobalTable": {
        "Arn": "{arn}",
        "StreamArn": "{arn}" + STREAM_SUFFIX,
        "TableId": "{name}",
    },
    "AWS::Lambda::Function": {
        "Arn": "{arn}",
        "SnapStartResponse.ApplyOn": "None",
        "SnapStartResponse.OptimizationStatus": "Off",
    },
    "AWS::Lambda::Version": {"FunctionArn": "{arn}", "Version": "1"},
    "AWS::Lambda::Alias": {"AliasArn": "{arn}"},
    "AWS::IAM::Role": {"Arn": "{arn}", "RoleId": "AROA{name}"},
    "AWS::SNS::Topic": {"Arn": "{arn}", "TopicArn": "{arn}", "TopicName": "{name}"},
}
_LOWER_CASE = frozenset({"AWS::S3::Bucket"})


@dataclass(frozen=True, slots=True)
class Identity:
    """The names of one resource as deployed."""

    type: str
    name: str
    arn: str
    url: str
    region: str

    def ref(self) -> str:
        """Answer what ``Ref`` gives for the resource."""
        kind = _KINDS.get(self.type, _Kind())
        return {"name": self.name, "arn": self.arn, "url": self.url}[kind.ref]

    def attribute(self, name: str) -> str | None:
        """Answer what ``Fn::GetAtt`` gives, ``None`` where the type is known to have no such attribute."""
        known = _ATTRIBUTES.get(self.type)
        if known is not None:
            shape = known.get(name)
            return shape and shape.format(name=self.name, arn=self.arn, url=self.url, region=self.region)
        if name.endswith("Arn"):
            return self.arn
        if name in ("Name", "Id", "Ref") or name.endswith(("Name", "Id")):
            return self.name
        return f"{self.name}.{name}"


def name_property(resource_type: str) -> str:
    """Name the property in which a template may write the physical name; empty where there is none."""
    return _KINDS.get(resource_type, _Kind()).name_property


def identify(
    resource_type: str,
    logical_id: str,
    *,
    written_name: str,
    properties: Mapping[str, Any],
    stack_name: str,
    region: str,
    owner: str = "",
) -> Identity:
    """Name a resource. ``written_name`` is what :func:`name_property` resolved to, empty where not written.

    Of ``properties`` (unresolved) only ``FifoQueue`` and ``FifoTopic`` are read. ``owner`` is the name of the
    function that an alias or a version belongs to.
    """
    kind = _KINDS.get(resource_type, _Kind())
    name = written_name or _default_name(resource_type, logical_id, properties, stack_name, kind.longest)
    shape = kind.arn or _REGIONAL
    service = resource_type.split("::")[1].lower() if resource_type.count("::") >= 1 else "custom"
    arn = shape.format(service=service, region=region, account=ACCOUNT_ID, name=name.lstrip("/"), owner=owner)
    url = f"https://sqs.{region}.amazonaws.com/{ACCOUNT_ID}/{name}"
    return Identity(resource_type, name, arn, url, region)


def _default_name(
    resource_type: str, logical_id: str, properties: Mapping[str, Any], stack_name: str, longest: int
) -> str:
    fifo = as_bool(properties.get("FifoQueue")) or as_bool(properties.get("FifoTopic"))
    ending = ".fifo" if fifo else ""
    name = f"{stack_name}-{logical_id}"
    if resource_type in _LOWER_CASE:
        name = name.lower()
    if len(name) + len(ending) > longest:
        digest = hashlib.sha256(as_text(name).encode()).hexdigest()[:8]
        name = f"{name[: longest - len(ending) - 9]}-{digest}"
    return name + ending
