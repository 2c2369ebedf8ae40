"""Where Jekyll served a post: by its rules, and, where it is installed, by Jekyll itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from broadsheet.ingest.jekyll_address import slugify

from .jekyll_posts import DAY, importer, mended

STYLES = [
    "date",
    "pretty",
    "ordinal",
    "none",
    "weekdate",
    "/:year/:month/:title",
    "/x/:slugified_categories/:i_month-:i_day/:short_year:y_day/:name/:slug.html",
    "/:categories/:year_:month_/:title:output_ext",
    "/:w_year/:week/:w_day/:short_month/:long_day/:hour:minute:second/:title/",
    "/of-:collection:path/",
]
POSTS = {
    "_posts/2021-12-01-nozone.md": "title: a\ndate: 2021-12-01 20:33:50",
    "_posts/2021-12-01-quoted.md": 'title: a\ndate: "2021-12-01 20:33:50"',
    "_posts/2021-12-01-nosec.md": "title: a\ndate: 2021-12-01 20:33",
    "_posts/2021-12-01-dateonly.md": "title: a\ndate: 2021-12-05",
    "_posts/2021-12-01-zone.md": "title: a\ndate: 2021-12-01 20:33:50 +0000",
    "_posts/2021-12-01-cats.md": "title: a\ncategories: Foo Bar\ncategory: Baz Qux",
    "_posts/2021-12-01-comma.md": "title: a\ncategories: Foo, Bar",
    "_posts/2021-12-01-catlist.md": 'title: a\ncategories: [泉州 晚报, "C++", foo/bar, C++]',
    "_posts/2021-12-01-Mixed_Case.and.dots.md": "title: a",
    "_posts/2021-12-01-你好 世界.md": "title: a",
    "_posts/2021-12-01-slug.md": "title: a\nslug: My Slug!",
    "_posts/2021-12-01-perma.md": "title: a\npermalink: /:categories/foo/:title/\ncategories: C D",
    "_posts/2021-12-01-perma2.md": "title: a\npermalink: bare/../x//y",
    "_posts/2021-12-01-perma3.md": "title: a\npermalink: /%E6%B3%89%20x/y.html",
    "_posts/21-2-1-short.md": "title: a",
    "_posts/sub/2021-12-01-insub.md": "title: a\ncategories: own",
    "cat/Dog/_posts/2021-12-01-incat.md": "title: a\ncategory: own",
    "cat/_posts/2021-12-31-html.html": "title: a",
    "_posts/2021-12-01-hidden.md": "title: a\npublished: false",
    "_posts/undated.md": "title: a",
}
CONFIG = """timezone: Asia/Shanghai
defaults:
  - {scope: {path: "_posts/sub", type: posts}, values: {categories: deflt}}
  - {scope: {path: ""}, values: {layout: none}}
"""


@pytest.mark.skipif(shutil.which("jekyll") is None, reason="jekyll is not installed")
@pytest.mark.parametrize("style", STYLES)
def test_addresses_are_those_jekyll_builds(style: str, tmp_path: Path) -> None:
    config = f"{CONFIG}permalink: {style}\n"
    (tmp_path / "_config.yml").write_text(config, encoding="utf-8")
    posts = {path: f"---\n{front}\n---\nText.\n" for path, front in POSTS.items()}
    for path, content in posts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    command = ["jekyll", "build", "-q", "-s", str(tmp_path), "-d", str(tmp_path / "out"), "--disable-disk-cache"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - fixed words
    built = {f"/{file.relative_to(tmp_path / 'out').as_posix()}" for file in (tmp_path / "out").rglob("*.html")}
    site = importer(dict(posts), config)
    found = {address for path in sorted(posts) for address in site.mend(path).addresses}
    # An address without an ending is a file with one on Jekyll's disk, and a folder on ours.
    as_built = {next((file for file in _files(address) if file in built), address) for address in found}
    assert as_built == built


def _files(address: str) -> tuple[str, ...]:
    return address, f"{address}index.html", f"{address}.html", f"{address[:-1]}.html"


def test_base_url_is_in_front_of_every_address() -> None:
    content = "---\ntitle: a\nredirect_from: [old/, /older.html]\n---\nText.\n"
    post = mended(content, "baseurl: /blog/")
    assert post.addresses == ("/blog/2022/02/16/a-story.html", "/blog/old/", "/blog/older.html")


def test_unknown_token_has_no_address() -> None:
    assert mended("---\ntitle: a\n---\nText.\n", "permalink: /:year/:colour/:title/").addresses == ()


@pytest.mark.parametrize(
    ("front", "address"),
    [
        ("date: 2022-02-16 00:30:00 +0800", "/2022/02/15/a-story.html"),
        ("date: 2022-02-16 00:30:00", "/2022/02/16/a-story.html"),
    ],
)
def test_without_a_zone_the_site_was_built_in_utc_whatever_zone_its_dates_are_in(front: str, address: str) -> None:
    post = mended(f"---\ntitle: a\n{front}\n---\nText.\n", timezone="Asia/Shanghai")
    assert post.addresses == (address,)


def test_of_two_posts_at_one_address_the_first_keeps_it() -> None:
    content = "---\ntitle: a\npermalink: /same/\nredirect_from: /{}/\n---\nText.\n"
    second = "_posts/2022-02-17-b.md"
    site = importer({DAY: content.format("one"), second: content.format("two")})
    assert site.mend(DAY).addresses == ("/same/", "/one/")
    other = site.mend(second)
    assert other.addresses == ("/two/",)
    assert [m.how for m in other.mends if m.kind == "address"] == [f"/same/ leads to {DAY}, which has it too"]


def test_addresses_of_our_own_pages_and_more_than_ten_are_told_and_left_out() -> None:
    many = ", ".join(f"/{n}/" for n in range(30))
    post = mended(f"---\ntitle: a\npermalink: /category/x/\nredirect_from: [{many}]\n---\nText.\n")
    assert len(post.addresses) == 10
    told = [m.how for m in post.mends if m.kind == "address"]
    assert told[0] == "not kept: '/category/x/' is an address of the site's own pages"
    assert len(told) == 21


def test_slugs_are_jekylls() -> None:
    assert slugify("The _config.yml file") == "The-config-yml-file"
    assert slugify("The _config.yml file", pretty=True) == "The-_config.yml-file"
    assert slugify("--a--b--") == "a-b"
    assert slugify("泉州 晚报！") == "泉州-晚报"
