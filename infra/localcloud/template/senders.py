"""Whether those that send events may: buckets, rules and schedules against the policies of their targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localcloud.policy import allows, matches, refusal, service_may
from localcloud.stack import ACCOUNT_ID, Bucket, BucketNotification, Queue, Severity, Stack
from localcloud.template.code import function_name
from localcloud.template.dependencies import Graph, before
from localcloud.template.scope import Resource
from localcloud.template.values import as_list, as_mapping, as_text, as_texts

S3, EVENTS = "s3.amazonaws.com", "events.amazonaws.com"


def report_senders(stack: Stack, resources: Sequence[Resource], graph: Graph) -> None:
    """Report every event that its target would refuse, and buckets that would be refused when they are made."""
    by_id = {resource.logical_id: resource for resource in resources}
    for bucket in stack.buckets.values():
        for notification in bucket.notifications:
            _notification(stack, bucket, notification, resources, graph)
        _writes_to_its_own_source(by_id[bucket.logical_id], stack, bucket)
    for rule in stack.rules:
        queue = _queue(stack, rule.queue_arn)
        if queue is not None:
            _rule_to_queue(by_id[rule.logical_id], queue, rule.message_group_id)
        if rule.function is not None:
            _starts_function(by_id[rule.logical_id], stack, rule.function, resources)
        _unsent_bucket_events(by_id[rule.logical_id], stack, rule.pattern)
    for schedule in stack.schedules:
        resource = by_id[schedule.logical_id]
        if schedule.scheduler:
            _scheduler_role(resource, stack, schedule.function)
        else:
            _starts_function(resource, stack, schedule.function, resources)


def _queue(stack: Stack, arn: str | None) -> Queue | None:
    return next((queue for queue in stack.queues.values() if queue.arn == arn), None)


def _notification(
    stack: Stack, bucket: Bucket, notification: BucketNotification, resources: Sequence[Resource], graph: Graph
) -> None:
    by_id = {resource.logical_id: resource for resource in resources}
    resource, target = by_id[bucket.logical_id], notification.target_arn
    queue = _queue(stack, target)
    if queue is not None:
        if queue.fifo:
            message = f"it notifies {queue.logical_id}, and S3 does not send to FIFO queues"
            resource.report(Severity.ERROR, message, "notify a standard queue")
        if not service_may(
            queue.policy, S3, "sqs:SendMessage", target, source_arn=bucket.arn, source_account=ACCOUNT_ID
        ):
            reason = refusal(queue.policy, S3, source_arn=bucket.arn, source_account=ACCOUNT_ID)
            remedy = f"add an AWS::SQS::QueuePolicy that lets {S3} send (sqs:SendMessage) for this account"
            resource.report(Severity.ERROR, f"it notifies {queue.logical_id}, but {reason}", remedy)
        guards = [
            r
            for r in resources
            if r.type == "AWS::SQS::QueuePolicy" and queue.url in as_texts(r.properties.get("Queues"))
        ]
        _made_after(resource, guards, graph)
        return
    function = next((f for f in stack.functions.values() if function_name(target) == f.name), None)
    if function is None:
        if not any(r.type == "AWS::Lambda::Function" and function_name(target) == r.identity.name for r in resources):
            resource.report(Severity.WARNING, f"it notifies {target}, which is not in the template", "add the target")
        return
    permissions = [r for r in _permissions(resources, function.name, S3) if _is_for(r, bucket.arn)]
    if not permissions:
        remedy = f"add an AWS::Lambda::Permission with Principal {S3} and the bucket as SourceArn"
        resource.report(Severity.ERROR, f"it notifies {function.logical_id}, but may not invoke it", remedy)
    _made_after(resource, permissions, graph)


def _made_after(resource: Resource, guards: Sequence[Resource], graph: Graph) -> None:
    """S3 tries its targets when the bucket is made, so what allows them must be made first."""
    here = [guard for guard in guards if guard.scope is resource.scope]
    if not here or before(graph, resource.logical_id) & {guard.logical_id for guard in here}:
        return
    guard = here[0]
    remedy = f"add DependsOn: {guard.logical_id.removeprefix(guard.scope.path)}"
    if resource.logical_id in before(graph, guard.logical_id):
        remedy += f", and let it name the account (aws:SourceAccount) instead of {resource.logical_id}"
    message = f"S3 checks its target when the bucket is made, and {guard.logical_id} may be made later"
    resource.report(Severity.ERROR, message, remedy)


def _permissions(resources: Sequence[Resource], function: str, principal: str) -> Iterator[Resource]:
    for resource in resources:
        if (
            resource.type == "AWS::Lambda::Permission"
            and as_text(resource.properties.get("Principal")) in (principal, "*")
            and function_name(as_text(resource.properties.get("FunctionName"))) == function
        ):
            yield resource


def _is_for(permission: Resource, source_arn: str) -> bool:
    written = permission.properties.get("SourceArn")
    return written is None or matches(as_text(written), source_arn)


def _starts_function(resource: Resource, stack: Stack, function_id: str, resources: Sequence[Resource]) -> None:
    function = stack.functions.get(function_id)
    if function is None:
        return
    if not any(_is_for(r, resource.identity.arn) for r in _permissions(resources, function.name, EVENTS)):
        remedy = f"add an AWS::Lambda::Permission with Principal {EVENTS} and the rule's Arn as SourceArn"
        resource.report(Severity.ERROR, f"it starts {function_id}, but may not invoke it", remedy)


def _rule_to_queue(resource: Resource, queue: Queue, group: str | None) -> None:
    source = resource.identity.arn
    if not service_may(
        queue.policy, EVENTS, "sqs:SendMessage", queue.arn, source_arn=source, source_account=ACCOUNT_ID
    ):
        reason = refusal(queue.policy, EVENTS, source_arn=source, source_account=ACCOUNT_ID)
        remedy = f"add an AWS::SQS::QueuePolicy that lets {EVENTS} send (sqs:SendMessage)"
        resource.report(Severity.ERROR, f"it sends to {queue.logical_id}, but {reason}", remedy)
    if queue.fifo and group is None:
        message = f"it sends to the FIFO queue {queue.logical_id} without a message group"
        resource.report(Severity.ERROR, message, "add SqsParameters: MessageGroupId")


def _scheduler_role(resource: Resource, stack: Stack, function_id: str) -> None:
    target = as_mapping(resource.properties.get("Target"))
    statements = stack.roles.get(as_text(target.get("RoleArn")).rpartition("role/")[2])
    if statements is not None and not allows(statements, "lambda:InvokeFunction", as_text(target.get("Arn"))):
        message = f"its role may not invoke {function_id}"
        resource.report(Severity.ERROR, message, "allow lambda:InvokeFunction on the target's Arn")


def _unsent_bucket_events(resource: Resource, stack: Stack, pattern: Mapping[str, Any]) -> None:
    if "aws.s3" not in as_texts(pattern.get("source")):
        return
    names = as_list(as_mapping(as_mapping(pattern.get("detail")).get("bucket")).get("name"))
    for bucket in stack.buckets.values():
        if bucket.name in names and not bucket.eventbridge:
            message = f"it waits for events of {bucket.logical_id}, which does not send them to EventBridge"
            remedy = "set NotificationConfiguration: EventBridgeConfiguration: EventBridgeEnabled: true on the bucket"
            resource.report(Severity.ERROR, message, remedy)


def _writes_to_its_own_source(resource: Resource, stack: Stack, bucket: Bucket) -> None:
    targets = {notification.target_arn for notification in bucket.notifications}
    started = {mapping.function for mapping in stack.mappings if mapping.source_arn in targets}
    started |= {function.logical_id for function in stack.functions.values() if function.arn in targets}
    for name in sorted(started & set(stack.functions)):
        found = stack.roles.get(stack.functions[name].role or "", ())
        if allows(found, "s3:PutObject", f"{bucket.arn}/*"):
            message = f"{name} is started by it and may write to it, so it can start itself without end"
            resource.report(Severity.WARNING, message, "write to another bucket, or allow only another prefix")
