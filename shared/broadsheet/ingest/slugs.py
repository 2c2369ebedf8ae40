"""Slugs: how categories and articles are spelt in addresses, ``[a-z0-9-]`` and nothing else."""

from __future__ import annotations

import re
import unicodedata

from broadsheet.model.identity import digest

MAX_SLUG_LENGTH = 80
RESERVED = frozenset(("category", "assets", "posts"))
"""Names that the site's own addresses begin with."""
RESERVED_SUFFIX = "-1"

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af〇"
_HAN_RUN = re.compile(f"[{_HAN}]+")
_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ](?=\w)")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


def category_slug(name: str) -> str:
    """Return the slug of a category's display name, or "" where there is nothing to spell.

    A run of Chinese is one word of joined pinyin, read by phrase (``泉州晚报`` → ``quanzhouwanbao``, ``中国银行`` →
    ``zhongguoyinhang``); Latin words and numbers are words of their own; other scripts are transliterated.
    """
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name))
    words: list[str] = []
    end = 0
    for run in _HAN_RUN.finditer(folded):
        words += (_spell(folded[end : run.start()]), _pinyin(run[0]))
        end = run.end()
    words.append(_spell(folded[end:]))
    slug = _shorten("-".join(word for word in words if word))
    return slug + RESERVED_SUFFIX if slug in RESERVED else slug


def category_slug_or_hash(name: str) -> str:
    """Return :func:`category_slug`, or for a name with nothing to spell ``c-`` and a hash of the name."""
    return category_slug(name) or f"c-{digest(normalise_category(name), 8)}"


def normalise_category(name: str) -> str:
    """Return what two display names share if they name one category: case, width and spaces do not count."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", name)).casefold()
    return unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", folded).split()))


def title_slug(title: str, fallback: str) -> str:
    """Return the slug of a title: its Latin words and numbers, at most 80 characters, cut between words.

    Where fewer than half of the title's letters are Latin (``Q2业绩兑现`` would be ``q2``), it is ``fallback``, the
    entry's id at its source or the upload's file name, in ``[a-z0-9-]``; of an address, its last part. Never "".
    """
    folded = unicodedata.normalize("NFKC", title)
    letters = [character for character in folded if character.isalpha()]
    latin = sum(map(_is_latin, letters))
    if latin and 2 * latin >= len(letters):
        kept = "".join(
            character if character.isdecimal() or _is_latin(character) or character in "'’ʼ" else " "
            for character in folded
        )
        if slug := _shorten(_spell(kept)):
            return slug
    return _fallback_slug(fallback)


def _fallback_slug(fallback: str) -> str:
    name = fallback
    if "://" in fallback:
        path = re.split(r"[?#]", fallback.partition("://")[2], maxsplit=1)[0]
        last = path.rstrip("/").rpartition("/")[2]
        name = re.sub(r"\.[A-Za-z]{2,5}$", "", last)
    slug = _shorten(_NOT_IN_SLUG.sub("-", name.lower()).strip("-"))
    return slug or digest(fallback, 10)


def _is_latin(character: str) -> bool:
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN ")


def _spell(text: str) -> str:
    from slugify import slugify  # noqa: PLC0415 - its tables are large, and most runs need none

    plain = _APOSTROPHE.sub("", text)
    spelt: str = slugify(plain, entities=False, decimal=False, hexadecimal=False)
    return _NOT_IN_SLUG.sub("-", spelt).strip("-")


def _pinyin(run: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 116 ms to import, and only Chinese needs it

    return _NOT_IN_SLUG.sub("", "".join(lazy_pinyin(run, errors="ignore")).replace("ü", "v").lower())


def _shorten(slug: str) -> str:
    if len(slug) <= MAX_SLUG_LENGTH:
        return slug
    cut = slug[: MAX_SLUG_LENGTH + 1].rpartition("-")[0]
    return cut or slug[:MAX_SLUG_LENGTH]
