from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.slugs import category_slug, category_slug_or_hash, normalise_category, title_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("泉州晚报", "quanzhouwanbao"),
        ("重庆日报", "chongqingribao"),
        ("厦门网", "xiamenwang"),
        ("中国银行", "zhongguoyinhang"),
        ("西藏商报", "xizangshangbao"),
        ("21世纪经济报道", "21-shijijingjibaodao"),
        ("21世纪经济报道 21财经APP", "21-shijijingjibaodao-21-caijing-app"),
        ("TechWeb", "techweb"),
        ("Ｔｅｃｈ　Ｗｅｂ", "tech-web"),
        ("Économie & Société", "economie-societe"),
        ("Don't Panic", "dont-panic"),
        ("券商中国（深圳）", "quanshangzhongguo-shenzhen"),
        ("女性", "nvxing"),
        ("Новости", "novosti"),
        ("category", "category-1"),
        ("Posts", "posts-1"),
        ("！？", ""),
        ("", ""),
    ],
)
def test_category_slug(name: str, slug: str) -> None:
    assert category_slug(name) == slug


def test_a_name_with_nothing_to_spell_gets_a_hash() -> None:
    slug = category_slug_or_hash("！？")
    assert re.fullmatch(r"c-[a-z2-7]{8}", slug)
    assert slug == category_slug_or_hash("!?")
    assert slug != category_slug_or_hash("？！")
    assert category_slug_or_hash("News") == "news"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TechWeb", "Techweb"),
        ("ＡＢＣ", "abc"),
        ("泉州 晚报", "泉州晚报"),
        ("泉州\u3000晚报 ", "泉州晚报"),
        ("Straße", "STRASSE"),
        ("a\u200bb", "ab"),
    ],
)
def test_case_width_and_spaces_make_no_other_category(one: str, other: str) -> None:
    assert normalise_category(one) == normalise_category(other)


def test_other_names_stay_apart() -> None:
    assert normalise_category("世界经济报道") != normalise_category("世纪经济报道")


@pytest.mark.parametrize(
    ("title", "fallback", "slug"),
    [
        ("The quick brown fox, 2022 edition!", "x", "the-quick-brown-fox-2022-edition"),
        ("推进“产城人文”深度融合发展", "NW202202162277965336", "nw202202162277965336"),
        ("昇兴股份：2021年净利同比预增1117%", "NW1", "nw1"),
        ("Q2业绩兑现成关键 关注电子板块", "NW2", "nw2"),
        ("Apple发布iPhone 15", "NW3", "apple-iphone-15"),
        ("Zażółć gęślą jaźń", "x", "zazolc-gesla-jazn"),
        ("Путин", "tag:example.org,2022:7", "tag-example-org-2022-7"),
        ("新闻", "https://example.org/a/story-one.html?x=1", "story-one"),
        ("新闻", "Notes From Today", "notes-from-today"),
        ("It's a dog’s life", "x", "its-a-dogs-life"),
        ("x" * 200, "x", "x" * 80),
    ],
)
def test_title_slug(title: str, fallback: str, slug: str) -> None:
    assert title_slug(title, fallback) == slug


def test_a_long_title_is_cut_between_words() -> None:
    slug = title_slug("word " * 40, "x")
    assert len(slug) <= 80
    assert set(slug.split("-")) == {"word"}


def test_a_fallback_with_nothing_to_spell_gets_a_hash() -> None:
    assert re.fullmatch(r"[a-z2-7]{10}", title_slug("新闻", "新闻"))


@settings(deadline=None)
@given(st.text(max_size=100))
def test_category_slugs_hold_nothing_else(name: str) -> None:
    slug = category_slug(name)
    assert re.fullmatch(r"|[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 82
    assert slug not in {"category", "assets", "posts"}
    assert category_slug_or_hash(name)


@settings(deadline=None)
@given(st.text(max_size=100), st.text(max_size=60))
def test_title_slugs_hold_nothing_else(title: str, fallback: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", title_slug(title, fallback))
    assert len(title_slug(title, fallback)) <= 80


@settings(deadline=None)
@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(name: str) -> None:
    assert normalise_category(normalise_category(name)) == normalise_category(name)


def test_the_tables_are_loaded_only_when_something_is_spelt() -> None:
    code = (
        "import sys, broadsheet.ingest.slugs as s; "
        "assert not {'pypinyin', 'slugify'} & set(sys.modules); s.category_slug('泉'); assert 'pypinyin' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
