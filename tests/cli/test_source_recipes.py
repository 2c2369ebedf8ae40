"""``broadsheet sources test`` with the recipes of the configuration that the source lies in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from broadsheet_cli.main import main
from tests.e2e.loopback import Answer, serving
from tests.e2e.runs import write_tree

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>http://{host}/</link>
<item><guid>one</guid><title>The long story</title><link>http://{host}/story</link></item></channel></rss>"""
PAGE = """<html><body><div id="text"><p>The story goes on for a while, so that nobody doubts that it is a text that
somebody wrote, and that somebody else may want to read one day, if only for its length.</p></div>
<div><p>What surrounds it goes on for a while too, but is of no use to anybody who came for the story itself.</p></div>
<a class="next" href="/story?page=2">2</a></body></html>"""
RECIPE = "body: //div[@id='text']\nnext_page_link: //a[@class='next']\nrequires_login: yes\n"


def test_the_recipe_is_used_and_what_it_asks_in_vain_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving({"/story": Answer(PAGE.encode(), "text/html")}) as web:
        web.routes["/feed"] = Answer(FEED.format(host=web.host).encode(), "application/rss+xml")
        name = web.host.partition(":")[0]
        source = f"id: wire\nurl: http://{web.host}/feed\ncategory: Wire\nbody: {{from: page}}\n"
        write_tree(tmp_path, {"sources/wire.yaml": source, f"recipes/{name}.txt": RECIPE})
        command = ["broadsheet", "sources", "test", "--json", "--allow-host", web.host]
        monkeypatch.setattr(sys, "argv", [*command, str(tmp_path / "sources" / "wire.yaml")])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0
    found = json.loads(capsys.readouterr().out)
    (entry,) = found["entries"]
    assert "The story" in entry["content"]
    assert "surrounds" not in entry["content"]
    assert entry["note"] == f"goes on at http://{web.host}/story?page=2, which a trial does not fetch"
    assert found["warnings"] == [
        f"recipes/{name}.txt:3: requires_login: logging in is not supported: only what everybody can read is fetched"
    ]
