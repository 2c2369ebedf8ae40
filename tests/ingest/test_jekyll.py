"""Posts of Jekyll sites, mended: what comes in is what was meant, and each mend is told."""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ingest.fragment import parse_fragment, text_of
from broadsheet.ingest.jekyll import JekyllImport
from broadsheet.ingest.jekyll_mend import Kind
from broadsheet.ingest.jekyll_site import read_site
from broadsheet.model.article import Body, CategoryLine
from broadsheet.model.errors import ArticleRejected, ConfigurationError
from broadsheet.publish.posts import post_page
from tests.publish.newsroom import CHINESE, ENGLISH, body, origin

from . import jekyll_posts
from .jekyll_posts import DAY, cleaned, importer, kinds, mended, parsed

ORIGIN = Path(__file__).parents[3] / "shared" / "corpora" / "finews" / "posts"


def front(lines: str, **options: str) -> jekyll_posts.MendedPost:
    return mended(f"---\n{lines}\n---\nSome text.\n", **options)


# -- dates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "instant", "mend"),
    [
        ("2022-02-16 09:16:46 +0800", "2022-02-16T09:16:46+08:00", None),
        ("2022-02-16T09:16:46Z", "2022-02-16T09:16:46+00:00", None),
        ("2022-02-16 09:16:46", "2022-02-16T09:16:46+08:00", Kind.ZONE),
        ("2022-02-17", "2022-02-17T00:00:00+08:00", Kind.ZONE),
        (" +0800", "2022-02-16T00:00:00+08:00", Kind.DATE),
        ("", "2022-02-16T00:00:00+08:00", Kind.DATE),
        ("2022-13-45", "2022-02-16T00:00:00+08:00", Kind.DATE),
        ("[a, b]", "2022-02-16T00:00:00+08:00", Kind.DATE),
    ],
)
def test_date_is_what_it_says_in_the_sites_zone_or_that_of_the_file(date: str, instant: str, mend: Kind | None) -> None:
    post = front(f"title: T\ndate: {date}", config="timezone: Asia/Shanghai")
    assert parsed(post).published == datetime.fromisoformat(instant)
    assert kinds(post) == ({mend} if mend else set())


def test_zone_that_was_given_goes_before_the_sites() -> None:
    post = front("title: T\ndate: 2022-02-16 09:00", config="timezone: Asia/Shanghai", timezone="Europe/Lisbon")
    assert parsed(post).published == datetime.fromisoformat("2022-02-16T09:00:00+00:00")


def test_without_any_date_it_is_when_the_article_is_first_seen() -> None:
    post = front("title: T", path="_posts/welcome.md")
    assert parsed(post).published is None
    assert kinds(post) == {Kind.DATE, Kind.FILE_NAME}


@pytest.mark.parametrize("name", ["_posts/-202205262391921712.md", "_posts/-2022-05-26-story.md"])
def test_file_whose_name_begins_with_a_dash_comes_in_though_jekyll_left_it_out(name: str) -> None:
    post = front('title: "T"\ndate:  +0800', path=name)
    assert parsed(post).published == datetime.fromisoformat("2022-05-26T00:00:00+00:00")
    assert post.addresses == ()
    assert Kind.FILE_NAME in kinds(post)


# -- titles and front matter that is none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("12:30", "12:30"),
        ("no", "no"),
        ("Foo: bar", "Foo: bar"),
        ('"他说"产城人文"深度融合"', '他说"产城人文"深度融合'),
        ('"Quoted" and more', '"Quoted" and more'),
        ("'It's late'", "It's late"),
        ('"never closed', "never closed"),
        (r'"C:\dir"', r"C:\dir"),
        (r'"say \"x\": y" z: a', r'"say \"x\": y" z: a'),
        ("@someone said", "@someone said"),
        ("*bold* move", "*bold* move"),
        ("&anchor text", "&anchor text"),
        ("!important", "!important"),
        ("%percent", "%percent"),
        ("`tick`", "`tick`"),
        ("[1] first: things", "[1] first: things"),
        ("[a, b]", "[a, b]"),
        ("{{ x }}", "{{ x }}"),
        ("- a dash", "- a dash"),
        ("| a pipe", "| a pipe"),
        ("\ttabbed", "tabbed"),
        ("a # comment", "a"),
    ],
)
def test_title_is_the_text_that_stands_there(written: str, title: str) -> None:
    post = front(f"layout: post\ntitle: {written}\ndate: 2022-02-16 09:16:46 +0800\ntags: [a, b]")
    assert parsed(post).title == title
    assert parsed(post).tags == ("a", "b"), "the lines around a broken one are read as they are"
    assert parsed(post).published is not None


