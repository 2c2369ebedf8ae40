"""``redirect_from``: which addresses may lead to an article, and that they change nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.clean import clean
from broadsheet.ingest.content_hash import content_hash
from broadsheet.ingest.decide import Decision, Outcome, Snapshot, Stored, decide
from broadsheet.ingest.redirects import redirect_path
from broadsheet.ingest.upload import parse_upload
from broadsheet.model.article import ParsedArticle
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.order import order_of_sequencer
from tests import builders
from tests.builders import NOON

from .articles import NOW, document


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/2022/02/16/story.html", "/2022/02/16/story.html"),
        ("/story", "/story/"),
        ("/story/", "/story/"),
        ("/story/index.html", "/story/"),
        ("/version-2.0", "/version-2.0/"),
        ("/old/page.php", "/old/page.php"),
        ("/%E6%B3%89%E5%B7%9E/a%20b.html", "/泉州/a b.html"),
        ("/cafe\u0301/", "/caf\u00e9/"),
        ("/categories/", "/categories/"),
        ("/atomic/", "/atomic/"),
        ("/news/sitemap/", "/news/sitemap/"),
    ],
)
def test_address_is_kept_as_the_bucket_holds_it(written: str, path: str) -> None:
    assert redirect_path(written) == path
    assert redirect_path(path) == path


@pytest.mark.parametrize(
    "written",
    [
        "", "story/", "https://example.org/a", "//example.org/a", "/a//b", "/a/../b", "/%2e%2e/b", "/./a", "/.git/config",
        "/a?b=c", "/a#b", "/a%3Fb", "/a%00b", "/a\nb", "/a\\b", "/%FF/", "/" + "a" * 501, "/" + "%61" * 501,
        "/" + "泉" * 90 + "/", "/\u2028/", "/" + "/".join(["泉州晚报社"] * 80),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"is no path|climbs|longer|holds|bytes"):
        redirect_path(written)


@pytest.mark.parametrize(
    "written",
    [
        "/", "/index.html", "/category/x", "/Category/x/", "/category", "/assets/a.css", "/posts/a", "/sitemap.xml",
        "/sitemap-2026.xml", "/sitemap/2026.xml", "/sitemap", "/atom.xml", "/atom/2.xml", "/rss.xml", "/feed.json",
        "/opml.xml", "/404.html", "/robots.txt", "/%63ategory/x/",
    ],
)  # fmt: skip
def test_what_the_site_writes_itself_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="site's own"):
        redirect_path(written)


@given(st.text(max_size=600))
def test_whatever_is_written_is_refused_or_an_address_that_stays_what_it_is(written: str) -> None:
    try:
        path = redirect_path("/" + written)
    except ValueError:
        return
    assert redirect_path(path) == path or "%" in path
    assert path.startswith("/")
    assert ".." not in path.split("/")
    path.encode()


def upload(front_matter: str, name: str = "articles/a.md") -> ParsedArticle:
    return parse_upload(name, document(f"---\ntitle: T\n{front_matter}\n---\nText.\n"))


@pytest.mark.parametrize("name", ["articles/a.md", "articles/a.html"])
def test_front_matter_names_one_or_several(name: str) -> None:
    assert upload("redirect_from: /old, with comma/", name).aliases == ("/old, with comma/",)
    assert upload("redirect_from: [/a, /b.html, /a/]", name).aliases == ("/a/", "/b.html")
    assert upload("redirect_from:", name).aliases == ()


def test_page_with_front_matter_and_json_name_them_too() -> None:
    page = "---\nredirect_from: /a\n---\n<!doctype html><title>T</title><body><h1>T</h1><p>Text of it.</p>"
    assert parse_upload("articles/a.html", document(page)).aliases == ("/a/",)
    told = '{"title": "T", "text": "x", "redirect_from": ["/a", "/b"], "base_url": "https://old.example/x/"}'
    article = parse_upload("articles/a.json", document(told))
    assert article.aliases == ("/a/", "/b/")
    assert article.base_url == "https://old.example/x/"


@pytest.mark.parametrize(
    ("front_matter", "reason"),
    [
        (
            "redirect_from: old/",
            "articles/a.md: field 'redirect_from' has an address that cannot lead here: 'old/' is no",
        ),
        ("redirect_from: /category/x", "site's own pages"),
        ("redirect_from: {a: b}", "is a mapping"),
        (f"redirect_from: [{', '.join(f'/{n}' for n in range(11))}]", "names 11 addresses, more than 10"),
    ],
)
def test_wrong_ones_are_rejected_with_the_reason(front_matter: str, reason: str) -> None:
    with pytest.raises(ArticleRejected) as rejected:
        upload(front_matter)
    assert reason in str(rejected.value)


def test_base_url_is_what_relative_addresses_are_relative_to() -> None:
    parsed = parse_upload(
        "articles/a.md",
        document("---\ntitle: T\nbase_url: https://old.example/2022/\nimage: i.png\n---\n[a](/b) ![x](c.png)\n"),
    )
    article = clean(parsed, fallback_slug="a", observed_at=NOW, upload=True)
    assert 'href="https://old.example/b"' in article.html
    assert 'src="https://old.example/2022/c.png"' in article.html
    assert article.image == "https://old.example/2022/i.png"
    assert article.canonical_url is None
    assert upload("base_url: javascript:alert(1)").base_url is None


def test_slug_that_is_a_number_is_taken_as_given() -> None:
    def slug_of(slug: str) -> str | None:
        return clean(upload(f"slug: {slug}"), fallback_slug="file-name", observed_at=NOW, upload=True).slug

    assert slug_of("202202162277965336") == "202202162277965336"
    assert slug_of("业绩2022") == "file-name"
    assert slug_of("a-name") == "a-name"


def settled(aliases: tuple[str, ...], at: int, before: Decision | None = None) -> Decision:
    told = builders.told(
        input_key=builders.upload_input(), at=builders.minutes(at), order=order_of_sequencer(f"{at:X}"), aliases=aliases
    )
    if before is None:
        return decide(told, Snapshot(), lambda *_: "/news/a/")
    assert before.article_id is not None
    stored = before.articles[before.article_id]
    known = {before.article_id: Stored(stored.article, 1, stored.origins)}
    links = dict.fromkeys(told.claims, before.article_id)
    return decide(told, Snapshot(before.state, 1, links, known), lambda *_: "/news/a/")


def test_origin_holds_them_and_a_new_one_is_an_update_but_no_correction() -> None:
    first = settled(("/old/",), 1)
    second = settled(("/old/", "/older/"), 2, first)
    assert first.outcome is Outcome.STORED
    assert second.outcome is Outcome.UPDATED
    assert second.article_id is not None
    chosen = second.articles[second.article_id].article.chosen
    assert chosen is not None
    assert chosen.aliases == ("/old/", "/older/")
    assert chosen.updated is None
    assert chosen.content_since == NOON + timedelta(minutes=1)


def test_content_hash_does_not_count_them() -> None:
    article = builders.clean_article()
    assert content_hash(replace(article, aliases=("/old/",))) == article.content_hash
