"""Dates in running text, as people write them in some thirty languages, with the time beside them if there is one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MONTHS = """
1: january jan januar jänner janvier janv enero ene janeiro gennaio gen januari ianuarie styczeń stycznia sty
leden ledna január januára siječanj siječnja ocak oca tammikuuta tammikuu janúar gener января янв січня јануар
ianuarios ιανουαρίου janv. jaan jaanuar janvaris
2: february feb februar février févr fév febrero febr fevereiro fev febbraio febbr februari februarie luty
lutego lut únor února február februára veljača veljače şubat şub helmikuuta helmikuu febrúar febrer февраля фев
лютого фебруар φεβρουαρίου veebruar februaris
3: march mar märz mär mrz mars marzo março marco maart mrt martie marzec marca březen března március márc ožujak
ožujka mart maaliskuuta maaliskuu març марта мар березня март μαρτίου märts marts
4: april apr avril avr abril abr aprile kwiecień kwietnia kwi duben dubna április ápr apríl apríla travanj
travnja nisan nis huhtikuuta huhtikuu aprilie апреля апр квітня април απριλίου aprill aprilis
5: may mai maggio mag mayo maio mei maj maja květen května máj mája május svibanj svibnja mayıs toukokuuta
toukokuu maí maig мая травня мај май μαΐου
6: june jun juni juin junio junho giugno giu iunie czerwiec czerwca cze červen června jún júna június lipanj
lipnja haziran haz kesäkuuta kesäkuu júní juny июня июн червня јун юни ιουνίου juuni jūnijs
7: july jul juli juillet juil julio julho luglio lug iulie lipiec lipca lip červenec července júl júla július
srpanj srpnja temmuz tem heinäkuuta heinäkuu júlí juliol июля июл липня јул юли ιουλίου juuli jūlijs
8: august aug août agosto ago augustus augusti sierpień sierpnia sie srpen srpna augusta augusztus kolovoz
kolovoza ağustos ağu elokuuta elokuu ágúst agost августа авг серпня август αυγούστου augusts agustus
9: september sep sept septembre septiembre setiembre setembro set settembre septembrie wrzesień wrzesnia
września wrz září septembra szeptember szept rujan rujna eylül eyl syyskuuta syyskuu setembre сентября сен
вересня септембар септември σεπτεμβρίου septembris
10: october oct oktober okt octobre octubre outubro out ottobre ott octombrie październik października paź říjen
října október októbra ekim eki lokakuuta lokakuu октября окт жовтня октобар октомври οκτωβρίου oktoober oktobris
11: november nov novembre noviembre novembro noiembrie listopad listopadu listopada novembra studeni studenoga
studenog kasım kas marraskuuta marraskuu nóvember ноября ноя листопада новембар ноември νοεμβρίου novembris
12: december dec dezember dez décembre déc diciembre dic dezembro dicembre decembrie grudzień grudnia gru
prosinec prosince decembra prosinac prosinca aralık ara joulukuuta joulukuu desember des desembre декабря дек
грудня децембар декември δεκεμβρίου detsember decembris
"""
"""The names of the months, full, declined and short: of listopad the reading as November is taken, not Croatia's."""


