"""Functions: nothing of what AWS would choose is left to AWS."""

from __future__ import annotations

from collections.abc import Iterator

from template_rules.application import Application, as_list
from template_rules.fault import Fault


def bounded(application: Application) -> Iterator[Fault]:
    """Each function says its time-out and memory, and logs to a group that forgets in time."""
    for function in application.of_kind("AWS::Lambda::Function"):
        for name, default in (("Timeout", "3 s"), ("MemorySize", "128 MB")):
            if name not in function.properties:
                yield Fault(function.place, f"its {name} is left at {default}", f"set {name}")
        logging = function.properties.get("LoggingConfig") or {}
        group = application.follow(function.template, logging.get("LogGroup"))
        if group is None or group.kind != "AWS::Logs::LogGroup":
            message = "its logs go to a group that Lambda makes, which keeps them for ever"
            yield Fault(function.place, message, "set LoggingConfig.LogGroup to an AWS::Logs::LogGroup by !Ref")
    for group in application.of_kind("AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group.properties:
            yield Fault(group.place, "it keeps logs for ever", "set RetentionInDays")


def translated(application: Application) -> Iterator[Fault]:
    """SAM's translator takes every template whole, and every function is woken by something."""
    for template in application.templates:
        for refusal in template.refused:
            yield Fault(template.file.name, refusal, "mend it; the rest was read without it")
    woken = {
        application.follow(mapping.template, mapping.properties.get("FunctionName"))
        for kind in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission", "AWS::Lambda::Url")
        for mapping in application.of_kind(kind)
    } | {
        application.follow(rule.template, target.get("Arn"))
        for rule in application.of_kind("AWS::Events::Rule")
        for target in as_list(rule.properties.get("Targets"))
    }
    for function in application.of_kind("AWS::Lambda::Function"):
        if function not in woken:
            yield Fault(function.place, "nothing wakes it", "give it an event or remove it")
