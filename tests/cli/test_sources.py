from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broadsheet_cli.main import main
from tests.e2e.loopback import Answer, Loopback, serving
from tests.web.server import AdversarialServer, answer

from .pages import ARTICLE, FIRST_LINE

HTML = "text/html; charset=utf-8"
NOW = "2026-03-01T12:00:00+00:00"
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Coast Wire</title><link>https://wire.example/</link>
<item><guid isPermaLink="false">a1</guid><title>Ferry returns</title><link>https://wire.example/a1</link><author>ana@wire.org (Ana Reis)</author>
<pubDate>Mon, 05 Jan 2026 08:30:00 GMT</pubDate><category>Harbour</category>
<description>&lt;p onclick="x()"&gt;The night boat sails again.&lt;/p&gt;</description></item>
<item><guid isPermaLink="false">a2</guid><title>Advertisement: boats</title><link>https://wire.example/a2</link><description>Buy one.</description></item>
<item><guid isPermaLink="false">a3</guid><link>https://wire.example/a3</link><description>No title here.</description></item>
<item><guid isPermaLink="false">a4</guid><title>An empty one</title><link>https://wire.example/a4</link></item>
</channel></rss>"""


@pytest.fixture
def web() -> Iterator[Loopback]:
    with serving({}) as loopback:
        yield loopback


class Command:
    """``broadsheet sources test`` in this process, in a folder of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._capsys, self._monkeypatch, self.folder = capsys, monkeypatch, folder
        monkeypatch.chdir(folder)

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["broadsheet", "sources", "test", "--now", NOW, *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    def object(self, *words: str, status: int = 0) -> dict[str, Any]:
        code, out, err = self("--json", *words)
        assert (code, err) == (status, "")
        found: dict[str, Any] = json.loads(out)
        return found

    def source(self, text: str) -> str:
        (self.folder / "wire.yaml").write_text(text, encoding="utf-8")
        return "wire.yaml"


@pytest.fixture
def sources(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    return Command(capsys, monkeypatch, tmp_path)


def test_a_feed_with_its_rules(sources: Command, web: Loopback) -> None:
    web.routes["/rss"] = Answer(RSS.encode(), "application/rss+xml")
    file = sources.source(
        f"id: wire\nkind: feed\nurl: http://{web.host}/rss\ncategory: Sea\nfilter: {{exclude: ['Advertisement:*']}}\n"
    )
    found = sources.object(file, "--allow-host", web.host)
    assert found["source"] == {"id": "wire", "kind": "feed", "url": f"http://{web.host}/rss", "title": "Coast Wire"}
    assert found["entries"] == [
        {
            "id": "a1",
            "title": "Ferry returns",
            "url": "https://wire.example/a1",
            "published": "2026-01-05T08:30:00+00:00",
            "category": "Sea",
            "categories": ["Sea"],
            "authors": ["Ana Reis"],
            "content": "<p>The night boat sails again.</p>",
            "note": None,
        }
    ]
    reasons = {skipped["id"]: skipped["reason"] for skipped in found["skipped"]}
    assert "exclude rule" in reasons["a2"]
    assert "no title" in reasons["a3"]
    assert "empty body" in reasons["a4"]
    assert len(reasons) == 3
    assert found["error"] is None
    assert web.requests == {"/rss": 1}
    assert [file.name for file in sources.folder.iterdir()] == ["wire.yaml"]


def test_the_same_for_people(sources: Command, web: Loopback) -> None:
    web.routes["/rss"] = Answer(RSS.encode(), "application/rss+xml")
    status, out, _ = sources(f"http://{web.host}/rss", "--allow-host", web.host)
    assert status == 0
    assert "Ferry returns" in out
    assert "published: 2026-01-05T08:30:00+00:00" in out
    assert "The night boat sails again.  (27 characters)" in out
    assert "skipped a3: no title" in out
    assert "2 would come in, 2 skipped, 0 warnings" in out


def test_a_feed_file_is_read_from_disk(sources: Command) -> None:
    (sources.folder / "saved.xml").write_text(RSS, encoding="utf-8")
    found = sources.object("saved.xml")
    assert [entry["id"] for entry in found["entries"]] == ["a1", "a2"]
    assert found["source"]["url"] == "saved.xml"


def test_of_a_page_the_feeds_that_it_announces_are_named(sources: Command, web: Loopback) -> None:
    web.routes["/"] = Answer(
        b"<!doctype html><html><link rel=alternate type='application/atom+xml' href='/atom.xml'><p>Hello</p>", HTML
    )
    found = sources.object(f"http://{web.host}/", "--allow-host", web.host, status=1)
    assert found["feeds"] == [f"http://{web.host}/atom.xml"]
    assert found["entries"] == []
    assert found["error"]
    status, out, _ = sources(f"http://{web.host}/", "--allow-host", web.host)
    assert status == 1
    assert f"the page announces the feed http://{web.host}/atom.xml" in out


def test_bodies_from_pages_are_few_and_only_where_robots_allow(sources: Command, web: Loopback) -> None:
    items = "".join(f"<item><title>Story {n}</title><link>/{n}</link></item>" for n in "abcd")
    web.routes["/rss"] = Answer(f"<rss><channel>{items}</channel></rss>".encode(), "application/rss+xml")
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /a\n", "text/plain")
    web.routes |= {path: Answer(ARTICLE.encode(), HTML) for path in ("/a", "/b", "/c", "/d")}
    file = sources.source(f"kind: feed\nurl: http://{web.host}/rss\nbody: {{from: page}}\n")
    found = sources.object(file, "--allow-host", web.host, "--bodies", "2")
    (skipped,) = found["skipped"]
    assert "robots.txt does not allow" in skipped["reason"]
    first, second, third = found["entries"]
    assert FIRST_LINE in first["content"]
    assert first["authors"] == ["Ana Reis"]
    assert second["content"] is third["content"] is None
    assert "--bodies" in third["note"]
    assert web.requests == {"/rss": 1, "/robots.txt": 1, "/b": 1}


def test_a_json_interface_with_a_second_request(sources: Command, web: Loopback) -> None:
    records = [{"code": "x1", "title": "夜班船复航", "when": "2026-01-05 08:30"}, {"code": "x2", "title": "无正文"}]
    web.routes["/list"] = Answer(json.dumps({"record": records}).encode())
    web.routes["/text?id=x1"] = Answer(json.dumps({"text": "<p>夜里十一点有一班船开往群岛。</p>"}).encode())
    web.routes["/text?id=x2"] = Answer(b"{}")
    file = sources.source(
        f"kind: json\nurl: http://{web.host}/list\nitems: record\ntimezone: Asia/Shanghai\nidentity: id\n"
        "fields: {id: code, title: title, published: when}\n"
        f"body: {{from: json, url: 'http://{web.host}/text?id={{id}}', field: text}}\n"
    )
    found = sources.object(file, "--allow-host", web.host)
    (entry,) = found["entries"]
    assert entry["published"] == "2026-01-05T08:30:00+08:00"
    assert entry["content"] == "<p>夜里十一点有一班船开往群岛。</p>"
    (skipped,) = found["skipped"]
    assert skipped["id"] == "x2"
    assert "`body.field` 'text'" in skipped["reason"]


def test_where_older_entries_are_is_told(sources: Command, web: Loopback) -> None:
    web.routes["/rss"] = Answer(RSS.encode(), "application/rss+xml")
    file = sources.source(f"url: http://{web.host}/rss\nnext: 'http://{web.host}/rss?page={{page}}'\nbackfill: 2\n")
    assert sources.object(file, "--allow-host", web.host)["older"] == f"http://{web.host}/rss?page=2"
    _, out, _ = sources(file, "--allow-host", web.host)
    assert f"older entries are at http://{web.host}/rss?page=2" in out


def test_of_a_sitemap_index_the_newest_sitemap_is_looked_at(sources: Command, web: Loopback) -> None:
    index = "".join(
        f"<sitemap><loc>http://{web.host}/{name}.xml</loc><lastmod>{day}</lastmod></sitemap>"
        for name, day in (("old", "2025-01-01"), ("new", "2026-01-01"))
    )
    web.routes["/index.xml"] = Answer(f"<sitemapindex>{index}</sitemapindex>".encode(), "text/xml")
    listed = "<url><loc>https://wire.example/a1</loc><lastmod>2026-01-01</lastmod></url>"
    web.routes["/new.xml"] = Answer(f"<urlset>{listed}</urlset>".encode(), "text/xml")
    file = sources.source(f"kind: sitemap\nurl: http://{web.host}/index.xml\nbody: {{from: page}}\n")
    found = sources.object(file, "--allow-host", web.host, "--bodies", "0")
    assert [entry["url"] for entry in found["entries"]] == ["https://wire.example/a1"]
    assert f"an index of 2 sitemaps, of which http://{web.host}/new.xml was looked at" in found["warnings"]
    assert web.requests == {"/index.xml": 1, "/new.xml": 1}


def test_a_source_that_moved_for_good_is_told(sources: Command, web: Loopback) -> None:
    web.routes["/old"] = Answer(b"", "text/plain", 301, {"Location": "/rss"})
    web.routes["/rss"] = Answer(RSS.encode(), "application/rss+xml")
    found = sources.object(f"http://{web.host}/old", "--allow-host", web.host)
    assert any(f"write `url: http://{web.host}/rss`" in warning for warning in found["warnings"])


def test_a_header_that_is_kept_elsewhere_is_not_sent(sources: Command) -> None:
    with AdversarialServer({"/rss": answer(RSS.encode(), Content_Type="application/rss+xml")}) as web:
        file = sources.source(
            f"kind: feed\nurl: {web.url('/rss')}\nheaders: {{X-Key: 'ssm:wire-token', X-Edition: west}}\n"
        )
        found = sources.object(file, "--allow-host", web.host)
        (request,) = web.requests
    assert found["warnings"] == [
        "the header 'X-Key' is kept as an SSM parameter, which is not read here; nothing was sent for it"
    ]
    assert request.headers["x-edition"] == "west"
    assert "x-key" not in request.headers


def test_a_private_address_is_not_fetched_unless_it_is_allowed(sources: Command, web: Loopback) -> None:
    found = sources.object(f"http://{web.host}/rss", status=1)
    assert found["error"]
    assert web.requests == {}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("wire.yaml", "kind: feed\n", "wire.yaml"),
        ("wire.yaml", "kind: html\nurl: https://a.example/\n", "field 'items' is missing"),
        ("many.opml", "<opml/>", "an OPML file lists many sources"),
        ("nowhere.xml", None, "cannot be read (No such file or directory)"),
    ],
)
def test_wrong_usage_is_one_line_with_status_2(sources: Command, name: str, content: str | None, reason: str) -> None:
    if content is not None:
        (sources.folder / name).write_text(content)
    status, out, err = sources(name)
    assert (status, out) == (2, "")
    assert reason in err
    assert err.count("\n") == 1
