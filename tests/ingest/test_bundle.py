"""Zip files, friendly and not."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest import bundle
from broadsheet.ingest.bundle import Member, members
from broadsheet.model.errors import ArticleRejected

KEY = "bundles/b.zip"


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], level: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", level) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return buffer.getvalue()


def test_members_in_their_order_without_what_systems_add() -> None:
    found = members(
        packed(
            ("b.md", b"B"), ("folder/", b""), ("folder/a.html", b"A"), ("__MACOSX/._b.md", b"x"), (".hidden.md", b"x"),
            ("folder/.DS_Store", b"x"), ("Thumbs.db", b"x"), ("feeds/f.xml", b"<rss/>"),
        ),
        KEY,
    )  # fmt: skip
    assert found.members == (Member("b.md", b"B"), Member("folder/a.html", b"A"), Member("feeds/f.xml", b"<rss/>"))
    assert found.rejected == ()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.md", "leads out of the bundle"),
        ("a/../../evil.md", "leads out of the bundle"),
        ("/etc/evil.md", "leads out of the bundle"),
        ("C:/evil.md", "leads out of the bundle"),
        ("a\\evil.md", "leads out of the bundle"),
        ("a//evil.md", "leads out of the bundle"),
        ("inner.zip", "a zip file inside a zip file"),
        ("run.exe", "unknown kind of file '.exe'"),
        ("f.xml", "unknown kind of file '.xml'"),
    ],
)
def test_a_bad_member_is_rejected_by_itself(name: str, reason: str) -> None:
    found = members(packed(("good.md", b"G"), (name, b"x")), KEY)
    assert found.members == (Member("good.md", b"G"),)
    [(rejected, why)] = found.rejected
    assert rejected == name
    assert why.startswith(f"{KEY}#{name}: ")
    assert reason in why


def test_links_and_doubles_are_rejected() -> None:
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.warns(UserWarning, match="Duplicate name"):
        found = members(packed((link, b"/etc/passwd"), ("a.md", b"1"), ("a.md", b"2")), KEY)
    assert found.members == (Member("a.md", b"1"),)
    assert ["symbolic link" in why or "twice" in why for _, why in found.rejected] == [True, True]


def test_encrypted_members_are_rejected() -> None:
    raw = bytearray(packed(("a.md", b"secret")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.index(signature) + offset
        raw[at] |= 1
    [(name, why)] = members(bytes(raw), KEY).rejected
    assert (name, "encrypted" in why) == ("a.md", True)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_without_the_utf8_flag_are_read_by_what_they_are(encoding: str) -> None:
    raw = bytearray(packed(("xxxxxxxxxxxx.md", b"x")))
    name = "泉州晚报".encode(encoding)[:12].ljust(12, b"_")
    raw = raw.replace(b"xxxxxxxxxxxx", name)
    [member] = members(bytes(raw), KEY).members
    assert member.name.startswith("泉州晚报")


def test_a_bomb_is_stopped_while_it_unpacks() -> None:
    zeros = bytes(30 * 1024 * 1024)
    [(name, why)] = members(packed(("bomb.md", zeros)), KEY).rejected
    assert name == "bomb.md"
    assert "zip bomb" in why
    [(_, why)] = members(packed(("large.md", zeros), level=zipfile.ZIP_STORED), KEY).rejected
    assert "unpacks to more than 20 MB" in why


def test_a_directory_that_lies_about_sizes_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytearray(packed(("a.md", b"x" * 100_000)))
    at = raw.index(b"PK\x01\x02") + 24
    raw[at : at + 4] = struct.pack("<I", 10)
    monkeypatch.setattr(bundle, "MAX_UPLOAD_BYTES", 50_000)
    found = members(bytes(raw), KEY)
    assert all(len(member.body) <= 50_000 for member in found.members)


def test_the_whole_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_TOTAL_BYTES", 250)
    with pytest.raises(ArticleRejected, match=r"bundles/b\.zip: unpacks to more than"):
        members(packed(*((f"{n}.md", b"x" * 100) for n in range(3))), KEY)
    with pytest.raises(ArticleRejected, match="1,001 members; a bundle has at most 1,000"):
        members(packed(*((f"{n}.md", b"") for n in range(1_001))), KEY)


@pytest.mark.parametrize(
    "body", [b"", b"PK", b"not a zip", packed(("a.md", b"x"))[:-30]], ids=["empty", "begun", "text", "cut off"]
)
def test_what_is_no_zip_file_is_refused(body: bytes) -> None:
    with pytest.raises(ArticleRejected, match=r"bundles/b\.zip: is no zip file"):
        members(body, KEY)


GOOD = packed(("a.md", b"# A\n\ntext " * 20), ("b/c.html", b"<p>x</p>"), ("d.json", b"{}"))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(GOOD)))
def test_a_damaged_zip_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for at, value in changes:
        raw[at] = value
    raw = raw[: end if end > len(GOOD) // 2 else len(GOOD)]
    try:
        found = members(bytes(raw), KEY)
    except ArticleRejected as refused:
        assert refused.reason.startswith(KEY)
    else:
        assert len(found.members) + len(found.rejected) <= 3
