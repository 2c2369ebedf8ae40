"""What AWS's managed policies allow: those that SAM attaches are written out, the rest looked up when asked for.

Source of the statements: the policies' documents as AWS publishes them (AWS Managed Policy Reference).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
_XRAY = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
]
_ON_EVERYTHING: Mapping[str, list[str]] = {
    "AWSLambdaBasicExecutionRole": _LOGS,
    "AWSLambdaSQSQueueExecutionRole": [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        *_LOGS,
    ],
    "AWSLambdaDynamoDBExecutionRole": [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        *_LOGS,
    ],
    "AWSLambdaKinesisExecutionRole": [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:ListStreams",
        "kinesis:SubscribeToShard",
        *_LOGS,
    ],
    "AWSLambdaVPCAccessExecutionRole": [
        *_LOGS,
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "AWSXRayDaemonWriteAccess": _XRAY,
    "AWSXrayWriteOnlyAccess": _XRAY,
    "AWSLambdaRole": ["lambda:InvokeFunction"],
}


def managed_policy(name_or_arn: str) -> Mapping[str, Any] | None:
    """Give the document of an AWS managed policy, by name or ARN; ``None`` where it is not known.

    The first name that is not one of those SAM attaches costs some 60 ms: moto's copy of all of them is read.
    """
    name = name_or_arn.rpartition("/")[2]
    if name in _ON_EVERYTHING:
        return {"Statement": [{"Effect": "Allow", "Action": _ON_EVERYTHING[name], "Resource": "*"}]}
    document: Mapping[str, Any] | None = _all_documents().get(name, {}).get("Document")
    return document


@cache
def _all_documents() -> Mapping[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415  # 5 MB of text

    documents: Mapping[str, Any] = json.loads(aws_managed_policies_data)
    return documents
