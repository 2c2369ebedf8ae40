"""Recipes at work: what they find on a page, what they change, and where they say the other pages are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broadsheet.ingest.extract import explain_page, extract_page
from broadsheet.ingest.fragment import Element, parse_document, parse_fragment, select, to_markup
from broadsheet.ingest.recipe import PageLinks, RecipeResult, apply_recipe, find_pages, prepare_text
from broadsheet.ingest.recipe_text import read_recipe
from broadsheet.model.article import ParsedArticle, SourceDocument
from broadsheet.model.errors import ArticleRejected
from tests.builders import NOON

URL = "https://www.example.com/news/1.html"
LONG = "The council voted nine to two for the new name on Tuesday evening, after a debate of three hours. " * 3
PAGE = f"""<html lang="en"><head><title>Head title | Site</title><meta property="og:image" content="/logo.png">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Linked title", "author": "Linked Author",
"datePublished": "2026-01-01T00:00:00Z"}}</script></head><body class="has-sidebar"><h1 class="t">Ferry renamed</h1>
<div class="by">By <a rel="author">Ann Lee</a> and <a rel="author">Bo Chan</a></div><time datetime="2026-01-03T10:00:00Z"
>3 January</time><div id="story"><p>{LONG}</p><p class="promo">Subscribe now!</p><div class="q">A quoted line.</div>
<img src="data:image/gif;base64,R0" data-full="https://img.example/1.jpg" class="wp-1" loading="lazy"></div>
<div class="sidebar"><p>{LONG}</p></div></body></html>"""


def applied(recipe: str, page: str = PAGE) -> RecipeResult:
    read = read_recipe(recipe, "example.com.txt")
    assert read.problems == ()
    return apply_recipe(parse_document(prepare_text(page, read)), read, URL)


def body(recipe: str, inner: str = "") -> str:
    """The body that a recipe makes of a page whose story is ``inner``, on one line."""
    page = f"<html><body><div id='s'>{inner}</div><p id='x'>outside</p></body></html>"
    found = applied(f"body: //div[@id='s']\n{recipe}", page).body
    return "" if found is None else " ".join(to_markup(found).split())


def inside(recipe: str, inner: str) -> str:
    return body(recipe, inner).removeprefix('<div><div id="s">').removesuffix("</div></div>")


def document(page: str = PAGE) -> SourceDocument:
    return SourceDocument(page.encode(), URL, "text/html; charset=utf-8", NOON)


def extracted(recipe: str, page: str = PAGE) -> ParsedArticle:
    return extract_page(document(page), recipe=read_recipe(recipe, "example.com.txt"))


class TestFacts:
    def test_title_authors_and_dates(self) -> None:
        found = applied("title: //h2\ntitle: //h1\nauthor: //a[@rel='author']\ndate: //time\ndate: //h2")
        assert (found.title, found.authors, found.date_texts) == (
            "Ferry renamed",
            ("Ann Lee", "Bo Chan"),
            ("2026-01-03T10:00:00Z",),
        )

    def test_texts_that_functions_make(self) -> None:
        found = applied("title: substring-before(//title, ' |')\nauthor: string('A. Nonymous')\ndate: //time/text()")
        assert (found.title, found.authors, found.date_texts) == ("Head title", ("A. Nonymous",), ("3 January",))

    def test_what_finds_nothing(self) -> None:
        found = applied("title: //h5\nauthor: substring-after(//h5, 'by')\ndate: //h5/@x\nbody: //h5")
        assert (found.title, found.authors, found.date_texts, found.body) == (None, (), (), None)

    def test_facts_are_read_before_anything_is_stripped(self) -> None:
        assert applied("title: //h1\nstrip: //h1").title == "Ferry renamed"

    def test_native_ads(self) -> None:
        assert applied("native_ad_clue: //p[@class='promo']").native_ad
        assert not applied("native_ad_clue: //p[@class='none']").native_ad


class TestBody:
    def test_the_first_rule_that_finds_text(self) -> None:
        found = applied("body: //h5\nbody: //time[@x]\nbody: //h1\nbody: //div[@id='story']")
        assert found.body is not None
        assert to_markup(found.body) == '<div><h1 class="t">Ferry renamed</h1></div>'
        assert found.body_rule == "//h1"

    def test_several_elements_in_order_and_none_within_another(self) -> None:
        inner = "<p>a<b>b</b></p><h2>h</h2><p>c</p>"
        assert inside("", inner) == inner
        page = f"<html><body>{inner}</body></html>"
        found = applied("body: //h2 | //p | //b", page).body
        assert found is not None
        assert to_markup(found) == f"<div>{inner}</div>"

    def test_an_image_is_something(self) -> None:
        assert inside("", '<img src="a.jpg">') == '<img src="a.jpg">'

    def test_text_and_attributes(self) -> None:
        page = "<html><head><meta name='d' content='In a  meta'></head><body><p>One<br>Two</p></body></html>"
        for rule, expected in (
            ("//p/text()", "<div><p>One</p><p>Two</p></div>"),
            ("//meta/@content", "<div><p>In a meta</p></div>"),
            ("concat(//p, '!')", "<div><p>OneTwo!</p></div>"),
        ):
            found = applied(f"body: {rule}", page).body
            assert found is not None
            assert to_markup(found) == expected

    def test_the_whole_page(self) -> None:
        found = applied("body: //body", "<html><body><p>x</p></body></html>").body
        assert found is not None
        assert to_markup(found) == "<div><div><p>x</p></div></div>"

    def test_pruned_unless_it_says_no(self) -> None:
        inner = (
            "<p>x</p><form>f</form><aside>a</aside><ul><li><a>one</a></li><li><a>two</a></li><li><a>three</a></li></ul>"
        )
        assert inside("", inner) == "<p>x</p>"
        assert inside("prune: no", inner) == inner

    def test_lists_of_text_with_links_are_text(self) -> None:
        inner = "<ul>" + "<li><a>a</a> and a sentence that goes on</li>" * 3 + "</ul>"
        assert inside("", inner) == inner


class TestChanges:
    @pytest.mark.parametrize(
        ("rule", "before", "after"),
        [
            ("strip: //b", "<p>a<b>x</b> c</p>", "<p>a c</p>"),
            ("strip: //p/text()", "<p>a<b>x</b> c</p>", "<p><b>x</b></p>"),
            ("strip: //br/following-sibling::text()", "<p>a<br>c<i>i</i></p>", "<p>a<br><i>i</i></p>"),
            ("strip_attr: //img/@srcset", '<img src="a" srcset="b">', '<img src="a">'),
            ("strip: //comment()", "<p>a<!-- n -->b</p>", "<p>ab</p>"),
            ("strip_id_or_class: ad", '<p>a</p><p class="top-ad">b</p><p id="ads">c</p>', "<p>a</p>"),
            ("strip_image_src: pixel", '<p>a</p><img src="/pixel.gif"><img data-src="pixel">', "<p>a</p>"),
            ("", '<p>a</p><p class="x instapaper_ignore">b</p><p class="entry-unrelated">c</p>', "<p>a</p>"),
            ("dissolve: //i", "<p>a <i>b<b>c</b></i> d</p>", "<p>a b<b>c</b> d</p>"),
            ("wrap_in(blockquote): //p", "<p>a</p>b", "<blockquote><p>a</p></blockquote>b"),
            ("wrap_in(em): //p/text()", "<p>a<br>b</p>", "<p><em>a</em><br><em>b</em></p>"),
            ("move_into(//h2): //b", "<h2>h</h2><p>a<b>b</b>c</p>", "<h2>h<b>b</b></h2><p>ac</p>"),
            ("move_into(body): //p[@id='x']", "<p>a</p>", '<p>a</p><p id="x">outside</p>'),
            ("move_into(//p): //div", "<p>a</p>", "<p>a</p>"),
            ("src_lazy_load_attr: data-x", '<img src="a" data-x="b">', '<img src="b" data-x="b">'),
            ("post_strip_attr: //*/@class", '<p class="k">a</p>', "<p>a</p>"),
            ("find_string: <x-p>\nreplace_string: <p>", "<x-p>a", "<p>a</p>"),
            ("replace_string(noscript>): div>", "<noscript><img src='a'></noscript>", '<div><img src="a"></div>'),
        ],
    )
    def test_each(self, rule: str, before: str, after: str) -> None:
        assert inside(rule, before) == after

    def test_the_page_itself_is_never_stripped(self) -> None:
        found = applied("body: //div[@id='story']\nstrip_id_or_class: sidebar\nstrip: //body\nstrip: /html")
        assert found.body is not None

    def test_replacements_are_made_one_after_the_other(self) -> None:
        read = read_recipe("replace_string(a): b\nreplace_string(b): c", "r.txt")
        assert prepare_text("ab", read) == "cc"

    def test_replacements_cannot_blow_a_page_up(self) -> None:
        read = read_recipe(f"replace_string(a): {'a' * 4_000}", "r.txt")
        with pytest.raises(ArticleRejected, match=r"^r\.txt: replacing 'a' makes the page .* mend the recipe"):
            prepare_text("a" * 4_000, read)

    def test_a_rule_that_is_too_costly_is_left_out_and_named(self) -> None:
        page = "<html><body>" + "<p>a</p>" * 7_900 + "</body></html>"
        found = applied("body: //body\nstrip: //p/following-sibling::p", page)
        assert found.body is not None
        (skipped,) = found.skipped
        assert skipped.startswith("example.com.txt: '//p/following-sibling::p' could take")


class TestImages:
    def test_inserted_only_where_it_says_so_and_there_is_none(self) -> None:
        page = '<html><head><meta property="og:image" content="/a.jpg"></head><body><p>x</p></body></html>'
        for rule, expected in (
            ("yes", '<div><img src="https://www.example.com/a.jpg"><p>x</p></div>'),
            ("no", "<div><p>x</p></div>"),
        ):
            found = applied(f"body: //p\ninsert_detected_image: {rule}", page).body
            assert found is not None
            assert to_markup(found) == expected

    def test_the_detected_image_is_not_the_lead_where_it_says_no(self) -> None:
        assert extracted("body: //div[@class='sidebar']\ninsert_detected_image: no").image is None
        assert extracted("body: //div[@class='sidebar']").image == "https://www.example.com/logo.png"


class TestLinks:
    def links(self, recipe: str, markup: str, url: str = URL) -> PageLinks:
        return find_pages(parse_document(f"<html><body>{markup}</body></html>"), read_recipe(recipe, "r.txt"), url)

    @pytest.mark.parametrize(
        ("rule", "markup", "address"),
        [
            ("//a[@class='n']", '<a class="n" href="2.html">next</a>', "https://www.example.com/news/2.html"),
            ("//a/@href", '<a href="/3">next</a>', "https://www.example.com/3"),
            ("concat('http://www.example.com/', //b)", "<b>4</b>", "http://www.example.com/4"),
            ("//iframe", '<iframe src="//www.example.com/5"></iframe>', "https://www.example.com/5"),
            (
                "//a",
                '<a href="#top">up</a><a href="1.html#x">here</a><a href="6#y">on</a>',
                "https://www.example.com/news/6",
            ),
            ("//a", '<a href="javascript:next()">next</a><a>none</a>', None),
            ("substring-after(//b, 'x')", "<b>4</b>", None),
            ("count(//b)", "<b>4</b>", None),
        ],
    )
    def test_to_one_page(self, rule: str, markup: str, address: str | None) -> None:
        assert self.links(f"next_page_link: {rule}", markup).next == address
        assert self.links(f"single_page_link: {rule}", markup).single == address

    def test_the_next_page_is_on_the_same_site(self) -> None:
        markup = '<a href="https://evil.example/2">next</a>'
        assert self.links("next_page_link: //a", markup).next is None
        assert self.links("single_page_link: //a", markup).single == "https://evil.example/2"
        mobile = '<a href="https://m.example.com/2">next</a>'
        assert self.links("next_page_link: //a", mobile).next == "https://m.example.com/2"

    def test_only_where_the_page_contains_what_it_must(self) -> None:
        rule = "single_page_link: //a\nif_page_contains: //h2"
        assert self.links(rule, '<a href="2">x</a>').single is None
        assert self.links(rule, '<a href="2">x</a><h2></h2>').single == "https://www.example.com/news/2"

    def test_relative_to_the_base(self) -> None:
        markup = '<html><head><base href="/b/"></head><body><a href="2">x</a></body></html>'
        found = find_pages(parse_document(markup), read_recipe("next_page_link: //a", "r.txt"), URL)
        assert found.next == "https://www.example.com/b/2"

    def test_the_next_page_by_itself(self) -> None:
        assert self.links("autodetect_next_page: yes", '<a rel="next" href="2">x</a>').next == (
            "https://www.example.com/news/2"
        )

    def test_in_a_feed(self) -> None:
        recipe = read_recipe("single_page_link_in_feed: //a\nsingle_page_link: //b", "r.txt")
        found = find_pages(parse_fragment('<a href="https://other.example/">x</a>'), recipe, URL, in_feed=True)
        assert found == PageLinks(single="https://other.example/")


class TestExtraction:
    """The recipe among the other ways to read a page."""

    RECIPE = "title: //h1\nauthor: //a[@rel='author']\ndate: //time\nbody: //div[@id='story']\nstrip_id_or_class: promo"

    def test_is_trusted_first(self) -> None:
        article = extracted(self.RECIPE)
        assert (article.method, article.confidence) == ("recipe", 1.0)
        assert (article.title, article.authors) == ("Ferry renamed", ("Ann Lee", "Bo Chan"))
        assert article.published == datetime(2026, 1, 3, 10, tzinfo=UTC)
        assert "council voted" in article.html
        assert "Subscribe" not in article.html

    def test_what_it_does_not_find_is_found_otherwise(self) -> None:
        article = extracted("body: //div[@id='gone']\ntitle: //h5\nauthor: //h5\ndate: //h5")
        assert article.method != "recipe"
        assert "council voted" in article.html
        assert article.title
        assert article.authors
        assert article.published == datetime(2026, 1, 1, tzinfo=UTC)

    def test_a_date_that_is_none_is_passed_over(self) -> None:
        assert extracted("date: //h1\ndate: //time").published == datetime(2026, 1, 3, 10, tzinfo=UTC)

    def test_what_it_strips_is_gone_from_what_is_detected(self) -> None:
        page = PAGE.replace("Subscribe now!", LONG.replace("council", "publisher"))
        assert "publisher" not in extracted("strip: //p[@class='promo']", page).html

    def test_next_to_nothing_is_not_taken_where_there_is_more(self) -> None:
        assert extracted("body: //h1").method != "recipe"
        short = "<html><body><h1>Flash</h1><p class='s'>The ferry sank at noon.</p></body></html>"
        assert extracted("body: //p[@class='s']", short).method == "recipe"

    def test_nothing_else_where_it_forbids_to_detect(self) -> None:
        with pytest.raises(ArticleRejected, match=r"no body rule of example\.com\.txt finds text, and it forbids"):
            extracted("body: //div[@id='gone']\nautodetect_on_failure: no")

    def test_an_advertisement_is_rejected(self) -> None:
        with pytest.raises(ArticleRejected, match=r"an advertisement by native_ad_clue of example\.com\.txt"):
            extracted("native_ad_clue: //p[@class='promo']")

    def test_without_linked_data_where_it_says_so(self) -> None:
        page = PAGE.replace('<time datetime="2026-01-03T10:00:00Z"\n>3 January</time>', "")
        rule = "body: //div[@id='story']"
        assert extracted(rule, page).published == datetime(2026, 1, 1, tzinfo=UTC)
        assert extracted(f"{rule}\nskip_json_ld: yes", page).published is None

    def test_names_are_told_from_what_stands_around_them(self) -> None:
        rule = "body: //div[@id='story']\nauthor: //div[@class='by']"
        assert extracted(rule).authors == ("Ann Lee", "Bo Chan")

    def test_explained(self) -> None:
        explained = explain_page(document(), recipe=read_recipe(self.RECIPE, "example.com.txt"))
        winner, *others = explained.candidates
        assert winner.method == "recipe"
        assert winner.reasons[0] == "example.com.txt: body: //div[@id='story']"
        assert [candidate.method for candidate in others] != []


def test_the_tree_that_a_body_was_taken_from_is_whole() -> None:
    root: Element = parse_document(PAGE)
    recipe = read_recipe("body: //div[@id='story']", "r.txt")
    apply_recipe(root, recipe, URL)
    assert len(select(root, "//div[@id='story']/p")) == 2
