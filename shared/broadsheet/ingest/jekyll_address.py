"""Where a Jekyll 4 site served a post: its permalink rules, as far as they concern posts.

The rules are Jekyll's documentation, "Permalinks", and where that is silent, what Jekyll 4.3 does: a test builds posts
with it and compares. Addresses are percent-decoded, as :func:`~broadsheet.ingest.redirects.redirect_path` has them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from broadsheet.ingest.dates import parse_date

_TOKEN = re.compile(r":([a-z_]+)")
_IN_PRETTY = frozenset("._~!$&'()+,;=@")
_UTC_BY_YAML = re.compile(r"-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?")
"""YAML 1.1 calls this a time and, without a zone, one in UTC; Jekyll inherits that."""


@dataclass(frozen=True, slots=True)
class PostFacts:
    """What an address is made of. ``day`` is local; ``slug`` as given or from the file's name; ``stem`` that name."""

    day: datetime
    slug: str
    stem: str
    path: str
    categories: Sequence[str] = ()


def jekyll_day(written: str, *, quoted: bool, zone: str) -> datetime | None:
    """Return the local time that Jekyll takes ``date: written`` for when it builds in ``zone``; None for no date."""
    at = parse_date(written, "UTC" if not quoted and _UTC_BY_YAML.fullmatch(written.strip()) else zone)
    return at.astimezone(ZoneInfo(zone)) if at else None


def address(template: str, facts: PostFacts) -> str | None:
    """Return the path that ``template`` (a pattern, or a post's own ``permalink``) gives; None for an unknown token."""
    values = _values(facts)
    unknown = False

    def fill(found: re.Match[str]) -> str:
        nonlocal unknown
        name = found[1]
        for key in (name, name.removesuffix("_")):
            if key in values:
                return values[key] + name[len(key) :]
        unknown = True
        return ""

    path = _TOKEN.sub(fill, unquote(template))
    if unknown:
        return None
    return re.sub("/+", "/", f"/{path}".replace("..", "/").replace("./", ""))


def _values(facts: PostFacts) -> dict[str, str]:
    day = facts.day
    iso_year, week, weekday = day.isocalendar()
    unique = dict.fromkeys
    return {
        "title": slugify(facts.slug, pretty=True),
        "slug": slugify(facts.slug).lower(),
        "name": slugify(facts.stem).lower(),
        "path": facts.path,
        "collection": "posts",
        "output_ext": ".html",
        "categories": "/".join(unique(name.lower() for name in facts.categories)),
        "slugified_categories": "/".join(unique(slugify(name).lower() for name in facts.categories)),
        "year": f"{day.year:04d}",
        "month": f"{day.month:02d}",
        "day": f"{day.day:02d}",
        "hour": f"{day.hour:02d}",
        "minute": f"{day.minute:02d}",
        "second": f"{day.second:02d}",
        "i_day": str(day.day),
        "i_month": str(day.month),
        "short_year": f"{day.year % 100:02d}",
        "short_month": _MONTHS[day.month - 1][:3],
        "long_month": _MONTHS[day.month - 1],
        "y_day": f"{day.timetuple().tm_yday:03d}",
        "w_year": f"{iso_year:04d}",
        "week": f"{week:02d}",
        "w_day": str(weekday),
        "short_day": _DAYS[weekday - 1][:3],
        "long_day": _DAYS[weekday - 1],
    }


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def slugify(text: str, *, pretty: bool = False) -> str:
    """Return ``text`` as Jekyll's ``slugify`` has it: runs of other than marks, letters and digits become one ``-``."""
    kept = []
    for character in text:
        if unicodedata.category(character)[0] in "LM" or character.isdecimal() or (pretty and character in _IN_PRETTY):
            kept.append(character)
        elif kept[-1:] != ["\0"]:
            kept.append("\0")  # a hyphen that stood there is replaced too
    return re.sub("^-|-$", "", "".join(kept).replace("\0", "-"))
