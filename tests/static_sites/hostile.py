"""Articles made to break static site generators: each text in every place a text can stand, and bodies of every shape."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any

from broadsheet.ingest.clean import clean_body
from broadsheet.model.article import Body, CategoryLine, Origin, ParsedArticle
from broadsheet.model.page import Page
from broadsheet.model.site import Site
from broadsheet.publish.posts import post_page
from tests.publish.newsroom import ENGLISH, MORNING, body, origin

TEXTS = (
    # YAML
    "a: b",
    "Market: up, then: down",
    "say \"yes\" to 'it'",
    '"quoted"',
    "'single'",
    "back\\slash \\n \\u0041 C:\\new\\table",
    "---",
    "--- # not the end",
    "...",
    "+++",
    "# hash",
    "#hashtag and C# and #1",
    "- item",
    "? key",
    "! bang",
    "!!python/object:os.system",
    "&anchor *alias",
    "@at",
    "%percent %YAML 1.2",
    "| pipe",
    "> greater",
    "[list, of]",
    "{map: of}",
    "key: [1, 2]",
    "<<: *merge",
    "=",
    "~",
    "null",
    "no",
    "Yes",
    "true",
    "off",
    "12:30",
    "12:30:45",
    "0123",
    "0o17",
    "0x1F",
    "1_000",
    "1,000",
    "1e5",
    ".inf",
    ".NaN",
    "-.5",
    "42",
    "2022-01-01",
    "2022-02-16 09:16:46 +0800",
    "2022-02-16T09:16:46Z",
    "2099-12-31: what comes next",
    ":symbol",
    ".hidden",
    "..",
    "./here",
    "trailing space ",
    " leading space",
    "colon at end:",
    "tab\tin it",
    "comma, and, more",
    # template languages
    "{{ site.time }}",
    "{{ content }} {{ page | inspect }}",
    "{{ '{{' }} }}",
    "{% include secret %}",
    "{% endraw %}{{ x }}{% raw %}",
    "{% comment %} gone {% endcomment %}",
    "{%- if true -%} x {%- endif -%}",
    "{# a comment #}",
    "{{< figure src=x >}}",
    "{{% shortcode %}}",
    "{{</* kept */>}}",
    "{{ unclosed",
    "{% unclosed",
    "<% erb %> <?php echo 1 ?>",
    "${javascript} #{ruby} $(shell) `shell`",
    "<!--more-->",
    "before <!-- gone --> after",
    # Markdown
    "{: onclick=alert(1)}",
    "{: .class #id}",
    "{::nomarkdown}<b>{:/}",
    "{::options auto_ids=false /}",
    "{:toc}",
    "{#anchor .class}",
    "* TOC",
    "a | b | c",
    "|a|b|",
    "|---|---|",
    "+ plus",
    "1. one",
    "2) two",
    ": definition",
    "=====",
    "-----",
    "***",
    "* * *",
    "~~~",
    "```",
    "``` ruby",
    "`code` and ``more``",
    "~~gone~~ ^up^ ~down~ ==mark== ++ins++",
    "$$math$$ and $x$ \\(y\\) \\[z\\]",
    "[link](javascript:alert(1)) ![image](x)",
    "[ref]: https://a.example 'title'",
    "[links]: ",
    "[text][ref] [ref] []",
    "[^1] and [^1]: note",
    "- [ ] task [x]",
    "*[HTML]: abbreviation",
    "*a* _b_ **c** __d__ ***e***",
    "snake_case_name and *five * 3",
    "5 * 3 * 2 < 7 > 1",
    "a\\",
    "\\* \\_ \\\\",
    "-- and --- and ... and <<x>> and (c) (tm) +-",
    "rock 'n' roll, the '90s, 5'10\", it's",
    "https://a.example/snake_case_x?a=1&b=2#top",
    "www.a.example/x_y_z and me_too@a.example",
    "<https://a.example/> <me@a.example>",
    ":smile: :+1:",
    "^",
    "!",
    "wow! [really]",
    # HTML
    "<script>alert(1)</script>",
    "<b onclick=x>bold</b>",
    "</article></pre></script>",
    "<img src=x onerror=alert(1)>",
    "AT&T; R&D & more& &copy; &amp;amp; &#60;",
    "a < b > c <3 <-",
    # scripts
    "🐟 emoji 👩‍👩‍👧 🇨🇳",
    "汉字：“引号”，《书名》！",
    "【快讯】上证指数涨1.5%～2%",
    "　全角　空格　",
    "مرحبا بالعالم 123",
    "שלום עולם (1)",
    "日本語のタイトル・テスト",
    "e\u0301 \u200b\u200d zero width",
    "long " + "x" * 3000,
    "word " * 300 + "end",
)
"""Every one is a title, a description, a tag, an author, and stands in a body in each kind of block."""

CONTROLS = (
    "bell \x07 and \x1b[31m",
    "nul \x00 in it",
    "delete \x7f it",
    "\ufeffbom \ufffe \uffff",
    "soft\u00adhyphen nbsp\u00a0here",
)
"""Not in anything that was cleaned, but it must not break the build of all the others."""

BODIES = (
    "",
    "<p>a<br>- b<br>1. c<br># d<br>&gt; e<br>=== <br>--- <br>| f | g |<br>: h<br>    i</p>",
    "<p>line\r\nbroken\r\n\r\nby hand</p><p>and\rso on</p>",
    "<ul><li>one</li><li><p>two</p><p>still two</p><ul><li>- three</li><li>1. four</li></ul></li></ul>",
    "<ol start='3'><li>three</li><li>four<ol><li>a</li></ol></li></ol><p>1986. A great year.</p>",
    "<ul><li># no heading</li><li>- no list</li><li>&gt; no quote</li><li>[ ] no task</li><li>+</li><li></li></ul>",
    "<blockquote><p>a</p><blockquote><p>b</p></blockquote><ul><li>c</li></ul><pre>d\n\ne</pre></blockquote>",
    (
        "<table><thead><tr><th>a|b</th><th>c</th></tr></thead><tbody><tr><td>1<br>2</td><td><code>x|y</code></td></tr>"
        "<tr><td>---</td><td></td></tr><tr><td>:--</td><td>=</td></tr></tbody></table>"
    ),
    "<table><tr><td>no</td><td>head</td></tr><tr><td colspan=2>wide</td></tr></table><p>after</p>",
    (
        "<table><caption>Caption: the</caption><tr><td><ul><li>a</li><li>b</li></ul></td><td><p>c</p><p>d</p></td></tr>"
        "</table>"
    ),
    "<pre><code>{{< x >}}\n{% raw %}\n\n\tindented\n    more</code></pre><p>after</p>",
    "<pre>plain\n  ```\n~~~\n<b>bold</b>\n&lt;i&gt; &amp;amp; \\ * _ | $ [x]: y\n\n\nend  </pre>",
    "<pre>---\ntitle: x\n---</pre><pre>{: .a}\n{::nomarkdown}\n{:/}</pre><pre>&lt;!--more--&gt;</pre>",
    (
        "<p><code>a`b</code> <code>``</code> <code>`</code> <code> x </code> <code>a|b</code> <code>{{x}}</code>"
        " <code>\\</code> <code>*a*</code> <code>&lt;b&gt;</code> <code>&amp;amp;</code> <code>a\nb</code></p>"
    ),
    "<p>x<code>a</code>y<kbd>Ctrl</kbd><samp>out_put</samp><code></code><code>{</code><code>&lt;!--more--&gt;</code></p>",
    "<p><b>强调：</b>后面<b>“引”</b>中<i>斜</i>体<del>删</del><s>除</s><u>线</u><b><i>both</i></b></p>",
    "<p>a<b>b</b>c<i>d</i>e <b> f </b>g<b>*</b><i>_</i><b>**</b><em>a*b</em><em>x</em><em>y</em><b>1</b>2</p>",
    "<p><em>a <strong>b</strong> c</em><strong><em>d</em></strong>e<em>f<strong>g</strong></em></p>",
    '<p><b>"q"</b>w <i>(p)</i>w <b>w.</b>w <b>-</b> <b>1.</b> x <b>#</b> <i>&lt;</i></p>',
    (
        "<p><a href='https://a.example/a b?x=[1]&y={z}|(q)*_~'>t [x] (y)</a><a href='https://b.example/'></a>"
        "<a href='https://c.example/&quot;&gt;&lt;b&gt;'>c</a><a href='mailto:a_b@c.example'>m</a>!<a href='https://d.example/'>d</a></p>"
    ),
    "<p>see <a href='https://a.example/'><b>bold</b> and <code>code</code></a>: <a href='https://a.example/)'>(x)</a></p>",
    (
        "<p><img src='https://a.example/i_1_.png?a=1&amp;b={{x}}' alt='{{ a }} [b] \"c\" *d*' title='t' width=3 height=4></p>"
        "<figure><img src='https://a.example/2.png' alt='two'><figcaption>Fig. 1: *two*</figcaption></figure>"
    ),
    "<p><a href='https://a.example/'><img src='https://a.example/3.png' alt=''></a>text after</p>",
    "<h2>One: {#x}</h2><h4>Two #</h4><h2>Three {: .y}</h2><h6>1. Four</h6><h3>`five`</h3><h2>six<br>seven</h2>",
    "<dl><dt>term: x</dt><dd>: meaning</dd><dd><p>other</p><p>more</p></dd></dl><p>: after</p>",
    "<p>H<sub>2</sub>O x<sup>2</sup> <ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby> <q>q</q> <mark>m</mark> <small>s</small></p>",
    "<details><summary>Sum: *x*</summary><p>inside</p></details><hr><p>---</p><hr>",
    "<p>a</p><hr><p>===</p><p>b</p><p>---</p><p>c</p>",
    "<p>&nbsp;</p><p>\u3000\u3000首行缩进的段落。</p><p>\u3000\u3000- 第二段</p><p>&nbsp;&nbsp;&nbsp;&nbsp;four hard spaces</p>",
    "<p>trailing two  </p><p>backslash at end\\</p><p>next</p><p>a\\<br>b</p>",
    "<p>1</p><p>2.</p><p>3)</p><p>(4)</p><p>５．</p><p>1.<b>x</b></p><p>2<b>. y</b></p><p><b>3</b>. z</p>",
    "<p><span>-</span> <span>a</span></p><p><span>#</span><span> b</span></p><p>1<span>.</span> c</p><p>[<b>x</b>]<i>: y</i></p>",
    "<p>[<span>^1</span>]: a</p><p>{<span>% x %</span>}</p><p>{<span>{&lt; x &gt;}</span>}</p><p>&lt;<span>b</span>&gt;</p>",
    "<p>" + "very long paragraph " * 3000 + "</p>",
    "<p>" + "</p><p>".join(f"{n}. many - *paragraphs*" for n in range(300)) + "</p>",
    "<blockquote><p>- a</p><p>1. b</p></blockquote><blockquote><p>[!NOTE]</p><p>x</p></blockquote>",
    "<blockquote><p>[!WARNING] text</p></blockquote><p>&gt; [!NOTE]</p>",
    "<p>one<br><br>two<br></p><p><br>three</p>",
    "<p dir='rtl' lang='ar'>مرحبا <b>بالعالم</b>!</p><p>שלום, <a href='https://a.example/'>עולם</a>.</p>",
    "<p>plain</p>tail <b>loose</b><p>more</p>",
    "<ul><li>a</li></ul><ul><li>b</li></ul><ol><li>c</li></ol><p>- d</p><pre>e</pre>",
    "<ul><li>a<pre>code\n\n  in list</pre>after</li><li><blockquote><p>q</p></blockquote></li><li><table><tr><td>t</td></tr></table></li></ul>",
    "<ul>" + "<li>deep<ul>" * 8 + "<li>end</li>" + "</ul></li>" * 8 + "</ul>",
)

DATES = (
    ("Asia/Shanghai", "2026-01-05T23:59:59+08:00"),
    ("Asia/Shanghai", "1899-12-31T12:00:00+00:00"),  # its local mean time was 8:05:43 ahead
    ("America/St_Johns", "2025-07-01T00:00:01-02:30"),
    ("Asia/Kathmandu", "2024-02-29T00:00:00+05:45"),
    ("America/New_York", "2025-11-02T05:30:00+00:00"),  # both of the half hours after one o'clock
    ("America/New_York", "2025-11-02T06:30:00+00:00"),
    ("Pacific/Kiritimati", "2026-01-01T00:00:00+14:00"),
    ("UTC", "1969-12-31T23:59:59+00:00"),
    ("Europe/Lisbon", "2026-01-05T08:30:00.987654+00:00"),
    ("UTC", "1605-11-05T05:06:07+00:00"),
)
CATEGORY_SLUGS = ("2022", "no", "null", "0123", "12-30", "true", "1e5", "quanzhouwanbao")
"""Slugs that a YAML library takes for something else, eight at once: the most an article has."""
_PIECES = (
    *"*_`~^|#$<>[](){}:!&-+=.,;'\"\\/%@?",
    "  ", " ", "{{", "}}", "{%", "%}", "{{<", ">}}", "{:", "{::", "[^", "^[", "](", "]:", "\\\\", "--", "...", "<<", "&#", "&lt;", "```",
    "1.", "12)", "- ", "# ", "> ", ": ", "* * *", "---", "===", "[ ] ", "<!--more-->", "http://", "www.", "a", "B9", "x y",
    "@a.example", ".com", "汉", "，", "“", "é", "\u3000", "\u00a0", "\u200b", "🐟", "مر", "'s",
)  # fmt: skip
_INLINE = (
    *("{}",) * 8, "<b>{}</b>", "<i>{}</i>", "<code>{}</code>", "<del>{}</del>", "<kbd>{}</kbd>", "<u>{}</u>", "<sup>{}</sup>",
    "<q>{}</q>", "<a href='https://a.example/x'>{}</a>", "{}<br>", "<img src='https://a.example/i.png' alt='A'>{}",
)  # fmt: skip
_BLOCKS = (
    *("<p>{}</p>",) * 4, "<h2>{}</h2>", "<h4>{}</h4>", "<ul><li>{}</li><li>{}</li></ul>", "<ol start=7><li>{}</li><li><p>{}</p><p>{}</p></li></ol>",
    "<ul><li>{}<ol><li>{}</li></ol></li></ul>", "<blockquote><p>{}</p><ul><li>{}</li></ul></blockquote>", "<pre>{}\n{}\n\n  {}</pre>",
    "<table><tr><th>{}</th><th>{}</th></tr><tr><td>{}</td><td>{}</td></tr></table>", "<dl><dt>{}</dt><dd>{}</dd></dl>", "{}<hr>",
    "<figure><img src='https://a.example/f.png' alt=''><figcaption>{}</figcaption></figure>", "<ul><li>{}<pre>{}</pre></li></ul>",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hostile:
    """An article as it is stored, and the site it stands on."""

    name: str
    site: Site
    stored: Body

    @property
    def chosen(self) -> Origin:
        assert self.stored.article.chosen is not None
        return self.stored.article.chosen

    def with_fields(self, **fields: Any) -> Hostile:
        """The article with other fields."""
        article = replace(self.stored.article, chosen=replace(self.chosen, **fields))
        return replace(self, stored=replace(self.stored, article=article))

    def post(self, site: Site | None = None) -> Page:
        """The article's post, on its own site or on ``site``."""
        assert self.stored.article.address is not None
        return post_page(site or self.site, self.stored, self.stored.article.address, self.chosen)


