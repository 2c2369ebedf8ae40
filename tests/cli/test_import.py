"""``broadsheet import jekyll``: into an inbox, again after an interruption, and onto the site with its old addresses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from broadsheet.model.errors import ConfigurationError
from broadsheet_cli import import_destination, import_jekyll
from broadsheet_cli.import_commands import app
from broadsheet_cli.import_destination import BucketDestination, FolderDestination
from broadsheet_cli.import_folder import open_site
from tests.e2e.runs import files, run, write_tree

CONFIG = "timezone: Asia/Shanghai\nbaseurl: /blog\nurl: https://old.example\n"
POSTS: dict[str, str | bytes] = {
    "_posts/2022-02-16-plain.md": "---\ntitle: Plain\ndate: 2022-02-16 09:16:46 +0800\ncategories: 泉州晚报\n---\n春早人勤。\n",
    "_posts/2022-02-17-broken.md": '---\ntitle: "他说"好": 真的"\ndate: 2022-02-17 08:00\n---\n正文。\n',
    "_posts/2022-02-18-see.md": "---\ntitle: See\n---\n[plain]({% post_url 2022-02-16-plain %}) {: .x}\n",
    "_posts/2022-02-19-twin.md": "---\ntitle: Twin\npermalink: /old/story/\n---\nOne.\n",
    "_posts/2022-02-20-twin.md": "---\ntitle: Other twin\npermalink: /old/story/\n---\nTwo.\n",
    "_posts/-202202219.md": "---\ntitle: ''\ndate:  +0800\n---\nNameless text.\n",
    "_posts/2022-02-22-gbk.md": "---\ntitle: 旧编码的文章标题\n---\n这是一篇用旧编码写的文章。\n".encode("gb18030"),
    "_posts/2022-02-23-empty.md": "---\ntitle: Empty\n---\n",
    "_posts/README.md": "How to write posts.\n",
    "wire/_posts/2022-02-24-wire.html": "---\ntitle: Wire\nid: NW1\n---\n<p>From the wire.</p>\n",
    "_drafts/idea.md": "---\ntitle: Idea\n---\nNot yet.\n",
    "_site/_posts/2022-01-01-built.md": "---\ntitle: Built\n---\nx\n",
    "node_modules/a/_posts/2022-01-01-a.md": "---\ntitle: Theirs\n---\nx\n",
    "about.md": "---\ntitle: About\n---\nA page.\n",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "old", {"_config.yml": CONFIG, **POSTS})


def jekyll(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["jekyll", *map(str, arguments)])


def count(result: Result, name: str) -> int:
    found = re.search(rf"│ {re.escape(name)} +│ +(\d+) │", result.stderr)
    assert found is not None, result.stderr
    return int(found[1])


def test_posts_come_into_the_inbox_and_the_report_names_each_mend(site: Path, tmp_path: Path) -> None:
    before = files(site)
    done = jekyll(site, "--inbox", tmp_path / "inbox", "--report", tmp_path / "report.json")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert sorted(files(tmp_path / "inbox")) == [
        "articles/imported/-202202219.md",
        "articles/imported/2022-02-16-plain.md",
        "articles/imported/2022-02-17-broken.md",
        "articles/imported/2022-02-18-see.md",
        "articles/imported/2022-02-19-twin.md",
        "articles/imported/2022-02-20-twin.md",
        "articles/imported/2022-02-22-gbk.md",
        "articles/imported/drafts/idea.md",
        "articles/imported/wire/2022-02-24-wire.html",
    ]
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {post["file"]: post["skipped"] for post in report["posts"] if "skipped" in post} == {
        "_posts/2022-02-23-empty.md": "no text is left; write some, or leave it out",
        "_posts/README.md": "has no date in its name and no front matter; Jekyll left it out too",
    }
    assert report["counts"]["read"] == 11
    assert report["counts"]["mended"]["front matter"] == 1
    assert {post["kind"] for post in report["posts"] if post["file"] == "_posts/2022-02-20-twin.md"} == {"address"}
    assert "skipped _posts/README.md: has no date" in done.stderr
    assert files(site) == before


def test_what_is_there_is_left_alone_and_what_changed_is_written_again(site: Path, tmp_path: Path) -> None:
    jekyll(site, "--inbox", tmp_path / "inbox")
    again = jekyll(site, "--inbox", tmp_path / "inbox")
    assert (count(again, "written"), count(again, "unchanged"), count(again, "skipped")) == (0, 9, 2)
    (site / "_posts/2022-02-19-twin.md").write_text("---\ntitle: New\n---\nNew.\n", encoding="utf-8")
    changed = jekyll(site, "--inbox", tmp_path / "inbox")
    # The other twin gets the address that became free.
    assert (count(changed, "written"), count(changed, "unchanged")) == (2, 7)


def test_inbox_inside_the_site_is_not_taken_for_posts(site: Path) -> None:
    jekyll(site, "--inbox", site / "inbox")
    assert count(jekyll(site, "--inbox", site / "inbox"), "posts read") == 11


def test_interrupted_import_goes_on_where_it_was(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put, left = FolderDestination.put, [3]

    def interrupted(self: FolderDestination, key: str, body: bytes) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        put(self, key, body)

    monkeypatch.setattr(import_destination.FolderDestination, "put", interrupted)
    first = jekyll(site, "--inbox", tmp_path / "inbox", "--report", tmp_path / "report.json")
    assert first.exit_code == 130
    assert "run it again to go on" in first.stderr
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["counts"]["complete"] is False
    assert len(files(tmp_path / "inbox")) == 3
    monkeypatch.undo()
    second = jekyll(site, "--inbox", tmp_path / "inbox")
    assert second.exit_code == 0
    assert (count(second, "written"), count(second, "unchanged")) == (6, 3)


def test_dry_run_tells_and_writes_nothing(site: Path, tmp_path: Path) -> None:
    assert count(jekyll(site, "--dry-run"), "would be written") == 9
    assert count(jekyll(site, "--dry-run", "--inbox", tmp_path / "inbox"), "would be written") == 9
    assert not (tmp_path / "inbox").exists()


def test_long_imports_tell_how_far_they_are(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jekyll, "TOLD_EACH", 4)
    assert re.findall(r"posts: .*", jekyll(site, "--dry-run").stderr) == ["posts: 4 of 11", "posts: 8 of 11"]


def test_posts_folder_and_any_folder_of_posts_will_do(site: Path, tmp_path: Path) -> None:
    given = open_site(site / "wire" / "_posts", timezone=None, url=None)
    assert given.paths == ("wire/_posts/2022-02-24-wire.html",)
    assert given.site.baseurl == "/blog"
    loose = write_tree(tmp_path / "loose", {"2022-02-16-a.md": "x", ".hidden.md": "x", "b.md~": "x"})
    assert open_site(loose, timezone=None, url=None).paths == ("2022-02-16-a.md",)
    write_tree(loose, {"CNAME": "news.example\n"})
    assert open_site(loose, timezone=None, url=None).site.url == "https://news.example"
    with pytest.raises(ConfigurationError, match="holds no posts"):
        open_site(write_tree(tmp_path / "none", {".git/a": "x"}), timezone=None, url=None)


def test_file_that_cannot_be_read_is_left_out_with_the_reason(site: Path) -> None:
    (site / "_posts/2022-03-01-dangling.md").symlink_to(site / "nowhere")
    done = jekyll(site, "--dry-run")
    assert done.exit_code == 0
    assert "skipped _posts/2022-03-01-dangling.md: cannot be read (No such file or directory)" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--inbox", "a", "--stack", "b"),
        ("--inbox", "a", "--prefix", "../up"),
        ("--inbox", "a", "--prefix", ".hidden/"),
    ],
)
def test_wrong_usage_ends_with_2(site: Path, arguments: tuple[str, ...]) -> None:
    assert jekyll(site, *arguments).exit_code == 2


def test_help_has_an_example() -> None:
    assert "Example: broadsheet import jekyll" in " ".join(jekyll("--help").output.split())


def test_bucket_holds_content_by_its_sha256(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="inbox")
        bucket = BucketDestination(s3, "inbox", lambda: 0)
        sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        assert not bucket.has("articles/泉 x.md", sha256)
        bucket.put("articles/泉 x.md", b"x")
        assert bucket.has("articles/泉 x.md", sha256)
        assert not bucket.has("articles/泉 x.md", "0" * 64)
        assert s3.head_object(Bucket="inbox", Key="articles/泉 x.md")["ContentType"] == "text/markdown; charset=utf-8"


BROADSHEET = "title: New\nurl: https://old.example\ntimezone: Asia/Shanghai\n"


def test_each_post_becomes_an_article_and_its_old_address_leads_there(site: Path, tmp_path: Path) -> None:
    config = write_tree(tmp_path / "config", {"site.yaml": BROADSHEET})
    jekyll(site, "--inbox", tmp_path / "inbox")
    report = run(config, tmp_path / "out", inbox=tmp_path / "inbox")
    assert report["articles"]["stored"] == 9
    assert report["rejections"] == []
    pages = tmp_path / "out" / "site"
    for address, title in {
        "blog/泉州晚报/2022/02/16/plain.html": "Plain",
        "blog/2022/02/17/broken.html": "他说&#34;好&#34;: 真的",
        "blog/wire/2022/02/24/wire.html": "Wire",
        "blog/old/story/index.html": "Twin",
    }.items():
        article = landed(pages, address)
        assert title.replace("&#34;", '"') in article.replace("&#34;", '"').replace("&quot;", '"'), address
    link = re.search(r'href="https://old\.example(/blog/[^"]*plain\.html)"', landed(pages, "blog/2022/02/18/see.html"))
    assert link is not None, "a link between two posts leads to the old address, and so on to the new one"


def landed(pages: Path, address: str) -> str:
    """The page that a browser ends at which asks for ``address``."""
    redirect = (pages / address).read_text(encoding="utf-8")
    found = re.search(r"url=(?:https://old\.example)?(/[^\"']*)", redirect)
    assert found is not None, redirect
    return (pages / found[1].strip("/") / "index.html").read_text(encoding="utf-8")


def test_posts_of_ours_come_back_at_the_addresses_they_had(site: Path, tmp_path: Path) -> None:
    config = write_tree(tmp_path / "config", {"site.yaml": BROADSHEET})
    told = '---\ntitle: "A: b"\ncanonical_url: https://wire.example/a\nsource_name: Wire\n---\nText of it.\n'
    run(config, tmp_path / "first", inbox=write_tree(tmp_path / "inbox", {"articles/a.md": told}))
    (post,) = (tmp_path / "first" / "posts").iterdir()
    done = jekyll(tmp_path / "first" / "posts", "--inbox", tmp_path / "again")
    assert done.exit_code == 0, done.output
    report = run(config, tmp_path / "second", inbox=tmp_path / "again")
    assert report["articles"]["stored"] == 1
    assert (tmp_path / "second" / "posts" / post.name).read_bytes() == post.read_bytes()
    address = next(path for path in files(tmp_path / "first" / "site") if path.startswith("news/2026/"))
    assert "Text of it." in (tmp_path / "second" / "site" / address).read_text(encoding="utf-8")


def test_import_into_a_state_is_published_by_itself(site: Path, tmp_path: Path) -> None:
    config = write_tree(tmp_path / "config", {"site.yaml": BROADSHEET})
    run(config, state=tmp_path / "state")
    done = jekyll(site, "--state", tmp_path / "state")
    assert done.exit_code == 0, done.output
    again = jekyll(site, "--state", tmp_path / "state")
    assert (count(again, "written"), count(again, "unchanged")) == (0, 9)
    run(config, tmp_path / "out", state=tmp_path / "state", now="2026-02-05T08:30:00+08:00")
    assert "Wire" in landed(tmp_path / "out" / "site", "blog/wire/2022/02/24/wire.html")
