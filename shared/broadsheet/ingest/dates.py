"""Dates as news sources write them, read into instants. Whatever is no date is None; nothing here raises."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from zoneinfo import ZoneInfo

from broadsheet.ingest.written_dates import find_dates

FIRST_YEAR, LAST_YEAR = 1600, 2100
"""The first newspapers, and what no clock that is merely wrong reaches: beyond them a date is a fault."""
_MAX_LENGTH = 100

_ZONE = r"(?P<zone>Z|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|UTC|GMT|CST)"
_TIME = (
    r"(?P<half>上午|下午|晚上|中午|凌晨|早上)?\s*(?P<hour>\d{1,2})\s*(?:[:时點点]|(?<=\d\d)(?=\d\d))\s*(?P<minute>\d{2})分?"
    r"(?:\s*:?\s*(?P<second>\d{2})秒?(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<ampm>[AaPp]\.?[Mm]\.?)?"
)
_WEEKDAY = r"(?:\(?(?:星期|周|週)[一二三四五六日天]\)?)?"
_REST = rf"\s*{_WEEKDAY}(?:[Tt\s,]*{_TIME}\s*{_ZONE}?(?:\[[\w/+-]+\])?)?"

_NUMERIC = re.compile(
    rf"(?P<year>\d{{4}})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*[日号]?{_REST}"
)
_COMPACT = re.compile(rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}}){_REST}")
_NO_YEAR = re.compile(rf"(?P<month>\d{{1,2}})\s*[-/月]\s*(?P<day>\d{{1,2}})\s*[日号]?{_REST}")
_NAMED_DAY = re.compile(rf"(?P<word>今天|今日|昨天|昨日|前天){_REST}")
_AGO = re.compile(
    r"(?P<count>\d{1,4})\s*(?P<unit>秒钟?|分钟|小时|天|seconds?|minutes?|mins?|hours?|days?)\s*(?:之?前| ago)"
)
_MONTH_FIRST = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<name>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
    rf"(?:\s*(?:at|-|–|\|)\s*)?{_REST}"
)
_DAY_FIRST = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<name>[A-Za-z]{{3,9}})\.?,?\s+(?P<year>\d{{4}})"
    rf"(?:\s*(?:at|-|–|\|)\s*)?{_REST}"
)
_WEEKDAY_BEFORE = re.compile(r"(?:[^\W\d_]{2,14}\.?,?\s*)?")
_EPOCH_SECONDS = re.compile(r"\d{9,10}(?:\.\d{1,9})?")
_EPOCH_MILLISECONDS = re.compile(r"\d{13}")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS_BACK = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}
_SECONDS = {"秒": 1, "s": 1, "分": 60, "m": 60, "小": 3600, "h": 3600, "天": 86400, "d": 86400}
_AFTERNOON = ("下午", "晚上", "p")


def parse_date(text: str, zone: str, *, today: datetime | None = None) -> datetime | None:
    """Return the aware instant that ``text`` tells, or None where it tells none.

    Reads RFC 822, RFC 3339 and ISO 8601, ``2022-02-16 09:16:46 +0800``, ``2022年2月16日 09:16``, English month
    names, ``28. April 2023, 18:11 Uhr`` and its like in the languages of ``written_dates``, and seconds or milliseconds
    since 1970. A time without a zone is in ``zone`` (an IANA name); a day
    without a time is its midnight there. With ``today``, the aware time of the event, it also reads what is
    relative to it: ``今天 16:25``, ``昨天``, ``5分钟前``, ``02-16 09:16``. Years outside 1600 to 2100 are faults
    and give None, as does the null date 1970-01-01 00:00:00.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text[: _MAX_LENGTH + 1]).split())
    if not folded or len(folded) > _MAX_LENGTH:
        return None
    local = _zone(zone)
    try:
        instant = _epoch(folded) or _absolute(folded, local) or _relative(folded, local, today)
        instant = instant or _written(folded, local)
        if instant is None or not _plausible(instant):
            return None
    except (ValueError, OverflowError):  # the 31st of February; an hour of 25; an offset of 99 hours
        return None
    return instant


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
        return None


