from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model import keys, records
from broadsheet.model.article import Article, ArticleState, CategoryLine, IndexLine, MirroredImage, Origin

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))])
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001 - given zones here
inputs = st.sampled_from(["upload:articles/a.md", "upload:bundles/a.zip#b#c.md", "entry:finews-37#新 1#2"])


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value a field of that type may have."""
    plain = {str: texts, bool: st.booleans(), int: st.integers(-(10**9), 10**9), datetime: instants}
    if hint in plain:
        return plain[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    if is_dataclass(hint):
        return instances_of(hint)
    parts = get_args(hint)
    if type(None) in parts:
        return st.none() | values_of(next(part for part in parts if part is not type(None)))
    if parts[-1] is ...:
        return st.lists(values_of(parts[0]), max_size=3).map(tuple)
    return st.tuples(*map(values_of, parts))


def instances_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any instance of a model type: every field is drawn, so that a new field is tested without being named here."""
    hints = get_type_hints(kind)
    drawn = {field.name: values_of(hints[field.name]) for field in fields(kind)}
    if kind is Origin:
        drawn["input"] = inputs
    return st.builds(kind, **drawn)


articles = instances_of(Article)
origins = instances_of(Origin)
index_lines = instances_of(IndexLine)
category_lines = instances_of(CategoryLine)

AT = datetime(2026, 1, 5, 8, 30, tzinfo=timezone(timedelta(hours=8)))
ORIGIN = Origin(
    input="entry:finews-37#1",
    upload=False,
    priority=0,
    version="2026~abc",
    observed_at=AT,
    first_seen=AT,
    content_since=AT,
    title="泉州",
    content_hash="h",
    body_pk="ARTICLE#x",
    body_sk="REV#1",
    slug="quanzhou",
)
ARTICLE = Article("x", AT, ("id:em:1",), ArticleState.PUBLISHED, chosen=ORIGIN, also=(("A", None), ("B", "https://b")))


@given(articles, st.integers(1, 10**9))
def test_an_article_comes_back(article: Article, v: int) -> None:
    item = records.article_item(article, v)
    assert (item["pk"], item["sk"]) == keys.current(article.id)
    assert records.article_from(item) == (article, v)


@given(origins)
def test_an_origin_comes_back(origin: Origin) -> None:
    item = records.origin_item("x", origin)
    assert item["pk"] == keys.article("x")
    assert keys.ORIGIN_PREFIX < item["sk"] < keys.ORIGIN_END
    assert records.origin_from(item) == origin


@given(index_lines)
def test_an_index_line_comes_back(line: IndexLine) -> None:
    item = records.index_item(keys.INDEX_SITE, line)
    assert (item["pk"], item["sk"]) == keys.index_line(keys.INDEX_SITE, line.instant, line.article_id)
    assert records.index_from(item) == line


@given(category_lines, st.integers(1, 10**9))
def test_a_category_comes_back(line: CategoryLine, v: int) -> None:
    item = records.category_item(line, v)
    assert (item["pk"], item["sk"]) == keys.category(line.slug)
    assert records.category_from(item) == (line, v)


@given(articles)
def test_an_item_is_plain_and_holds_nothing_empty(article: Article) -> None:
    def check(value: Any) -> None:
        assert type(value) in (str, int, bool, list, dict)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(inner)

    check(records.article_item(article, 1))


def test_what_is_stored_of_an_article() -> None:
    at = "2026-01-05T00:30:00.000000Z"
    assert records.article_item(ARTICLE, 3) == {
        "pk": "ARTICLE#x",
        "sk": "CURRENT",
        "v": 3,
        "id": "x",
        "created_at": at,
        "claims": ["id:em:1"],
        "state": "published",
        "chosen": {
            "input": "entry:finews-37#1",
            "upload": False,
            "priority": 0,
            "version": "2026~abc",
            "observed_at": at,
            "first_seen": at,
            "content_since": at,
            "title": "泉州",
            "content_hash": "h",
            "body_pk": "ARTICLE#x",
            "body_sk": "REV#1",
            "slug": "quanzhou",
        },
        "also": [["A"], ["B", "https://b"]],
    }


@given(instances_of(MirroredImage), st.integers(1, 9))
def test_a_mirrored_image_comes_back_and_a_refused_one_is_none(image: MirroredImage, v: int) -> None:
    item = records.image_item(image, v)
    assert item["v"] == v
    assert records.image_from(item) == image
    key = keys.image(image.url)
    assert records.image_from({"pk": key.pk, "sk": key.sk, "url": image.url, "reason": "gone", "v": v}) is None


def test_attributes_of_others_are_ignored() -> None:
    line = IndexLine("x", AT, "t", "/a/")
    assert records.index_from(records.index_item(keys.INDEX_SITE, line) | {"ttl": 5, "v": 1}) == line


@pytest.mark.parametrize("missing", ["created_at", "state"])
def test_an_item_that_lacks_a_field_is_named(missing: str) -> None:
    item = records.article_item(ARTICLE, 1)
    del item[missing]
    with pytest.raises(ValueError, match=rf"ARTICLE#x/CURRENT is no Article.*{missing}"):
        records.article_from(item)


def test_a_field_that_cannot_be_read_is_named() -> None:
    item = records.article_item(ARTICLE, 1) | {"state": "lost"}
    with pytest.raises(ValueError, match=r"ARTICLE#x/CURRENT is no Article.*lost"):
        records.article_from(item)


def test_an_item_without_version_is_named() -> None:
    item = records.article_item(ARTICLE, 1)
    del item["v"]
    with pytest.raises(ValueError, match="ARTICLE#x/CURRENT has no version"):
        records.article_from(item)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        records.article_item(replace(ARTICLE, created_at=datetime(2026, 1, 5)), 1)  # noqa: DTZ001 - the fault


def test_no_field_of_a_record_is_called_like_a_key() -> None:
    for kind in (Article, Origin, IndexLine, CategoryLine, MirroredImage):
        assert {"pk", "sk", "v", "ttl"}.isdisjoint(field.name for field in fields(kind))


def test_a_default_that_is_not_empty_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Loud:
        volume: int = 11

    with pytest.raises(TypeError, match=r"Loud\.volume has a default that is not empty"):
        records._pack(Loud())


def test_a_type_without_codec_is_refused() -> None:
    with pytest.raises(TypeError, match="no codec for <class 'float'>"):
        records._codec_of(float)
