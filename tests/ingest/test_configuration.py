from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.configuration import build_site, read_categories, read_site, read_source, source_of
from broadsheet.ingest.schema_check import load_schema
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.site import Site
from broadsheet.model.source import Body, Cleaning, Filter, Identity, Source

FULL = (Path(__file__).parent / "fixtures" / "source-full.yaml").read_text("utf-8")


def read(text: str, file: str = "sources/acme.yaml") -> Source:
    return read_source(text.encode(), file)


def test_every_field_of_a_source_is_read() -> None:
    source = read(FULL)
    assert source == Source(
        id="city-desk",
        kind="json",
        url="https://api.example.org/list?count=100",
        title="City Desk",
        site_url="https://www.example.org/",
        priority=50,
        identity=Identity("field", "wire", "id"),
        paused=True,
        poll_every=timedelta(minutes=5),
        poll_min=timedelta(minutes=1),
        poll_max=timedelta(hours=12),
        timezone="Asia/Shanghai",
        language="zh-CN",
        category_field="medium",
        tags=("{category}新闻",),
        items="data.records",
        next="paging.next",
        backfill=20,
        fields={"id": "code", "url": "https://www.example.org/n/{code}.html"},
        body=Body("json", "https://api.example.org/text?id={code}", "text"),
        filter=Filter(("economy",), ("title:advert*",)),
        retention=timedelta(days=365),
        clean=Cleaning(("//div[@class='ad']",), ("promo",)),
        headers={"Referer": "https://www.example.org/"},
        raw=yaml.safe_load(FULL),
    )
    assert source.file == "sources/acme.yaml"


def test_an_address_alone_is_a_source_called_like_its_file() -> None:
    source = read("url: https://example.org/feed.xml", "sources/My Feed.yaml")
    assert (source.id, source.kind, source.poll_every) == ("my-feed", "feed", timedelta(minutes=15))
    assert source.identity == Identity("url")


def test_raw_defines_the_same_source_again() -> None:
    source = read(FULL)
    assert source_of(source.raw, "elsewhere") == source


@pytest.mark.parametrize(
    ("text", "field"),
    [("category: A", ("A",)), ("category: [A, B]", ("A", "B")), ("", ())],
)
def test_fixed_categories(text: str, field: tuple[str, ...]) -> None:
    assert read(f"url: https://e.org\n{text}").categories == field


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("", None),
        ("next: 'https://e.org/list?page={page}'", "https://e.org/list?page={page}"),
        ("kind: json\nnext: paging.next", "paging.next"),
        ("kind: html\nitems: li\nnext: a.next@href", "a.next@href"),
        ("kind: html\nitems: //li\nnext: //a[@rel='next']", "//a[@rel='next']"),
        ("kind: html\nitems: li\nnext: 'http://e.org/{page-1}'", "http://e.org/{page-1}"),
    ],
)
def test_where_the_next_page_is(lines: str, path: str | None) -> None:
    source = read(f"url: https://e.org\nbackfill: {3 if path else 0}\n{lines}")
    assert (source.next, source.backfill) == (path, 3 if path else 0)


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_feeds_and_sitemaps_say_themselves_what_is_older(kind: str) -> None:
    assert read(f"url: https://e.org\nkind: {kind}\nbackfill: 1000").backfill == 1000


