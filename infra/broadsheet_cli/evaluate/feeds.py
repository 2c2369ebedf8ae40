"""Feeds scored: how much of what a feed parser's tests expect do we read, and what gets past the allow-list.

The cases under ``wellformed/`` are scored by what they speak of; what an article has no place for (clouds, licences,
coordinates) is counted as not ours. Those under ``wellformed/sanitize/`` are scored apart: by what is left that our
allow-list does not have, and by the text that is left. Those under ``illformed/`` need only be read or refused.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from broadsheet.ingest.sanitize import ATTRIBUTES, SCHEMES, TAGS, sanitize

from .feed_cases import Case, read_cases
from .feed_reading import Reading, aspect, holds, parsed_html, read_case, shown_text
from .floors import Broken, broken, read_floors

FLOORS = Path(__file__).with_name("feed_floors.toml")
CORPUS = "feeds"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


@dataclass(slots=True)
class Score:
    """What became of the cases."""

    cases: int = 0
    met: Counter[str] = field(default_factory=Counter)
    """By aspect: how many claims hold."""
    asked: Counter[str] = field(default_factory=Counter)
    not_ours: Counter[str] = field(default_factory=Counter)
    """By key: claims about what an article has no place for."""
    missed: list[str] = field(default_factory=list)
    """``case: claim`` of each that does not hold."""

    def count(self, aspect: str, held: bool, what: str) -> None:
        """Count one claim, or one case, of an aspect."""
        self.asked[aspect] += 1
        self.met[aspect] += held
        if not held:
            self.missed.append(f"{aspect}: {what}")

    @property
    def figures(self) -> dict[str, float]:
        """Shares of the claims that hold, by aspect: ``feed_title``."""
        return {aspect.replace(" ", "_"): self.met[aspect] / asked for aspect, asked in self.asked.items()}


def score_feeds(folder: Path) -> Score:
    """Return the score of the cases below ``folder``; whatever a case raises but ArticleRejected is raised."""
    score = Score()
    for case in read_cases(folder):
        score.cases += 1
        reading = read_case(case)
        if case.name.startswith("illformed/"):
            _count_illformed(score, case, reading)
        elif case.name.startswith("wellformed/sanitize/"):
            _count_sanitized(score, case, reading)
        else:
            _count_wellformed(score, case, reading)
    return score


def _count_wellformed(score: Score, case: Case, reading: Reading) -> None:
    score.count("read", not reading.refused and not _is_called_illformed(reading), case.name)
    for claim in case.claims:
        about = aspect(claim)
        if about is None:
            score.not_ours[claim.key or claim.text] += 1
        else:
            score.count(about, holds(claim, reading), f"{case.name}: {claim.text}")


def _count_illformed(score: Score, case: Case, reading: Reading) -> None:
    listing = reading.listing
    told = bool(reading.refused or listing.entries or listing.skipped or listing.warnings)
    score.count("ill-formed", told, case.name)


def _count_sanitized(score: Score, case: Case, reading: Reading) -> None:
    texts = _texts(reading)
    if not texts:  # about a title, which is text here, or about the feed as a whole
        score.not_ours["sanitize: no text of an entry"] += 1
        return
    left = {thing for text in texts for thing in beyond_allowed(sanitize(text))}
    score.count("sanitised", not left, f"{case.name}: {', '.join(sorted(left))}")
    for claim in case.claims:
        if aspect(claim) == "content":
            expected = shown_text(str(claim.value)).split()
            shown = [shown_text(sanitize(text)).split() for text in texts]
            score.count("sanitised text", expected in shown, f"{case.name}: {claim.text}")


def _is_called_illformed(reading: Reading) -> bool:
    return any(" is ill-formed: " in warning for warning in reading.listing.warnings)


def _texts(reading: Reading) -> list[str]:
    return [text for entry in reading.titled.entries for text in (entry.content_html, entry.summary_html) if text]


def beyond_allowed(markup: str) -> set[str]:
    """Return what in ``markup`` (a fragment) is on no allow-list: tags, ``tag[attribute]``, schemes of addresses.

    Told by another parser than the sanitiser's.
    """
    found: set[str] = set()
    root = parsed_html(markup)
    wrapper = next(root.iter("div"))
    for element in root.iter():
        if element is wrapper or element.tag in {"html", "body"}:
            continue
        tag = str(element.tag)
        if tag not in TAGS:
            found.add(tag)
        allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        for name, value in ((str(name), str(value)) for name, value in element.items()):
            if name not in allowed:
                found.add(f"{tag}[{name}]")
            if name in {"href", "src"} and not _is_allowed_address(value):
                found.add(f"{tag}[{name}={value}]")
    return found


def _is_allowed_address(value: str) -> bool:
    scheme = _SCHEME.match(value)
    return value.startswith("#") or (scheme is not None and scheme[1].lower() in SCHEMES)


def below_floors(score: Score) -> list[Broken]:
    """Return the floors of ``feed_floors.toml`` that do not hold."""
    return broken(read_floors(FLOORS), "shipped", {CORPUS: score.figures})


def print_feeds(console: Console, score: Score) -> None:
    """Print how many claims of each aspect hold, and how many are not ours."""
    table = Table(title=f"{CORPUS}: {score.cases} cases", title_justify="left", box=None, pad_edge=False)
    for heading in ("", "as expected", "of"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, asked in score.asked.items():
        table.add_row(name, str(score.met[name]), str(asked))
    console.print(table)
    for line in score.missed:
        console.print(f"  {line[:150]}", markup=False, highlight=False)
    places = ", ".join(f"{key} {count}" for key, count in score.not_ours.most_common(12))
    console.print(
        f"not ours: {score.not_ours.total()} claims about {len(score.not_ours)} keys, most of all {places}",
        markup=False,
    )
    console.print()


def judge_feeds(console: Console, corpora: Path) -> list[Broken]:
    """Score and print the feeds of ``corpora``; return the floors that do not hold, none where they are absent."""
    if not (corpora / CORPUS).is_dir():
        console.print(f"No feeds to score: {corpora / CORPUS} is absent; it is no part of this project.")
        return []
    score = score_feeds(corpora / CORPUS)
    print_feeds(console, score)
    return below_floors(score)
