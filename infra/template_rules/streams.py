"""Streams: a record that cannot be handled must not hold up those behind it, nor be lost."""

from __future__ import annotations

from collections.abc import Iterator

from template_rules.application import Application, whole_number
from template_rules.fault import Fault
from template_rules.queues import consumers


def give_up_in_time(application: Application) -> Iterator[Fault]:
    """A stream's mapping halves a failing batch, stops trying at some time, and keeps what it gives up in S3.

    A queue as destination gets the record's position only, and the record is gone from the stream after a day; S3
    gets the record itself.
    """
    for consumer in consumers(application, "AWS::DynamoDB::Table"):
        mapping, properties = consumer.mapping, consumer.mapping.properties
        if properties.get("BisectBatchOnFunctionError") not in (True, "true"):
            message = "one bad record fails its whole batch again and again"
            yield Fault(mapping.place, message, "set BisectBatchOnFunctionError: true")
        for name, example in (("MaximumRetryAttempts", 10), ("MaximumRecordAgeInSeconds", 21_600)):
            if not whole_number(properties.get(name)):
                message = f"without {name} a bad record blocks its shard for a day"
                yield Fault(mapping.place, message, f"set it, for instance to {example}")
        failure = (properties.get("DestinationConfig") or {}).get("OnFailure") or {}
        destination = application.follow(mapping.template, failure.get("Destination"))
        if destination is None or destination.kind != "AWS::S3::Bucket":
            message = "what it gives up on is lost"
            yield Fault(mapping.place, message, "set DestinationConfig.OnFailure to a bucket's ARN")
        if "StreamSpecification" not in consumer.source.properties:
            yield Fault(consumer.source.place, "its stream is read and not switched on", "set StreamSpecification")
