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
    web_url,
)
from broadsheet.model.errors import ArticleRejected

query = st.lists(st.sampled_from(["utm_source=x", "id=5", "a=%20b", "fbclid=z", "from=timeline", "from=home", "", "x"]))
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
