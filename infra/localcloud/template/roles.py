"""Policies in a template → statements: of roles, with all that is attached to them, and of queues and buckets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from localcloud.managed_policies import managed_policy
from localcloud.stack import PolicyStatement, Severity
from localcloud.template.scope import Resource
from localcloud.template.values import as_list, as_mapping, as_text, as_texts

_ATTACHABLE = ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy")
_SOURCE_ARN, _SOURCE_ACCOUNT = "aws:sourcearn", "aws:sourceaccount"


def role_statements(resources: Sequence[Resource]) -> dict[str, tuple[PolicyStatement, ...]]:
    """Collect what each role of the template may do: role name → statements.

    Inline policies, policies attached from either side, and AWS managed policies written out. A managed policy
    that is not known is reported and gives nothing.
    """
    own = {resource.identity.arn: resource for resource in resources if resource.type == "AWS::IAM::ManagedPolicy"}
    roles: dict[str, list[PolicyStatement]] = {}
    for resource in resources:
        if resource.type == "AWS::IAM::Role":
            roles[resource.identity.name] = list(_of_role(resource, own))
    for resource in resources:
        if resource.type in _ATTACHABLE:
            names = as_texts(resource.properties.get("Roles") or resource.properties.get("RoleName"))
            for name in names:
                if name in roles:
                    roles[name] += statements(resource.properties.get("PolicyDocument"))
    return {name: tuple(dict.fromkeys(found)) for name, found in roles.items()}


def statements(document: Any) -> tuple[PolicyStatement, ...]:
    """Read a resolved policy document; text that holds JSON is parsed, anything else that is none gives nothing."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except json.JSONDecodeError:
            return ()
    found = as_list(as_mapping(document).get("Statement"))
    return tuple(_statement(entry) for entry in found if isinstance(entry, Mapping))


def policies_by_target(resources: Iterable[Resource], kind: str, key: str) -> dict[str, tuple[PolicyStatement, ...]]:
    """Collect resource policies: what ``key`` of each ``kind`` names (a queue's URL, a bucket) → statements."""
    found: dict[str, tuple[PolicyStatement, ...]] = {}
    for resource in resources:
        if resource.type == kind:
            for target in as_texts(resource.properties.get(key)):
                found[target] = (*found.get(target, ()), *statements(resource.properties.get("PolicyDocument")))
    return found


def _of_role(role: Resource, own: Mapping[str, Resource]) -> Iterator[PolicyStatement]:
    for policy in as_list(role.properties.get("Policies")):
        yield from statements(as_mapping(policy).get("PolicyDocument"))
    for arn in as_texts(role.properties.get("ManagedPolicyArns")):
        if arn in own:
            yield from statements(own[arn].properties.get("PolicyDocument"))
            continue
        document = managed_policy(arn)
        if document is None:
            message = f"the managed policy {arn} is not known here, so it gives no permission"
            role.report(Severity.WARNING, message, "write its statements into the template")
        else:
            yield from statements(document)


def _statement(entry: Mapping[str, Any]) -> PolicyStatement:
    condition = as_mapping(entry.get("Condition"))
    return PolicyStatement(
        effect=as_text(entry.get("Effect")),
        actions=as_texts(entry.get("Action")),
        resources=as_texts(entry.get("Resource")),
        not_actions=as_texts(entry.get("NotAction")),
        not_resources=as_texts(entry.get("NotResource")),
        has_condition=bool(condition),
        principals=_principals(entry.get("Principal")),
        source_arns=_condition_values(condition, _SOURCE_ARN),
        source_accounts=_condition_values(condition, _SOURCE_ACCOUNT),
    )


def _principals(written: Any) -> tuple[str, ...]:
    if isinstance(written, Mapping):
        return tuple(name for names in written.values() for name in as_texts(names))
    return as_texts(written)


def _condition_values(condition: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(
        value
        for operator, comparisons in condition.items()
        if "Not" not in operator
        for name, values in as_mapping(comparisons).items()
        if name.lower() == key
        for value in as_texts(values)
    )
