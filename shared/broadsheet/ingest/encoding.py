"""From bytes to text: which encoding a document is in, by what was said about it and by what it is.

Who is believed, in this order: the byte order mark, the HTTP header, the document's own declaration, then detection. A
claim is kept only while the bytes bear it out, since many pages declare one encoding and use another. Labels mean
what they mean to browsers (WHATWG Encoding Standard, §4.2): ``gb2312`` is GB18030, ``iso-8859-1`` is windows-1252.

The text is what was sent, apart from NULs: it is not normalised here, because addresses in markup would change with it.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Literal

_SCANNED_BYTES = 8_192
"""Where a declaration is looked for. Browsers look at 1,024 bytes; old pages put scripts before it."""
_TOLERATED_SHARE = 100
"""A claim stands with one undecodable place in so many non-ASCII characters: a cut or damaged byte, not a lie."""

Kind = Literal["html", "xml", "text", "json"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OPENINGS = {
    b"<\x00\x00\x00": "utf-32-le",
    b"\x00\x00\x00<": "utf-32-be",
    b"<\x00?\x00": "utf-16-le",
    b"\x00<\x00?": "utf-16-be",
    b"<\x00!\x00": "utf-16-le",
    b"\x00<\x00!": "utf-16-be",
    b'{\x00"\x00': "utf-16-le",
    b'\x00{\x00"': "utf-16-be",
    b"\x4c\x6f\xa7\x94": "cp037",
}
"""First bytes of documents in wide or EBCDIC encodings without a mark (XML 1.0, appendix F)."""

# Labels of each encoding beside its own name, from the WHATWG table; "iso8859-2" and "iso88592" stand for the
# numbered family. Python's codec comes first: where the standard's encoding is a superset, the superset.
_LABELS: dict[str, str] = {
    "utf-8": "utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
    "utf-16-le": "utf-16 utf-16le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff",
    "utf-16-be": "utf-16be unicodefffe",
    "utf-32-le": "utf-32 utf-32le ucs-4",
    "utf-32-be": "utf-32be",
    "gb18030": "gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 csiso58gb231280 iso-ir-58 x-gbk cp936 ms936 windows-936",
    "hz": "hz-gb-2312",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 windows-950",
    "cp932": "shift_jis shift-jis sjis x-sjis csshiftjis ms932 ms_kanji windows-31j",
    "euc_jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp",
    "cp949": "euc-kr cseuckr csksc56011987 iso-ir-149 korean "
    "ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "cp1252": "windows-1252 x-cp1252 ascii us-ascii ansi_x3.4-1968 iso-8859-1 iso_8859-1 iso8859-1 iso88591 "
    "iso_8859-1:1987 iso-ir-100 latin1 l1 csisolatin1 cp819 ibm819 x-user-defined",
    "cp1250": "windows-1250 x-cp1250",
    "cp1251": "windows-1251 x-cp1251",
    "cp1253": "windows-1253 x-cp1253",
    "cp1254": "windows-1254 x-cp1254 iso-8859-9 iso_8859-9 iso8859-9 iso88599 "
    "iso_8859-9:1989 iso-ir-148 latin5 l5 csisolatin5",
    "cp1255": "windows-1255 x-cp1255",
    "cp1256": "windows-1256 x-cp1256",
    "cp1257": "windows-1257 x-cp1257",
    "cp1258": "windows-1258 x-cp1258",
    "cp874": "windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620",
    "iso8859_2": "iso-8859-2 iso_8859-2 iso8859-2 iso88592 iso_8859-2:1987 iso-ir-101 latin2 l2 csisolatin2",
    "iso8859_3": "iso-8859-3 iso_8859-3 iso8859-3 iso88593 iso_8859-3:1988 iso-ir-109 latin3 l3 csisolatin3",
    "iso8859_4": "iso-8859-4 iso_8859-4 iso8859-4 iso88594 iso_8859-4:1988 iso-ir-110 latin4 l4 csisolatin4",
    "iso8859_5": "iso-8859-5 iso_8859-5 iso8859-5 iso88595 iso_8859-5:1988 iso-ir-144 cyrillic csisolatincyrillic",
    "iso8859_6": "iso-8859-6 iso_8859-6 iso8859-6 iso88596 iso_8859-6:1987 iso-ir-127 arabic asmo-708 ecma-114 "
    "csisolatinarabic csiso88596e csiso88596i iso-8859-6-e iso-8859-6-i",
    "iso8859_7": "iso-8859-7 iso_8859-7 iso8859-7 iso88597 iso_8859-7:1987 iso-ir-126 greek greek8 ecma-118 elot_928 "
    "sun_eu_greek csisolatingreek",
    "iso8859_8": "iso-8859-8 iso_8859-8 iso8859-8 iso88598 iso_8859-8:1988 iso-ir-138 hebrew visual logical "
    "csisolatinhebrew csiso88598e csiso88598i iso-8859-8-e iso-8859-8-i",
    "iso8859_10": "iso-8859-10 iso8859-10 iso885910 iso-ir-157 latin6 l6 csisolatin6",
    "iso8859_13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859_14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859_15": "iso-8859-15 iso_8859-15 iso8859-15 iso885915 l9 csisolatin9",
    "iso8859_16": "iso-8859-16",
    "koi8_r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru",
    "cp866": "ibm866 866 csibm866",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "cp037": "ebcdic-cp-us ebcdic-cp-ca ibm037 csibm037",
}
_CODECS: dict[str, str] = {label: codec for codec, labels in _LABELS.items() for label in (codec, *labels.split())}
_SECOND_TRY = {"big5hkscs": "cp950", "euc_jp": "euc_jis_2004"}
"""Python has no codec that covers the standard's Big5 or EUC-JP; what one misses, the other has."""
_FITS_ANYTHING = frozenset({"cp1252"})
"""A claim that bytes cannot contradict, and the default of many servers: any better-founded claim goes first."""
_UTF8_BEYOND_CHANCE = 8
"""Text in a legacy encoding is valid UTF-8 by chance about once in ten million when it has so many characters."""
_SHIFT_TO_JAPANESE = b"\x1b$"
"""ISO-2022 text is all ASCII bytes; its escape sequence is the only sign."""

