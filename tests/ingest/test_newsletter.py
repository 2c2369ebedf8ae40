"""E-mails as articles."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.clean import clean
from broadsheet.ingest.newsletter import parse_email
from broadsheet.model.errors import ArticleRejected

from .articles import NOW


def message(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    for name, value in {"Subject": "Weekly", "From": "The Desk <desk@news.example>", **headers}.items():
        mail[name] = value
    return mail


def test_a_multipart_newsletter() -> None:
    mail = message(Date="Mon, 05 Jan 2026 08:30:00 +0000", Subject="Fwd: Re: 每周新闻")
    mail.set_content("Plain version")
    mail.add_alternative(
        "<html><head><style>p{}</style></head><body><p>Caf\u00e9 news, quoted-printable.</p>"
        "<img src='cid:logo' alt='The bridge at dawn'><img src='data:image/png;base64,AAAA' alt='A chart of sales'></body></html>",
        subtype="html",
        cte="quoted-printable",
    )
    mail.add_attachment(b"PDF", maintype="application", subtype="pdf", filename="x.pdf")
    article = parse_email(mail.as_bytes(), file="articles/a.eml")
    assert (article.title, article.authors, article.source_name) == ("每周新闻", ("The Desk",), "The Desk")
    assert article.published == datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
    cleaned = clean(article, fallback_slug="a", observed_at=NOW, upload=True)
    assert cleaned.html == "<p>Café news, quoted-printable.</p>\n<p>The bridge at dawnA chart of sales</p>"


def test_gbk_that_calls_itself_gb2312() -> None:
    subject = base64.b64encode("朱镕基总理谈改革".encode("gbk")).decode()
    body = "<p>朱镕基在会上说，改革要继续推进，市场要继续开放。</p>".encode("gbk")
    raw = (
        f"Subject: =?gb2312?B?{subject}?=\r\nFrom: =?gbk?B?{base64.b64encode('晚报'.encode('gbk')).decode()}?= <a@b.example>\r\n"
        "Content-Type: text/html; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body
    article = parse_email(raw, file="a.eml")
    assert article.title == "朱镕基总理谈改革"
    assert article.authors == ("晚报",)
    assert "朱镕基在会上说" in article.html


def test_plain_text_is_unwrapped_into_paragraphs() -> None:
    mail = message()
    mail.set_content("A sentence that goes\nover two lines.\n\nAnother <one>.\n")
    article = parse_email(mail.as_bytes(), file="a.eml")
    assert article.html == "<p>A sentence that goes over two lines.</p>\n<p>Another &lt;one&gt;.</p>"
    assert article.published is None


def test_a_message_without_text_is_refused() -> None:
    mail = message()
    mail.add_attachment(b"x", maintype="image", subtype="png", filename="x.png")
    with pytest.raises(
        ArticleRejected, match=r"a\.eml: an e-mail without text; its parts are image/png, multipart/mixed"
    ):
        parse_email(mail.as_bytes(), file="a.eml")


def test_nested_parts_are_bounded() -> None:
    body = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3_000))
    with pytest.raises(ArticleRejected, match="more than 200 nested parts"):
        parse_email(body, file="a.eml")


HEADERS = st.lists(
    st.sampled_from(
        [b"Subject: =?utf-8?Q?a=FF?=\n", b"Subject: =?nonsense?B?!!!?=\n", b"Subject: \xd6\xec\xe9F\n", b"From: <<>>,;\n",
         b"From: =?gbk?B?1w==?= <@>\n", b"Date: yesterday\n", b"Date: Mon, 99 Foo 2026\n", b"Content-Type: text/html; charset=\n",
         b"Content-Type: text/plain; charset=unicode-1-1-utf-7\n", b"Content-Transfer-Encoding: base64\n", b"\n", b"<p>x</p>\n",
         b"Content-Transfer-Encoding: x-uuencode\n", b"Content-Type: multipart/alternative; boundary=x\n", b"--x\n", b"--x--\n",
         b"Content-Type: message/rfc822\n", b"Content-Disposition: attachment; filename*=utf-8''%FF\n", b" folded\n", b"!!!\n"]
    ),
    max_size=14,
).map(b"".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(HEADERS)
def test_any_message_is_an_article_or_rejected(raw: bytes) -> None:
    try:
        article = parse_email(raw, file="a.eml")
    except ArticleRejected as refused:
        assert refused.reason.startswith("a.eml:")
    else:
        assert article.html
        article.title.encode()
