from __future__ import annotations

import pytest

from broadsheet.ingest.readable import readable_text


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        (
            "<h2>Tides</h2><p>The boat\nsails <em>at</em> <strong>night</strong>.</p>",
            ["Tides", "The boat sails at night."],
        ),
        ("<ul><li>one<ul><li>one a</li></ul></li><li>two</li></ul>", ["one", "one a", "two"]),
        (
            "<table><caption>Fares</caption><tr><th>Adult</th><td><p>4</p><p>5</p></td></tr><tr><td>Child</td></tr></table>",
            ["Fares", "Adult 4 5", "Child"],
        ),
        ("<p>roses<br>violets</p><blockquote><p>He said.</p></blockquote>", ["roses", "violets", "He said."]),
        ("<figure><img src='https://a.example/i.png'><figcaption>The quay</figcaption></figure><p>x</p>", ["x"]),
        ("<p><ruby>漢<rt>かん</rt></ruby>字</p>", ["漢字"]),
        ("<p> </p>", [""]),
    ],
)
def test_a_line_for_each_block(html: str, lines: list[str]) -> None:
    assert readable_text(html).split("\n") == lines