def everywhere(text: str) -> str:
    """Return a body with ``text`` in each kind of block and of inline element."""
    safe = escape(text)
    return (
        f"<p>{safe}</p><p>Then {safe} ends.</p><p>a<br>{safe}</p><h2>{safe}</h2><ul><li>{safe}</li><li>x{safe}</li></ul>"
        f"<ol><li>{safe}</li></ol><blockquote><p>{safe}</p></blockquote><table><tr><th>{safe}</th><th>b</th></tr>"
        f"<tr><td>{safe}</td><td>c</td></tr></table><p>w <strong>{safe}</strong> w <em>{safe}</em>w <code>{safe}</code></p>"
        f'<p>w <a href="https://a.example/{safe}" title="{safe}">{safe}</a> w <img src="https://a.example/i.png" alt="{safe}"></p>'
        f"<pre>{safe}\n{safe}</pre><p>{safe}</p>"
    )


def articles(random_ones: int = 0, seed: int = 0) -> Iterator[Hostile]:
    """Yield every article of the table, and ``random_ones`` put together at random."""
    for position, text in enumerate((*TEXTS, *CONTROLS)):
        told: dict[str, Any] = {"title": text, "description": text, "tags": (text,), "authors": (text,)}
        if text in TEXTS:
            told["source_name"] = text
        yield _article(f"text {position}", everywhere(text), **told)
    for position, html in enumerate(BODIES):
        yield _article(f"body {position}", html)
    for position, (zone, date) in enumerate(DATES):
        instant = datetime.fromisoformat(date)
        corrected = instant + timedelta(hours=5)
        yield _article(f"date {position}", site=replace(ENGLISH, timezone=zone), published=instant, modified=corrected)
    eight = tuple(CategoryLine(slug, slug.title()) for slug in CATEGORY_SLUGS)
    yield _article("eight categories", categories=eight, language="no")
    for slug in CATEGORY_SLUGS:
        yield _article(f"category {slug}", categories=(CategoryLine(slug, slug),))
    yield _article(
        "many tags",
        tags=("a, b", "c: d", "../../x/y", "C#", "C++", "#", ".", "all"),
        authors=("Ana Reis", "新华社", "O'Neil, Bo"),
    )
    yield _article("nothing but a title", description="", tags=(), authors=(), source_name=None, canonical_url=None)
    draw = random.Random(seed)
    for position in range(random_ones):
        text = _random_text(draw)
        html = "".join(_random_block(draw) for _ in range(12))
        yield _article(f"random {seed}.{position}", html, title=text, description=text, tags=(text,), authors=(text,))


def _random_text(draw: random.Random) -> str:
    return "".join(draw.choices(_PIECES, k=draw.randint(1, 6)))


def _random_inline(draw: random.Random, depth: int = 2) -> str:
    parts = (
        draw.choice(_INLINE).format(
            _random_inline(draw, depth - 1) if depth and draw.random() < 0.2 else escape(_random_text(draw))
        )
        for _ in range(draw.randint(1, 4))
    )
    return draw.choice(("", "", " ")).join(parts)


def _random_block(draw: random.Random) -> str:
    block = draw.choice(_BLOCKS)
    return block.format(*(_random_inline(draw) for _ in range(block.count("{}"))))


def _article(
    name: str,
    html: str = "<p>The night boat sails again.</p>",
    site: Site = ENGLISH,
    categories: tuple[CategoryLine, ...] = (CategoryLine("harbour", "Harbour"),),
    **fields: object,
) -> Hostile:
    chosen = origin(**{"title": name, "slug": name.replace(" ", "-"), "published": MORNING, **fields})
    cleaned = clean_body(ParsedArticle(title="", html=html), "").html
    return Hostile(name, site, body(site, chosen, cleaned, categories, claim=f"id:{name}"))
