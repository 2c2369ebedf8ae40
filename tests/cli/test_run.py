"""``broadsheet run``, as a person types it: exit statuses, and what is said of a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from broadsheet.model.errors import ConfigurationError
from broadsheet_cli.config_check import check_folder
from tests.e2e.runs import write_tree

SITE = "title: T\nurl: https://t.example\n"
SOURCE = "id: a\nkind: feed\nurl: https://feed.example/rss\n"


def broadsheet(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "broadsheet_cli.main", "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def test_a_run_leaves_its_outcome_and_exits_with_0_even_where_input_was_rejected(tmp_path: Path) -> None:
    config = write_tree(tmp_path / "config", {"site.yaml": SITE})
    inbox = write_tree(tmp_path / "inbox", {"articles/a.md": "---\ntitle: A\n---\nText.\n", "articles/b.json": "{"})
    done = broadsheet("--config", str(config), "--inbox", str(inbox), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "results go to files, what is said to standard error"
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["articles"] == {"stored": 1, "updated": 0, "unchanged": 0, "rejected": 1, "unpublished": 0}
    assert {"rejections", "dead_letters", "pages", "aws_calls", "requests", "invocations", "seconds"} <= report.keys()
    assert (tmp_path / "out" / "site" / "index.html").is_file()
    assert "articles/b.json" in done.stderr


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"site.yaml": "title: [\n"}, "site.yaml: line"),
        ({"site.yaml": SITE, "sources/a.yaml": SOURCE + "pol: {every: 5m}\n"}, "sources/a.yaml: field 'pol'"),
        (
            {"sources/a.yaml": SOURCE, "sources/b.yaml": SOURCE},
            "sources/b.yaml: field 'id': 'a' is defined by sources/a",
        ),
        ({"templates/posts/x.md.j2": "{% if %}"}, "templates/posts/x.md.j2, line 1"),
        ({"notes.txt": "x"}, "config/notes.txt: not a place for configuration"),
        ({"sources/a.opml": "<opml>"}, "sources/a.opml"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line(tree: dict[str, str | bytes], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_folder(write_tree(tmp_path, tree))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_mistake_in_the_configuration_ends_with_2_before_anything_runs(tmp_path: Path) -> None:
    config = write_tree(tmp_path / "config", {"site.yaml": "colour: red\n"})
    done = broadsheet("--config", str(config), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "site.yaml: field 'colour'" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--config", "/no/such/folder"], ["--config", ".", "--now", "yesterday"], ["--config", ".", "--for", "5 parsecs"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert broadsheet(*arguments).returncode == 2
