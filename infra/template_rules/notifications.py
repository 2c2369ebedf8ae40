"""A bucket that notifies: S3 sends a test message when the bucket is made, and must be allowed to by then."""

from __future__ import annotations

from collections.abc import Iterator

from template_rules.application import Application, Resource, as_list, names_in
from template_rules.fault import Fault

_TARGETS = (
    # list of configurations, key of the target in each, kind of policy, its property that names the target
    ("QueueConfigurations", "Queue", "AWS::SQS::QueuePolicy", "Queues"),
    ("TopicConfigurations", "Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ("LambdaConfigurations", "Function", "AWS::Lambda::Permission", "FunctionName"),
)


def allowed_before_made(application: Application) -> Iterator[Fault]:
    """The policy of each target stands in the bucket's DependsOn, and names the account, not the bucket's ARN.

    By reference the graph would be a cycle: bucket → policy → bucket. cfn-lint passes both broken forms.
    """
    for bucket in application.of_kind("AWS::S3::Bucket"):
        configuration = bucket.properties.get("NotificationConfiguration") or {}
        for listed, key, policy_kind, targets in _TARGETS:
            for notification in as_list(configuration.get(listed)):
                target = application.follow(bucket.template, notification.get(key))
                if target is None:
                    yield Fault(bucket.place, f"its {key} leads to no resource here", "give it by !GetAtt")
                    continue
                policies = [
                    policy
                    for policy in application.of_kind(policy_kind)
                    for item in as_list(policy.properties.get(targets))
                    if application.follow(policy.template, item) == target
                ]
                yield from _policy_faults(bucket, target, policies, policy_kind)


def _policy_faults(bucket: Resource, target: Resource, policies: list[Resource], kind: str) -> Iterator[Fault]:
    if not policies:
        yield Fault(bucket.place, f"no {kind} lets S3 reach {target.logical_id}", "write one")
    for policy in policies:
        if policy.template is not bucket.template or policy.logical_id not in bucket.depends_on:
            message = f"it may be made before {policy.logical_id}, and fails then"
            yield Fault(bucket.place, message, f"put both into one template and DependsOn: {policy.logical_id}")
        if bucket.logical_id in names_in(policy.properties):
            message = f"it refers to {bucket.logical_id}, which waits for it: a cycle"
            yield Fault(policy.place, message, "name the bucket in a !Sub of parameters, without !Ref or !GetAtt")
        if not _names_account(policy):
            remedy = "add Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}"
            yield Fault(policy.place, "any account's bucket may use it", remedy)


def _names_account(policy: Resource) -> bool:
    if policy.kind == "AWS::Lambda::Permission":
        return "SourceAccount" in policy.properties
    statements = as_list(policy.properties.get("PolicyDocument", {}).get("Statement"))
    return all(
        any("aws:sourceaccount" in map(str.lower, test) for test in (statement.get("Condition") or {}).values())
        for statement in statements
        if statement.get("Effect") == "Allow"
    )
