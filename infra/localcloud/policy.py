"""Who may do what: IAM's matching rules, over the statements a template gives.

Conditions are never evaluated, because most of their keys (tags, source addresses, encryption headers) do not
exist on this machine: an ``Allow`` with a condition allows, a ``Deny`` with a condition does not deny. The
exception are the two keys that tell one sender of events from another, ``aws:SourceArn`` and
``aws:SourceAccount``: :func:`service_may` compares them.

Matching follows the IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from localcloud.stack import PolicyStatement

ARN_SEGMENTS = 6
"""``arn:partition:service:region:account:resource``."""


def allows(statements: Iterable[PolicyStatement], action: str, resource_arn: str) -> bool:
    """Tell whether a role with these statements may do ``action`` (``s3:GetObject``) on ``resource_arn``.

    An explicit ``Deny`` wins over any ``Allow``; without an ``Allow`` the answer is no. Actions match without
    regard to case, resources with it; ``*`` and ``?`` are wildcards. Conditions are not evaluated.
    """
    allowed = False
    for statement in statements:
        if not _covers(statement, action, resource_arn):
            continue
        if statement.effect == "Deny":
            if not statement.has_condition:
                return False
        else:
            allowed = True
    return allowed


def service_may(
    policy: Iterable[PolicyStatement],
    principal: str,
    action: str,
    resource_arn: str,
    *,
    source_arn: str,
    source_account: str,
) -> bool:
    """Tell whether a resource policy lets a service (``s3.amazonaws.com``) do ``action`` for ``source_arn``.

    ``source_account`` is the account that owns the source. ``aws:SourceArn`` and ``aws:SourceAccount``
    conditions are compared, every other condition counts as met.
    """
    named = [statement for statement in policy if _names(statement, principal)]
    fitting = [
        statement
        for statement in named
        if statement.effect == "Deny" or _comes_from(statement, source_arn, source_account)
    ]
    return allows(fitting, action, resource_arn)


def refusal(policy: Sequence[PolicyStatement], principal: str, *, source_arn: str, source_account: str) -> str:
    """Say in words why :func:`service_may` answers no: what the policy lacks or whom it names instead."""
    named = [statement for statement in policy if statement.effect == "Allow" and _names(statement, principal)]
    if not policy:
        return "it has no policy"
    if not named:
        return f"its policy does not name {principal}"
    for statement in named:
        if not _comes_from(statement, source_arn, source_account):
            other = ", ".join((*statement.source_arns, *statement.source_accounts))
            return f"its policy admits {principal} for {other} only, not for {source_arn}"
    return f"its policy does not give {principal} the action on this resource"


def matches(pattern: str, text: str) -> bool:
    """Match IAM's ``*`` and ``?`` against a whole string, case included."""
    return _glob(pattern, ignore_case=False).fullmatch(text) is not None


def _covers(statement: PolicyStatement, action: str, resource_arn: str) -> bool:
    if statement.not_actions:
        if any(_glob(pattern, ignore_case=True).fullmatch(action) for pattern in statement.not_actions):
            return False
    elif not any(_glob(pattern, ignore_case=True).fullmatch(action) for pattern in statement.actions):
        return False
    if statement.not_resources:
        return not any(_resource(pattern).fullmatch(resource_arn) for pattern in statement.not_resources)
    return any(_resource(pattern).fullmatch(resource_arn) for pattern in statement.resources)


def _names(statement: PolicyStatement, principal: str) -> bool:
    return any(name in ("*", principal) for name in statement.principals)


def _comes_from(statement: PolicyStatement, source_arn: str, source_account: str) -> bool:
    arn_fits = not statement.source_arns or any(
        _resource(pattern).fullmatch(source_arn) for pattern in statement.source_arns
    )
    account_fits = not statement.source_accounts or source_account in statement.source_accounts
    return arn_fits and account_fits


@lru_cache(maxsize=4096)
def _glob(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG))


@lru_cache(maxsize=4096)
def _resource(pattern: str) -> re.Pattern[str]:
    # IAM completes an ARN of fewer than six segments with wildcards.
    missing = ARN_SEGMENTS - len(pattern.split(":", ARN_SEGMENTS - 1))
    if pattern.startswith("arn:") and not pattern.endswith("*"):
        pattern += ":*" * missing
    return _glob(pattern, ignore_case=False)
