import pytest

from localcloud.template.schedule_expressions import fault_in_schedule


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(12 hours)",
        "cron(0 10 * * ? *)",
        "cron(15 12 ? * MON-FRI 2026-2030)",
        "cron(0/15 8-17 1,15 JAN,JUL ? *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 15W * ? *)",
        "cron(0 9 ? * 2#1 *)",
        "cron(0 9 ? * FRIL *)",
    ],
)
def test_good_schedules(expression: str) -> None:
    assert fault_in_schedule(expression) is None


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("every 5 minutes", "not a schedule"),
        ("", "not a schedule"),
        ("rate(1 minutes)", "write minute"),
        ("rate(5 minute)", "write minutes"),
        ("rate(0 minutes)", "at least 1"),
        ("rate(30 seconds)", "a rate is rate(N minutes)"),
        ("cron(0 10 * * *)", "6 fields"),
        ("cron(0 10 * * * *)", "the other is ?"),
        ("cron(0 10 ? * ? *)", "the other is ?"),
        ("cron(60 10 * * ? *)", "'60' is no minutes"),
        ("cron(0 10 * 13 ? *)", "'13' is no month"),
        ("cron(0 10 ? * 0 *)", "'0' is no day of week"),
        ("cron(? 10 * * ? *)", "'?' is no minutes"),
        ("cron(0/0 10 * * ? *)", "'0/0' is no minutes"),
        ("at(2026-01-01T00:00:00)", "not a schedule"),
    ],
)
def test_bad_schedules(expression: str, fault: str) -> None:
    assert fault in (fault_in_schedule(expression) or "")


def test_only_the_scheduler_knows_at() -> None:
    assert fault_in_schedule("at(2026-01-01T00:00:00)", scheduler=True) is None
    assert fault_in_schedule("at(tomorrow)", scheduler=True) is not None
