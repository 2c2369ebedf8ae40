"""Pages of one article as one article."""

from __future__ import annotations

from broadsheet.ingest.joined_pages import MAX_CHARACTERS, join_pages
from broadsheet.model.article import ParsedArticle

STANDFIRST = "<p>The council has voted on the ferry's name, at last.</p>"


def page(html: str, *, base: str = "https://example.com/news/1.html", confidence: float = 1.0) -> ParsedArticle:
    return ParsedArticle("Title", html, base_url=base, confidence=confidence)


def joined(*pages: ParsedArticle) -> str:
    return join_pages(pages).html


def test_one_page_is_what_it_is() -> None:
    only = page("<p>One</p>")
    assert join_pages([only]) is only


def test_in_order() -> None:
    html = joined(page("<p>One.</p>"), page("<p>Two.</p>"), page("<p>Three.</p>"))
    assert html.index("One.") < html.index("Two.") < html.index("Three.")


def test_what_every_page_repeats_is_there_once() -> None:
    html = joined(page(f"{STANDFIRST}<p>One.</p>"), page(f"<div>{STANDFIRST}</div><p>Two.</p>"))
    assert html.count("at last") == 1
    assert "Two." in html


def test_whatever_the_case_and_white_space_of_the_repetition() -> None:
    assert joined(page(STANDFIRST), page(STANDFIRST.replace(" ", "\n").upper())).lower().count("ferry") == 1


def test_a_repetition_between_the_second_and_the_third() -> None:
    later = "<p>A paragraph that the second page has, and the third.</p>"
    assert joined(page("<p>One.</p>"), page(later), page(later)).count("A paragraph") == 1


def test_a_short_answer_may_stand_twice() -> None:
    assert joined(page("<p>Yes.</p>"), page("<p>Yes.</p>")).count("Yes.") == 2


def test_a_page_may_repeat_itself() -> None:
    refrain = "<p>And the ferry goes over the river again.</p>"
    assert joined(page("<p>One.</p>"), page(refrain + "<p>Two.</p>" + refrain)).count("goes over") == 2


def test_pictures_are_there_once_whatever_their_address_is_relative_to() -> None:
    first = page('<p>One.</p><img src="a.jpg">')
    second = page(
        '<p>Two.</p><img src="../news/a.jpg"><img src="b.jpg"><a href="c">c</a>', base="https://example.com/p2/"
    )
    html = joined(first, second)
    assert html.count("a.jpg") == 1
    assert 'src="https://example.com/p2/b.jpg"' in html
    assert 'href="https://example.com/p2/c"' in html


def test_the_first_page_tells_the_facts_and_the_least_sure_page_how_sure() -> None:
    article = join_pages([page("<p>One.</p>"), page("<p>Two.</p>", confidence=0.6)])
    assert (article.title, article.base_url, article.confidence) == ("Title", "https://example.com/news/1.html", 0.6)


def test_bounded() -> None:
    html = joined(page("<p>One.</p>"), page("<p>" + "x" * MAX_CHARACTERS + "</p>"), page("<p>Three.</p>"))
    assert html == "<p>One.</p>"
