"""Names of people out of the strings that carry them: without "By", titles, places of work, addresses."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from broadsheet.ingest.plain_text import comparable, one_line

MAX_NAMES = 12
_LONGEST = 60
_MOST_WORDS = 6

_BY = re.compile(
    r"^\W*(?:(?:posted|published|written|veröffentlicht|publiziert|erstellt|geschrieben|verfasst|eingestellt"
    r"|gepostet|publié|rédigé|publicado|escrito|pubblicato"
    r"|scritto|opublikowan[eoy]|zeige alle (?:beiträge|artikel)|alle (?:beiträge|artikel)|view all (?:posts"
    r"|articles)|(?:all )?posts)\b[^|]{0,60}?"
    r"\b(?:by|von|par|por|da|przez)\s+|(?:author|autor(?:in)?)\s+(?=[A-ZÄÖÜ])|(?:(?:written|posted|published"
    r"|reported|words|text|story|article|(?:ein\s+)?(?:artikel|kommentar|gastbeitrag"
    r"|beitrag|interview|bericht|analyse))\s+)?(?:by|von|par|por|di|door|av|af|przez|od|oleh|yazan)\b(?!\.)\s*:?\s+"
    r"|(?:authors?|autor(?:\W?in(?:nen)?)?(?:en)?|autora|auteurs?|autore|autori|autorzy|skribent|tekst|texte?"
    r"|text|författare|foto und text"
    r"|yazar|penulis|reporter|redaktion?|redakteur(?:in)?|verfasser(?:in)?|geschrieben von|words|by|von"
    r"|editors?)\s*[:：/]\s*)+",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:\b(?:published|posted|updated|veröffentlicht|aktualisiert|publié|publicado|erschienen|last updated|stand"
    r"|for\s+\w+\.com|special to)\b.*|\s[|•·–—]\s.*|\s/\s.*|<.*|\b(?:on|am|le|el|at|um|à|às"
    r"|kl)\.?\s+(?:\w+,?\s+)?\d.*|[-–]\s*\d.*|\s\d{1,2}[.:/].*"
    r"|\s(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?\s+\d.*)$",
    re.IGNORECASE | re.DOTALL,
)
_TITLE_WORD = re.compile(
    r"\b(?:chief|senior|junior|deputy|assistant|associate|managing|executive|political|foreign|national|special"
    r"|guest|editors?|reporters?|correspondents?|writers?|staff writer|columnist|contributor|journalist(?:in|e)?"
    r"|producer|bureau|desk"
    r"|redakteur(?:in)?|redaktor(?:in)?|korrespondent(?:in)?|volontär(?:in)?|reporterin|chefredakteur(?:in)?"
    r"|ressortleiter(?:in)?"
    r"|professor(?:in)?|director|manager|analyst|photographer|fotograf(?:in)?|author|autor(?:in)?|periodista"
    r"|redactor[a]?"
    r"|rédact(?:eur|rice)|dziennikarz|dziennikarka|redaktor(?:ka)?|muhabir|wartawan|freelance|ceo|founder"
    r"|geschäftsführer(?:in)?)\b",
    re.IGNORECASE,
)
_ROLE_TAIL = re.compile(
    r"\s+(?:[A-Z]\w+\s+)?(?:Staff(?: Writer| Reporter)?|Correspondent|Reporter|im Gespräch)\s*$|(?:\s+"
    r"|(?<=[\uac00-\ud7a3]))(?:기자|특파원|논설위원|인턴기자|객원기자|記者|记者|通讯员)\s*$|\s*=\s*.*$"
)
_ROLE_HEAD = re.compile(r"^(?:dr|prof|mag|dipl)\.?(?:-\w+)?\.?\s+(?=\w)", re.IGNORECASE)
_AND = re.compile(
    r"\s*(?:[;；、&•|｜]|(?<!\bJr),(?!\s*(?:Jr|Sr|MD|PhD)\b)|，|\s/\s)\s*|\s+(?:and|und|et|y|e|i|og|och|en|ve|dan"
    r"|with|mit|sowie|im gespräch mit)\s+(?=\w)"
)
_UNWANTED = re.compile(
    r"^(?:quelle|source|sources|fuente|foto|photo|bild|archiv|publiziert|posted|published)\b|https?:|www\.|@"
    r"|[<>{}\[\]=→]|\d{3,}|^\W*$|^\d",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"^(?:admin(?:istrator)?|editor|root|user|guest|webmaster|author|autor|staff|unknown|anonymous|n/?a|null|none"
    r"|undefined|redaktor"
    r"|edit|read more|view (?:all )?posts?|view all|more (?:posts|articles)|follow|share|contact|email|e-mail"
    r"|twitter|facebook|about"
    r"|mehr|weitere artikel|alle (?:artikel|beiträge)(?: von)?|profil|biographie|deutschland|germany|agenc(?:y"
    r"|ies)|agenturen?|agencias?|wires?(?: services)?|匿名|未知|admin\d*|本站|佚名)$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(（\[【][^()（）\[\]【】]*[)）\]】]\s*")


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in a byline, in its order, each once; () where it holds none.

    "By", "Von", "作者：" and their like go, as do titles ("staff writer", "기자"), addresses, what stands in brackets
    and what follows the names. Entities and percent signs of careless templates are resolved.
    """
    text = unicodedata.normalize("NFC", one_line(html.unescape(text)))[:400]
    names: dict[str, str] = {}
    for part in _AND.split(_CUT.sub("", _BY.sub("", text))):
        name = _name(part or "")
        if name:
            names.setdefault(comparable(name), name)
    return tuple(names.values())[:MAX_NAMES]


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in order, each once whatever its spelling; at most ``MAX_NAMES``."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(comparable(name), name)
    return tuple(found.values())[:MAX_NAMES]


def _name(part: str) -> str:
    name = _BRACKETS.sub(" ", _CUT.sub("", _BY.sub("", part))).strip(" \t.,:：-–—|/*·\u200b\"'„“”«»")
    if _is_title(name):
        return ""
    name = _ROLE_HEAD.sub("", _ROLE_TAIL.sub("", name)).strip()
    if not name or len(name) > _LONGEST or len(name.split()) > _MOST_WORDS:
        return ""
    if _UNWANTED.search(name) or _NO_NAME.match(name):
        return ""
    return name


def _is_title(name: str) -> bool:
    """Return whether this is what somebody is, not what he is called: "Senior Editor", "foreign correspondent"."""
    if not _TITLE_WORD.search(name):
        return False
    rest = [word for word in _TITLE_WORD.sub("", name).split() if word[:1].isupper()]
    return len(rest) < 2 or name[:1].islower()
