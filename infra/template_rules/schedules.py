"""Schedules: an expression that EventBridge understands, and something to wake."""

from __future__ import annotations

import re
from collections.abc import Iterator

from template_rules.application import Application, Resource, as_list
from template_rules.fault import Fault

_RATE = re.compile(r"rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9][0-9]+) (?:minutes|hours|days))\)")
_CRON = re.compile(r"cron\((?:\S+ ){5}\S+\)")


def fire(application: Application) -> Iterator[Fault]:
    """Each rule or schedule by time has a valid expression, is on, and wakes a function that lets it."""
    for rule in application.of_kind("AWS::Events::Rule"):
        if "ScheduleExpression" in rule.properties:
            targets = [target.get("Arn") for target in as_list(rule.properties.get("Targets"))]
            yield from _faults(application, rule, targets, needs_permission=True)
    for schedule in application.of_kind("AWS::Scheduler::Schedule"):
        target = schedule.properties.get("Target") or {}
        yield from _faults(application, schedule, [target.get("Arn")], needs_permission=False)


def is_expression(text: object) -> bool:
    """Tell whether EventBridge takes an expression: ``rate(1 minute)``, ``rate(5 minutes)``, ``cron(…6 fields…)``."""
    return isinstance(text, str) and bool(_RATE.fullmatch(text) or _CRON.fullmatch(text))


def _faults(
    application: Application, schedule: Resource, targets: list[object], *, needs_permission: bool
) -> Iterator[Fault]:
    expression = schedule.properties.get("ScheduleExpression")
    if not is_expression(expression):
        remedy = "write rate(1 minute), rate(5 minutes) or cron(minute hour day month weekday year)"
        yield Fault(schedule.place, f"{expression!r} is no schedule", remedy)
    if schedule.properties.get("State") == "DISABLED":
        yield Fault(schedule.place, "it is switched off", "enable it or remove it")
    functions = [application.follow(schedule.template, target) for target in targets]
    if not functions:
        yield Fault(schedule.place, "it wakes nothing", "give it a target")
    for function in functions:
        if function is None:
            yield Fault(schedule.place, "its target leads to no resource here", "give it by !GetAtt")
        elif needs_permission and function.kind == "AWS::Lambda::Function" and not _permitted(application, function):
            message = f"EventBridge may not invoke {function.logical_id}"
            yield Fault(schedule.place, message, "add an AWS::Lambda::Permission for events.amazonaws.com")


def _permitted(application: Application, function: Resource) -> bool:
    return any(
        permission.properties.get("Principal") == "events.amazonaws.com"
        and application.follow(permission.template, permission.properties.get("FunctionName")) == function
        for permission in application.of_kind("AWS::Lambda::Permission")
    )
