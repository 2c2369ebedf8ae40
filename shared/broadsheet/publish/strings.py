"""What the site says by itself, in its readers' language: one JSON file per language in ``strings/``.

A key that a language lacks is said in English, so that a file may be partial. Another language is one more file,
named by its BCP 47 tag.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

FALLBACK = "en"
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Strings:
    """The words of one language. ``language`` is the tag of the file they come from."""

    language: str
    texts: Mapping[str, Any]

    def __call__(self, key: str, **values: str) -> str:
        """Return the text of ``key`` with ``values`` put in; raises KeyError for a key that English lacks."""
        text: str = self.texts[key]
        return text.format(**values) if values else text

    def back_to(self, name: str) -> str:
        """Return "back to ``name``"; what follows the name in the pattern is not said twice (…新闻, not …新闻新闻)."""
        before, _, after = self.texts["back_to"].partition("{name}")
        return f"{before}{name}" if after and name.endswith(after) else f"{before}{name}{after}"

    def day(self, day: date) -> str:
        """Return a day, or that of a time in its own zone, as readers write it."""
        return self("day", year=str(day.year), month=self._month(day), day=str(day.day))

    def day_of_year(self, day: date) -> str:
        """Return a day without its year, where the year is plain."""
        return self("day_of_year", month=self._month(day), day=str(day.day))

    def month(self, day: date) -> str:
        """Return the month that ``day`` lies in, with its year."""
        return self("month", year=str(day.year), month=self._month(day))

    def moment(self, instant: datetime) -> str:
        """Return day and minute of ``instant``, in its own zone, as readers write it."""
        return self("moment", day=self.day(instant), time=f"{instant:%H:%M}")

    def articles(self, count: int) -> str:
        """Return how many articles there are; a language whose plural has more forms needs more than this."""
        return self("one_article", count="1") if count == 1 else self("articles", count=str(count))

    def _month(self, day: date) -> str:
        months: list[str] = self.texts["months"]
        return months[day.month - 1]


@cache
def strings_for(language: str) -> Strings:
    """Return the words for a BCP 47 tag: its own file, else a relative's (``zh-HK`` → ``zh-CN``), else English."""
    tag = _file_for(language)
    english = _texts(FALLBACK)
    return Strings(tag, english if tag == FALLBACK else {**english, **_texts(tag)})


def languages() -> list[str]:
    """Return the tags of the languages there is a file for, sorted."""
    return sorted(entry.name.removesuffix(".json") for entry in _folder().iterdir() if entry.name.endswith(".json"))


def direction(language: str) -> str:
    """Return ``rtl`` or ``ltr``, as the script that the language is usually written in runs."""
    return "rtl" if _primary(language) in _RIGHT_TO_LEFT else "ltr"


def _file_for(language: str) -> str:
    wanted = language.lower().replace("_", "-")
    known = languages()
    exact = [tag for tag in known if tag.lower() == wanted]
    near = [tag for tag in known if _primary(tag) == _primary(wanted)]
    return (exact or near or [FALLBACK])[0]


def _primary(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


def _texts(tag: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_folder() / f"{tag}.json").read_text(encoding="utf-8"))
    return loaded


def _folder() -> Traversable:
    return files("broadsheet.publish").joinpath("strings")
