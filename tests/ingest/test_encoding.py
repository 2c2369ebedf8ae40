from __future__ import annotations

import codecs
import gzip
import json
import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.encoding import _LABELS, Decoded, Kind, codec_of, decode

CHINESE = "泉州晚报：厦门银行发布年度报告，重庆市民关注房价走势。记者从发布会上获悉，全年增长百分之五。"
TAIWAN = "臺北市政府今天宣布，明年起將調整公車票價，市民對此表示關注。記者在現場採訪了多位民眾。"
JAPANESE = "東京証券取引所は本日、新しい取引制度を発表した。カタカナとひらがなの文章です。"
KOREAN = "서울시는 오늘 새로운 교통 정책을 발표했다. 시민들은 큰 관심을 보이고 있다."
RUSSIAN = "Центральный банк сегодня объявил о новой политике. Граждане внимательно следят за курсом."
FRENCH = "L’année dernière, les œuvres ont été présentées à Genève — un succès."

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "chinese-pages"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (CHINESE, "gb2312"), (CHINESE, "GBK"), (CHINESE, "gb18030"), (CHINESE, "utf-8"), (CHINESE, "x-gbk"),
        (TAIWAN, "Big5"), (TAIWAN, "big5-hkscs"), (JAPANESE, "Shift_JIS"), (JAPANESE, "x-sjis"), (JAPANESE, "EUC-JP"),
        (JAPANESE, "ISO-2022-JP"), (KOREAN, "EUC-KR"), (KOREAN, "ks_c_5601-1987"), (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"), (RUSSIAN, "iso-8859-5"), (FRENCH, "windows-1252"), (FRENCH, "iso-8859-1"),
        ("Łódź i Kraków", "iso-8859-2"), ("İstanbul", "iso-8859-9"), ("Αθήνα", "windows-1253"), ("ไทย", "tis-620"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["header", "meta", "http-equiv", "xml"])
def test_what_is_declared_comes_out_right(text: str, label: str, place: str) -> None:
    codec = codec_of(label)
    assert codec is not None
    before = {
        "header": "",
        "meta": f"<html><!-- <meta charset=utf-16> --><head><meta charset='{label}'>",
        "http-equiv": f'<META http-equiv=Content-Type content="text/html; charset={label}">',
        "xml": f'<?xml version="1.0" encoding="{label}"?>',
    }[place]
    body = (before + f"<p>{text}</p>").encode(codec)
    header = f'text/html; charset="{label}"' if place == "header" else "text/html"
    found = decode(body, header, kind="xml" if place == "xml" else "html")
    assert found.text == before + f"<p>{text}</p>"
    assert found.replaced == 0
    assert found.encoding == codec
    assert found.how == ("header" if place == "header" else "declaration")


@pytest.mark.parametrize(
    ("text", "codec"),
    [(CHINESE, "gb18030"), (TAIWAN, "big5"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (KOREAN, "cp949"),
     (RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r"), (CHINESE, "utf-8"), (JAPANESE, "iso2022_jp")],
)  # fmt: skip
def test_what_is_not_declared_is_found_out(text: str, codec: str) -> None:
    body = ("<html><body>" + f"<p>{text}</p>" * 5 + "</body></html>").encode(codec)
    found = decode(body, "", kind="html")
    assert found.text == body.decode(codec)
    assert found.how == ("bytes" if codec == "utf-8" else "detected")


@pytest.mark.parametrize(
    ("body", "header", "kind", "how"),
    [
        # The header of a server's default, against a better founded declaration, or the bytes themselves.
        (f"<meta charset=gbk>{CHINESE}".encode("gbk"), "text/html; charset=ISO-8859-1", "html", "declaration"),
        (f"<p>{CHINESE}".encode(), "text/html; charset=ISO-8859-1", "html", "bytes"),
        # Claims that are lies.
        (f"<meta charset=gb2312>{CHINESE}".encode(), "", "html", "bytes"),
        (f"<meta charset=gb2312>{CHINESE}".encode(), "text/html; charset=big5", "html", "bytes"),
        (f"<meta charset=gbk>{CHINESE}".encode("gbk"), "text/html; charset=utf-8", "html", "declaration"),
        (f"<meta charset=utf-8>{CHINESE * 3}".encode("gbk"), "", "html", "detected"),
        (f"<meta charset=utf-16>{CHINESE}".encode(), "", "html", "declaration"),
        (f"<meta charset=klingon>{CHINESE}".encode(), "text/html; charset=klingon", "html", "bytes"),
        # Who goes first when both are possible.
        (f"<meta charset=big5>{CHINESE}".encode("gbk"), "text/html; charset=gbk", "html", "header"),
        # A mark beats everything.
        (codecs.BOM_UTF8 + CHINESE.encode(), "text/html; charset=gbk", "html", "bom"),
        (codecs.BOM_UTF16_LE + CHINESE.encode("utf-16-le"), "text/html; charset=gbk", "html", "bom"),
        (codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), "", "text", "bom"),
        (codecs.BOM_UTF32_LE + CHINESE.encode("utf-32-le"), "", "xml", "bom"),
        (codecs.BOM_UTF32_BE + CHINESE.encode("utf-32-be"), "", "xml", "bom"),
        # Wide encodings without one.
        (f"<?xml version='1.0'?>{CHINESE}".encode("utf-16-be"), "", "xml", "bytes"),
        (f'{{"a": "{CHINESE}"}}'.encode("utf-16-le"), "application/json", "json", "bytes"),
        # JSON is UTF-8 by its standard, and GBK by old Chinese interfaces; a declaration in it declares nothing.
        (f'{{"a": "{CHINESE}"}}'.encode(), "application/json", "json", "bytes"),
        (f'{{"a": "{CHINESE * 3}"}}'.encode("gbk"), "application/json", "json", "detected"),
        (f'{{"a": "<meta charset=big5>{CHINESE * 3}"}}'.encode("gbk"), "text/plain", "json", "detected"),
    ],
)  # fmt: skip
def test_who_is_believed(body: bytes, header: str, kind: Kind, how: str) -> None:
    found = decode(body, header, kind=kind)
    assert CHINESE in found.text
    assert found.replaced == 0
    assert found.how == how


def test_long_valid_utf_8_refutes_a_claim_that_would_fit_and_short_does_not() -> None:
    # These bytes are six characters of UTF-8 and nine of GBK, all of them valid.
    body = "中文中文中文".encode()
    assert decode(body, "text/html; charset=gbk", kind="html") == Decoded(body.decode("gb18030"), "gb18030", "header")
    assert decode(body * 2, "text/html; charset=gbk", kind="html") == Decoded("中文" * 6, "utf-8", "bytes")


def test_a_damaged_byte_does_not_make_a_claim_a_lie() -> None:
    for codec, label in (("utf-8", "utf-8"), ("gb18030", "gb2312")):
        body = (CHINESE * 10).encode(codec) + b"\xff" + b" end"
        found = decode(body, f"text/html; charset={label}", kind="html")
        assert (found.how, found.encoding, found.replaced) == ("header", codec, 1)
        assert found.text.startswith(CHINESE * 10)
    assert decode((CHINESE * 10).encode() + b"\xff.", "", kind="text") == Decoded(
        CHINESE * 10 + "\ufffd.", "utf-8", "bytes", 1
    )


def test_a_replacement_character_in_the_document_is_no_fault() -> None:
    assert decode("a\ufffdb".encode(), "", kind="text") == Decoded("a\ufffdb", "utf-8", "bytes", 0)


def test_windows_1252_has_no_holes_in_browsers() -> None:
    assert decode(b"\x80\x81\x8d\x93x\x94\xe9", "text/html; charset=latin1", kind="text").text == "€\x81\x8d“x”é"


def test_the_supersets_that_pages_use_under_the_old_names() -> None:
    assert decode("€镕①".encode("gb18030"), "text/html; charset=gb2312", kind="html").text == "€镕①"
    assert decode("①㈱".encode("cp932"), "text/html; charset=shift_jis", kind="html").text == "①㈱"
    assert decode("똠방각하".encode("cp949"), "text/html; charset=euc-kr", kind="html").text == "똠방각하"
    assert decode("①東京".encode("euc_jis_2004"), "text/html; charset=euc-jp", kind="html").text == "①東京"
    assert decode("碁銹".encode("cp950"), "text/html; charset=big5", kind="html").text == "碁銹"


def test_nuls_go_and_nothing_else() -> None:
    assert decode(b"a\0b\r\n e\xcc\x81", "", kind="text").text == "ab\r\n e\u0301"


def test_an_empty_document_is_empty() -> None:
    assert decode(b"", "", kind="html") == Decoded("", "utf-8", "bytes", 0)


def test_ebcdic_as_xml_has_it() -> None:
    text = '<?xml version="1.0" encoding="ebcdic-cp-us"?><a>x</a>'
    assert decode(text.encode("cp037"), "", kind="xml").text == text


def test_every_codec_of_the_table_exists_and_labels_are_unique() -> None:
    labels = [label for codec, labels in _LABELS.items() for label in {codec, *labels.split()}]
    assert len(labels) == len(set(labels))
    for codec in _LABELS:
        assert codecs.lookup(codec)
    assert codec_of(" 'GB2312' ") == "gb18030"
    assert codec_of("klingon") is None


@given(st.binary(max_size=300), st.sampled_from(["", "text/html; charset=gbk", "x; charset=utf-16", "; charset=\0"]))
def test_anything_at_all_decodes(body: bytes, header: str) -> None:
    for kind in ("html", "xml", "text", "json"):
        found = decode(body, header, kind=kind)
        assert "\0" not in found.text
        assert found.replaced >= 0
        found.text.encode()


@given(st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=200))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode(), "text/plain; charset=utf-8", kind="text").text == text


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of Chinese pages is not beside this checkout")
def test_real_chinese_pages_yield_their_paragraphs() -> None:
    found = total = 0
    for page in sorted((CORPUS / "pages").glob("*.html.gz")):
        gold = json.loads((CORPUS / "gold" / f"{page.name.removesuffix('.html.gz')}.json").read_text("utf-8"))
        text = decode(gzip.decompress(page.read_bytes()), "", kind="html").text
        bare = re.sub(r"\W+", "", unescape(re.sub(r"<[^>]*>", "", text)))
        paragraphs = [re.sub(r"\W+", "", paragraph["text"]) for paragraph in gold["paragraphs"]]
        found += sum(paragraph in bare for paragraph in paragraphs)
        total += len(paragraphs)
    assert total > 2000
    assert found >= total - 1