@pytest.mark.parametrize(
    ("content", "title", "source"),
    [
        ('---\ntitle: ""\n---\nIntro.\n\n# The {% include x %}heading\n', "The heading", "first heading"),
        ("---\ntitle:\n---\n> 据悉，首家使用。其他的话。\n\n更多。\n", "据悉，首家使用。其他的话。", "first words"),
        ("---\nlayout: post\n---\nSome text.\n", "A Story", "file's name"),
        ("---\ntitle: ''\n---\n![x](https://a.example/i.png)\n", "A Story", "file's name"),
    ],
)
def test_missing_title_is_found_and_told(content: str, title: str, source: str) -> None:
    post = mended(content)
    assert parsed(post).title == title
    assert [m.how for m in post.mends if m.kind is Kind.TITLE] == [f"there was none; from the {source}"]


def test_key_given_twice_counts_as_it_does_in_jekyll_and_is_told() -> None:
    post = front("title: one\ntitle: two")
    assert parsed(post).title == "two"
    assert kinds(post) == {Kind.DUPLICATE_KEY}


def test_indented_field_lists_and_blocks_come_in_beside_a_broken_line() -> None:
    post = front("title: a: b\n  date: 2022-03-01 00:00:00 +0000\ntags:\n- x: y\n-  z\ndescription: >\n  two\n  lines")
    article = parsed(post)
    assert (article.title, article.tags, article.description) == ("a: b", ("x: y", "z"), "two lines")
    assert article.published == datetime.fromisoformat("2022-03-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("content", "title", "text", "kind"),
    [
        ("\n\n---\ntitle: T\n---\nText.\n", "T", "Text.", Kind.FRONT_MATTER),
        ("---\ntitle: T\ntags: a\n\nText.\n", "T", "Text.", Kind.FRONT_MATTER),
        ("---\ntitle: T\n...\nText.\n", "T", "Text.", None),
        ("Just text.\n", "A Story", "Just text.", Kind.FRONT_MATTER),
        ("---\n\nA rule, no front matter.\n", "A Story", "---\n\nA rule, no front matter.", Kind.FRONT_MATTER),
        ("\ufeff---\ntitle: T\n---\nText.\n", "T", "Text.", Kind.ENCODING),
        ("---\r\ntitle: T\r\n---\r\nText.\r\n", "T", "Text.", Kind.LINE_ENDS),
        ("---\rtitle: T\r---\rText.\r", "T", "Text.", Kind.LINE_ENDS),
        ("---\ntitle: 泉州晚报的新闻标题\n---\n正文里有足够多的汉字。\n".encode("gb18030"), "泉州晚报的新闻标题", "正文里有足够多的汉字。", Kind.ENCODING),
    ],
)  # fmt: skip
def test_files_that_are_not_as_jekyll_wants_them(
    content: str | bytes, title: str, text: str, kind: Kind | None
) -> None:
    post = mended(content)
    assert parsed(post).title == title
    assert jekyll_posts.text_of(post) == text
    assert kind is None or kind in kinds(post)


def test_blank_lines_before_front_matter_give_both_addresses_jekylls_and_the_meant_one() -> None:
    post = mended("\n---\ntitle: T\ndate: 2022-03-01\n---\nText.\n")
    assert post.addresses == ("/2022/03/01/a-story.html", "/2022/02/16/a-story.html")


# -- labels, drafts, other fields ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "path", "categories"),
    [
        ("categories: a b", DAY, ("a", "b")),
        ("categories: [a b, 'c']", DAY, ("a b", "c")),
        ("categories:\n- a\n- [b]", DAY, ("a", "b")),
        ("category: a b", DAY, ("a b",)),
        ("categories: a\ncategory: b", DAY, ("a", "b")),
        ("categories: Foo Bar, Baz", DAY, ("Foo Bar", "Baz")),
        ("categories: own", "wire/Coast/_posts/2022-02-16-a.md", ("own", "wire", "Coast")),
        ("layout: post", "_posts/wire/2022-02-16-a.md", ()),
    ],
)
def test_categories(fields: str, path: str, categories: tuple[str, ...]) -> None:
    assert parsed(front(f"title: T\n{fields}", path=path)).categories == categories


def test_tags_and_defaults_of_the_site() -> None:
    config = """
defaults:
  - {scope: {path: ""}, values: {author: Ann, lang: pt, published: true}}
  - {scope: {path: _posts/wire, type: posts}, values: {author: Bo, categories: [wire], tags: [x]}}
  - {scope: {path: _posts, type: pages}, values: {author: nobody}}
"""
    plain = parsed(front("title: T\ntags: a b", config=config))
    assert (plain.authors, plain.language, plain.tags) == (("Ann",), "pt", ("a", "b"))
    wire = parsed(front("title: T\ncategories: own", config=config, path="_posts/wire/2022-02-16-a.md"))
    assert (wire.authors, wire.categories, wire.tags) == (("Bo",), ("wire", "own"), ("x",))


