from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.web.statuses import failure, retry_after


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599, 408, 425, 429, 202, 204, 304, 103])
def test_what_may_get_better_is_transient(status: int) -> None:
    failed = failure("http://example.org/", status, {})
    assert failed.transient
    assert failed.status == status
    assert f"http://example.org/ answered {status}" in failed.reason


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 418, 451, 499, 300, 302])
def test_what_will_not_get_better_is_permanent(status: int) -> None:
    assert not failure("http://example.org/", status, {}).transient


def test_gone_is_named() -> None:
    assert failure("http://example.org/a", 410, {}).reason == (
        "http://example.org/a answered 410 Gone: it is gone for good by its owner's word; take it out."
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("9" * 100_000, timedelta(days=30)),
        ("2592001", timedelta(days=30)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Friday, 31-Dec-99 23:59:59 GMT", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Fri Dec 31 23:59:59 1999", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Sat, 01 Jan 2000 08:59:59 +0900", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("², please", None),
        ("Fri, 99 Dec 1999 23:59:59 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, expected: timedelta | datetime | None) -> None:
    assert retry_after(value) == expected
    assert failure("http://example.org/", 503, {} if value is None else {"retry-after": value}).retry_after == expected