def _plausible(instant: datetime) -> bool:
    null = (instant.year, instant.month, instant.day, instant.hour, instant.minute, instant.second)
    return FIRST_YEAR <= instant.year <= LAST_YEAR and null != (1970, 1, 1, 0, 0, 0)


def _epoch(text: str) -> datetime | None:
    if _EPOCH_SECONDS.fullmatch(text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(text))
    if _EPOCH_MILLISECONDS.fullmatch(text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
    return None


def _absolute(text: str, local: tzinfo | None) -> datetime | None:
    for pattern in (_NUMERIC, _COMPACT):
        if found := pattern.fullmatch(text):
            day = date(int(found["year"]), int(found["month"]), int(found["day"]))
            return _at(day, found, local)
    for pattern in (_MONTH_FIRST, _DAY_FIRST):
        found = pattern.fullmatch(text)
        if found and found["name"][:3].lower() in _MONTHS:
            month = _MONTHS.index(found["name"][:3].lower()) + 1
            return _at(date(int(found["year"]), month, int(found["day"])), found, local)
    return _rfc822(text, local)


def _rfc822(text: str, local: tzinfo | None) -> datetime | None:
    try:
        parts = parsedate_tz(text)
    except (IndexError, TypeError):  # what the standard library's lenient reader trips over
        return None
    if parts is None:
        return None
    offset = parts[9]
    zone = local if offset is None and not text.endswith("-0000") else timezone(timedelta(seconds=offset or 0))
    return datetime(*parts[:6], tzinfo=zone) if zone is not None else None


def _written(text: str, local: tzinfo | None) -> datetime | None:
    """Return a date written in words, where the text is nothing else but the weekday before it."""
    found = next(find_dates(text, local), None)
    if found is None or found.end != len(text) or _WEEKDAY_BEFORE.fullmatch(text[: found.start]) is None:
        return None
    return found.instant


def _relative(text: str, local: tzinfo | None, today: datetime | None) -> datetime | None:
    if today is None or local is None:
        return None
    here = today.astimezone(local)
    if text in {"刚刚", "just now"}:
        return here
    if ago := _AGO.fullmatch(text):
        return here - timedelta(seconds=int(ago["count"]) * _SECONDS[ago["unit"][0]])
    if named := _NAMED_DAY.fullmatch(text):
        return _at(here.date() - timedelta(days=_DAYS_BACK[named["word"]]), named, local)
    if found := _NO_YEAR.fullmatch(text):
        month, day = int(found["month"]), int(found["day"])
        # A listing looks back: what would lie ahead by more than a day is last year's.
        for year in (here.year, here.year - 1):
            instant = _at(date(year, month, day), found, local)
            if instant is not None and instant <= here + timedelta(days=1):
                return instant
    return None


def _at(day: date, found: re.Match[str], local: tzinfo | None) -> datetime | None:
    zone = _offset(found["zone"]) if found["zone"] else local
    if zone is None:
        return None
    if found["hour"] is None:
        return datetime.combine(day, time(), zone)
    hour = int(found["hour"])
    half = found["half"] or (found["ampm"] or "").lower()[:1]
    if half.startswith(_AFTERNOON) and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    second = min(int(found["second"] or 0), 59)  # a leap second has no place in a datetime
    microsecond = int((found["fraction"] or "0").ljust(6, "0")[:6])
    if hour == 24 and found["minute"] == "00" and second == 0:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time(hour, int(found["minute"]), second, microsecond), zone)


def _offset(text: str) -> tzinfo:
    if text == "CST":
        return timezone(timedelta(hours=8))  # beside a numeric date it is China's: America writes month names
    digits = text.lstrip("UTCGMZ")
    if not digits:
        return UTC
    sign = -1 if digits[0] == "-" else 1
    plain = digits[1:].replace(":", "")
    hours, minutes = (plain[:-2], plain[-2:]) if len(plain) > 2 else (plain, "0")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
