"""An article over two pages, put together by its site's recipe, through the whole local cloud."""

from __future__ import annotations

from pathlib import Path

from broadsheet import __version__

from .loopback import Answer, serving
from .runs import files, run, write_tree

SITE = "title: The Test\nurl: https://test.example\nlanguage: en\ntimezone: UTC\n"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>http://{host}/</link>
<item><guid>one</guid><title>The long story</title><link>http://{host}/story</link>
<pubDate>Sun, 04 Jan 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
RECIPE = """# The story is in two parts.
body: //div[@id='text']
strip_id_or_class: promo
next_page_link: //a[@rel='next']
http_header(Cookie): consent=yes
test_url: http://{host}/story
"""
PAGE = """<html><body><div id="text"><p>The standfirst, which stands on both pages of the story.</p><p>{text} It goes on
for a while, so that nobody doubts that it is a text that somebody wrote and somebody else may want to read.</p>
<p class="promo">Subscribe now.</p></div>{link}</body></html>"""


def test_two_pages_become_one_post(tmp_path: Path) -> None:
    first = PAGE.format(text="The first part.", link='<a rel="next" href="/story?page=2">2</a>')
    second = PAGE.format(text="The second part.", link="")
    routes = {"/story": Answer(first.encode(), "text/html"), "/story?page=2": Answer(second.encode(), "text/html")}
    with serving(dict(routes)) as web:
        host = web.host.partition(":")[0]
        web.routes["/feed"] = Answer(FEED.format(host=web.host).encode(), "application/rss+xml")
        tree: dict[str, str | bytes] = {
            "site.yaml": SITE,
            "sources/wire.yaml": f"id: wire\nurl: http://{web.host}/feed\ncategory: Wire\nbody: {{from: page}}\n",
            f"recipes/{host}.txt": RECIPE.format(host=web.host),
            "recipes/.wild.example.txt": "body: //article",
        }
        config = write_tree(tmp_path / "config", tree)
        report = run(config, tmp_path / "out", hosts=(web.host,), state=tmp_path / "state")
        assert (report["rejections"], report["dead_letters"], report["articles"]["stored"]) == ([], [], 1)
        assert web.requests == {"/feed": 1, "/robots.txt": 1, "/story": 1, "/story?page=2": 1}
        assert report["requests"] == {web.host: 4}
        assert web.agents == {f"Broadsheet/{__version__} (+https://test.example)"}
        (name,) = files(tmp_path / "out" / "posts")
        post = (tmp_path / "out" / "posts" / name).read_text(encoding="utf-8").split("---\n", 2)[2]
        parts = [post.count(text) for text in ("The standfirst", "The first part", "The second part", "Subscribe")]
        assert parts == [1, 1, 1, 0]
        assert post.index("The first part") < post.index("The second part")
        again = run(config, tmp_path / "out", hosts=(web.host,), state=tmp_path / "state")
        assert again["articles"]["stored"] == 0
        assert web.requests["/story"] == 1, "what is stored is not fetched again"
