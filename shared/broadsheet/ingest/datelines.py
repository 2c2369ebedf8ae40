"""The line that says when: which of the dates that readers see on a page is the article's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from broadsheet.ingest.page_lines import JOINT, Line, title_place
from broadsheet.ingest.written_dates import WrittenDate, find_dates

PUBLISHED_WORD = re.compile(
    r"publish|posted|veröffentlicht|erschienen|erstellt|\bdatum\b|\bdate\b|publié|publicad|pubblicat|发布|發佈|发表|發表"
    r"|時間|时间|日期|掲載|公開|配信|投稿"
    r"|입력|등록|opublikowan|dodan|gepubliceerd|geplaatst|publicerad|publisert|julkaistu|yayın|giriş|vydáno"
    r"|publikováno|опубликован|created|written on|\bon\b|\bam\b|\ble\b|vom",
    re.IGNORECASE,
)
MODIFIED_WORD = re.compile(
    r"update|modified|aktuali[sz]|geändert|\bstand\b|mis à jour|modifié|actualizad|atualizad|aggiornat|更新|修改|수정"
    r"|güncelle|bijgewerkt|gewijzigd|uppdaterad|oppdatert"
    r"|päivitetty|обновлено",
    re.IGNORECASE,
)
"""What stands before a date of publication, and of a change."""
_NOT_ITS_DATE = re.compile(
    r"©|copyright|\(c\)\s*\d|all rights|版权|备案|ICP|geboren|\bborn\b|abgerufen|retrieved|accessed|gültig|deadline"
    r"|bewerbungsfrist|\bbis\b|\buntil\b|注册|登录于"
    r"|antwort|\breply\b|\bsays\b|\bsagt\b|schrieb am|kommentar|zuletzt (?:online|aktiv)|joined|dabei seit",
    re.IGNORECASE,
)
_DATE_CLASS = re.compile(r"date|time|publi|posted|meta", re.IGNORECASE)
_NUMBER = re.compile(r"\d\d|年")
_LONG, _LONGEST = 80, 200
"""Characters from which a line is a sentence, and from which only a date at its beginning counts."""
_LABEL = 40
"""Characters before and after a date that tell what it is the date of."""
_MOST = 40
LIKELY, SURE = 0, 4
"""Points from which a line's date may be the article's, and from which it is believed before the address."""
FIRST_MODERN = datetime(1990, 1, 1, tzinfo=UTC)
"""No page was on the web before: an older date is one that the text tells of."""


@dataclass(frozen=True, slots=True)
class Dateline:
    """A line with a date, and how likely it is the article's."""

    points: int
    text: str
    date: WrittenDate


def read_datelines(
    lines: Sequence[Line], title: str, local: tzinfo | None, *, month_first: bool = False
) -> list[Dateline]:
    """Return the lines whose date may be that of the article titled ``title``, the likeliest first.

    A line is likelier near the title, with a time, after a word such as "published", in an element whose class says
    date, and if it is little more than a date; less so as a sentence. Copyright lines, replies and births are not
    looked at, nor is more than the first ``_MOST`` dates. ``local`` and ``month_first`` are those of ``find_dates``.
    """
    title_at = title_place([line.text for line in lines], title)
    found: list[Dateline] = []
    for index, line in enumerate(lines):
        if len(found) >= _MOST:
            break
        if _NUMBER.search(line.text):
            for date in find_dates(line.text.replace(JOINT, " "), local, month_first=month_first):
                if _may_be(line, date):
                    points = _worth(line, date) + _nearness(index, title_at)
                    found.append(Dateline(points, line.text, date))
                    break
    return sorted((dateline for dateline in found if dateline.points >= LIKELY), key=lambda item: -item.points)


def _may_be(line: Line, date: WrittenDate) -> bool:
    if date.instant < FIRST_MODERN or (len(line.text) > _LONGEST and date.start > _LABEL):
        return False
    return _NOT_ITS_DATE.search(line.text[max(0, date.start - _LABEL) : date.start]) is None


def _worth(line: Line, date: WrittenDate) -> int:
    """Return the points for what a line says, wherever it stands."""
    before = line.text[max(0, date.start - _LABEL) : date.start]
    points = 2 if date.has_time else 0
    if PUBLISHED_WORD.search(before):
        points += 3
    elif MODIFIED_WORD.search(before):
        points += 1
    share = (date.end - date.start) / len(line.text)
    if share > 0.5:
        points += 1
    elif points < 3:
        points -= 3 * (share < 0.3) + 3 * (len(line.text) > _LONG)
    if _NOT_ITS_DATE.search(line.text[date.end : date.end + _LABEL]):
        points -= 3
    if len(line.text) > _LONGEST:
        points -= 2
    return points + (2 if _DATE_CLASS.search(line.element.get("class") or "") else 0)


def _nearness(index: int, title_at: int | None) -> int:
    """Return points for standing near the title; where it is not found, near the page's beginning."""
    if title_at is None:
        return 1 if index < 25 else 0
    distance = index - title_at
    if 0 <= distance <= 8:
        return 5
    return 3 if -3 <= distance <= 20 else -1