@pytest.mark.parametrize(
    ("poll", "spans"),
    [
        ("{every: 12h}", (1, 720, 720)),
        ("{every: 30s}", (0.5, 0.5, 360)),
        ("{min: 1h}", (60, 60, 360)),
        ("{max: 10m}", (1, 10, 10)),
        ("{}", (1, 15, 360)),
    ],
)
def test_bounds_of_polling_yield_to_what_is_given(poll: str, spans: tuple[float, float, float]) -> None:
    source = read(f"url: https://e.org\npoll: {poll}")
    assert (source.poll_min, source.poll_every, source.poll_max) == tuple(timedelta(minutes=m) for m in spans)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("poll: {every: 5 parsecs}", "field 'poll.every' is '5 parsecs'; write a number and s, m, h or d, such as 5m"),
        ("poll: {every: 5}", "field 'poll.every' is 5; write a number and s, m, h or d"),
        ("poll: {min: 2h, every: 1h}", "field 'poll.min' is '2h'; write them so that min ≤ every ≤ max"),
        ("poll: {every: 60d}", "field 'poll.every' is '60d'; write at most 30d"),
        ("poll: {evry: 5m}", "field 'poll.evry' is not known; did you mean 'every'?"),
        ("timezoen: UTC", "field 'timezoen' is not known; did you mean 'timezone'?"),
        ("zzz: 1", "field 'zzz' is not known; known are id, kind, url"),
        ("timezone: Mars/Olympus", "field 'timezone' is 'Mars/Olympus'; write an IANA name"),
        ("timezone: ../../etc/passwd", "field 'timezone' is '../../etc/passwd'; write an IANA name"),
        ("kind: rss", "field 'kind' is 'rss'; write feed, json, html or sitemap"),
        ("paused: yes", "field 'paused' is 'yes'; write true or false"),
        ("priority: high", "field 'priority' is 'high'; write a whole number"),
        ("priority: true", "field 'priority' is true; write a whole number"),
        ("id: upload", "field 'id' is 'upload'; that name is reserved"),
        ("id: config", "field 'id' is 'config'; that name is reserved"),
        ("id: A_b", "field 'id' is 'A_b'; write up to 64 of a-z, 0-9 and -"),
        ("id: 37", "field 'id' is 37; write up to 64"),
        ("identity: guid", "field 'identity' is 'guid'; write url, id, or {namespace: NAME, field: NAME}"),
        ("identity: {field: id}", "field 'identity' is a mapping (field); write url, id, or"),
        ("category: []", "field 'category' is a list of 0; write a name, a list of at most 8"),
        ("backfill: 1001", "field 'backfill' is 1001; write a whole number from 0 to 1000"),
        ("backfill: all", "field 'backfill' is 'all'; write a whole number from 0 to 1000"),
        ("kind: json\nbackfill: 3", "field 'backfill' is '3'; add `next`, which tells where the next page is"),
        ("kind: sitemap\nnext: 'https://e.org/{page}'", "take it out: a sitemap index says itself what there is"),
        ("next: a.next@href", "field 'next' is 'a.next@href'; take it out, or write an address with {page}"),
        ("next: '/list/{page}'", "field 'next' is '/list/{page}'; write an address that begins with http"),
        ("next: '{page}'", "write an address that begins with http"),
        ("next: 'https://e.org/{offset}/{page}'", "write {page}, or {page-1} where pages count from 0, for offset"),
        ("next: 'https://me:secret@e.org/{page}'", "field 'next' holds a user name or password"),
        ("kind: json\nnext: 'a['", "field 'next' ('a[') is no JMESPath"),
        ("kind: html\nitems: li\nnext: 'a['", "field 'next' ('a[') is no CSS selector"),
        ("kind: html\nitems: //li\nnext: 'a['", "field 'next' ('a[') is no XPath"),
        ("kind: html\nitems: li\nnext: '@href'", "field 'next' is '@href'; write a selector of the link"),
        ("filter: {exclude: [a, ' ']}", "field 'filter.exclude.1' is ' '; write a keyword, or field:pattern"),
        ("filter: {include: ['title:']}", "field 'filter.include.0' is 'title:'; write a keyword"),
        ("retention: for ever", "field 'retention' is 'for ever'; write a number and s, m, h or d"),
        ("retention: 99999d", "field 'retention' is '99999d'; write at most 36500d"),
        ("body: {from: json}", "field 'body.url' is missing; `from: json` needs url and field"),
        ("body: {from: page, field: x}", "field 'body.field' is 'x'; take it out"),
        ("body: {}", "field 'body.from' is missing; write entry, json or page"),
        ("body: {from: json, url: 'ftp://x', field: y}", "field 'body.url' is 'ftp://x'; write an address"),
        ("body: {from: json, url: 'https://e.org/{id}', field: 'a['}", "field 'body.field' ('a[') is no JMESPath"),
        ("items: record", "field 'items' is 'record'; take it out: a feed says itself"),
        ("kind: html", "field 'items' is missing; write the CSS or XPath"),
        ("kind: html\nitems: 'div[['", "field 'items' ('div[[') is no CSS selector"),
        ("kind: html\nitems: '//div[['", "field 'items' ('//div[[') is no XPath"),
        ("kind: html\nitems: //li\nfields: {title: 'a['}", "field 'fields.title' ('a[') is no XPath"),
        ("kind: json\nitems: 'a['", "field 'items' ('a[') is no JMESPath"),
        ("kind: json\nitems: '" + "[" * 90 + "'", "nests deeper than 40"),
        ("kind: json\nfields: {id: 5}", "field 'fields.id' is 5; write a path"),
        ("kind: json\nfields: {a-b: x}", "field 'fields' is a mapping (a-b); write `name: path` lines"),
        ("clean: {strip: ['//[']}", "field 'clean.strip.0' ('//[') is no XPath"),
        ("headers: {Authorization: secret}", "field 'headers.Authorization' cannot be set here: it holds a secret"),
        ("headers: {Authorization: 'ssm:../x y'}", "field 'headers.Authorization' is"),
        ("headers: {Host: a.example}", "field 'headers.Host' cannot be set here: fetching does"),
        ('headers: {X-A: "a\\r\\nHost: b"}', "field 'headers.X-A' is"),
        ("url: https://f.org", "the key 'url' is given twice"),
    ],
)
def test_what_cannot_work_is_named_with_its_remedy(lines: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(f"url: https://e.org\n{lines}")
    assert str(caught.value).startswith("sources/acme.yaml: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://e.org", "write an address that begins with http:// or https://"),
        ("example.org/feed", "write an address that begins with http:// or https://"),
        ("https://", "write an address that begins with"),
        ("https://exa_mple..[", "write an http(s) address with a host"),
        ("https://me:secret@e.org/", "holds a user name or password"),
    ],
)
def test_addresses_that_cannot_be_fetched(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(f"url: '{url}'")
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_utf_8_says_so() -> None:
    with pytest.raises(ConfigurationError, match=r"sources/a.yaml: byte 8 is not UTF-8"):
        read_source("title: 新闻".encode("gb18030"), "sources/a.yaml")


def test_a_missing_address_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"sources/acme.yaml: field 'url' is missing; write an address"):
        read("id: x")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*load_schema("source")["properties"], "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["5m", "https://e.org"]),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
        ),
        max_size=5,
    )
)
def test_any_mapping_is_a_source_or_refused_by_name(mapping: dict[str, Any]) -> None:
    try:
        assert source_of(mapping, "f.yaml").raw == mapping
    except ConfigurationError as fault:
        assert str(fault).startswith("f.yaml: ")


