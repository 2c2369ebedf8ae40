"""Permissions: what we write names each action and each resource, and stands in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from template_rules.application import Application, Resource, as_list
from template_rules.fault import Fault

_ROLE_KINDS = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_RESOURCE_KINDS = ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy")


def no_wildcards(application: Application) -> Iterator[Fault]:
    """No statement that allows has ``*`` in its actions or resources; all objects of one bucket are one resource.

    Managed policies that SAM attaches hold ``*``; they are AWS's, and not looked at. A statement that denies may be
    as wide as it likes.
    """
    for kind in (*_ROLE_KINDS, *_RESOURCE_KINDS):
        for resource in application.of_kind(kind):
            for statement in _statements(resource):
                if statement.get("Effect") == "Allow":
                    yield from _statement_faults(resource, statement)


def one_per_bucket(application: Application) -> Iterator[Fault]:
    """A bucket has one policy: S3 keeps one, and CloudFormation refuses the second, or takes both away with the first.

    The two may stand in different stacks, where neither cfn-lint nor a reader of one file sees them together.
    """
    first: dict[Resource, Resource] = {}
    for policy in application.of_kind("AWS::S3::BucketPolicy"):
        bucket = application.follow(policy.template, policy.properties.get("Bucket"))
        if bucket is not None and first.setdefault(bucket, policy) != policy:
            message = f"{bucket.logical_id} has a policy already, {first[bucket].place}"
            yield Fault(policy.place, message, "write all statements into one of them")


def _statements(resource: Resource) -> Iterator[Mapping[str, Any]]:
    documents = [resource.properties.get("PolicyDocument")]
    documents += [policy.get("PolicyDocument") for policy in as_list(resource.properties.get("Policies"))]
    for document in documents:
        yield from as_list((document or {}).get("Statement"))


def _statement_faults(resource: Resource, statement: Mapping[str, Any]) -> Iterator[Fault]:
    for inverse in ("NotAction", "NotResource", "NotPrincipal"):
        if inverse in statement:
            yield Fault(resource.place, f"{inverse} allows all that it does not name", "name what is allowed")
    for action in as_list(statement.get("Action")):
        if "*" in str(action):
            yield Fault(resource.place, f"it allows the action {action}", "name each action")
    for target in as_list(statement.get("Resource")):
        if "*" in _without_objects(target):
            yield Fault(resource.place, f"it allows on the resource {target}", "name it, by !GetAtt or !Sub")
    if "*" in str(statement.get("Principal", "")):
        yield Fault(resource.place, "anyone may use it", "name the service or account in Principal")


def _without_objects(target: object) -> str:
    """Write a resource as text, less the ``/*`` that stands for the objects of one bucket."""
    if isinstance(target, dict) and set(target) == {"Fn::Join"}:
        # SAM writes the objects of a bucket in this way: {"Fn::Join": ["/", [bucket, "*"]]}.
        separator, parts = target["Fn::Join"]
        if separator == "/" and len(parts) == 2 and parts[1] == "*":
            return str(parts[0])
    if isinstance(target, dict) and set(target) == {"Fn::Sub"} and isinstance(target["Fn::Sub"], str):
        target = target["Fn::Sub"]
    return str(target).removesuffix("/*")