_META = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"""^\s*<\?xml\s[^>]*?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and how it was made.

    ``encoding`` is Python's name of the codec used; ``how`` is what decided: "bom", "header", "declaration", "bytes"
    (they are valid UTF-8, or open like a wide encoding), "detected", or "least bad" where nothing fitted.
    ``replaced`` counts the places that could not be decoded and stand as U+FFFD.
    """

    text: str
    encoding: str
    how: str
    replaced: int = 0


def decode(body: bytes, content_type: str, *, kind: Kind) -> Decoded:
    """Return ``body`` as text, whatever it is; never raises.

    ``content_type`` is the Content-Type header's whole value or "". ``kind`` says where a declaration may stand: in
    ``<meta>`` or ``<?xml?>`` for "html", in ``<?xml?>`` for "xml", nowhere for "text" and "json". NULs and the byte
    order mark are removed. A document without claims that is valid UTF-8 is UTF-8.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], codec, "bom")
    if (codec := _OPENINGS.get(body[:4], "")) and codec != "cp037":
        return _decoded(body, codec, "bytes")
    as_utf8 = _decoded(body, "utf-8", "bytes")
    attempts = []
    for claimed, how in _credible(_claims(body, content_type, kind), as_utf8):
        attempt = _decoded(body, claimed, how)
        if _is_borne_out(attempt):
            return attempt
        attempts.append(attempt)
    if _is_borne_out(as_utf8) and _SHIFT_TO_JAPANESE not in body:
        return as_utf8
    if (detected := _detected(body)) is not None:
        attempts.append(_decoded(body, detected, "detected"))
        if attempts[-1].replaced == 0:
            return attempts[-1]
    best = min((*attempts, as_utf8), key=lambda attempt: attempt.replaced)
    return Decoded(best.text, best.encoding, "least bad", best.replaced)


def codec_of(label: str) -> str | None:
    """Return Python's codec for an encoding label as documents carry it, or None for one that nobody knows."""
    return _CODECS.get(label.strip().strip("\"'").lower())


