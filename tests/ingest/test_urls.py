from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.urls import (
    absolute,
    canonical_url,
    expand,
    expand_text,
    is_template,
    placeholders,
    same_site,
    story_addresses,
    web_url,
)
from broadsheet.model.errors import ArticleRejected

query = st.lists(st.sampled_from(["utm_source=x", "id=5", "a=%20b", "fbclid=z", "from=timeline", "from=home", "", "x",
                                "%66bclid=1", "srsltid=a", "__hstc=1", "ref_src=twsrc%5Etfw", "ml_subscriber=9"]))  # fmt: skip
addresses = st.builds(
    lambda scheme, host, path, parts, fragment: f"{scheme}://{host}/{path}?{'&'.join(parts)}#{fragment}",
    st.sampled_from(["http", "HTTPS", "https"]),
    st.sampled_from(
        ["Example.org", "example.org.", "例え.jp", "example.org:443", "example.org:8080", "[::1]", "a..b."]
    ),
    st.text(max_size=20),
    query,
    st.text(max_size=5),
)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.COM:80/a/../b?x=1#top", "http://example.com/b?x=1"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com/?utm_source=a&id=7&fbclid=x", "https://example.com/?id=7"),
        ("https://example.com/?b=2&a=1", "https://example.com/?b=2&a=1"),
        ("https://example.com/a?", "https://example.com/a"),
        ("https://example.com/a;jsessionid=AB12?id=1", "https://example.com/a?id=1"),
        ("https://example.com/(S(abcdef0123456789))/a", "https://example.com/a"),
        ("https://example.com/?PHPSESSID=1&UTM_Medium=x&%75tm_term=y", "https://example.com/"),
        ("https://example.com/a?from=timeline&isappinstalled=0", "https://example.com/a"),
        (
            "https://example.com/a?srsltid=1&gad_source=1&ymclid=2&oft_id=3&ml_subscriber_hash=4",
            "https://example.com/a",
        ),
        ("https://example.com/a?hsCtaTracking=1&__hssc=2&_hsenc=3&__s=4&_branch_match_id=5", "https://example.com/a"),
        ("https://example.com/a?vd_source=1&spm_id_from=333.1&share_plat=ios&p=2", "https://example.com/a?p=2"),
        ("https://example.com/a?gad_id=7&feature=x&mid=3&ml=4&at=5&amp=1",) * 2,
        ("https://example.com/a?from=berlin&sid=4&ref=main", "https://example.com/a?from=berlin&sid=4&ref=main"),
        ("https://例え.jp/新闻", "https://xn--r8jz45g.jp/%E6%96%B0%E9%97%BB"),
        ("  https://example.com/a  ", "https://example.com/a"),
        ("http://example.com/a", "http://example.com/a"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("http://finance.example.com/news/1353,202201072239307540.html",) * 2,
    ],
)
def test_canonical_url(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com/a", "/a", "javascript:alert(1)", "ftp://example.com/", "file:///etc/passwd", "mailto:a@b.c",
        "https://user:secret@example.com/", "https://user@example.com/", "https://", "http://[::1", "data:text/html,x",
        "https://example.com/" + "x" * 9000, "https://exa mple.com/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_has_no_canonical_form(url: str) -> None:
    assert canonical_url(url) is None


@settings(deadline=None)
@given(addresses)
def test_canonical_url_is_idempotent(url: str) -> None:
    once = canonical_url(url)
    if once is not None:
        assert canonical_url(once) == once
        assert "utm_" not in once
        assert "#" not in once


VARIANTS = [
    "https://example.com/a", "http://example.com/b", "https://www.example.com/", "https://m.example.com/x",
    "https://www.m.example.com/", "https://amp.example.com:443/", "http://EXAMPLE.com.:80/", "https://wap.example.com/",
]  # fmt: skip
STRANGERS = [
    "https://news.example.com/", "https://example.com.evil.org/", "https://wwwexample.com/", "https://example.org/",
    "https://example.com:8443/", "https://m.com/", "https://www.com/", "https://a.blogspot.com/", "https://blogspot.com/",
    "http://[::1]/", "http://127.0.0.1/", "http://127.0.0.1:8000/", "http://0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", VARIANTS)
def test_variants_of_a_host_are_one_site(url: str) -> None:
    assert same_site(url, VARIANTS[0])


def test_strangers_are_sites_of_their_own() -> None:
    addresses = [VARIANTS[0], *STRANGERS]
    assert [same_site(one, other) for one in addresses for other in addresses] == [
        one == other for one in addresses for other in addresses
    ]


@pytest.mark.parametrize("url", ["", "/a", "s3://inbox/x", "javascript:alert(1)", "https://"])
def test_what_is_no_web_address_is_of_no_site(url: str) -> None:
    assert not same_site(url, url)


@settings(deadline=None)
@given(st.sampled_from([*VARIANTS, *STRANGERS]) | addresses, st.sampled_from([*VARIANTS, *STRANGERS]) | addresses)
def test_folding_is_symmetric_and_keeps_to_the_site(one: str, other: str) -> None:
    assert same_site(one, other) == same_site(other, one)
    assert same_site(one, one) == (canonical_url(one) is not None)
    there, back = story_addresses(one, other), story_addresses(other, one)
    if same_site(one, other):
        assert there == back
    else:
        assert not there & back
    assert all(canonical_url(url) == url for url in there)


@pytest.mark.parametrize(
    ("entry", "told", "read_from", "known_by"),
    [
        ("https://e.org/a", None, None, {"https://e.org/a"}),
        ("https://amp.e.org/a", "https://e.org/a", None, {"https://amp.e.org/a", "https://e.org/a"}),
        ("https://e.org/amp/a?amp=1", "https://e.org/a", None, {"https://e.org/amp/a?amp=1", "https://e.org/a"}),
        ("http://m.e.org/a?utm_source=x", "https://www.e.org/a", None, {"http://m.e.org/a", "https://www.e.org/a"}),
        ("https://thief.org/a", "https://e.org/a", None, {"https://thief.org/a"}),
        ("https://thief.org/a", "https://e.org/a", "https://thief.org/a", {"https://thief.org/a"}),
        ("https://short.link/1", "https://e.org/a", "https://e.org/a?x=1", {"https://short.link/1", "https://e.org/a"}),
        ("https://e.org/a", "https://e.org/a", "https://elsewhere.org/consent", {"https://e.org/a"}),
        (None, "https://e.org/a", None, {"https://e.org/a"}),
        (None, None, None, set()),
        ("https://e.org/a", "https://e.org", "https://e.org/", {"https://e.org/a"}),
        ("https://e.org/?utm_source=rss", None, None, set()),
        ("https://e.org/?p=7", "https://e.org/", None, {"https://e.org/?p=7"}),
    ],
)
def test_what_a_story_is_known_by(
    entry: str | None, told: str | None, read_from: str | None, known_by: set[str]
) -> None:
    assert story_addresses(entry, told, read_from) == known_by


@settings(deadline=None)
@given(st.text(max_size=100), st.text(max_size=100))
def test_no_text_makes_them_raise(base: str, url: str) -> None:
    for found in (canonical_url(url), absolute(base, url), web_url(base, url)):
        assert found is None or ":" in found


def test_absolute() -> None:
    base = "https://example.org/a/b.html"
    assert absolute(base, "../c.png") == "https://example.org/c.png"
    assert absolute(base, "//cdn.example.net/x") == "https://cdn.example.net/x"
    assert absolute(base, "mailto:a@example.org") == "mailto:a@example.org"
    assert absolute(None, "/c.png") is None
    assert absolute("no base", "https://example.org/") == "https://example.org/"
    assert absolute(base, "") is None


def test_web_url_takes_http_without_credentials_only() -> None:
    base = "https://example.org/a"
    assert web_url(base, "b") == "https://example.org/b"
    assert web_url(base, "javascript:alert(1)") is None
    assert web_url(base, "https://u:p@example.org/") is None


def test_expand_encodes_what_it_fills_in() -> None:
    fields = {"id": "a/b?c=d&e 新", "url": "https://example.org/x?y=1"}
    assert expand("https://example.org/{id}.html", fields) == "https://example.org/a%2Fb%3Fc%3Dd%26e%20%E6%96%B0.html"
    assert expand("{url}&full=1", fields) == "https://example.org/x?y=1&full=1"


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_expand_never_changes_the_rest_of_the_address(value: str) -> None:
    filled = expand("https://example.org/p/{v}/end", {"v": value})
    middle = filled.removeprefix("https://example.org/p/").removesuffix("/end")
    assert not set(middle) & set("/?#&@: ")
    assert unquote(middle) == value or max(value) >= "\ud800"


@pytest.mark.parametrize("fields", [{}, {"id": ""}, {"other": "x"}])
def test_expand_names_the_field_that_is_missing(fields: dict[str, str]) -> None:
    with pytest.raises(ArticleRejected, match="needs the field 'id'"):
        expand("https://example.org/{id}", fields)


@pytest.mark.parametrize(
    ("category", "tag"),
    [("泉州晚报", "泉州晚报新闻"), ("每日经济新闻", "每日经济新闻"), ("", None), ("新闻", "新闻")],
)
def test_a_suffix_is_not_doubled(category: str, tag: str | None) -> None:
    assert expand_text("{category}新闻", {"category": category}) == tag


def test_placeholders() -> None:
    assert is_template("https://e.org/{id}")
    assert not is_template("{title: title, id: id}")
    assert placeholders("{a}-{b_1}-{}-{c d}") == ("a", "b_1")