@pytest.mark.parametrize(
    ("fields", "path"), [("published: false", DAY), ("draft: true", DAY), ("layout: post", "_drafts/idea.md")]
)
def test_drafts_come_in_as_drafts(fields: str, path: str) -> None:
    post = front(f"title: T\n{fields}", path=path)
    assert parsed(post).draft
    assert post.draft
    assert Kind.DRAFT in kinds(post)


def test_id_is_left_out_for_here_it_would_be_an_edit_and_what_says_nothing_too() -> None:
    post = front("title: T\nid: NW2022\ninfoCode: NW2022\nauthor: [{name: Ann}]\ndescription: [a]\nlayout: post")
    article = parsed(post)
    assert article.edits is None
    assert (article.authors, article.description) == (("Ann",), None)
    assert kinds(post) == {Kind.ID, Kind.FIELD}
    assert b"NW2022" not in post.body


# -- bodies ----------------------------------------------------------------------------------------------------


def test_links_to_posts_and_images_lead_to_where_the_old_site_was() -> None:
    other = "news/_posts/2022-01-05-other.md"
    text = "---\ntitle: T\n---\n[o]({% post_url news/2022-01-05-other %}) and [l]({% link news/_posts/2022-01-05-other.md %}) ![i](i.png)\n"
    site = importer(
        {DAY: text, other: "---\ntitle: O\n---\nx\n"}, "baseurl: /b\nurl: https://old.example\npermalink: pretty\n"
    )
    html = cleaned(site.mend(DAY)).html
    assert html.count('href="https://old.example/b/news/2022/01/05/other/"') == 2
    assert 'src="https://old.example/b/2022/02/16/a-story/i.png"' in html


def test_liquid_is_left_alone_where_the_post_says_so_and_a_separator_goes() -> None:
    post = mended(
        "---\ntitle: T\nrender_with_liquid: false\n---\n{{ x }}\n<!--more-->\n", "excerpt_separator: <!--more-->"
    )
    assert jekyll_posts.text_of(post) == "{{ x }}\n<!--more-->"
    post = mended("---\ntitle: T\nexcerpt_separator: '[more]'\n---\nA\n\n[more]\n\nB\n")
    assert "[more]" not in jekyll_posts.text_of(post)


def test_html_posts_stay_html() -> None:
    content = "---\ntitle: T\n---\n<p>a</p>\n{% highlight c %}\nx<y\n{% endhighlight %}\n"
    post = mended(content, path="_posts/2022-02-16-a.HTML")
    assert post.key == "2022-02-16-a.html"
    assert cleaned(post).html == "<p>a</p>\n<pre><code>x&lt;y</code></pre>"


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("_posts/notes.md", "Text.", "no date in its name and no front matter"),
        ("_posts/2022-02-16-a.textile", "---\ntitle: T\n---\nx", "is no Markdown and no HTML"),
        (DAY, "---\ntitle: T\n---\n{% include all.html %}\n", "no text is left"),
        (DAY, "---\n" + "a: b: c\n" * 9000 + "---\nText.", "front matter is larger than 64 KB"),
        (DAY, b"x" * (20 * 2**20 + 1), "20.0 MB"),
    ],
)
def test_what_is_left_out_says_why(path: str, content: str | bytes, reason: str) -> None:
    with pytest.raises(ArticleRejected) as rejected:
        mended(content, path=path)
    assert reason in rejected.value.reason


def test_keys_are_the_files_names_and_no_two_are_one() -> None:
    text = "---\ntitle: T\n---\nx\n"
    paths = [
        "_posts/2022-01-01-a.markdown",
        "_posts/2022-01-01-a.md",
        "_posts/2022-01-01-A.md",
        "_drafts/b.md",
        "_posts/sub/.hid\x01den\udcc8\udcd5/2022-01-01-c.md",
    ]
    site = importer(dict.fromkeys(paths, text))
    keys = [site.mend(path).key for path in paths]
    assert len({key.casefold() for key in keys}) == len(paths)
    assert keys[0] == "2022-01-01-a.md"
    assert keys[3:] == ["drafts/b.md", "sub/hid-den日/2022-01-01-c.md"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:\"'[]{}#&*!|>%@-,\t \\\n泉", max_size=60), st.text(alphabet="a{}%`:#-\n <>", max_size=40))
def test_whatever_stands_in_a_post_it_becomes_a_valid_upload_or_is_left_out(fields: str, text: str) -> None:
    try:
        post = mended(f"---\ntitle: {fields}\ndate: 2022-02-16\n---\n{text}")
    except ArticleRejected:
        return
    article = parsed(post)
    assert article.title
    assert article.published is not None


