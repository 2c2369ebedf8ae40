"""``rate(…)``, ``cron(…)`` and ``at(…)``: what is wrong with one, after the EventBridge guide."""

from __future__ import annotations

import re

_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
_CRON_FIELDS = (
    ("minutes", r"\d+", 0, 59),
    ("hours", r"\d+", 0, 23),
    ("day of month", r"\d+|L|\d+W|LW", 1, 31),
    ("month", rf"\d+|{_MONTHS}", 1, 12),
    ("day of week", rf"\d+|{_DAYS}|L|\d+L|(?:{_DAYS})L|(?:\d+|{_DAYS})#[1-5]", 1, 7),
    ("year", r"\d+", 1970, 2199),
)


def fault_in_schedule(expression: str, *, scheduler: bool = False) -> str | None:
    """Say what is wrong with a schedule expression; ``None`` where nothing is.

    ``scheduler`` tells EventBridge Scheduler, which knows ``at(…)``, from an EventBridge rule, which does not.
    """
    text = expression.strip()
    if text.startswith("rate("):
        return _fault_in_rate(text)
    if text.startswith("cron(") and text.endswith(")"):
        return _fault_in_cron(text[5:-1].split())
    if text.startswith("at(") and scheduler:
        return None if _AT.fullmatch(text) else "at(…) is a time such as at(2026-01-31T08:30:00)"
    return f"{expression!r} is not a schedule" + (" (rate, cron or at)" if scheduler else " (rate or cron)")


def _fault_in_rate(text: str) -> str | None:
    match = _RATE.fullmatch(text)
    if match is None:
        return f"{text!r}: a rate is rate(N minutes), hours or days"
    number, unit = int(match[1]), match[2]
    if number == 0:
        return f"{text!r}: a rate is at least 1"
    if (number == 1) == unit.endswith("s"):
        return f"{text!r}: write {unit.rstrip('s') if number == 1 else unit + 's'}"
    return None


def _fault_in_cron(fields: list[str]) -> str | None:
    if len(fields) != len(_CRON_FIELDS):
        return f"a cron has 6 fields (minutes hours day month weekday year), this one {len(fields)}"
    for written, (name, shape, lowest, highest) in zip(fields, _CRON_FIELDS, strict=True):
        for part in written.upper().split(","):
            if not _fits(part, shape, lowest, highest, question=name.startswith("day")):
                return f"{part!r} is no {name} of a cron"
    if [fields[2], fields[4]].count("?") != 1:
        return "a cron names the day of the month or the day of the week, and the other is ?"
    return None


def _fits(part: str, shape: str, lowest: int, highest: int, *, question: bool) -> bool:
    if part == "*" or (part == "?" and question):
        return True
    base, slash, step = part.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if slash and base == "*":
        return True
    ends = base.split("-")
    numbers = [int(end) for end in ends if end.isdigit()]
    return (
        len(ends) <= 2
        and all(re.fullmatch(shape, end) for end in ends)
        and all(lowest <= number <= highest for number in numbers)
    )
