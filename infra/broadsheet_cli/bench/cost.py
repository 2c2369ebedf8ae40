"""Usage times prices: what a run would cost on AWS, item by item, and how that was estimated."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet_cli.prices import FETCH_SECONDS, LAMBDA_VCPU_MB, LATENCY_SECONDS, OTHER_LATENCY_SECONDS, Prices

from .usage import FunctionUsage, Usage

MB_PER_GB = 1024
BYTES_PER_GB = 1024**3
_READS = ("s3:GetObject", "s3:HeadObject")
_WRITES = ("s3:PutObject", "s3:ListObjectsV2")


def billed_seconds(used: FunctionUsage, memory_mb: int, fetches: int = 0) -> float:
    """Return the seconds a function would be billed for: its own time on its share of a vCPU, and its waiting.

    A vCPU is taken to be as fast as a core of this machine; what is waited for each call is assumed.
    """
    share = min(1.0, memory_mb / LAMBDA_VCPU_MB)
    waiting = sum(count * LATENCY_SECONDS.get(call, OTHER_LATENCY_SECONDS) for call, count in used.calls.items())
    return used.own_seconds / share + waiting + fetches * FETCH_SECONDS


def dollars(usage: Usage, memory_mb: Mapping[str, int], fetches: Mapping[str, int], prices: Prices) -> dict[str, float]:
    """Return what ``usage`` costs, by what is paid for.

    ``memory_mb`` and ``fetches`` (requests to publishers) are by function. Storage, delivery to readers, idle polling
    of queues and alarms are no part of it: they do not follow the number of articles.
    """
    gb_seconds = sum(
        billed_seconds(used, memory_mb[name], fetches.get(name, 0)) * memory_mb[name] / MB_PER_GB
        for name, used in usage.functions.items()
    )
    invocations = sum(used.invocations for used in usage.functions.values())
    calls = usage.calls
    return {
        "Lambda, time": gb_seconds * prices.lambda_gb_second,
        "Lambda, requests": invocations * prices.lambda_request,
        "DynamoDB, writes": usage.write_units * prices.dynamodb_write_unit,
        "DynamoDB, reads": usage.read_units * prices.dynamodb_read_unit,
        "S3, writes": sum(calls[call] for call in _WRITES) * prices.s3_put,
        "S3, reads": sum(calls[call] for call in _READS) * prices.s3_get,
        "SQS": usage.sqs_requests * prices.sqs_request + usage.sqs_fifo_requests * prices.sqs_fifo_request,
        "logs": usage.bytes_of_logs / BYTES_PER_GB * prices.logs_gb,
    }
