from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import frontmatter
import pytest
from bs4 import BeautifulSoup

from broadsheet.model.article import Body, CategoryLine
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.page import Page
from broadsheet.model.site import Site
from broadsheet.publish import html, permalink
from tests.publish import golden
from tests.publish.newsroom import CHINESE, ENGLISH, HARBOUR, MORNING, QUANZHOU, body, origin

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "finews"
HOSTILE = [
    'A "quoted" title: with a colon',
    "back\\slash \\n",
    "--- # dashes",
    "{{ site.time }}{% raw %}{{< x >}}{: .y}",
    "<script>alert('x')</script>",
    "🐟 汉字 ",
    "no",
    "x" * 200,
]


def post(site: Site, published: Body) -> Page:
    return next(page for page in html.article_pages(site, published) if page.bucket == "archive")


def text_of(page: Page) -> str:
    return page.body.decode()


def test_portable_post_carries_all_that_generators_ask_for() -> None:
    published = body(ENGLISH, categories=(HARBOUR, CategoryLine("islands", "The islands")))
    page = post(ENGLISH, published)
    told = frontmatter.loads(text_of(page)).metadata
    address = published.article.address
    assert page.content_type == "text/markdown; charset=utf-8"
    assert page.key == permalink.post_key(published.article, ENGLISH.zone)
    assert told == {
        "layout": "post",
        "title": "Ferry returns after forty years",
        "date": MORNING,
        "slug": address.strip("/").split("/")[-1] if address else "",
        "permalink": address,
        "url": address,
        "categories": ["harbour", "islands"],
        "tags": ["ferries", "islands"],
        "description": "The night boat to the islands sails again, and the quay is full.",
        "author": "Ana Reis",
        "lang": "en",
        "canonical_url": "https://wire.example/2026/ferry",
        "source_name": "Coast Wire",
        "source_url": "https://wire.example/",
        "source_id": "wire",
        "id": published.article.id,
        "render_with_liquid": False,
        "templateEngineOverride": "md",
    }


def test_post_tells_when_it_was_corrected() -> None:
    modified = datetime.fromisoformat("2026-01-05T20:00:00+08:00")
    told = frontmatter.loads(text_of(post(ENGLISH, body(ENGLISH, origin(modified=modified))))).metadata
    assert told["last_modified_at"] == modified


@pytest.mark.parametrize("site", [ENGLISH, CHINESE], ids=["portable", "finews"])
def test_date_from_before_zones_were_whole_minutes_is_one_that_yaml_knows(site: Site) -> None:
    old = datetime.fromisoformat("1899-12-31T12:00:00+00:00")
    shanghai = replace(site, timezone="Asia/Shanghai")
    told = frontmatter.loads(text_of(post(shanghai, body(shanghai, origin(published=old))))).metadata
    assert datetime.fromisoformat(str(told["date"])) == old


@pytest.mark.parametrize("site", [ENGLISH, CHINESE], ids=["portable", "finews"])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_wherever_it_stands(site: Site, text: str) -> None:
    chosen = origin(
        title=text, description=text, authors=(text,), tags=(text,), source_name=text, image=text, language=text
    )
    page = post(site, body(site, chosen, categories=(CategoryLine("harbour", text),)))
    read = frontmatter.loads(text_of(page))
    assert read.metadata["title"] == text
    assert not re.search(r"\{[{%:<]|<script", read.content)
    tags = read.metadata["tags"]
    assert (tags if isinstance(tags, list) else [tags]) == [text]


@pytest.mark.parametrize("site", [ENGLISH, CHINESE], ids=["portable", "finews"])
def test_tag_that_no_folder_can_be_named_after_is_left_out(site: Site) -> None:
    chosen = origin(tags=("汉" * 66, "汉" * 67, "x" * 201))
    tags = frontmatter.loads(text_of(post(site, body(site, chosen)))).metadata["tags"]
    assert (tags if isinstance(tags, list) else [tags]) == ["汉" * 66]


def test_several_authors_stand_one_by_one_too() -> None:
    told = frontmatter.loads(text_of(post(ENGLISH, body(ENGLISH, origin(authors=("新华社", "O'Neil, Bo")))))).metadata
    assert (told["author"], told["authors"]) == ("新华社, O'Neil, Bo", ["新华社", "O'Neil, Bo"])


def test_finews_post_splits_no_tag_at_its_comma() -> None:
    tags = frontmatter.loads(text_of(post(CHINESE, body(CHINESE, origin(tags=("a,b",)))))).metadata["tags"]
    assert tags == ["a,b"]


def test_braces_in_the_attribution_of_a_finews_post_are_references_once() -> None:
    written = text_of(post(CHINESE, body(CHINESE, origin(source_name="{{ a & b }}"))))
    assert "（文章来源：&#123;&#123; a &amp; b &#125;&#125;）" in written


