"""A template file → a :class:`~localcloud.stack.Stack`, nested stacks merged in and every fault named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from localcloud.stack import Finding, Severity, Stack
from localcloud.template.code import functions_of
from localcloud.template.events import events_of
from localcloud.template.faults import faults_of
from localcloud.template.naming import STREAM_SUFFIX
from localcloud.template.roles import role_statements
from localcloud.template.scope import TemplateScope
from localcloud.template.storage import TABLE_TYPES, buckets_of, queues_of, tables_of

_PASSIVE = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::Deployment",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::LayerVersionPermission",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Url",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::Events::Rule",
        "AWS::Scheduler::Schedule",
        "AWS::Scheduler::ScheduleGroup",
        *TABLE_TYPES,
    }
)
"""Read here, or with nothing to run of their own; any other type is named as one that cannot run."""
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_NO_PARAMETERS: Mapping[str, str] = {}


def read_stack(
    path: Path,
    *,
    parameters: Mapping[str, str] = _NO_PARAMETERS,
    stack_name: str = "local",
    region: str = "us-east-1",
    exports: Mapping[str, str] = _NO_PARAMETERS,
) -> Stack:
    """Read a SAM or CloudFormation template, and the nested ones it names.

    ``parameters`` are template parameters by name, ``exports`` what other stacks export for ``Fn::ImportValue``.
    Nothing is written, no call is made to AWS, no code of the application is imported. What the template gets
    wrong stands in the stack's ``findings``, errors first.
    Raises :class:`~localcloud.template.errors.TemplateError` where a file is no template, a parameter is unknown
    or forbidden, or templates or references run in a circle.
    """
    scope = TemplateScope(path, stack_name=stack_name, region=region, parameters=parameters, exports=exports)
    resources = list(scope.resources())
    functions = functions_of(resources)
    queues, buckets, tables = queues_of(resources), buckets_of(resources), tables_of(resources)
    sources = frozenset(queue.arn for queue in queues.values())
    streams = frozenset(table.arn + STREAM_SUFFIX for table in tables.values())
    events = events_of(resources, functions, sources | streams)
    outputs = scope.outputs()
    passive = [
        (resource.logical_id, resource.type)
        for resource in resources
        if resource.type not in _PASSIVE and not resource.type.startswith("AWS::IAM::")
    ]
    scopes = list(scope.scopes())
    stack = Stack(
        name=stack_name,
        region=region,
        functions=functions.runnable,
        queues=queues,
        buckets=buckets,
        tables=tables,
        mappings=tuple(events.mappings),
        schedules=tuple(events.schedules),
        rules=tuple(events.rules),
        roles=role_statements(resources),
        outputs=outputs,
        unsupported=(
            *functions.unsupported.items(),
            *(entry for one in scopes for entry in one.unsupported),
            *events.unsupported,
            *passive,
        ),
        unsupported_sources=tuple(events.unsupported_sources),
    )
    faults_of(stack, resources, scopes)
    found: dict[Finding, None] = {}
    for one in scopes:
        found |= one.findings
    findings = sorted(found, key=lambda finding: _ORDER.index(finding.severity))
    return replace(stack, findings=tuple(findings))
