from __future__ import annotations

import pytest

from broadsheet.web.sniff import objection, objection_to_label

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (PNG, "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"GIF89a\x01\0", "GIF"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "WebP"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "MP4"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04\x14\0", "ZIP"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"ID3\x03\0\0", "MP3"),
        (b"\x7fELF\x02\x01\x01\0", "program"),
        (b"wOFF\0\x01\0\0", "font"),
        (bytes(range(32)) * 40, "binary data"),
    ],
)
def test_binaries_are_no_text(head: bytes, what: str) -> None:
    for label in ("text/html", "application/rss+xml", "application/json", ""):
        assert what in (objection("page", label, head) or "")


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><p>x", b"", b'{"a": 1}', "银行 news".encode("gbk"), "新聞".encode("big5"), b"BMW recalls",
        b"MZ and more", b"ID3 tags explained", b"OTTO reports", b"RIFFRAFF opens", b"BZh is a tag",
        "\ufeffx".encode("utf-16-le"), "<?xml version='1.0'?>".encode("utf-16-be"),
        '{"a": 1}'.encode("utf-16-le"), "ニュース".encode("iso2022_jp") * 30,
        b"a stray \0 byte in a long enough page",
    ],
)  # fmt: skip
def test_texts_in_any_encoding_pass(head: bytes) -> None:
    assert objection("page", "text/html", head) is None


def test_declared_wide_text_without_a_mark_passes() -> None:
    head = "plain text".encode("utf-16-le")
    assert objection("page", "text/plain; charset=UTF-16", head) is None
    assert objection("page", "text/plain", head) is not None


def test_images_must_be_images() -> None:
    assert objection("image", "text/html", PNG) is None
    assert objection("image", "image/png", b"<svg onload=alert(1)>") is not None
    assert objection("image", "image/png", b"") is not None
    assert "PDF" in (objection("image", "image/png", b"%PDF-1.4") or "")


@pytest.mark.parametrize(
    "label", ["video/mp4", "audio/mpeg", "image/png", "font/woff2", "application/pdf; x=y", "Application/ZIP"]
)
def test_labels_that_rule_text_out(label: str) -> None:
    assert objection_to_label("feed", label) is not None


@pytest.mark.parametrize(
    "label", ["text/html", "", "application/octet-stream", "image/svg+xml", "application/gzip", "nonsense"]
)
def test_labels_that_prove_nothing(label: str) -> None:
    assert objection_to_label("feed", label) is None