def test_portable_post_looks_as_it_did() -> None:
    rich = (
        "<h2>What changed</h2><p>The <strong>new</strong> ship: see <a href='https://a.example/x_y'>the plan</a>.</p>"
        "<ul><li>one</li><li>two</li></ul><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    )
    site = replace(ENGLISH, post_footer="*Collected by the Gazette.*")
    golden.check("portable.md", post(site, body(site, html=rich)).body)


SEED = """---
layout: post
title: "渔港“夜航”复航"
date: 2022-02-16 09:16:46 +0800
categories: quanzhouwanbao
tags: 泉州晚报新闻
---
<p>第一段，共10项。</p>
 <p>第二段。</p><p class="em_media">（文章来源：泉州晚报）</p>

<http://finews.example/NewsShare.html?infoCode=NW202202160000000001>

[返回泉州晚报新闻](//nanfeng.example/category/quanzhouwanbao/)｜[返回首页](//nanfeng.example/)
"""


def finews(title: str, published: str, paragraphs: str, url: str, category: CategoryLine) -> Body:
    instant = datetime.fromisoformat(published)
    chosen = origin(
        title=title,
        published=instant,
        language="zh-CN",
        source_name=category.name,
        canonical_url=url,
        tags=(f"{category.name}新闻",),
        authors=(),
    )
    return body(CHINESE, chosen, paragraphs, (category,))


def test_finews_post_has_the_shape_its_readers_know() -> None:
    published = finews(
        "渔港“夜航”复航",
        "2022-02-16T09:16:46+08:00",
        "<p>第一段，共10项。</p>\n<p>第二段。</p>",
        "http://finews.example/NewsShare.html?infoCode=NW202202160000000001",
        QUANZHOU,
    )
    assert text_of(post(CHINESE, published)) == SEED


def test_finews_post_does_not_say_news_twice() -> None:
    name = CategoryLine("meirijingjixinwen", "每日经济新闻")
    published = finews("题", "2022-02-16T09:16:46+08:00", "<p>文</p>", "http://finews.example/1", name)
    assert "[返回每日经济新闻](//nanfeng.example/category/meirijingjixinwen/)" in text_of(post(CHINESE, published))


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the origin's posts are not here ({CORPUS})")
def test_finews_post_reproduces_the_seed() -> None:
    seed = frontmatter.loads((CORPUS / "seed.md").read_text(encoding="utf-8"))
    payload = json.loads((CORPUS / "api" / "articles" / "NW202202162277965336.json").read_text(encoding="utf-8"))
    text = BeautifulSoup(payload["text"], "html.parser")
    for attribution in text.select(".em_media"):
        attribution.decompose()
    site = replace(CHINESE, url="https://finews.withounder.com")
    url = re.findall(r"^<(http[^>]+)>$", seed.content, re.MULTILINE)[0]
    published = finews(str(seed.metadata["title"]), "2022-02-16T09:16:46+08:00", text.decode(), url, QUANZHOU)
    told = frontmatter.loads(text_of(post(site, published)))
    assert told.metadata == seed.metadata
    moved = seed.content.replace("/category/quanzhouwanbao.html", "/category/quanzhouwanbao/")
    assert told.content == moved


def test_a_sites_own_post_template_is_used_and_escapes_by_itself() -> None:
    own = '{{ front_matter({"title": chosen.title, "when": date}) }}\n# {{ chosen.title }}\n\n{{ markdown() }}\n'
    site = replace(ENGLISH, post_template="mine", templates={"posts/mine.md.j2": own})
    page = post(site, body(site, origin(title="{% x %} *a*")))
    read = frontmatter.loads(text_of(page))
    assert read.metadata == {"title": "{% x %} *a*", "when": MORNING}
    assert read.content.startswith("# &#123;% x %&#125; \\*a\\*\n\nThe night boat")


def test_unknown_post_template_is_named_with_its_remedy() -> None:
    with pytest.raises(ConfigurationError, match=r"post_template: 'mine'.*templates/posts/mine\.md\.j2"):
        post(replace(ENGLISH, post_template="mine"), body(ENGLISH))


def test_footer_ends_the_post() -> None:
    site = replace(ENGLISH, post_footer="*Ours.*\n")
    assert text_of(post(site, body(site))).endswith("\n\n*Ours.*\n")


def test_post_names_its_source_even_without_a_link() -> None:
    assert text_of(post(ENGLISH, body(ENGLISH))).endswith("\nSource: [Coast Wire](https://wire.example/2026/ferry)\n")
    bare = origin(canonical_url=None, source_url="javascript:alert(1)")
    assert text_of(post(ENGLISH, body(ENGLISH, bare))).endswith("\nSource: Coast Wire\n")
