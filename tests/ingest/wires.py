"""Texts as they are reprinted: what other media make of an agency's report, made from a text and chance."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Text:
    """A report as its paragraphs; ``spaced`` where its script has spaces between words."""

    name: str
    paragraphs: tuple[str, ...]
    spaced: bool = True

    @property
    def html(self) -> str:
        return "".join(f"<p>{paragraph}</p>" for paragraph in self.paragraphs)

    def words(self, paragraph: str) -> list[str]:
        return paragraph.split() if self.spaced else list(paragraph)

    def joined(self, words: Sequence[str]) -> str:
        return (" " if self.spaced else "").join(words)


def gold_texts(folder: Path) -> list[Text]:
    """Return the texts of a corpus of pages whose articles are known, those of some length."""
    found = []
    for path in sorted(folder.glob("gold/*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        paragraphs = tuple(paragraph["text"] for paragraph in told["paragraphs"])
        if sum(map(len, paragraphs)) > 150:
            found.append(Text(path.stem, paragraphs, spaced=not told["language"].startswith(("zh", "ja"))))
    return found


Edit = Callable[[Text, Text, random.Random], Text]
"""Makes of a text, and of another that may be taken from, what is reprinted."""


def _of(text: Text, paragraphs: Sequence[str]) -> Text:
    return Text(text.name, tuple(paragraphs), text.spaced)


def other_lead(text: Text, other: Text, rng: random.Random) -> Text:
    return _of(text, (rng.choice(other.paragraphs), *text.paragraphs[1:]))


def agency_line(text: Text, _other: Text, _rng: random.Random) -> Text:
    before, after = (
        ("BERLIN (Agency) - ", "Reporting by A. Writer") if text.spaced else ("新华社北京1月5日电 ", "（记者 张三）")
    )
    return _of(text, (before + text.paragraphs[0], *text.paragraphs[1:], after))


def shuffled(text: Text, _other: Text, rng: random.Random) -> Text:
    return _of(text, rng.sample(text.paragraphs, len(text.paragraphs)))


def quote_added(text: Text, other: Text, rng: random.Random) -> Text:
    return _of(text, (*text.paragraphs[:2], rng.choice(other.paragraphs), *text.paragraphs[2:]))


def cut_to(share: float) -> Edit:
    def cut(text: Text, _other: Text, _rng: random.Random) -> Text:
        room, kept = int(share * sum(len(text.words(paragraph)) for paragraph in text.paragraphs)), []
        for paragraph in text.paragraphs:
            words = text.words(paragraph)[:room]
            room -= len(words)
            kept.append(text.joined(words))
        return _of(text, [paragraph for paragraph in kept if paragraph])

    return cut


def words_changed(share: float) -> Edit:
    def change(text: Text, _other: Text, rng: random.Random) -> Text:
        known = [word for paragraph in text.paragraphs for word in text.words(paragraph)]
        return _of(
            text,
            [
                text.joined([rng.choice(known) if rng.random() < share else word for word in text.words(paragraph)])
                for paragraph in text.paragraphs
            ],
        )

    return change


def rewritten(text: Text, other: Text, rng: random.Random) -> Text:
    """Cut to 60 %, with the agency's line, and every twentieth word another."""
    return agency_line(words_changed(0.05)(cut_to(0.6)(text, other, rng), other, rng), other, rng)


EDITS: dict[str, Edit] = {
    "agency line added": agency_line,
    "paragraphs shuffled": shuffled,
    "another lead": other_lead,
    "quote added": quote_added,
    "cut to 80 %": cut_to(0.8),
    "cut to 60 %": cut_to(0.6),
    "cut to 40 %": cut_to(0.4),
    "5 % of words changed": words_changed(0.05),
    "15 % of words changed": words_changed(0.15),
    "cut to 60 %, agency line, 5 % changed": rewritten,
}
