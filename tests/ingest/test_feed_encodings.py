from __future__ import annotations

import codecs
from unicodedata import normalize

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from broadsheet.ingest.encoding import codec_of
from tests.ingest.listings import look

TEXTS = {
    "gb18030": "中国银行厦门分行发布二零二二年度业绩公告，营业收入同比增长百分之八",
    "gbk": "中国银行厦门分行发布二零二二年度业绩公告，营业收入同比增长百分之八",
    "big5": "臺灣證券交易所公布今日收盤指數，成交量較昨日明顯增加，外資持續買超",
    "shift_jis": "東京証券取引所は本日の終値を発表しました。日経平均株価は続伸しています。",
    "euc_jp": "東京証券取引所は本日の終値を発表しました。日経平均株価は続伸しています。",
    "euc_kr": "한국은행은 오늘 기준금리를 동결한다고 발표했다. 시장의 예상과 일치하는 결과이다.",
    "windows-1251": "Центральный банк сохранил ключевую ставку на прежнем уровне, сообщает пресс-служба",
    "koi8-r": "Центральный банк сохранил ключевую ставку на прежнем уровне, сообщает пресс-служба",
    "windows-1252": "Les marchés européens ont clôturé en légère hausse – l’inflation a été plus faible que prévu",
    "utf-16-le": "欧州 markets – обзор",
    "utf-16-be": "欧州 markets – обзор",
    "utf-8": "欧州 markets – обзор",
}
LABELS = {"gb18030": "GB18030", "gbk": "gb2312", "euc_jp": "EUC-JP", "euc_kr": "euc-kr", "windows-1252": "iso-8859-1"}
"""What feeds in an encoding call it, where it is not by its name; the last is what is said of most of them."""
MARKS = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def feed(title: str, declared: str | None = None) -> str:
    """Return a feed with one entry of this title, which says to be in the encoding ``declared``."""
    declaration = "" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    item = f"<item><title>{title}</title><link>https://e.org/1</link></item>"
    return f'{declaration}<rss version="2.0"><channel>{item}</channel></rss>'


def read_title(body: bytes, content_type: str = "") -> str:
    """Return the title of the one entry; the feed must not be called ill-formed."""
    listing = look("", body, content_type)
    assert listing.warnings == ()
    return listing.entries[0].title


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_encoding_that_the_document_declares(encoding: str) -> None:
    title = TEXTS[encoding]
    body = feed(title, LABELS.get(encoding, encoding)).encode(encoding)
    assert read_title(body) == title
    assert read_title(body, "text/xml") == title


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_encoding_that_only_the_header_tells(encoding: str) -> None:
    header = f"application/xml; charset={LABELS.get(encoding, encoding)}"
    assert read_title(feed(TEXTS[encoding]).encode(encoding), header) == TEXTS[encoding]


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize(("declared", "header"), [(None, ""), ("utf-8", ""), ("gbk", "text/xml; charset=big5")])
def test_a_byte_order_mark_is_believed_before_all_else(encoding: str, declared: str | None, header: str) -> None:
    body = MARKS[encoding] + feed(TEXTS[encoding], declared).encode(encoding)
    assert read_title(body, header) == TEXTS[encoding]


@pytest.mark.parametrize("encoding", [name for name in TEXTS if not name.startswith("utf-16")])
def test_an_encoding_that_nobody_tells(encoding: str) -> None:
    assert read_title(feed(TEXTS[encoding]).encode(encoding)) == TEXTS[encoding]


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("gbk", "utf-8", "text/xml; charset=gbk"),
        ("gbk", "gb2312", "text/xml; charset=utf-8"),
        ("gbk", "gb2312", "text/xml; charset=iso-8859-1"),  # the default of many servers
        ("big5", "utf-8", "text/xml; charset=big5"),
        ("shift_jis", "shift_jis", "text/xml; charset=utf-8"),
        ("windows-1251", "utf-8", ""),
        ("windows-1251", "windows-1251", "text/xml; charset=us-ascii"),
        ("utf-8", "iso-8859-1", ""),
        ("utf-8", "gb2312", "text/xml"),
        ("utf-8", "utf-16", ""),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "no-such-encoding", "text/xml; charset=neither"),
    ],
)
def test_a_claim_that_the_bytes_refute_is_not_believed(encoding: str, declared: str, header: str) -> None:
    assert read_title(feed(TEXTS[encoding], declared).encode(encoding), header) == TEXTS[encoding]


def words_in(codec: str) -> st.SearchStrategy[str]:
    """Return text of letters and digits that ``codec`` has, and gives back as they were."""
    letters = st.characters(codec=codec, categories=("Lu", "Ll", "Lo", "Nd"))
    return st.text(letters.filter(lambda letter: letter.encode(codec).decode(codec) == letter), min_size=1)


@settings(deadline=None)
@given(st.data())
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@pytest.mark.parametrize("label", ["gb18030", "gb2312", "big5", "shift_jis", "euc-kr", "windows-1251", "utf-8"])
def test_any_text_comes_back_from_the_encoding_that_is_declared(label: str, data: st.DataObject) -> None:
    codec = codec_of(label) or label  # as browsers write what they call so
    title = data.draw(words_in(codec))
    body = feed(title, label).encode(codec)
    assume(label == "utf-8" or not _is_utf8(body))
    assert look("", body).entries[0].title == normalize("NFC", title)


def _is_utf8(body: bytes) -> bool:
    """Return whether bytes can be read as UTF-8: then they are, whatever they declare."""
    try:
        return not body.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False
