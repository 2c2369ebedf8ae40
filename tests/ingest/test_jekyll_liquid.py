"""Liquid and kramdown in the bodies of posts: what is put in, what goes, what stays as it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.jekyll_kramdown import to_commonmark
from broadsheet.ingest.jekyll_liquid import LiquidContext, render

CONTEXT = LiquidContext(
    {"site.url": "https://old.example", "site.baseurl": "/blog", "page.title": "T"},
    {"post_url": {"2020-01-01-a": "/blog/2020/a.html"}.get, "link": {"_posts/a.md": "/blog/a/"}.get},
    "https://old.example",
    "/blog",
)


def shown(text: str, *, markdown: bool = True) -> str:
    return render(text, LiquidContext(CONTEXT.variables, CONTEXT.places, CONTEXT.url, CONTEXT.baseurl, markdown))[0]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a {% raw %}{{ x }} {% y %}{% endraw %} b", "a {{ x }} {% y %} b"),
        ("{%- raw -%}{{ x }}{%- endraw -%}", "{{ x }}"),
        ("{% raw %}{{ x }} to the end", "{{ x }} to the end"),
        ("[a]({% post_url 2020-01-01-a %}#x)", "[a](/blog/2020/a.html#x)"),
        ("[a]({% link _posts/a.md %})", "[a](/blog/a/)"),
        ("[a]({% post_url 1999-01-01-gone %})", "[a]()"),
        ('![x]({{ "/i.png" | relative_url }})', "![x](/blog/i.png)"),
        ("{{ '/i.png' | absolute_url }}", "https://old.example/blog/i.png"),
        ('{{ "https://cdn.example/i.png" | relative_url }}', "https://cdn.example/i.png"),
        ('{{ "/i.png" | prepend: site.baseurl | prepend: site.url }}', "https://old.example/blog/i.png"),
        ("{{site.url}}{{ site.baseurl }}/x", "https://old.example/blog/x"),
        ("{{ page.title | escape }}", "T"),
        ("{{ '{{' }} x {{ '}}' }}", "{{ x }}"),
        ("{{ page.unknown }}|{{ site.url | sha: 1 }}|{{}}", "||"),
        ("a{% include figure.html src='x' %}b{% assign x = 1 %}c", "abc"),
        ("{% comment %}{{ x }} gone{% endcomment %}kept", "kept"),
        ("{% for p in site.posts %}{{ p.title }}{% endfor %}kept", "kept"),
        ("{% if x %}kept{% endif %}", "kept"),
        ("{% gist 12ab/cd %}", "<https://gist.github.com/12ab/cd>"),
        ("open {{ never closed", "open {{ never closed"),
        ("50 % of {x} and {% never", "50 % of {x} and {% never"),
        ("{% never {{ site.baseurl }}", "{% never /blog"),
    ],
)
def test_liquid(text: str, result: str) -> None:
    assert shown(text) == result


def test_highlighted_code_is_a_code_block_whose_fence_is_longer_than_what_is_in_it() -> None:
    assert (
        shown("{% highlight ruby linenos %}\ndef a\n  1\nend\n{% endhighlight %}") == "```ruby\ndef a\n  1\nend\n```\n"
    )
    assert shown("{% highlight md %}\n````\n{% endhighlight %}") == "`````md\n````\n`````\n"
    listed = "- a\n  {% highlight c++ %}\n  x;\n  {% endhighlight %}\n"
    assert shown(listed) == "- a\n  ```c++\n  x;\n  ```\n\n"
    assert shown("see {% highlight c %}a<b{% endhighlight %}") == "see <pre><code>a&lt;b</code></pre>"
    assert shown("{% highlight c %}\na<b\n{% endhighlight %}", markdown=False) == "<pre><code>a&lt;b</code></pre>"


def test_each_thing_is_told_once() -> None:
    _, mends = render("{% include a.html %}{% include a.html %}{{ b }}", CONTEXT)
    assert [mend.how for mend in mends] == ["dropped {% include a.html %}", "dropped {{ b }}"]


@given(st.text(alphabet="{}%-\"'| a\n`:#", max_size=80))
def test_any_braces_are_worked_off_in_either_step(text: str) -> None:
    liquid, _ = render(text, CONTEXT)
    assert isinstance(to_commonmark(liquid)[0], str)
    if "{%" not in text and "{{" not in text:
        assert liquid == text


@pytest.mark.parametrize(
    "piece", ["{%", "{{", "{% for x %}", "{% comment %}", "{% highlight x %}", '{{ "', "{{ '}}", "{%  %", "{{ a | "]
)
def test_what_is_opened_many_times_and_never_closed_is_read_once(piece: str) -> None:
    # 40,000 openings: reading the rest for each would be 10^10 steps, which no test run would see the end of.
    assert len(render(piece * 40_000, CONTEXT)[0]) <= len(piece) * 40_000


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("# A {#id}\n{: .lead}\nText", "# A\nText"),
        ("A ![x](y){: width='3' .z} b", "A ![x](y) b"),
        ("* TOC\n{:toc}\n\nText", "\nText"),
        ("`{: .x}` stays", "`{: .x}` stays"),
        ("``a ` {: .x}`` stays{: .y}", "``a ` {: .x}`` stays"),
        ("```\n{: .x}\n```\n{: .y}", "```\n{: .x}\n```"),
        ("~~~~\n```\n{: .x}\n~~~~\n{: .y}", "~~~~\n```\n{: .x}\n~~~~"),
        ("\n    {: .x} as code", "\n    {: .x} as code"),
        (r"\{: .x}", r"\{: .x}"),
        ("{::comment}\ngone\n{:/comment}\nkept", "kept"),
        ("{::nomarkdown}<i>x</i>{:/}", "<i>x</i>"),
        ("The HTML\n\n*[HTML]: Hyper Text", "The HTML\n"),
        ('<div markdown="1" class="a">\n**b**\n</div>', '<div class="a">\n\n**b**\n</div>'),
        ("plain {x} and {{x}}", "plain {x} and {{x}}"),
    ],
)
def test_kramdown(text: str, result: str) -> None:
    mended, mends = to_commonmark(text)
    assert mended == result
    assert bool(mends) == (mended != text)