def _plain(text: str) -> str:
    letters = (c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return "".join(letters).replace("ı", "i")


def _month_numbers(table: str) -> dict[str, int]:
    numbers: dict[str, int] = {}
    month = 0
    for word in table.split():
        if word.endswith(":"):
            month = int(word[:-1])
        else:
            numbers[_plain(word).strip(".")] = month
    return numbers


_MONTH_OF = _month_numbers(_MONTHS)

_NAME = r"(?P<name>[^\W\d_]{3,14})"
_CLOCK = (
    r"(?P<half>上午|下午|晚上|晚|中午|凌晨|早上|午前|午後|오전|오후)?\s*(?P<hour>\d{1,2})\s*(?:[:：]|[時时點点시]|h"
    r"|(?<=\d)[.](?=\d\d\s*(?:uhr|kl|clock|am|pm|a\.m|p\.m|$)))\s*"
    r"(?P<minute>\d{2})?\s*[分분]?(?:\s*[:：]?\s*(?P<second>\d{2})[秒초]?(?:[.,]\d{1,9})?)?(?!\d)\s*(?P<ampm>[ap]\.?\s?m\b\.?)?"
    r"\s*(?:uhr|klo|óra)?\s*(?P<zone>Z\b|(?:UTC|GMT)?[+-]\d{1,2}:?\d{2}\b|UTC\b|GMT\b|CES?T\b|MES?Z\b|BST\b"
    r"|E[SD]T\b|P[SD]T\b|C[SD]T\b|JST\b|KST\b|WIB\b)?"
)
_GLUE = (
    r"(?:[\s,|｜•·/–—-]{0,6}(?:\(?(?:星期|周|週|礼拜)[一二三四五六日天]\)?|\([月火水木金土日월화수목금토]\)"
    r"|at|um|à|a\s+las|às|kl\.?|o\s+godz\.?|godz\.?|v|ve?r?\.?|saat|pukul|alle|ore|om|klo|ob|u|la|:)?[\s｜,]{0,4})"
)
"""What may stand between a day and its time: a weekday, "at", "um", "à", "kl."."""
_WHEN = rf"(?:{_GLUE}{_CLOCK})?"
_YEAR = r"(?P<year>(?:19|20)\d{2})(?!\d)"
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|\.)?"
_OF = r"(?:de\s+|del\s+|d['’]|of\s+|-)?"
_SHAPES = tuple(
    re.compile(shape + _WHEN, re.IGNORECASE)
    for shape in (
        # 2026-07-12T10:00, 2026年7月12日, 2026년 7월 12일, 2026. 7. 12.
        (
            r"(?<![\d.,])(?P<year>(?:19|20)\d{2})\s*[-/.年년]\s*(?P<month>\d{1,2})\s*[-/.月월]\s*(?P<day>\d{1,2})"
            r"(?!\d)\s*[日号號일.]?(?:T(?=\d))?"
        ),
        # 12.07.2026, 12/07/2026
        rf"(?<![\d.,/])(?P<day>\d{{1,2}})(?P<mark>[./-])\s?(?P<month>\d{{1,2}})(?P=mark)\s?{_YEAR}(?!\.\d)",
        # 12.07.26
        r"(?<![\d.,/])(?P<day>\d{1,2})\.(?P<month>\d{2})\.(?P<year>\d{2})(?![\d.])",
        # 12. Juli 2026, 12 de julio de 2026, 12th of July 2026
        rf"(?<![\d.,/])(?P<day>\d{{1,2}}){_ORDINAL}\s*{_OF}{_NAME}\.?,?\s*{_OF}{_YEAR}",
        # July 12, 2026
        rf"\b{_NAME}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|\s+){_YEAR}",
    )
)
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "bst": 60, "cet": 60, "mez": 60, "cest": 120, "mesz": 120, "est": -300, "edt": -240,
    "pst": -480, "pdt": -420, "cdt": -300, "jst": 540, "kst": 540, "wib": 420,
}  # fmt: skip
"""Minutes east of UTC. ``CST`` is America's or China's, ``IST`` India's, Israel's or Ireland's: not to be guessed."""


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date found in text: its instant, whether a time was written and a zone, and where it stands in the text."""

    instant: datetime
    has_time: bool
    has_zone: bool
    start: int
    end: int


def find_dates(text: str, local: tzinfo | None, *, month_first: bool = False) -> Iterator[WrittenDate]:
    """Yield the dates in ``text`` in the order of their places; a time without a zone is in ``local``.

    Only dates with a day and a year count. ``05/04/2025`` is the 5th of April, or the 4th of May where ``month_first``;
    a number above 12 decides by itself. A day without a time is midnight in ``local``. Without ``local``, dates
    without a zone are passed over.
    """
    found: list[WrittenDate] = []
    for shape in _SHAPES:
        for match in shape.finditer(text):
            if all(match.end() <= other.start or match.start() >= other.end for other in found):
                date = _read(match, local, month_first)
                if date is not None:
                    found.append(date)
    yield from sorted(found, key=lambda date: date.start)


def _read(match: re.Match[str], local: tzinfo | None, month_first: bool) -> WrittenDate | None:
    parts = match.groupdict()
    year, day = int(parts["year"]), int(parts["day"])
    if year < 100:
        year += 2000 if year < 70 else 1900
    if parts.get("name"):
        month = _MONTH_OF.get(_plain(parts["name"]), 0)
    else:
        month = int(parts["month"])
        if (month > 12 >= day) or (month_first and parts.get("mark") == "/" and day <= 12):
            month, day = day, month
    written = _zone(parts["zone"]) if parts["zone"] else None
    zone = written or local
    if zone is None:
        return None
    clock = _clock(parts)
    try:
        instant = datetime(year, month, day, *(clock or (0, 0, 0)), tzinfo=zone)
    except ValueError:  # the 31st of February; no month's name
        return None
    return WrittenDate(
        instant, clock is not None, written is not None and clock is not None, match.start(), match.end()
    )


def _clock(parts: dict[str, str]) -> tuple[int, int, int] | None:
    if not parts["hour"]:
        return None
    hour, minute, second = int(parts["hour"]), int(parts["minute"] or 0), int(parts["second"] or 0)
    half = (parts["half"] or (parts["ampm"] or "")[:1]).lower()
    if half in {"下午", "晚上", "晚", "午後", "오후", "p"} and hour < 12:
        hour += 12
    elif half in {"a", "午前", "오전", "凌晨"} and hour == 12:
        hour = 0
    return (hour, minute, min(second, 59)) if hour < 24 and minute < 60 else None


def _zone(text: str) -> tzinfo | None:
    name = _plain(text)
    if name in _ZONES:
        return timezone(timedelta(minutes=_ZONES[name])) if _ZONES[name] else UTC
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})$", name)
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        return None
    return timezone((1 if found[1] == "+" else -1) * timedelta(hours=int(found[2]), minutes=int(found[3])))
