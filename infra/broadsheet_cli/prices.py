"""What AWS asks for, and how long it takes to answer: the one table that estimates of cost are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

LAMBDA_VCPU_MB = 1769
"""Memory at which a function has one whole vCPU; below it has its share ("Configure Lambda function memory")."""
SQS_CHUNK_BYTES = 64 * 1024
"""Each begun chunk of a request's payload is billed as a request."""
READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars, without free tiers or discounts, each per single unit."""

    as_of: date
    region: str
    lambda_gb_second: float
    """On arm64; the time of a cold start is billed as any other."""
    lambda_request: float
    dynamodb_write_unit: float
    """On demand: 1 KB written, twice that in a transaction."""
    dynamodb_read_unit: float
    """On demand: 4 KB read with strong consistency. What Lambda reads of a table's stream costs nothing."""
    s3_put: float
    """PUT, COPY, POST and LIST; deleting costs nothing."""
    s3_get: float
    """GET, HEAD and all others."""
    sqs_request: float
    sqs_fifo_request: float
    logs_gb: float
    """Taken in by CloudWatch Logs."""


LIST_PRICES = Prices(
    as_of=date(2025, 7, 1),
    region="us-east-1",
    lambda_gb_second=0.0000133334,
    lambda_request=0.20e-6,
    dynamodb_write_unit=0.625e-6,
    dynamodb_read_unit=0.125e-6,
    s3_put=0.005e-3,
    s3_get=0.0004e-3,
    sqs_request=0.40e-6,
    sqs_fifo_request=0.50e-6,
    logs_gb=0.50,
)
"""Change all of it together with its date: https://aws.amazon.com/pricing/, region us-east-1."""


LATENCY_SECONDS: Mapping[str, float] = MappingProxyType(
    {
        "dynamodb:GetItem": 0.004,
        "dynamodb:BatchGetItem": 0.005,
        "dynamodb:Query": 0.005,
        "dynamodb:PutItem": 0.006,
        "dynamodb:UpdateItem": 0.006,
        "dynamodb:DeleteItem": 0.006,
        "dynamodb:TransactWriteItems": 0.020,
        "s3:GetObject": 0.020,
        "s3:HeadObject": 0.015,
        "s3:ListObjectsV2": 0.030,
        "s3:PutObject": 0.040,
        "s3:DeleteObject": 0.020,
        "sqs:SendMessage": 0.010,
        "sqs:SendMessageBatch": 0.010,
    }
)
"""What a function waits for the answer to a call inside its region: assumed, since nothing here was run on AWS."""
OTHER_LATENCY_SECONDS = 0.020
FETCH_SECONDS = 0.300
"""What a function waits for a publisher's answer, connection included: assumed."""
