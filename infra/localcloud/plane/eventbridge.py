"""EventBridge's default bus: PutEvents, the services' own events, and the rules that match them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from localcloud.plane.asynchronous import Asynchronous, constant_input
from localcloud.plane.errors import ApiError
from localcloud.plane.loop import EventLoop
from localcloud.plane.numbering import Numbering
from localcloud.plane.patterns import matches
from localcloud.plane.sqs import Sqs
from localcloud.policy import refusal, service_may
from localcloud.stack import ACCOUNT_ID, EventRule, Function

MAX_ENTRIES = 10
MAX_ENTRY_BYTES = 262_144
PRINCIPAL = "events.amazonaws.com"


class EventBus:
    """Matches events against rules and gives them to the rules' targets."""

    def __init__(
        self,
        rules: Iterable[EventRule],
        functions: Mapping[str, Function],
        sqs: Sqs,
        asynchronous: Asynchronous,
        loop: EventLoop,
        region: str,
        warn: Callable[[str], None],
    ) -> None:
        self._rules = [rule for rule in rules if rule.enabled]
        self._functions = functions
        self._sqs = sqs
        self._asynchronous = asynchronous
        self._loop = loop
        self._region = region
        self._warn = warn
        self.counter = Numbering()
        """Makes event ids; kept with the state."""

    def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answer an EventBridge operation: PutEvents."""
        if operation != "PutEvents":
            raise ApiError("UnsupportedOperation", f"the local cloud does not know events:{operation}, only PutEvents")
        entries = params["Entries"]
        if len(entries) > MAX_ENTRIES:
            raise ApiError(
                "ValidationException", f"1 validation error detected: {len(entries)} entries, at most {MAX_ENTRIES}"
            )
        results = [self._put(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def publish(self, source: str, detail_type: str, detail: Any, resources: list[str], time: datetime) -> str:
        """Give an event to every rule that matches; returns its id."""
        number = next(self.counter)
        event = {
            "version": "0",
            "id": f"e7e47000-0000-4000-8000-{number:012x}",
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT_ID,
            "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._region,
            "resources": resources,
            "detail": detail,
        }
        for rule in self._rules:
            if matches(rule.pattern, event):
                self._deliver(rule, event)
        return str(event["id"])

    def _put(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        if entry.get("EventBusName", "default").rpartition("/")[2] != "default":
            return {"ErrorCode": "ResourceNotFound", "ErrorMessage": "the local cloud has the default bus only"}
        try:
            detail = json.loads(entry.get("Detail", ""))
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        for name in ("Source", "DetailType"):
            if not entry.get(name):
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {name} is not valid."}
        if len(str(entry["Detail"]).encode()) > MAX_ENTRY_BYTES:
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": "Total size of the entry is too large."}
        time = entry.get("Time", self._loop.now)
        resources = list(entry.get("Resources", ()))
        return {"EventId": self.publish(entry["Source"], entry["DetailType"], detail, resources, time)}

    def _deliver(self, rule: EventRule, event: Any) -> None:
        if rule.input is not None:
            event = constant_input(rule.input)
        function = self._functions.get(rule.function or "")
        if function is not None:
            if function.invoke_permissions and PRINCIPAL not in function.invoke_permissions:
                self._warn(
                    f"rule {rule.logical_id}: event lost, because function {function.logical_id} does not let "
                    f"{PRINCIPAL} invoke it; add an AWS::Lambda::Permission"
                )
                return
            self._asynchronous.invoke(function, event)
        if rule.queue_arn is None:
            return
        store = self._sqs.store(rule.queue_arn)
        if store is None:
            self._warn(f"rule {rule.logical_id}: event lost, because there is no queue {rule.queue_arn}")
            return
        source = f"arn:aws:events:{self._region}:{ACCOUNT_ID}:rule/{rule.name}"
        policy = store.queue.policy
        if service_may(
            policy, PRINCIPAL, "sqs:SendMessage", rule.queue_arn, source_arn=source, source_account=ACCOUNT_ID
        ):
            body = json.dumps(event) if rule.input is None else rule.input
            self._sqs.deliver(rule.queue_arn, body, group=rule.message_group_id, sender=PRINCIPAL)
        else:
            why = refusal(policy, PRINCIPAL, source_arn=source, source_account=ACCOUNT_ID)
            self._warn(
                f"rule {rule.logical_id}: event lost, because queue {store.queue.name} refuses it: {why}; "
                "mend the AWS::SQS::QueuePolicy"
            )