def test_memory_does_not_grow_with_the_posts() -> None:
    paths = [f"_posts/2022-02-16-{number}.md" for number in range(300)]
    text = "---\ntitle: T\n---\n" + "A hundred thousand characters. " * 3300

    def read(path: str) -> bytes:
        return f"{text}{path}".encode()

    site = JekyllImport(read_site(""), paths, read)
    site.mend(paths[0])
    tracemalloc.start()
    try:
        for path in paths:
            site.mend(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000, "the posts are 30 MB, of which one at a time is held"


# -- our own posts come back -----------------------------------------------------------------------------------

TITLES = [
    'A <b> & "q": {{ x }} \\ 12:30',
    "Plain &amp; simple",
    "yes",
    "银行：涨{% raw %}",
    "- a: dash",
    "it's 'quoted'",
    "# {#id} {: .x} 😀",
]
TEXT = (
    "<p>First &amp; <strong>bold</strong> {{ liquid }} {% raw %} {: .x} {{&lt; hugo &gt;}}.</p><h2>Sub {#id}</h2>"
    "<ul><li>a</li><li>b</li></ul><blockquote><p>q</p></blockquote><p>中文“引号”<strong>星</strong></p>"
    "<p>--- end {% endraw %} &lt;b&gt; $x$</p><p>12. Not a list</p><p># no heading</p>"
)


def written(published: Body) -> bytes:
    assert published.article.address is not None
    assert published.article.chosen is not None
    return post_page(ENGLISH, published, published.article.address, published.article.chosen).body


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("authors", [("张三", "Ann Lee", "Bo Li"), ("Lee, Ann",), ()])
def test_portable_posts_come_back_without_loss(title: str, authors: tuple[str, ...]) -> None:
    told = origin(
        title=title,
        authors=authors,
        tags=("a b", "c,d", title.lstrip("# ")),
        description=f"More of {title}",
        source_name=title,
        language="pt",
    )
    published = body(ENGLISH, told, TEXT, (CategoryLine("harbour", "Harbour"), CategoryLine("two-more", "Two more")))
    post = mended(written(published), path="2026-01-05-x.md")
    back = cleaned(post)
    assert (back.title, back.published, back.description) == (told.title, told.published, told.description)
    assert (back.tags, back.categories, back.language) == (told.tags, ("harbour", "two-more"), told.language)
    assert back.authors == (("Lee", "Ann") if authors == ("Lee, Ann",) else authors), "a post joins names with commas"
    assert (back.canonical_url, back.source_name, back.source_url) == (told.canonical_url, title, told.source_url)
    assert words(back.html) == words(TEXT)
    assert post.addresses == (published.article.address,)
    assert back.slug == told.slug
    assert kinds(post) == {Kind.ID}


def words(html: str) -> list[str]:
    return [" ".join(text_of(e).split()) for e in parse_fragment(html).iter("p", "h2", "li")]


def test_finews_posts_come_back_with_their_paragraphs() -> None:
    told = origin(
        title="渔港“夜航”复航",
        language="zh-CN",
        source_name="泉州晚报",
        slug="202202162277965336",
        tags=("泉州晚报新闻",),
    )
    html = "<p>第一段，共10项。</p><p>第二段。</p>"
    line = CategoryLine("quanzhouwanbao", "泉州晚报")
    published = body(CHINESE, told, html, (line,))
    assert published.article.address is not None
    page = post_page(CHINESE, published, published.article.address, told)
    back = cleaned(mended(page.body, path="2026-01-05-x.md"))
    assert (back.title, back.categories, back.tags) == (told.title, ("quanzhouwanbao",), told.tags)
    assert back.published == told.published
    assert words(back.html)[:2] == words(html)


# -- settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("timezone: Beijing", "_config.yml: field 'timezone' is 'Beijing'"),
        ("a: [", "_config.yml: line"),
        ("- a", "_config.yml"),
    ],
)
def test_settings_that_cannot_work_are_told_in_one_line(config: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        importer({}, config)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_timezone_option_that_is_none_is_told() -> None:
    with pytest.raises(ConfigurationError, match="--timezone is 'Beijing'"):
        importer({}, timezone="Beijing")


# -- the origin ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not ORIGIN.is_dir(), reason="../shared/corpora/finews is not here")
def test_all_posts_of_the_origin_come_in() -> None:
    paths = sorted(file.name for file in ORIGIN.glob("*.md"))
    posts: jekyll_posts.Tree = {path: (ORIGIN / path).read_bytes() for path in paths}
    site = importer(posts, timezone="Asia/Shanghai")
    mends: dict[str, set[Kind]] = {}
    for path in paths:
        post = site.mend(path)
        mends[path] = kinds(post)
        article = cleaned(post)
        assert article.title
        assert article.published is not None
        assert (len(post.addresses) == 1) is not path.startswith("-")
    assert mends["-202205262391921712.md"] == {Kind.FILE_NAME, Kind.DATE, Kind.TITLE}
    assert sum(Kind.ZONE in found for found in mends.values()) >= 4
