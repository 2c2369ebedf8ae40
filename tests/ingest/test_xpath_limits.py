"""XPath of others: what is refused before it runs, and what real recipes need."""

from __future__ import annotations

from functools import lru_cache

import pytest

from broadsheet.ingest import html_limits
from broadsheet.ingest.fragment import Element, parse_document, text_of
from broadsheet.ingest.xpath_cost import PageShape, shape_of
from broadsheet.ingest.xpath_limits import ALLOWANCE_NANOSECONDS, Allowance, TooCostly, compile_rule
from broadsheet.ingest.xpath_reader import MAX_LENGTH, MAX_NESTING


@pytest.fixture(autouse=True)
def heavier_pages_than_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds must hold by themselves, on pages that the limits on HTML would refuse."""
    monkeypatch.setattr(html_limits, "MAX_TAGS", 40_000)


PAGE = """<html><body><div id="a" class="story"><h1>Title</h1><p>One <a href="/1">1</a></p><p>Two</p></div>
<div class="side"><p>Three</p></div></body></html>"""


@lru_cache
def page(markup: str) -> tuple[Element, PageShape]:
    """A page, parsed once: no expression changes it."""
    root = parse_document(markup)
    return root, shape_of(root)


def run(expression: str, markup: str = PAGE) -> object:
    root, shape = page(markup)
    return Allowance(shape).run(compile_rule(expression), root)


def texts(found: object) -> list[str]:
    assert isinstance(found, list)
    return [text_of(node) if isinstance(node, Element) else str(node) for node in found]


def flat(count: int) -> str:
    return "<html><body>" + "".join(f'<p class="c{i % 7}">t <a href="#">x</a></p>' for i in range(count)) + "</body>"


def deep(count: int, depth: int = 150) -> str:
    return "<html><body>" + ('<div class="a">' * depth + "t" + "</div>" * depth) * (count // depth) + "</body>"


FLAT, DEEP = flat(15_000), deep(30_000)


class TestWhatRuns:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("//div[@class='story']/p", ["One 1", "Two"]),
            ("//p[last()]", ["Two", "Three"]),
            ("(//p)[last()]", ["Three"]),
            ("//a/@href", ["/1"]),
            ("//h1/following-sibling::p[1]/text()", ["One "]),
            ("//div[contains(concat(' ',normalize-space(@class),' '),' side ')]//p", ["Three"]),
            ("//p[not(a) and position() < 3]", ["Two", "Three"]),
            ("//h1 | //div[@class = 'side']/p", ["Title", "Three"]),
            ("//p[a/@href='/1' or . = 'Two']", ["One 1", "Two"]),
            ("id('a')/h1", ["Title"]),
            ("//p[2 * 1 = 2][string-length(.) div 1 > 4]", ["One 1", "Three"]),
            ("//*[self::h1]", ["Title"]),
            ("//p/../h1", ["Title"]),
        ],
    )
    def test_xpath_1(self, expression: str, expected: list[str]) -> None:
        assert texts(run(expression)) == expected

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("substring-after(//a/@href, '/')", "1"),
            ("concat('http://x/', substring-before(//h1, 'le'))", "http://x/Tit"),
            ("count(//p) - 1", 2.0),
            ("-count(//p)", -3.0),
            ("string('A name')", "A name"),
            ("//p = 'Two'", True),
        ],
    )
    def test_what_is_no_node_set(self, expression: str, expected: object) -> None:
        assert run(expression) == expected

    def test_a_costly_axis_runs_where_its_condition_leaves_few_nodes(self) -> None:
        """The bound of the whole is too high; the nodes that the condition leaves are counted before it is refused."""
        markup = FLAT.replace('<p class="c3">', '<p class="c3" id="end">', 1)
        assert len(texts(run("//p[@id='end']/following::a", markup))) == 15_000 - 4
        with pytest.raises(TooCostly):
            run("//p[@class]/following::a", markup)

    def test_all_expressions_share_one_allowance(self) -> None:
        root, shape = page(FLAT)
        rule = compile_rule("//*[contains(., 'zz')]")
        cost = rule.cost(shape)
        allowance = Allowance(shape, nanoseconds=2 * cost)
        allowance.run(rule, root)
        allowance.run(rule, root)
        with pytest.raises(TooCostly, match=r"name tags and fewer axes"):
            allowance.run(rule, root)


class TestWhatIsNoRule:
    @pytest.mark.parametrize(
        ("expression", "reason"),
        [
            ("//div[", "ends early"),
            ("///div", "is no XPath"),
            ("//div]", "does not go on with"),
            ("//div[contain(@class, 'x')]", r"calls contain\(\), which XPath 1\.0 does not have"),
            ("//div[contains(@class='x')]", r"calls contains\(\) with 1 arguments"),
            ("re:test(., '(a+)+b')", r"calls re:test\(\)"),
            ("document('http://x/')", r"calls document\(\)"),
            ("$x", "uses a variable"),
            ("//og:title", "is no XPath"),
            ("//sideways::div", "names the axis sideways::"),
            ("//div{}", "cannot read"),
            ("", "ends early"),
            ("//p" + "[1]" * MAX_LENGTH, "the limit is"),
            ("(" * (MAX_NESTING + 1) + "1" + ")" * (MAX_NESTING + 1), "nests deeper"),
            ("//p" + "[p" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1), "nests deeper"),
        ],
    )
    def test_is_named(self, expression: str, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            compile_rule(expression)


class TestAdversarial:
    """Each of these was measured to run for seconds, minutes or for ever on libxml2."""

    @pytest.mark.parametrize(
        "expression",
        [
            "//* | //*",
            "//*//*",
            "//p/following-sibling::p",
            "//p/following::a",
            "//p[following::a[@x]]",
            "//*[count(//*) > 1]",
            "//p[preceding-sibling::*[1][@zz]]",
            "//*[@class = //*/@class]",
            "//*[. = //p]",
            "//*[//*[//*]]",
            "(//*/..)[1]/following::*/..",
            "//*[name() = name(//*[last()])]",
            "//*[sum(//p) > 1]",
            "//*[contains(., //a)]",
            "//p[substring-before(., string(..))]",
        ],
    )
    def test_on_a_flat_page(self, expression: str) -> None:
        with pytest.raises(TooCostly):
            run(expression, FLAT)

    @pytest.mark.parametrize(
        "expression",
        [
            "//*[//*[//*]]/p",  # its beginning is too costly even to be counted
            "//*//span[count(parent::span) > 1]",  # a condition keeps libxml2 from taking // and name as one step
            "//node()[descendant-or-self::p//ancestor-or-self::span]",  # one evaluation has all nodes, the others one
            "//*[ancestor-or-self::*/div[@x] = 'x']",  # body's many children are looked at from each of them
            "substring-after(//p[@class]/following::a, 'x')",
        ],
    )
    def test_that_earlier_bounds_let_through(self, expression: str) -> None:
        with pytest.raises(TooCostly):
            run(expression, FLAT)

    def test_beginnings_are_counted_one_after_the_other(self) -> None:
        markup = FLAT.replace('<p class="c3">', '<p id="a" class="c3">', 1)
        assert run("//p[@id='a']/following-sibling::p[@id='b']/following::p", markup) == []
        assert run("substring-after(//p[@id='a']/following::a/@href, '#')", markup) == ""

    @pytest.mark.parametrize("expression", ["//*//*", "//div//div//div", "//*/ancestor::*", "//*/@*/..", "//*/.."])
    def test_on_a_deep_page(self, expression: str) -> None:
        with pytest.raises(TooCostly):
            run(expression, DEEP)

    @pytest.mark.parametrize(
        "expression",
        [
            "concat(" + ",".join(["//p"] * 200) + ")",
            "contains(//p, //div)",
            "contains(//p, '" + "a" * 1_000 + "b')",
            "translate(//p, '" + "b" * 1_500 + "', '')",
        ],
    )
    def test_on_a_long_text(self, expression: str) -> None:
        with pytest.raises(TooCostly):
            run(expression, "<div>" * 50 + "<p>" + "a" * 1_000_000 + "</p>")

    @pytest.mark.parametrize(
        "expression",
        ["//*", "//*[contains(@class, 'c3')]", "//p[a]/a", "//p[last()]", "//*[self::p or self::a]", "//p/@class"],
    )
    def test_what_is_linear_runs_there_too(self, expression: str) -> None:
        assert run(expression, FLAT)

    def test_the_bound_is_within_what_a_page_may_take(self) -> None:
        assert ALLOWANCE_NANOSECONDS <= 2_000_000_000


def test_the_shape_of_a_page() -> None:
    shape = shape_of(parse_document("<html><body><p id='ab'>one</p><p>two<br>three</p></body></html>"))
    assert (shape.depth, shape.fan_out, shape.characters, shape.longest_attribute) == (4, 5, 13, 2)
    assert (shape.attributes, shape.nesting) == (1, frozenset())
    assert shape.tags == {"html": 1, "body": 1, "p": 2, "br": 1}
    assert shape.nodes == 8
