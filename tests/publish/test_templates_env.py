from __future__ import annotations

from dataclasses import replace

import pytest
from jinja2 import UndefinedError

from broadsheet.model.errors import ConfigurationError
from broadsheet.model.site import Site
from broadsheet.publish import html, templates_env
from tests.publish.newsroom import ENGLISH, body


def with_template(name: str, source: str) -> Site:
    return replace(ENGLISH, templates={name: source})


def test_own_template_stands_in_for_the_built_in_one() -> None:
    site = with_template("gone.html.j2", "<p>{{ site.title }}</p>")
    assert html.gone_page(site, "/x/").body == b"<p>The Harbour Gazette</p>"


def test_own_template_may_extend_a_built_in_one_and_be_extended_by_it() -> None:
    site = with_template(
        "notice.html.j2", '{% extends "base.html.j2" %}{% block main %}<h1>{{ heading }}!</h1>{% endblock %}'
    )
    page = html.gone_page(site, "/x/").body.decode()
    assert "<h1>This article was withdrawn!</h1>" in page
    assert "The Harbour Gazette" in page


def test_own_stylesheet_gets_an_address_of_its_own() -> None:
    site = with_template("style.css", "body { color: red }")
    sheets = {page.key: page for page in html.static_pages(site) if page.key.endswith(".css")}
    usual = {page.key for page in html.static_pages(ENGLISH)}
    (key,) = sheets
    assert key not in usual
    assert f'href="/{key}"' in html.gone_page(site, "/x/").body.decode()


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("ok\n{% if %}", 2),
        ("ok\nok\n{{ nobody }}", 3),
        ("{{ 1 / 0 }}", 1),
        ("\n{{ site.__class__.__mro__ }}", 2),
        ("\n{{ [].append(1) }}", 2),
        ('{% include "missing.html.j2" %}', 1),
        ("{{ t('no such text') }}", 1),
    ],
)
def test_fault_in_an_own_template_is_told_with_its_line(source: str, line: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"templates/article\.html\.j2, line {line}: ."):
        html.article_pages(with_template("article.html.j2", source), body(ENGLISH))


def test_fault_in_an_included_template_names_that_one() -> None:
    site = replace(
        ENGLISH, templates={"gone.html.j2": '{% include "part.html.j2" %}', "part.html.j2": "\n\n{{ nobody }}"}
    )
    with pytest.raises(ConfigurationError, match=r"templates/part\.html\.j2, line 3: 'nobody' is undefined"):
        html.gone_page(site, "/x/")


def test_fault_of_our_own_is_no_configuration_error() -> None:
    with pytest.raises(UndefinedError):
        templates_env.render(ENGLISH, "article.html.j2", {"site": ENGLISH})


def test_values_are_escaped_in_own_templates_too() -> None:
    site = replace(with_template("gone.html.j2", "<p>{{ site.title }}</p>"), title="<b>&")
    assert html.gone_page(site, "/x/").body == b"<p>&lt;b&gt;&amp;</p>"
