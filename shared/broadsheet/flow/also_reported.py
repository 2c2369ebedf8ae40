"""Which articles tell the same: found by the bands of their texts, compared by their signatures.

What an article is found by is a record of its own, ``BANDS``, and the lines of its bands lead to it. The record alone
says what is so: a line that the record does not name, which a function left behind where it died, finds nobody.

Two articles are alike if they are of different sources, their texts resemble each other, and they share a band among
whose newest ``WINDOW`` both are. So it is the same from either side, and what is read for it is bounded, however many
have a band. Only with a text that more than ``WINDOW`` articles share does one that comes push another out.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from broadsheet.ingest.near_duplicates import ALIKE_FROM, bands_of, resemblance, signature_of
from broadsheet.model import keys
from broadsheet.model.article import Article, Likeness, Origin, Report
from broadsheet.model.records import band_items, likeness_from

from .ports import Table

WINDOW = 50
BESIDE = 10
"""Lines on either side of a full window's end whose articles are looked at again when one comes or goes: as many as
writers of pages run at a time."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is found around an article."""

    alike: tuple[Likeness, ...]
    """Newest first."""
    at_the_end: tuple[str, ...]
    """Ids of those around the ends of full windows."""


def likeness_of(article: Article, html: str) -> Likeness | None:
    """Return what a published article with the text ``html`` is compared by; None where its text is too short."""
    return likeness_by(article, signature_of(html))


def likeness_by(article: Article, signature: bytes) -> Likeness | None:
    """Return what a published article whose text has this ``signature`` is compared by; None where that is empty."""
    if not signature or article.chosen is None or article.address is None:
        return None
    chosen = article.chosen
    name = chosen.source_name or chosen.source_id
    report = Report(article.id, chosen.instant, chosen.title, article.address, name, chosen.language)
    return Likeness(report, _source_of(chosen), signature, bands_of(signature))


def _source_of(chosen: Origin) -> str:
    """Return whose report it is: who it names itself; else what it came through; else this site."""
    return unicodedata.normalize("NFKC", chosen.source_name or chosen.source_id or "").casefold()


def around(likeness: Likeness, table: Table) -> Around:
    """Return what is alike to an article; it need not be there, or no longer."""
    own = band_items(likeness)
    found: dict[keys.Key, str] = {}
    at_the_end: list[str] = []
    for key in own:
        lines = table.query(key.pk, newest_first=True, limit=WINDOW + BESIDE)
        if len(lines) >= WINDOW:
            at_the_end += [str(line["article"]) for line in lines[WINDOW - BESIDE :]]
            if key.sk < lines[WINDOW - 1]["sk"]:
                continue
        for line in lines[:WINDOW]:
            if line["source"] != likeness.source:
                found[keys.Key(line["pk"], line["sk"])] = str(line["article"])
    items = table.batch_get(keys.bands(article_id) for article_id in found.values())
    alike = [other for other in map(likeness_from, items.values()) if _are_alike(likeness, other, found)]
    alike.sort(key=lambda other: (other.report.instant, other.article_id), reverse=True)
    return Around(tuple(alike), tuple(dict.fromkeys(at_the_end)))


def _are_alike(likeness: Likeness, other: Likeness, found: dict[keys.Key, str]) -> bool:
    return (
        other.source != likeness.source
        and not found.keys().isdisjoint(band_items(other))
        and resemblance(likeness.signature, other.signature) >= ALIKE_FROM
    )
