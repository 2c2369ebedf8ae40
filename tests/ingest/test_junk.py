"""What is in a body but not of the article."""

from __future__ import annotations

import pytest

from broadsheet.ingest.fragment import parse_fragment, to_markup
from broadsheet.ingest.junk import remove_additions, remove_hidden, remove_untextual, strip_by_rules
from broadsheet.model.errors import ArticleRejected


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none;height:1px;overflow:hidden;">x</p>',
        "<p style='DISPLAY : NONE'>x</p>",
        "<span style='visibility:hidden'>x</span>",
        "<span style='font-size:0'>x</span>",
        "<p hidden>x</p>",
        "<p hidden=''>x</p>",
        "<span aria-hidden=true>x</span>",
        "<span class='icon sr-only'>x</span>",
        "<div style='display:none'><p>x <b style='display:none'>y</b></p></div>",
    ],
)
def test_what_readers_do_not_see_goes(hidden: str) -> None:
    tree = parse_fragment(f"<div>before {hidden} after</div>")
    remove_hidden(tree)
    assert to_markup(tree) == "<div><div>before  after</div></div>"


@pytest.mark.parametrize(
    "shown",
    [
        "<p style='display:block'>x</p>",
        "<p hidden='until-found'>x</p>",
        "<span style='font-size:0.9em'>x</span>",
        "<figure aria-hidden='true'><img src='a'></figure>",
        "<p style='line-height:1px'>x</p>",
    ],
)
def test_what_readers_see_stays(shown: str) -> None:
    tree = parse_fragment(f"before {shown}")
    remove_hidden(tree)
    assert len(tree) == 1


def test_a_body_that_is_hidden_as_a_whole_stays() -> None:
    tree = parse_fragment("<div style='visibility:hidden'><p>all of it</p></div>")
    remove_hidden(tree)
    assert "all of it" in to_markup(tree)


def test_a_live_chart_between_its_comments_goes_with_all_that_stands_there() -> None:
    tree = parse_fragment(
        "<p>a</p><!-- EM_StockImg_Start --><p><img src='https://a.example/chart'></p>words<!-- EM_StockImg_End --><p>b</p>"
    )
    remove_additions(tree)
    assert to_markup(tree) == "<div><p>a</p><p>b</p></div>"


def test_a_chart_without_its_end_takes_nothing_else() -> None:
    tree = parse_fragment(
        "<!-- EM_StockImg_Start --><p>a</p><a class=EmImageRemark href=x><img src=y></a>"
        "<img src='https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1'><p>b</p>"
    )
    remove_additions(tree)
    assert to_markup(tree) == "<div><p>a</p><p>b</p></div>"


def test_annotations_are_text_again() -> None:
    tree = parse_fragment(
        "<p>投资<a class='keytip' href='http://q.example/1'>银行</a>与<a class='infokey' href='http://q.example/2'>业绩</a>、"
        "<span class='em_stock_key_common' web=1 href='x'>证券</span></p>"
    )
    remove_additions(tree)
    assert to_markup(tree) == "<div><p>投资银行与业绩、证券</p></div>"


def test_share_bars_and_scripts_go() -> None:
    tree = parse_fragment(
        "<p>a</p><div class='sharedaddy sd-block'>Share</div><script>x</script><style>y</style><svg>z</svg>"
    )
    remove_additions(tree)
    remove_untextual(tree)
    assert to_markup(tree) == "<div><p>a</p></div>"


def test_a_sources_rules() -> None:
    tree = parse_fragment("<p>a</p><div class='promo-box'>b</div><div id='x-promo'>c</div><p class='ad'>d</p>e")
    strip_by_rules(tree, ["//p[@class='ad']", "//nothing"], ["promo", ""])
    assert to_markup(tree) == "<div><p>a</p>e</div>"


def test_a_rule_that_is_no_xpath_is_named() -> None:
    with pytest.raises(ArticleRejected, match=r"clean\.strip '//p\[' is no XPath"):
        strip_by_rules(parse_fragment("<p>a</p>"), ["//p["], [])


@pytest.mark.parametrize("rule", ["count(//p)", "//p/text()", "//p/@class", "/", "//nonsense:p"])
def test_rules_that_select_no_elements_remove_nothing(rule: str) -> None:
    tree = parse_fragment("<p class='x'>a</p>")
    try:
        strip_by_rules(tree, [rule], [])
    except ArticleRejected as refused:
        assert rule in refused.reason  # an undefined prefix
    assert to_markup(tree) == '<div><p class="x">a</p></div>'
