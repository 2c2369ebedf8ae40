from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from broadsheet.aws.limits import SORT_KEY_BYTES, check_key
from broadsheet.model import keys
from broadsheet.model.identity import InputKey
from broadsheet.model.keys import Key
from tests.builders import NOON, entry_input, minutes, upload_input

long_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=1_000)


def test_the_keys_of_the_table_are_those_of_the_design() -> None:
    # What is stored under them: a change here is a migration.
    day = date(2026, 1, 5)
    assert keys.current("x") == ("ARTICLE#x", "CURRENT")
    assert keys.source_config("wire") == ("SOURCE#wire", "CONFIG")
    assert keys.source_state("wire") == ("SOURCE#wire", "STATE")
    assert keys.category("news") == ("CATALOG", "CATEGORY#news")
    assert keys.catalog_source("wire") == ("CATALOG", "SOURCE#wire")
    assert keys.index_line("INDEX#site", NOON, "x") == ("INDEX#site", "2026-01-05T12:00:00.000000Z#x")
    assert keys.rollup_line("INDEX#category#news", f"{day}") == ("ROLLUP#category#news", "DAY#2026-01-05")
    assert keys.rollup_line(keys.INDEX_SITE, "2026") == ("ROLLUP#site", "YEAR#2026")
    assert keys.due(NOON, "poll", "wire") == ("DUE", "2026-01-05T12:00:00.000000Z#poll#wire")
    assert keys.site_item("SETTINGS") == ("SITE", "SETTINGS")
    partition, sort = keys.image("https://a.example/a.png")
    assert (partition[:6], len(partition), sort) == ("IMAGE#", 32, "IMAGE")
    assert keys.image_shown("https://a.example/a.png", "x") == (partition, "ARTICLE#x")
    assert keys.image_line("n.png", "https://a.example/a.png") == ("IMAGES", f"n.png#{partition[6:]}")
    assert keys.images_shown("x") == ("ARTICLE#x", "SHOWN")
    assert keys.host("a.example") == ("HOST#a.example", "HOST")


def test_one_query_reads_an_article_without_its_revisions() -> None:
    first, last = keys.CURRENT, keys.ORIGIN_END
    assert first <= keys.current("x").sk <= last
    assert first <= keys.origin("x", entry_input("\U0010ffff")).sk <= last
    assert not first <= keys.revision("x", "2026~abc", entry_input()).sk <= last
    assert not first <= keys.images_shown("x").sk <= last


def test_lines_sort_by_time_then_by_article() -> None:
    lines = [keys.index_line("INDEX#site", at, name).sk for at in (NOON, minutes(1)) for name in ("a", "b")]
    assert lines == sorted(lines)


@given(long_names, long_names)
def test_no_input_is_too_long_or_strange_for_a_key(container: str, name: str) -> None:
    for key in (InputKey("upload", container, name), InputKey("upload", container, ""), entry_input(name)):
        made = [keys.input_state(key), keys.origin("x", key), keys.rejection(key), keys.revision("x", "2026~a", key)]
        for made_key in (*made, keys.container(container), keys.link(str(key)), keys.category_name(name)):
            check_key(made_key)
            assert len(made_key.sk.encode()) <= SORT_KEY_BYTES


@given(long_names, long_names)
def test_two_members_of_an_upload_never_share_a_key(a: str, b: str) -> None:
    first, second = (keys.input_state(upload_input("bundles/z.zip", name)) for name in (a, b))
    assert (first == second) == (a == b)
    assert first.pk == second.pk


def test_the_object_as_a_whole_has_its_own_item_beside_its_members() -> None:
    whole, member = keys.container("articles/a.md"), keys.input_state(upload_input("articles/a.md"))
    assert whole == Key(member.pk, "STATE")
    assert member.sk == "MEMBER#"


def test_rejections_of_a_source_are_one_partition() -> None:
    assert keys.rejection(entry_input("1")).pk == keys.rejection(entry_input("2")).pk == "REJECT#wire"
    assert keys.rejection(upload_input()).pk == "REJECT#upload"


def test_days_of_an_index_sort_as_days() -> None:
    days = [keys.rollup_line(keys.INDEX_SITE, f"{NOON.date() + timedelta(days=n)}").sk for n in range(400)]
    assert days == sorted(days)
