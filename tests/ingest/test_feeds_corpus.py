from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from broadsheet_cli.evaluate.feed_cases import Case, read_cases
from broadsheet_cli.evaluate.feed_reading import aspect, holds, read_case
from broadsheet_cli.evaluate.feeds import FLOORS, below_floors, beyond_allowed, judge_feeds, print_feeds, score_feeds
from broadsheet_cli.evaluate.floors import lines_without_reason
from tests.ingest.listings import CORPORA

FEED = "<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>{}</feed>"


def case(tmp_path: Path, expect: str, entry: str, headers: str = "") -> Case:
    """Return the one case of a folder that expects ``expect`` of a feed with ``entry``."""
    comment = f"<!--\nDescription: a case\n{headers}Expect:      {expect}\n-->\n"
    file = tmp_path / "wellformed" / "atom" / "case.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(comment + FEED.format(entry), encoding="utf-8")
    (found,) = read_cases(tmp_path)
    return found


def test_a_case_tells_what_it_expects(tmp_path: Path) -> None:
    expect = (
        "not bozo and (entries[0]['links'][1].href == 'x') and feed['t'] == ('a' + 'b') and len(feed['links']) == 1"
    )
    found = case(tmp_path, expect, "", "Header: Content-Location: http://a.org/\n")
    assert found.name == "wellformed/atom/case.xml"
    assert found.bozo is False
    assert found.headers == {"content-location": "http://a.org/"}
    assert [claim.key for claim in found.claims] == ["entries.n.links.n.href", "feed.t", ""]
    assert found.claims[0].value == "x"
    assert found.claims[2].text == "len(feed['links']) == 1"
    assert [aspect(claim) for claim in found.claims] == [None, None, None]


def test_what_a_case_expects_is_never_run(tmp_path: Path) -> None:
    found = case(tmp_path, "entries[0]['title'] == __import__('os').getcwd()", "<entry><title>T</title></entry>")
    assert found.claims[0].value == "__import__('os').getcwd()"


def test_a_file_without_expectation_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<rss/>")
    with pytest.raises(ValueError, match=r"a\.xml has no line 'Expect:'"):
        read_cases(tmp_path)


@pytest.mark.parametrize(
    ("expect", "entry", "held"),
    [
        (
            "entries[0]['title'] == 'A <b>B</b>'",
            "<entry><title type='html'>A &lt;b&gt;B&lt;/b&gt;</title></entry>",
            True,
        ),
        ("entries[0]['title'] == 'A'", "<entry><title>B</title></entry>", False),
        ("entries[0]['title'] == 'Untitled 1'", "<entry><id>x</id></entry>", False),
        ("entries[1]['id'] == 'y'", "<entry><id>x</id></entry><entry><id>y</id></entry>", True),
        ("entries[2]['id'] == 'y'", "<entry><id>x</id></entry><entry><id>y</id></entry>", False),
        ("entries[0]['link'] == 'http://a.org'", "<entry><title>T</title><link href='http://a.org'/></entry>", True),
        (
            "entries[0]['updated_parsed'] == (2003, 12, 31, 10, 14, 55, 2, 365, 0)",
            "<entry><updated>2003-12-31T11:14:55+01:00</updated></entry>",
            True,
        ),
        (
            "entries[0]['updated'] == '2003-12-31T10:14:55Z'",
            "<entry><updated>2003-12-31T10:14:56Z</updated></entry>",
            False,
        ),
        (
            "entries[0]['summary'] == '<a b=\"1\" c=\"2\">x</a>'",
            "<entry><summary type='html'>x</summary></entry>",
            False,
        ),
        ("entries[0]['summary'] == 'a &lt; b'", "<entry><summary type='html'>a &amp;lt; b</summary></entry>", True),
        ("entries[0]['summary'] == 'a < b'", "<entry><summary>a &lt; b</summary></entry>", True),
        ("entries[0]['author'] == 'Ann (a@b.org)'", "<entry><author><name>Ann</name></author></entry>", True),
        ("entries[0]['author'] == 'Bob'", "<entry><author><name>Ann</name></author></entry>", False),
    ],
)
def test_a_claim_holds_or_does_not(tmp_path: Path, expect: str, entry: str, held: bool) -> None:
    found = case(tmp_path, expect, entry)
    (claim,) = found.claims
    assert aspect(claim) is not None
    assert holds(claim, read_case(found)) is held


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("<p>a <b lang='en'>b</b> <a href='https://a.org' rel='nofollow'>c</a> <a href='#fn1'>d</a></p>", set()),
        ("<p onclick='x'>a<script>b</script></p>", {"p[onclick]", "script"}),
        ("<a href='javascript:x'>a</a>", {"a[href=javascript:x]"}),
        ("<a href='/x'>a</a>", {"a[href=/x]"}),
    ],
)
def test_what_is_beyond_the_allow_list_is_found(markup: str, left: set[str]) -> None:
    assert beyond_allowed(markup) == left


def test_what_is_missed_is_below_its_floor(tmp_path: Path) -> None:
    case(tmp_path, "not bozo and entries[0]['title'] == 'A' and feed['cloud'] == 1", "<entry><title>B</title></entry>")
    score = score_feeds(tmp_path)
    assert (score.asked["title"], score.met["title"], score.not_ours["feed.cloud"]) == (1, 0, 1)
    assert "feeds (shipped): title is 0.0000, the floor is 1.0" in map(str, below_floors(score))
    out = io.StringIO()
    print_feeds(Console(file=out, width=120), score)
    assert "title: wellformed/atom/case.xml: entries[0]['title'] == 'A'" in out.getvalue()


def test_without_the_corpus_nothing_is_judged(tmp_path: Path) -> None:
    out = io.StringIO()
    assert judge_feeds(Console(file=out, width=200), tmp_path) == []
    assert "No feeds to score" in out.getvalue()


def test_every_floor_says_since_when_and_why() -> None:
    assert lines_without_reason(FLOORS.read_text(encoding="utf-8")) == []


def test_the_cases_of_feedparser_are_read_as_expected() -> None:
    if not (CORPORA / "feeds").is_dir():
        pytest.skip(f"needs {CORPORA / 'feeds'}, which is no part of this project")
    assert judge_feeds(Console(width=150), CORPORA) == []
