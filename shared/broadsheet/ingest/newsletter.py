"""An e-mail as an article: the HTML part where there is one, the subject as title, the sender as source."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from broadsheet.ingest import plain_text
from broadsheet.ingest.encoding import decode
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected

MAX_PARTS = 200
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_INLINE_DATA = re.compile(r"(<img\b[^<>]{0,2000}?\bsrc\s*=\s*[\"']?)data:[^\"'>\s]*", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:(?:fwd?|fw|re|aw|wg|转发|回复|答复)\s*[:：]\s*)+", re.IGNORECASE)


def parse_email(body: bytes, *, file: str) -> ParsedArticle:
    """Return the article in an RFC 5322 message.

    Multipart, quoted-printable, base64 and legacy encodings (GBK labelled gb2312 included) are read; images that
    travel inside the message leave their descriptions. Raises ArticleRejected where the message has no text.
    """
    if len(_BOUNDARY.findall(body)) > MAX_PARTS:
        raise ArticleRejected(f"{file}: an e-mail of more than {MAX_PARTS} nested parts; send its text alone")
    try:
        message = message_from_bytes(body, policy=policy.compat32)
        html, text = _bodies(message)
    except (MessageError, RecursionError) as fault:
        raise ArticleRejected(f"{file}: is no e-mail that can be read ({fault}); save it again as .eml") from fault
    if not html and not text.strip():
        raise ArticleRejected(f"{file}: an e-mail without text; its parts are {_kinds(message)}")
    senders = _people(message, "From")
    name, address = senders[0] if senders else ("", "")
    return ParsedArticle(
        title=_PREFIX.sub("", _header(message, "Subject")),
        # An inline picture becomes a part that is not there, so that its description stays.
        html=_INLINE_DATA.sub(r"\1cid:inline", html) if html else plain_text.to_html(text, hard_wrapped=True),
        published=_date(message),
        authors=(name,) if name else (),
        language=_header(message, "Content-Language").split(",")[0].strip() or None,
        source_name=name or address.rpartition("@")[2] or None,
        method="e-mail",
    )


def _bodies(message: Message) -> tuple[str, str]:
    """Return the first HTML part and all plain parts, decoded; attachments and forwarded messages aside."""
    html, texts = "", []
    for part in message.walk():
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        payload = part.get_payload(decode=True)
        if kind not in {"text/html", "text/plain"} or not isinstance(payload, bytes):
            continue
        content_type = str(part.get("Content-Type") or "")
        if kind == "text/html":
            html = html or decode(payload, content_type, kind="html").text
        else:
            texts.append(decode(payload, content_type, kind="text").text)
    return html, "\n\n".join(texts)


def _header(message: Message, name: str) -> str:
    """Return a header as text: encoded words and raw bytes decoded by what they are, not only by their label."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        words = decode_header(raw)
    except (HeaderParseError, ValueError):
        words = [(str(raw), None)]
    parts: list[str] = []
    for word, charset in words:
        data = word.encode("ascii", "surrogateescape") if isinstance(word, str) and charset == "unknown-8bit" else word
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogateescape")
        label = "" if charset in {None, "unknown-8bit"} else f"text/plain; charset={charset}"
        parts.append(decode(data, label, kind="text").text)
    return plain_text.one_line("".join(parts))


def _people(message: Message, name: str) -> list[tuple[str, str]]:
    return [(plain_text.one_line(who), where) for who, where in getaddresses([_header(message, name)]) if who or where]


def _date(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _kinds(message: Message) -> str:
    return ", ".join(sorted({part.get_content_type() for part in message.walk()}))
