"""What travels on the queues: small JSON objects that carry the time of the event they stem from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Self, TypeVar

from .article import Entry
from .order import format_instant, parse_instant

MESSAGE_LIMIT_BYTES = 200_000
"""A larger entry travels as a pointer into the archive. SQS bills in 64 KB and ends at 1 MiB a batch."""


ENTRY_CONTENT_TYPE = "application/vnd.broadsheet.entry+json"
"""What a feed's entry is archived as, when the feed was uploaded."""


def dump(value: Mapping[str, Any]) -> str:
    """Return ``value`` as compact JSON; datetimes as fixed-width UTC text, empty values left out."""
    return _text({name: content for name, content in value.items() if content})


def _text(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return _UNSENDABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


_UNSENDABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What SQS refuses in a message (SendMessage's reference); JSON escapes the control characters by itself."""


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} does not travel in a message")


class _Message:
    """Messages are flat dataclasses; datetimes are recognised by their field's name."""

    __slots__ = ()

    def dump(self) -> str:
        """Return the message as JSON text."""
        values = asdict(self)  # type: ignore[call-overload]  # every subclass is a dataclass
        required = {f.name for f in fields(self) if f.default is MISSING and f.default_factory is MISSING}  # type: ignore[arg-type]
        return _text({name: value for name, value in values.items() if name in required or value})

    @classmethod
    def load(cls, text: str) -> Self:
        """Return the message in ``text``; raises KeyError, TypeError or ValueError where it is none."""
        return cls(**_typed(cls, json.loads(text)))


def _typed(cls: type, raw: Mapping[str, Any]) -> dict[str, Any]:
    known = {f.name: f for f in fields(cls)}
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in known:
            raise ValueError(f"{cls.__name__} has no field {name!r}")
        if "datetime" in str(known[name].type):
            values[name] = parse_instant(value)
        elif str(known[name].type).startswith("tuple"):
            values[name] = tuple(value)
        else:
            values[name] = value
    return values


M = TypeVar("M")


def loadable(load: Callable[[str], M], texts: Iterable[str]) -> list[M]:
    """Return the messages in those of ``texts`` that hold one; who handles the others meets what is wrong with them."""
    messages = []
    for text in texts:
        try:
            messages.append(load(text))
        except (KeyError, TypeError, ValueError):
            continue
    return messages


@dataclass(frozen=True, slots=True)
class PollMessage(_Message):
    """Poll ``source`` for the schedule's time ``observed_at``, not before ``slot``.

    ``waited_until`` is the time up to which the message has been delayed so far: what is known of the present
    without reading a clock.
    """

    source: str
    observed_at: datetime
    slot: datetime | None = None
    waited_until: datetime | None = None
    page: str | None = None
    """Address of a further page of the listing, where it is not its head that is to be polled."""
    number: int = 0
    """How many pages came before it."""
    pages_left: int = 0
    """How many more pages may be followed from this one."""
    part: bool = False
    """Whether the page is a sitemap of the source's index, polled with it each time."""
    tries: int = 0
    """Fetches of the page that failed so far."""


@dataclass(frozen=True, slots=True)
class EntryMessage(_Message):
    """Ingest an entry of ``source``, seen at ``observed_at``. Exactly one of ``entry`` and ``entry_key`` is set."""

    source: str
    observed_at: datetime
    fingerprint: str
    entry_id: str
    entry: Mapping[str, Any] = field(default_factory=dict)
    entry_key: str | None = None
    """Where the entry lies in the archive, if it is too large for a message."""
    slot: datetime | None = None
    waited_until: datetime | None = None
    tries: int = 0
    """Fetches of the body that failed so far."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Pages of the article that were fetched, in order: address → key in the archive."""
    next_page: str | None = None
    """Address of the page to be fetched now, where it is not the entry's own."""
    single_page: bool = False
    """Whether that page holds the whole article, in place of those before it."""
    listed_by: str = ""
    """Address of the further page of the source's listing that lists it; empty for the listing itself."""
    kind: str = "entry"


@dataclass(frozen=True, slots=True)
class UploadMessage(_Message):
    """Ingest the member ``name`` of the inbox object ``key``, whose bytes lie in the archive at ``body_key``."""

    key: str
    name: str
    order: str
    observed_at: datetime
    body_key: str
    content_type: str = ""
    entry_name: str | None = None
    """File name that tells the format, for members of a bundle."""
    kind: str = "upload"


@dataclass(frozen=True, slots=True)
class DueMessage(_Message):
    """The instant ``at`` has come for ``input``: to be released, or to expire."""

    input: str
    at: datetime
    kind: str
    """``release`` or ``expire``."""


@dataclass(frozen=True, slots=True)
class ImageMessage(_Message):
    """Mirror the image at ``url``, which an article shows since ``observed_at``; the rest as for an entry."""

    url: str
    observed_at: datetime
    slot: datetime | None = None
    waited_until: datetime | None = None
    tries: int = 0
    kind: str = "image"


IngestMessage = EntryMessage | UploadMessage | DueMessage | ImageMessage


def load_ingest(text: str) -> IngestMessage:
    """Return the ingest queue's message in ``text``; raises ValueError where its kind is unknown."""
    kind = json.loads(text).get("kind")
    match kind:
        case "entry":
            return EntryMessage.load(text)
        case "upload":
            return UploadMessage.load(text)
        case "image":
            return ImageMessage.load(text)
        case "release" | "expire":
            return DueMessage.load(text)
        case _:
            raise ValueError(f"the ingest queue knows no message of kind {kind!r}")


@dataclass(frozen=True, slots=True)
class PageMessage(_Message):
    """Regenerate the page of that name."""

    page: str


@dataclass(frozen=True, slots=True)
class RebuildMessage(_Message):
    """Name every page, from ``after`` on in ``phase``, because of a change at ``observed_at``.

    With an ``image``, name the pages that show it and no others.
    """

    observed_at: datetime
    phase: str = "fixed"
    after: str = ""
    named: int = 0
    """Pages named so far."""
    image: str = ""
    """Partition of an image that was mirrored."""
    occasion: str = ""
    """By what repeats of a name for that image are known: see ``mark_pages``."""


def entry_to_plain(entry: Entry) -> dict[str, Any]:
    """Return the entry as a JSON object; :func:`entry_from_plain` gives it back."""
    plain: dict[str, Any] = json.loads(dump(asdict(entry)))
    return plain


def entry_from_plain(plain: Mapping[str, Any]) -> Entry:
    """Return the entry of :func:`entry_to_plain`."""
    return Entry(**_typed(Entry, {"title": "", **plain}))
