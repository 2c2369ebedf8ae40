"""The language of recipes: each directive, each form of it, and what is named where it cannot be honoured."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from broadsheet.ingest.recipe_text import MAX_CHARACTERS, MAX_RULES, Recipe, read_recipe, recipe_for, recipe_names
from broadsheet.model.errors import ConfigurationError

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "ftr-site-config"


def recipe(text: str, file: str = "example.com.txt") -> Recipe:
    return read_recipe(text, file)


def problems(text: str) -> list[str]:
    return [str(problem) for problem in recipe(text).problems]


class TestLines:
    def test_rules_are_kept_in_order(self) -> None:
        read = recipe("body: //article\nbody: //main\ntitle: //h1\nauthor: //b\ndate: //time\n")
        assert [rule.text for rule in read.body] == ["//article", "//main"]
        assert [rule.text for rules in (read.title, read.author, read.date) for rule in rules] == [
            "//h1",
            "//b",
            "//time",
        ]
        assert read.problems == ()

    def test_comments_blank_lines_byte_order_mark_case_and_any_line_end(self) -> None:
        read = recipe("\ufeff# a comment\r\n\r\n  TITLE : //h1  \r\n\t# another\rBody://article\n")
        assert (read.title[0].text, read.body[0].text) == ("//h1", "//article")
        assert read.problems == ()

    def test_a_value_may_hold_colons(self) -> None:
        assert recipe("date: //meta[@property='og:x']/@content").date[0].text == "//meta[@property='og:x']/@content"

    def test_strip_attr_is_strip(self) -> None:
        assert [rule.text for rule in recipe("strip: //b\nstrip_attr: //img/@srcset").strip] == ["//b", "//img/@srcset"]

    def test_names_lose_their_quotes(self) -> None:
        read = recipe("strip_id_or_class: 'ad'\nstrip_image_src: \"pixel.gif\"")
        assert (read.strip_id_or_class, read.strip_image_src) == (("ad",), ("pixel.gif",))

    def test_switches(self) -> None:
        read = recipe(
            "prune: no\nautodetect_on_failure: FALSE\nskip_json_ld: true\ninsert_detected_image: no\ntidy: no"
        )
        assert (read.prune, read.autodetect_on_failure, read.skip_json_ld, read.insert_detected_image) == (
            False,
            False,
            True,
            False,
        )
        assert read.problems == ()

    def test_what_is_not_said(self) -> None:
        read = recipe("")
        assert (read.prune, read.autodetect_on_failure, read.skip_json_ld, read.insert_detected_image) == (
            True,
            True,
            False,
            None,
        )

    def test_the_rest(self) -> None:
        read = recipe(
            "wrap_in(blockquote): //div[contains(@class, 'q')]\nmove_into(//div[contains(@id, 'x')]): //b\n"
            "move_into(body)://i\ndissolve: //span\nnative_ad_clue: //meta\nsrc_lazy_load_attr: data-Full\n"
            "post_strip_attr: //*/@class\nparser: libxml\nconvert_double_br_tags: yes\nautodetect_next_page: yes"
        )
        assert [(tag, rule.text) for tag, rule in read.wrap_in] == [("blockquote", "//div[contains(@class, 'q')]")]
        assert [(where and where.text, what.text) for where, what in read.move_into] == [
            ("//div[contains(@id, 'x')]", "//b"),
            (None, "//i"),
        ]
        assert (read.dissolve[0].text, read.native_ad_clue[0].text) == ("//span", "//meta")
        assert (read.src_lazy_load_attr, read.strip_after[0].text) == (("data-full",), "//*/@class")
        assert len(read.next_page_link) == 1
        assert read.problems == ()

    def test_tests_are_kept(self) -> None:
        read = recipe("test_url: http://a/\ntest_contains: One\ntest_contains: Two: three\ntest_url: http://b/")
        assert [(test.url, test.contains) for test in read.tests] == [
            ("http://a/", ("One", "Two: three")),
            ("http://b/", ()),
        ]


class TestReplacing:
    def test_pairs_one_below_the_other(self) -> None:
        text = "find_string: <x\nreplace_string: <y\nfind_string: </x>\nreplace_string:\nreplace_string(a:b): c: d"
        assert recipe(text).replacements == (("<x", "<y"), ("</x>", ""), ("a:b", "c: d"))

    def test_all_of_the_one_and_then_all_of_the_other(self) -> None:
        text = "find_string: a\nfind_string: b\nreplace_string: 1\nreplace_string: 2"
        assert recipe(text).replacements == (("a", "1"), ("b", "2"))

    def test_a_text_with_brackets_and_colons(self) -> None:
        assert recipe('replace_string(,"v(x)":): ,"w":').replacements == ((',"v(x)":', ',"w":'),)

    def test_without_a_partner_only_what_stands_together_is_replaced(self) -> None:
        text = "find_string: lost\nbody: //b\nfind_string: a\nreplace_string: 1\nreplace_string: x\nreplace_string: y"
        read = recipe(text)
        assert read.replacements == (("a", "1"),)
        assert [(problem.line, problem.directive) for problem in read.problems] == [
            (1, "find_string"),
            (5, "replace_string"),
            (6, "replace_string"),
        ]

    def test_nothing_is_no_text_to_be_found(self) -> None:
        assert recipe("replace_string(): x").replacements == ()
        assert problems("replace_string(): x") == ["example.com.txt:1: find_string: is empty"]


class TestLinks:
    def test_a_condition_belongs_to_the_link_before_it(self) -> None:
        read = recipe(
            "single_page_link: //a\nnext_page_link: //b\nif_page_contains: //c\nsingle_page_link: concat('x', //d)\n"
            "single_page_link_in_feed: //e"
        )
        assert [link.condition for link in read.single_page_link] == [None, None]
        (following,) = read.next_page_link
        assert following.condition is not None
        assert (following.rule.text, following.condition.text) == ("//b", "//c")
        assert read.single_page_link_in_feed[0].rule.text == "//e"

    def test_a_condition_without_a_link(self) -> None:
        assert problems("if_page_contains: //c") == [
            "example.com.txt:1: if_page_contains: needs a single_page_link or next_page_link before it"
        ]

    def test_a_link_whose_condition_cannot_be_read_is_not_followed(self) -> None:
        read = recipe("single_page_link: //a\nif_page_contains: //c[")
        assert read.single_page_link == ()
        assert [problem.directive for problem in read.problems] == ["if_page_contains"]


class TestWhatIsNamed:
    @pytest.mark.parametrize(
        ("line", "named"),
        [
            ("requires_login: yes", "requires_login: logging in is not supported"),
            ("login_extra_fields: a=b", "login_extra_fields: logging in is not supported"),
            ("not_logged_in_xpath: //a", "not_logged_in_xpath: logging in is not supported"),
            ("http_header(User-Agent): Googlebot", r"http_header\(user-agent\): is not sent"),
            ("http_header(Host): evil.example", r"http_header\(host\): may not be set"),
            ("http_header(cookie): a\u2028b", r"http_header\(cookie\): has a value that no header can have"),
            ("http_header: x", r"http_header: needs an argument"),
            ("wrap_in(script): //b", r"wrap_in\(script\): is no element"),
            ("footnotes: yes", "footnotes: is documented nowhere"),
            ("parser: html5lib", "parser: html5lib is not there"),
            ("tidy: yes", "tidy: is not there"),
            ("prune: maybe", "prune: is 'maybe'; write yes or no"),
            ("titel: //h1", "titel: is not known"),
            ("shout(loud): //h1", r"shout\(loud\): is not known"),
            ("https://example.com/a", "https: is an address without a directive"),
            ("// a note", "// a note: is no directive"),
            ("body: //div[contain(@class, 'x')]", r"body: .* calls contain\(\)"),
            ("body:", "body: has no value"),
            ("strip_id_or_class: //div", "strip_id_or_class: .* write `strip:`"),
            ("src_lazy_load_attr: 1 2", "src_lazy_load_attr: '1 2' is no attribute's name"),
            ("test_contains: x", "test_contains: needs a test_url before it"),
        ],
    )
    def test_by_file_line_and_directive(self, line: str, named: str) -> None:
        (problem,) = recipe(f"title: //h1\n{line}").problems
        assert problem.line == 2
        with pytest.raises(AssertionError, match=named):
            raise AssertionError(str(problem))

    def test_the_rest_stands(self) -> None:
        assert recipe("body: //div[\nbody: //article").body[0].text == "//article"

    @pytest.mark.parametrize("text", ["#" * (MAX_CHARACTERS + 1), "a: b\n" * (MAX_RULES + 1)])
    def test_only_what_is_past_the_bounds_is_refused_as_a_whole(self, text: str) -> None:
        with pytest.raises(ConfigurationError, match=r"^example\.com\.txt: "):
            recipe(text)

    def test_no_text_is_too_odd(self) -> None:
        odd = "\x00:\n:\n():\n(x): y\nbody(: //a\n\ud800: x\nreplace_string(\n" + "x" * 5_000 + ": y\n"
        assert len(recipe(odd).problems) == len([line for line in odd.split("\n") if line])


class TestHeaders:
    def test_those_that_say_nothing_of_who_we_are(self) -> None:
        read = recipe("http_header(Cookie): a=b; c=d\nhttp_header(referer): https://example.com/")
        assert read.http_headers == (("cookie", "a=b; c=d"), ("referer", "https://example.com/"))


class TestNames:
    @pytest.mark.parametrize(
        ("host", "names"),
        [
            ("WWW.Example.com", ("example.com", "www.example.com", ".com")),
            ("example.com", ("example.com", "www.example.com", ".com")),
            (
                "a.news.example.com",
                ("a.news.example.com", "www.a.news.example.com", ".news.example.com", ".example.com", ".com"),
            ),
            ("", ()),
        ],
    )
    def test_the_nearest_first(self, host: str, names: tuple[str, ...]) -> None:
        assert recipe_names(host) == names

    def test_which_file_serves_which_host(self) -> None:
        recipes = {"example.com": "body: //a", ".example.com": "body: //b", "sport.example.com": "body: //c"}
        chosen = {
            host: found.body[0].text
            for host in ("example.com", "www.example.com", "news.example.com", "sport.example.com", "x.y.example.com")
            if (found := recipe_for(host, recipes))
        }
        assert chosen == {
            "example.com": "//a",
            "www.example.com": "//a",
            "news.example.com": "//b",
            "sport.example.com": "//c",
            "x.y.example.com": "//b",
        }

    def test_a_wildcard_does_not_serve_the_domain_itself(self) -> None:
        assert recipe_for("www.example.com", {".example.com": "body: //b"}) is None

    def test_the_global_recipe_is_joined_to_each(self) -> None:
        general = "strip: //g\nstrip_id_or_class: g\nhttp_header(cookie): g\nfind_string: g\nreplace_string:\nprune: no"
        recipes = {"a.example": "body: //a\nstrip: //a\nhttp_header(cookie): a", "global": general}
        read = recipe_for("a.example", recipes)
        assert read
        assert [rule.text for rule in read.strip] == ["//a", "//g"]
        assert (read.strip_id_or_class, read.http_headers, read.replacements) == (
            ("g",),
            (("cookie", "a"),),
            (("g", ""),),
        )
        alone = recipe_for("b.example", recipes)
        assert alone
        assert alone.file == "global.txt"

    def test_but_not_where_nothing_is_to_be_detected(self) -> None:
        read = recipe_for("a.example", {"a.example": "autodetect_on_failure: no", "global": "strip: //g"})
        assert read
        assert read.strip == ()

    def test_titles_dates_and_authors_are_not_global(self) -> None:
        read = recipe("title: //meta/@content\nstrip: //g", "global.txt")
        assert read.title == ()
        assert [problem.directive for problem in read.problems] == ["title"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the public recipes are not here (../shared/corpora/ftr-site-config)")
class TestPublicRecipes:
    def test_every_file_is_read_and_what_is_not_honoured_is_named(self) -> None:
        files = sorted(path for path in CORPUS.iterdir() if path.suffix == ".txt" and path.name != "LICENSE.txt")
        assert len(files) > 1_900
        named: Counter[str] = Counter()
        for path in files:
            read = read_recipe(path.read_text(encoding="utf-8"), path.name)
            assert read != Recipe(path.name), "a file that says something was read as saying nothing"
            named.update(problem.directive for problem in read.problems)
        login = sum(count for name, count in named.items() if "log" in name)
        agents = named["http_header(user-agent)"]
        others = sum(named.values()) - login - agents
        assert others <= 65, named.most_common()
        assert agents <= 200, "the user agent is the only header that recipes set and we do not"
