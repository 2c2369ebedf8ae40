from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.entry_filter import matches_nothing
from broadsheet.ingest.expressions import compile_jmespath, compile_xpath
from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.freshrss import filter_rules, jmespath_of, xpath_of_css


@pytest.mark.parametrize(
    ("query", "rules"),
    [
        ("something", ("something",)),
        ("intitle:⚡️ OR intitle:🔥", ("title:⚡️", "title:🔥")),
        ('intitle:"for sale"', ("title:for sale",)),
        ("author:'Ann Author'", ("author:Ann Author",)),
        ("inurl:sport/1", ("url:sport/1",)),
        ("#sport", ("category:sport",)),
        ("  银行  ", ("银行",)),
    ],
)
def test_queries_that_are_rules(query: str, rules: tuple[str, ...]) -> None:
    assert filter_rules(query) == rules


@pytest.mark.parametrize(
    "query",
    [
        "two words", "-intitle:x", "!x", "(a OR b)", "/regular.*expression/", "intitle:/x/", "intext:x", "date:P1D", "inurl:/sport/",
        "a OR", "intitle:", '" "', "a*", "intitle:a b", "", '"title: x"', "x" * 300, "x OR " * 500 + "x",
    ],
)  # fmt: skip
def test_queries_that_say_more_than_rules_can(query: str) -> None:
    assert filter_rules(query) is None


@given(st.text(max_size=30) | st.text("aor:#'\"* OR/", max_size=30))
def test_a_rule_can_always_match_something(query: str) -> None:
    for rule in filter_rules(query) or ():
        assert not matches_nothing(rule)
        assert len(rule) <= 200


PAGE = "<div><p class='footer small'>1</p><aside>2</aside><p id=promo class=x>3</p><p class=footers>4</p></div>"


@pytest.mark.parametrize(
    ("css", "found"),
    [(".footer", "1"), ("aside, p.footer.small", "12"), ("p#promo.x", "3"), ("P", "134"), ("div.x", "")],
)
def test_simple_css_as_xpath(css: str, found: str) -> None:
    page = parse_document(PAGE)
    xpaths = xpath_of_css(css)
    assert xpaths is not None
    chosen = {str(element.text) for xpath in xpaths for element in compile_xpath(xpath)(page)}
    assert "".join(sorted(chosen)) == found


@pytest.mark.parametrize("css", ["", "a b", "a > b", "[href]", "a:hover", "*", ".a,", ".é\\31", "#1a", "a" * 200])
def test_other_css_is_not_translated(css: str) -> None:
    assert xpath_of_css(css) is None


@given(st.text(max_size=30) | st.text("ab.#,- _1", max_size=30))
def test_whatever_is_translated_compiles(text: str) -> None:
    for xpath in xpath_of_css(text) or ():
        compile_xpath(xpath)


@pytest.mark.parametrize(
    ("dotted", "path"),
    [
        ("data.items", "data.items"),
        ("links[1]", "links[1]"),
        ("content-html", '"content-html"'),
        ("a.b-c[0].d", 'a."b-c"[0].d'),
        ("meta.title & ' text'", "join('', [meta.title, ' text'])"),
        ('"https://e.org/" & id', "join('', ['https://e.org/', id])"),
        ("people[].name", "people[].name"),
    ],
)
def test_dot_notation_as_jmespath(dotted: str, path: str) -> None:
    assert jmespath_of(dotted) == path
    compile_jmespath(path)
