"""Takes S3's events to queues, functions and the event bus, if these let S3 in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.plane.asynchronous import Asynchronous
from localcloud.plane.eventbridge import EventBus
from localcloud.plane.loop import EventLoop
from localcloud.plane.s3events import ObjectEvent, S3Events
from localcloud.plane.sqs import Sqs
from localcloud.policy import refusal, service_may
from localcloud.stack import ACCOUNT_ID, BucketNotification, Function, Stack

PRINCIPAL = "s3.amazonaws.com"


class Notifications:
    """Observes S3 calls and delivers what buckets notify of."""

    def __init__(
        self,
        stack: Stack,
        events: S3Events,
        sqs: Sqs,
        asynchronous: Asynchronous,
        bus: EventBus,
        loop: EventLoop,
        warn: Callable[[str], None],
    ) -> None:
        self._region = stack.region
        self._functions: dict[str, Function] = {function.arn: function for function in stack.functions.values()}
        self._events = events
        self._sqs = sqs
        self._asynchronous = asynchronous
        self._bus = bus
        self._loop = loop
        self._warn = warn

    def observe(self, operation: str, params: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
        """Deliver the events of a successful S3 call."""
        for event in self._events.events(operation, params, reply, self._loop.now):
            for number, notification in enumerate(event.bucket.notifications):
                if event.matches(notification):
                    self._deliver(event, notification, f"notification-{number}")
            if event.bucket.eventbridge:
                detail = event.detail("local", ACCOUNT_ID)
                self._bus.publish("aws.s3", event.detail_type(), detail, [event.bucket.arn], event.time)

    def _deliver(self, event: ObjectEvent, notification: BucketNotification, configuration: str) -> None:
        message = {"Records": [event.record(self._region, configuration, "LOCAL0000000000")]}
        target = notification.target_arn
        function = self._functions.get(target)
        if function is not None:
            if PRINCIPAL in function.invoke_permissions:
                self._asynchronous.invoke(function, message)
            else:
                why = f"function {function.logical_id} does not let {PRINCIPAL} invoke it"
                self._lost(event, why, "AWS::Lambda::Permission")
            return
        store = self._sqs.store(target)
        if store is None:
            self._lost(event, f"there is no queue or function {target} here", "notification's target")
            return
        who = {"source_arn": event.bucket.arn, "source_account": ACCOUNT_ID}
        if service_may(store.queue.policy, PRINCIPAL, "sqs:SendMessage", target, **who):
            self._sqs.deliver(target, json.dumps(message), sender=PRINCIPAL)
        else:
            why = refusal(store.queue.policy, PRINCIPAL, **who)
            self._lost(event, f"queue {store.queue.name} refuses it: {why}", "AWS::SQS::QueuePolicy")

    def _lost(self, event: ObjectEvent, why: str, remedy: str) -> None:
        self._warn(
            f"bucket {event.bucket.logical_id}: {event.name} of {event.key} was lost, because {why}; mend the {remedy}"
        )
