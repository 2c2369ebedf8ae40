"""An article with everything in it that an article may hold, put through the cleaner like any other."""

from __future__ import annotations

from datetime import datetime, timedelta

from broadsheet.ingest.clean import clean
from broadsheet.model.article import Body, CategoryLine, ParsedArticle
from broadsheet.model.site import Site
from tests.publish.newsroom import body, origin

TITLE = "Everything at once: 一篇什么都有的文章，用来看版面会不会散架"
_LONG_ADDRESS = "https://wire.example/" + "a-very-long-address-without-a-break-" * 5
_WIDE_ROW = "".join(f"<td>cell number {column}</td>" for column in range(12))
_HTML = f"""
<p>The first paragraph has <a href="https://wire.example/a">a link</a>, <em>stress</em>, <strong>weight</strong>,
<code>code()</code>, H<sub>2</sub>O, m<sup>2</sup>, <del>old</del> and <ins>new</ins> words, and “quotes”.</p>
<p>第二段是中文，夹着 Latin words 和 2026 年的数字，还有《书名号》、“引号”与……省略号——以及破折号。</p>
<figure><img src="https://img.example/sized.jpg" width="1200" height="800" alt="A quay with two boats">
<figcaption>A picture whose size is known.</figcaption></figure>
<p>Between the pictures.</p>
<p><img src="https://img.example/unsized.jpg" alt="A picture whose size is not known"></p>
<p>After a picture of an unknown size comes this text, which may not jump.</p>
<p><img src="https://img.example/no-alt.jpg"></p>
<p><a href="https://wire.example/gallery"><img src="https://img.example/linked.jpg" alt=""></a></p>
<h1>A heading of the first level</h1><p>Words.</p>
<h3>A heading two levels below</h3><p>Words.</p><h2>One level up</h2>
<ul><li>one<ul><li>one within</li></ul></li><li>two</li></ul><ol><li>first</li><li>second</li></ol>
<blockquote><p>A quotation.</p><p>Its second paragraph.</p></blockquote>
<dl><dt>Term</dt><dd>What it means.</dd></dl>
<details><summary>More to read</summary><p>What was folded away, with <a href="https://wire.example/b">a link</a>.</p></details>
<pre><code>{"a line of code that is longer than a telephone is wide " * 3}</code></pre>
<p>{_LONG_ADDRESS} and <a href="{_LONG_ADDRESS}">{_LONG_ADDRESS}</a></p>
<table><caption>A wide table</caption><thead><tr>{_WIDE_ROW.replace("td", "th")}</tr></thead>
<tbody><tr>{_WIDE_ROW}</tr><tr>{_WIDE_ROW}</tr></tbody></table>
<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>
<hr><p>The last paragraph.</p>
"""


def rich_article(site: Site, category: CategoryLine, published: datetime) -> Body:
    """The article as it stands in ``site``, with an update, several tags and others that told it too."""
    cleaned = clean(
        ParsedArticle(title=TITLE, html=_HTML, base_url="https://wire.example/"),
        fallback_slug="everything",
        observed_at=published,
        upload=False,
    )
    chosen = origin(
        title=cleaned.title,
        slug="everything-at-once",
        authors=("Ana Reis", "泉州晚报记者 林一"),
        image="https://img.example/sized.jpg",
        categories=(category.slug,),
        published=published,
        modified=published + timedelta(hours=2),
        tags=("ferries", "a tag of several words", "泉州"),
    )
    also = (("Coast Wire", "https://coast.example/1"), ("泉州晚报", None))
    return body(site, chosen, html=cleaned.html, categories=(category,), also=also)
