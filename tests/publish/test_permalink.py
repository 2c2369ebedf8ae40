from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model.errors import ConfigurationError
from broadsheet.model.site import Site
from broadsheet.publish import permalink
from tests.publish.newsroom import CHINESE, ENGLISH, MORNING, QUANZHOU, body, origin

ID = "k3v7q2xyzabcdefg"


def address(site: Site = ENGLISH, instant: datetime = MORNING, slug: str = "ferry") -> str:
    return permalink.address_of(site, "harbour", instant, slug, ID)


def test_address_fills_the_pattern_and_ends_in_a_part_of_the_id() -> None:
    assert address() == "/harbour/2026/01/05/ferry-k3v7q2/"


def test_day_is_a_day_in_the_sites_zone() -> None:
    late = datetime(2026, 1, 4, 17, 0, tzinfo=UTC)
    assert address(CHINESE, late) == "/harbour/2026/01/05/ferry-k3v7q2/"
    assert address(ENGLISH, late) == "/harbour/2026/01/04/ferry-k3v7q2/"


@pytest.mark.parametrize("pattern", [":year/:slug", "/:year/:slug", "/:year/:slug/"])
def test_address_has_a_slash_at_both_ends(pattern: str) -> None:
    assert address(replace(ENGLISH, permalink=pattern)) == "/2026/ferry-k3v7q2/"


@given(st.text(max_size=300))
def test_no_slug_leaves_its_folder(slug: str) -> None:
    made = address(slug=slug)
    assert made.startswith("/harbour/2026/01/05/")
    folder = made.removeprefix("/harbour/2026/01/05/").removesuffix("/")
    assert folder.endswith("k3v7q2")
    assert set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(folder) <= permalink.MAX_SLUG + 7


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("/:year/:title/", ":title"),
        ("/:year/", "no :slug"),
        ("/category/:slug/", "/category/"),
        ("/assets/:slug/", "/assets/"),
        ("/../:slug/", "slashes"),
        ("/a?b/:slug/", "slashes"),
    ],
)
def test_pattern_that_cannot_work_is_refused_by_name(pattern: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=r"site\.yaml: permalink") as refused:
        permalink.check_pattern(pattern)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("path", "key"),
    [("/", "index.html"), ("/a/b/", "a/b/index.html"), ("/404.html", "404.html"), ("/a/atom.xml", "a/atom.xml")],
)
def test_folder_is_served_by_its_index(path: str, key: str) -> None:
    assert permalink.site_key(path) == key


@pytest.mark.parametrize("path", ["", "a/b/", "/a/../b/"])
def test_key_of_no_address_is_an_error(path: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        permalink.site_key(path)


def test_post_is_named_by_the_recorded_address() -> None:
    published = body(CHINESE, origin(slug="202202162277965336"), categories=(QUANZHOU,)).article
    suffix = published.id[:6]
    assert permalink.post_key(published, CHINESE.zone) == f"posts/2026-01-05-202202162277965336-{suffix}.md"


def test_neither_a_correction_nor_another_zone_renames_a_post() -> None:
    published = body(ENGLISH).article
    assert published.chosen is not None
    corrected = replace(
        published, chosen=replace(published.chosen, published=MORNING - timedelta(days=900), title="x", slug="x")
    )
    names = {
        permalink.post_key(article, zone)
        for article in (published, corrected)
        for zone in (ENGLISH.zone, CHINESE.zone, ZoneInfo("Pacific/Auckland"))
    }
    assert len(names) == 1


def test_where_the_address_names_no_day_the_post_has_the_day_of_the_decision() -> None:
    published = body(replace(ENGLISH, permalink="/:slug/")).article
    assert published.chosen is not None
    corrected = replace(published, chosen=replace(published.chosen, published=MORNING - timedelta(days=900)))
    key = permalink.post_key(corrected, ENGLISH.zone)
    assert key == f"posts/2026-01-05-ferry-returns-{published.id[:6]}.md"


def test_day_in_a_slug_is_not_the_articles_day() -> None:
    published = body(replace(ENGLISH, permalink="/:year/:slug/"), origin(slug="review-of-1999-12-31")).article
    assert published.address is not None
    assert permalink.day_of_address(published.address, published.id) is None


def test_imported_address_with_a_file_name_still_names_a_post() -> None:
    published = replace(body(ENGLISH).article, address="/news/2021/12/08/old-name.html")
    assert permalink.post_key(published, ENGLISH.zone) == "posts/2021-12-08-old-name.md"


def test_article_that_was_never_published_has_no_post() -> None:
    with pytest.raises(ValueError, match="never published"):
        permalink.post_key(replace(body(ENGLISH).article, address=None), ENGLISH.zone)