def test_site() -> None:
    settings = read_site(
        b"title: The Gazette\nurl: https://news.example.org/\ntimezone: Asia/Shanghai\nhead_size: 10", "site.yaml"
    )
    site = build_site(settings, (), {"article.html.j2": "x"})
    assert site == Site(
        title="The Gazette",
        url="https://news.example.org",
        timezone="Asia/Shanghai",
        head_size=10,
        templates={"article.html.j2": "x"},
    )
    assert build_site(read_site(b"", "site.yaml"), (), {}) == Site()


def test_the_schema_knows_every_setting_with_its_default() -> None:
    site = Site()
    properties = load_schema("site")["properties"]
    assert set(properties) == set(Site.__dataclass_fields__) - {"categories", "templates"}
    for name, schema in properties.items():
        assert schema.get("default", getattr(site, name)) == getattr(site, name), name
        assert schema["description"]
        assert schema["remedy"]


def test_settings_of_another_version_are_left_out() -> None:
    assert build_site({"title": "T", "gone_since": 3}, (), {}).title == "T"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("titel: x", "field 'titel' is not known; did you mean 'title'?"),
        ("permalink: /:category/", "field 'permalink' is '/:category/'; add :slug"),
        ("permalink: /:categry/:slug/", "field 'permalink' is '/:categry/:slug/'; write a path of"),
        ("permalink: ':slug'", "field 'permalink' is ':slug'; write a path"),
        ("timezone: Nowhere", "field 'timezone' is 'Nowhere'"),
        ("head_size: 0", "field 'head_size' is 0; write a whole number from 1 to 200"),
        ("head_size: 1.5", "field 'head_size' is 1.5"),
        ("language: english please", "field 'language' is 'english please'; write a language tag"),
        ("url: gopher://x", "field 'url' is 'gopher://x'"),
        ("- a", "holds a list at its top"),
    ],
)
def test_bad_site_settings(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_site(text.encode(), "site.yaml")
    assert str(caught.value).startswith("site.yaml: ")
    assert reason in str(caught.value)


def test_a_post_template_that_is_not_there_is_the_portable_one_until_it_comes() -> None:
    assert build_site({"post_template": "mine"}, (), {}).post_template == "portable"
    assert build_site({"post_template": "mine"}, (), {"posts/mine.md.j2": ""}).post_template == "mine"


def test_categories() -> None:
    text = "- name: 泉州晚报\n  slug: quanzhou\n  aliases: [晚报]\n  order: 1\n- name: TechWeb\n"
    first, second = read_categories(text.encode(), "categories.yaml")
    assert (first.name, first.slug, first.aliases, first.order) == ("泉州晚报", "quanzhou", ("晚报",), 1)
    assert (second.name, second.slug) == ("TechWeb", None)
    assert read_categories(b"", "categories.yaml") == ()
    assert read_categories(f"categories:\n{text}".encode(), "categories.yaml") == (first, second)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- name: A\n  slug: a b", "field '0.slug' is 'a b'; write words of a-z and 0-9"),
        ("- slug: a", "field '0.name' is missing"),
        ("- name: A\n  sulg: a", "field '0.sulg' is not known; did you mean 'slug'?"),
        ("- name: TechWeb\n- name: techweb", "'techweb' names both 'TechWeb' and 'techweb'"),
        ("- name: A\n  aliases: [B]\n- name: B", "'B' names both 'A' and 'B'"),
        ("- name: A\n  slug: x\n- name: B\n  slug: x", "'A' and 'B' both have the slug 'x'"),
        ("- name: A\n  slug: posts", "field 'slug' is 'posts'; that name is reserved"),
        ("name: A", "write a list of"),
    ],
)
def test_bad_categories(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_categories(text.encode(), "categories.yaml")
    assert reason in str(caught.value)
