"""Usage times prices: what a run would cost on AWS, item by item, and how that was estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broadsheet_cli.prices import FETCH_SECONDS, LAMBDA_VCPU_MB, LATENCY_SECONDS, OTHER_LATENCY_SECONDS, Prices
from localcloud.stack import Function

from .usage import FunctionUsage, Usage

MB_PER_GB = 1024
BYTES_PER_GB = 1024**3
POLLING = ("DispatchDue", "PollSource")
"""The functions whose cost follows the number of sources and minutes, and not that of articles."""
_READS = ("s3:GetObject", "s3:HeadObject")
_WRITES = ("s3:PutObject", "s3:ListObjectsV2")

Dollars = dict[str, float]
"""By what is paid for, or by function."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run costs in dollars. All but ``polling`` leave out the functions of ``POLLING``."""

    by_item: Dollars
    by_function: Dollars
    polling: float = 0.0

    @property
    def total(self) -> float:
        """Polling and cold starts apart."""
        return sum(self.by_item.values())


def billed_seconds(used: FunctionUsage, memory_mb: int, fetches: int = 0) -> float:
    """Return the seconds a function would be billed for: its own time on its share of a vCPU, and its waiting.

    A vCPU is taken to be as fast as a core of this machine; what is waited for each call is assumed.
    """
    waiting = sum(count * LATENCY_SECONDS.get(call, OTHER_LATENCY_SECONDS) for call, count in used.calls.items())
    return used.own_seconds / _share(memory_mb) + waiting + fetches * FETCH_SECONDS


def dollars(used: FunctionUsage, memory_mb: int, fetches: int, prices: Prices) -> Dollars:
    """Return what one function's usage costs, by what is paid for; ``fetches`` are its requests to publishers.

    Storage, delivery to readers, idle polling of queues and alarms are no part of it: they do not follow the number of
    articles. Neither is tracing, which the template leaves switched off.
    """
    return {
        "Lambda, time": billed_seconds(used, memory_mb, fetches) * _gb(memory_mb) * prices.lambda_gb_second,
        "Lambda, requests": used.invocations * prices.lambda_request,
        "DynamoDB, writes": used.write_units * prices.dynamodb_write_unit,
        "DynamoDB, reads": used.read_units * prices.dynamodb_read_unit,
        "S3, writes": sum(used.calls[call] for call in _WRITES) * prices.s3_put,
        "S3, reads": sum(used.calls[call] for call in _READS) * prices.s3_get,
        "SQS": used.sqs_requests * prices.sqs_request + used.sqs_fifo_requests * prices.sqs_fifo_request,
        "logs": used.bytes_of_logs / BYTES_PER_GB * prices.logs_gb,
    }


def bill(usage: Usage, functions: Mapping[str, Function], fetches: Mapping[str, int], prices: Prices) -> Bill:
    """Return what ``usage`` costs, had every invocation been warm.

    ``functions`` are the stack's, and ``fetches`` (requests to publishers) are by logical id.
    """
    paid = {
        name: dollars(used, functions[name].memory_mb, fetches.get(name, 0), prices)
        for name, used in sorted(usage.functions.items())
    }
    told = {name: items for name, items in paid.items() if name not in POLLING}
    names = dict.fromkeys(item for items in told.values() for item in items)
    return Bill(
        by_item={item: sum(items[item] for items in told.values()) for item in names},
        by_function={name: sum(items.values()) for name, items in told.items()},
        polling=sum(sum(paid[name].values()) for name in POLLING if name in paid),
    )


def cold_start(function: Function, imports: Mapping[str, float], prices: Prices) -> float:
    """Return the dollars of one cold start, given the CPU seconds to import each entry point, by module."""
    seconds = imports[function.handler.partition(".")[0]] / _share(function.memory_mb)
    return seconds * _gb(function.memory_mb) * prices.lambda_gb_second


def _share(memory_mb: int) -> float:
    """Return the share of a vCPU that a function has."""
    return min(1.0, memory_mb / LAMBDA_VCPU_MB)


def _gb(memory_mb: int) -> float:
    return memory_mb / MB_PER_GB
