"""Rules of our own for the template and the entry points: what cfn-lint passes and AWS, or a bad day, does not.

Each rule is a function that yields faults; its docstring is the rule. Add one here and it is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from template_rules import functions, notifications, policies, queues, schedules, sources, streams
from template_rules.application import Application
from template_rules.fault import Fault

TEMPLATE_RULES = (
    functions.translated,
    functions.bounded,
    queues.sources_are_known,
    queues.dead_letters,
    queues.visibility,
    queues.fifo,
    queues.partial_failures,
    streams.give_up_in_time,
    notifications.allowed_before_made,
    policies.no_wildcards,
    policies.one_per_bucket,
    schedules.fire,
)


def template_faults(application: Application) -> Iterator[Fault]:
    """Run every template rule over an application, each fault once."""
    found = (fault for rule in TEMPLATE_RULES for fault in rule(application))
    yield from dict.fromkeys(found)


def source_faults(entry_point_folder: Path, package: Path) -> Iterator[Fault]:
    """Run the rules on source: the folder of entry points, and the package they call."""
    yield from sources.short(entry_point_folder)
    yield from sources.environment_in_one_place(entry_point_folder, package)
    yield from sources.no_clock(entry_point_folder, package)
    yield from sources.keys_unquoted(entry_point_folder, package)


__all__ = ["TEMPLATE_RULES", "Application", "Fault", "source_faults", "template_faults"]