def _claims(body: bytes, content_type: str, kind: Kind) -> list[tuple[str, str]]:
    """Return the codecs claimed, with who claims them, most trusted first; each codec once."""
    found: list[tuple[str, str]] = []
    if (match := _CHARSET.search(content_type)) and (codec := codec_of(match[1])):
        found.append((codec, "header"))
    if (codec := _declared(body, kind)) is not None:
        found.append((codec, "declaration"))
    return found


def _credible(claims: list[tuple[str, str]], as_utf8: Decoded) -> list[tuple[str, str]]:
    """Leave out claims that the bytes refute by being valid UTF-8, and put what fits anything last."""
    sequences = 0 if as_utf8.replaced else len(as_utf8.text) - len(as_utf8.text.encode("ascii", "ignore"))
    return sorted(
        (
            (codec, how)
            for codec, how in claims
            if codec == "utf-8" or sequences < (1 if codec in _FITS_ANYTHING else _UTF8_BEYOND_CHANCE)
        ),
        key=lambda claim: claim[0] in _FITS_ANYTHING,
    )


def _declared(body: bytes, kind: Kind) -> str | None:
    """Return the codec of the document's own declaration. One read as ASCII cannot truly be UTF-16 (HTML §13.2.3.2)."""
    if kind not in {"html", "xml"}:
        return None
    head = body[:_SCANNED_BYTES]
    if _OPENINGS.get(body[:4]) == "cp037":
        head = head.decode("cp037").encode("ascii", "replace")
    match = _XML_DECLARATION.search(head)
    if kind == "html" and match is None:
        match = _META.search(_COMMENT.sub(b"", head))
    if match is None:
        return None
    codec = codec_of(match[1].decode("ascii"))
    return "utf-8" if codec is not None and codec.startswith(("utf-16", "utf-32")) else codec


def _decoded(body: bytes, codec: str, how: str) -> Decoded:
    text = _replacing(body, codec)
    replaced = text.count("\ufffd") - _genuine(body, codec) if "\ufffd" in text else 0
    if replaced and (other := _SECOND_TRY.get(codec)) and (again := _decoded(body, other, how)).replaced < replaced:
        return again
    return Decoded(text.replace("\x00", "").removeprefix("\ufeff"), codec, how, replaced)


def _replacing(body: bytes, codec: str) -> str:
    """Decode, with U+FFFD for what is invalid; in windows-1252 the five holes are control characters (WHATWG)."""
    if codec == "cp1252":
        try:
            return body.decode("cp1252")
        except UnicodeDecodeError:
            return body.decode("latin-1").translate(_WINDOWS_1252)
    return body.decode(codec, "replace")


def _genuine(body: bytes, codec: str) -> int:
    """Count the U+FFFD that the document itself contains: no fault of the decoding."""
    try:
        return body.count("\ufffd".encode(codec))
    except UnicodeEncodeError:
        return 0


def _is_borne_out(attempt: Decoded) -> bool:
    if attempt.replaced == 0:
        return True
    non_ascii = len(attempt.text) - len(attempt.text.encode("ascii", "ignore")) - attempt.replaced
    return attempt.replaced * _TOLERATED_SHARE <= non_ascii


def _detected(body: bytes) -> str | None:
    import chardet  # noqa: PLC0415  # models of all languages, needed by few documents

    found = chardet.detect(body, encoding_era=chardet.EncodingEra.MODERN_WEB, prefer_superset=True, compat_names=False)[
        "encoding"
    ]
    if found is None:
        return None
    try:
        return codec_of(found) or codecs.lookup(found).name
    except LookupError:
        return None


_WINDOWS_1252 = {
    byte: character
    for byte in range(0x80, 0xA0)
    if (character := bytes([byte]).decode("cp1252", "replace")) != "\ufffd"
}
