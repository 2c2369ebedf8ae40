"""``broadsheet article``: what an operator asks of articles, and does to them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import click
import pytest
import typer
from botocore.stub import Stubber

from broadsheet.model import keys
from broadsheet_cli.article_text import print_line, sentences
from localcloud.cloud import LocalCloud
from tests.e2e.loopback import serving

from . import newsdesk
from .newsdesk import LATER, STACK, Newsdesk, Told, broadsheet, deployed


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsdesk]:
    with serving({}) as web:
        yield newsdesk.make_newsdesk(tmp_path_factory.mktemp("desk"), web)


@pytest.fixture(scope="module")
def items(desk: Newsdesk) -> list[dict[str, Any]]:
    return newsdesk.stored(desk.state)


def article(desk: Newsdesk, verb: str, *words: object) -> Told:
    return broadsheet("article", verb, *words, "--state", desk.state)


def shown(desk: Newsdesk, what: str) -> dict[str, Any]:
    told = article(desk, "show", what, "--json")
    assert (told.status, told.err) == (0, ""), told
    plain: dict[str, Any] = json.loads(told.out)
    return plain


# Usage


def test_every_command_has_an_example_that_works_as_it_is_written() -> None:
    group = typer.main.get_command(newsdesk.root)
    assert isinstance(group, click.Group | type(group))
    seen = 0
    for name, commands in group.commands.items():  # type: ignore[attr-defined]
        for verb, command in commands.commands.items():
            told = broadsheet(name, verb, "--help")
            example = re.search(rf"Example: broadsheet {name} {verb} (.*?)\n\n", f"{command.help}\n\n", re.DOTALL)
            assert told.status == 0
            assert example, f"{name} {verb} has no example"
            command.make_context(verb, shlex.split(example[1]))  # raises where an option or a value is none
            seen += 1
    assert seen == 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list"], "one of --state DIR"),
        (["list", "--state", "x", "--stack", "y"], "one of --state DIR"),
        (["list", "--stack", ""], "one of --state DIR"),
        (["list", "--state", "x", "--limit", "0"], "--limit"),
        (["list", "--state", "x", "--state-is", "merged"], "--state-is"),
        (["list", "--state", "x", "--state-is", "gone", "--category", "news"], "a gone article has no text"),
        (["show", "--state", "x"], "Missing argument"),
        (["diff", "a", "one", "--state", "x"], "FROM"),
        (["unpublish", "a", "--state", "x"], "--reason"),
        (["unpublish", "a", "--state", "x", "--reason", "  "], "--reason is empty"),
        (["unpublish", "a", "--stack", "x", "--reason", "r", "--out", "o"], "--out goes with --state"),
        (["restore", "a", "--state", "x", "--now", "yesterday"], "yesterday"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_would_be_right(words: list[str], said: str) -> None:
    told = broadsheet("article", *words)
    assert told.status == 2
    assert said in told.err


def test_a_folder_without_a_state_is_named_with_the_remedy(tmp_path: Path) -> None:
    told = broadsheet("article", "list", "--state", tmp_path)
    assert told.status == 2
    assert f"--state {tmp_path}: nothing is stored there; give the folder" in told.err
    assert not list(tmp_path.iterdir()), "looking makes nothing"


def test_a_state_that_cannot_be_read_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "localcloud.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 9)
    told = broadsheet("article", "list", "--state", tmp_path)
    assert told.status == 2
    assert "restore it, or remove it" in told.err


# List


def test_list_tells_published_articles_newest_first(desk: Newsdesk) -> None:
    told = article(desk, "list")
    assert told.status == 0
    titles = [re.search(r"(Road closed|Ferry back|Bakery \d)", line) for line in told.out.splitlines()]
    assert [title and title[1] for title in titles] == ["Road closed", "Ferry back", "Bakery 2"]
    assert "2026-01-04 10:00  Ferry back  /harbour/2026/01/04/ferry-back-" in told.out, "in the site's zone"
    assert "(Coast Wire)" in told.out


def test_list_by_category_and_source(desk: Newsdesk) -> None:
    assert len(desk.ids("--category", "harbour")) == 2
    (wire,) = desk.ids("--source", "wire")
    assert desk.ids("--source", "wire", "--category", "roads") == [wire]
    assert desk.ids("--source", "wire", "--category", "harbour") == []
    assert "no category 'harbor' is stored" in article(desk, "list", "--category", "harbor").err
    assert "no source 'wires' was ever defined" in article(desk, "list", "--source", "wires").err


def test_list_stops_at_the_limit_and_says_so(desk: Newsdesk) -> None:
    told = article(desk, "list", "--limit", "2")
    assert len(told.out.splitlines()) == 2
    assert "the first 2; --limit shows more" in told.err
    assert "--limit" not in article(desk, "list", "--limit", "3").err


@pytest.mark.parametrize(("state", "title"), [("held", "Embargoed"), ("gone", "Soon gone")])
def test_list_tells_articles_that_are_not_on_the_site(state: str, title: str, desk: Newsdesk) -> None:
    (row,) = json.loads(article(desk, "list", "--state-is", state, "--json").out)
    assert (row["title"], row["state"]) == (title, state)
    assert shown(desk, row["id"])["state"] == state


def test_list_says_why_drafts_are_missing_and_what_shows_them(desk: Newsdesk) -> None:
    told = article(desk, "list", "--state-is", "draft", "--json")
    assert json.loads(told.out) == []
    assert "broadsheet article show articles/FILE" in told.err
    assert shown(desk, "articles/draft.md")["state"] == "draft"


def test_list_reads_an_index_in_chunks(desk: Newsdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = desk.ids()
    monkeypatch.setattr("broadsheet_cli.article_lookup.CHUNK", 2)
    assert desk.ids() == whole
    assert len(whole) == 3
    monkeypatch.setattr("broadsheet_cli.article_list.BATCH", 1)
    assert len(desk.ids("--state-is", "held")) == 1


# Show


def test_an_article_is_found_by_all_that_names_it(desk: Newsdesk) -> None:
    ferry = shown(desk, "articles/ferry.md")
    address, url = ferry["address"], ferry["url"]
    assert url == f"https://post.example{address}"
    names = [
        ferry["id"],
        address,
        address.rstrip("/"),
        f"{address}index.html",
        url,
        f"{url}?utm_source=mail#top",
        "upload:articles/ferry.md",
        "/2019/old-ferry.html",
        "https://post.example/2019/old-ferry.html",
    ]
    assert {shown(desk, name)["id"] for name in names} == {ferry["id"]}
    wire = shown(desk, "https://wire.example/w1?utm_source=mail")
    assert wire["origins"][0]["source_id"] == "wire"
    assert shown(desk, wire["origins"][0]["input"])["id"] == wire["id"]
    gone = json.loads(article(desk, "list", "--state-is", "gone", "--json").out)[0]
    assert shown(desk, gone["address"])["id"] == gone["id"]


def test_an_address_is_found_after_the_date_was_corrected(desk: Newsdesk, tmp_path: Path) -> None:
    state, address = desk.copy(tmp_path / "state"), shown(desk, "articles/ferry.md")["address"]
    ferry = desk.folder / "inbox" / "articles" / "ferry.md"
    before = ferry.read_text(encoding="utf-8")
    ferry.write_text(before.replace("2026-01-04", "2025-11-20"), encoding="utf-8")
    try:
        desk.run(LATER, state)
    finally:
        ferry.write_text(before, encoding="utf-8")
    told = broadsheet("article", "show", address, "--state", state)
    assert "date: 2025-11-20 10:00" in told.out


@pytest.mark.parametrize(
    "given",
    [
        "abcdefghij234567",
        "ferry",
        "/harbour/2026/01/04/ferry-back-zzzzzz/",
        "/9999/12/31/ferry-back-zzzzzz/",
        "/",
        "https://elsewhere.example/1",
        "https://post.example/none/",
        "articles/none.md",
        "entry:wire#none",
    ],
)
def test_what_names_no_article_ends_with_2_and_the_remedy(given: str, desk: Newsdesk) -> None:
    told = article(desk, "show", given)
    assert told.status == 2
    assert f"no article {given!r} is stored; give its id" in told.err
    assert "broadsheet article list --state" in told.err


def test_show_tells_everything(desk: Newsdesk) -> None:
    told = article(desk, "show", "articles/bakery.md", "--text")
    lines = told.out.splitlines()
    assert lines[0] == "Bakery 2", "between two uploads the input's name decides"
    for part in (
        "state: published",
        "categories: harbour",
        "shown: upload:articles/reprint.md",
        "also: upload:articles/bakery.md",
        "  url: https://bread.example/1",
        "  priority: an upload, 0",
        "claim: url:https://bread.example/2",
        "Bread again.",
    ):
        assert part in lines, part
    assert any(line.startswith("  first seen: 2026-01-05") for line in lines)


def test_show_of_a_merged_article_is_of_the_one_it_went_into(desk: Newsdesk) -> None:
    whole = shown(desk, "articles/bakery.md")
    (merged,) = whole["absorbed"]
    assert shown(desk, merged)["id"] == whole["id"]
    assert f"merged: {merged} ({merged} is one of them)" in article(desk, "show", merged).out


def test_show_as_json_holds_the_text_where_asked(desk: Newsdesk) -> None:
    told = json.loads(article(desk, "show", "articles/ferry.md", "--json", "--text").out)
    assert "<p>The night boat sails again. It leaves at eleven.</p>" in told["html"]
    assert told["origins"][0]["published"] == "2026-01-04T10:00:00+08:00"


def test_what_could_steer_a_terminal_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("a\x1b[31mred\x9b2J\u202eb\r\nc\t\u3000d")
    assert capsys.readouterr().out == "a[31mred2Jbc\t\u3000d\n"


# History and diff


def test_history_tells_revisions_in_order_and_marks_the_one_that_is_shown(desk: Newsdesk) -> None:
    told = article(desk, "history", "articles/ferry.md")
    lines = [line for line in told.out.splitlines() if "characters" in line]
    assert [line[:19] for line in lines] == ["    1 2026-01-05 08", "*   2 2026-01-06 08"]
    assert "told by upload:articles/ferry.md since 2026-01-05" in told.out
    plain = json.loads(article(desk, "history", "articles/ferry.md", "--json").out)
    assert [(row["number"], row["title"], row["shown"]) for row in plain["revisions"]] == [
        (1, "Ferry back", False),
        (2, "Ferry back", True),
    ]


def test_history_holds_the_revisions_of_what_was_merged(desk: Newsdesk) -> None:
    plain = json.loads(article(desk, "history", "articles/bakery.md", "--json").out)
    told = [(row["input"], row["title"]) for row in plain["revisions"]]
    assert sorted(told[:2]) == [("upload:articles/bakery.md", "Bakery 1"), ("upload:articles/reprint.md", "Bakery 2")]
    assert told[2:] == [("upload:articles/reprint.md", "Bakery 2")]


def test_history_of_an_entry_has_its_times_from_its_polls(desk: Newsdesk) -> None:
    told = article(desk, "history", "https://wire.example/w1")
    assert re.search(r"\*   1 2026-01-05 \d\d:\d\d  entry:wire#w1  \d+ characters  Road closed", told.out)


def test_history_of_a_gone_article_keeps_what_it_said(desk: Newsdesk) -> None:
    told = article(desk, "history", "articles/going.md")
    assert "Soon gone" in told.out
    assert "told by nobody any more" in told.out
    assert "*" not in told.out


def test_diff_is_of_the_last_two_revisions_sentence_by_sentence(desk: Newsdesk) -> None:
    told = article(desk, "diff", "articles/ferry.md")
    lines = told.out.splitlines()
    assert lines[0].startswith("--- 1  2026-01-05")
    assert lines[1].startswith("+++ 2  2026-01-06")
    assert lines[3:] == [
        " Ferry back",
        " ¶ The night boat sails again.",
        "-It leaves at ten.",
        "+It leaves at eleven.",
        " ¶ 今天开船。",
        "-明天不开。",
        "+后天不开。",
    ]
    assert "\x1b" not in told.out, "colours are for terminals"


def test_diff_of_named_revisions(desk: Newsdesk) -> None:
    back = article(desk, "diff", "articles/ferry.md", "2", "1").out
    assert "-It leaves at eleven." in back
    assert "+It leaves at ten." in back
    same = article(desk, "diff", "articles/ferry.md", "1", "1")
    assert (same.status, same.out) == (0, "")
    assert "there is no difference" in same.err


def test_diff_of_the_markup_shows_what_no_reader_sees(desk: Newsdesk) -> None:
    told = article(desk, "diff", "articles/ferry.md", "--markup").out
    assert "-<p>The night boat sails again. It leaves at ten.</p>" in told


def test_diff_of_what_is_not_there(desk: Newsdesk) -> None:
    assert "here 1 to 2" in article(desk, "diff", "articles/ferry.md", "3").err
    assert article(desk, "diff", "articles/ferry.md", "0").status == 2
    single = article(desk, "diff", "https://wire.example/w1")
    assert (single.status, single.out) == (0, "")
    assert "only one revision" in single.err


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<p>One. Two! Three?</p><p>Four</p>", ["¶ One.", "Two!", "Three?", "¶ Four"]),
        ("<p>He said: “Go.” Then went.</p>", ["¶ He said: “Go.”", "Then went."]),
        ("<p>他说：“走。”然后走了。真的！</p>", ["¶ 他说：“走。”", "然后走了。", "真的！"]),
        ("<p>3.14 and a.b</p>", ["¶ 3.14 and a.b"]),
        ("<ul><li>a</li><li>b</li></ul>", ["¶ a", "¶ b"]),
        ("", []),
    ],
)
def test_a_text_is_compared_by_sentences(html: str, lines: list[str]) -> None:
    assert sentences(html) == lines


# Unpublish and restore, in a state


def site_of(out: Path, address: str) -> str:
    return (out / "site" / address.strip("/") / "index.html").read_text(encoding="utf-8")


def test_an_article_is_taken_down_and_restored(desk: Newsdesk, tmp_path: Path) -> None:
    state, out = desk.copy(tmp_path / "state"), tmp_path / "out"
    ferry = shown(desk, "articles/ferry.md")
    where = ("--state", state, "--out", out, "--now", LATER)
    told = broadsheet("article", "unpublish", ferry["url"], "--reason", " asked by\nits author ", *where)
    assert told.status == 0, told
    assert "is taken down, because: asked by its author" in told.out
    assert f"{ferry['url']} says that it is gone (status 410)" in told.out
    assert f"broadsheet article restore {ferry['id']} --state {state}" in told.out
    assert "RegeneratePage" in told.err, "progress is told in plain lines"
    assert "night boat" not in site_of(out, ferry["address"])
    assert ferry["address"] not in site_of(out, "/category/harbour/")
    assert ferry["address"] not in (out / "site" / "atom.xml").read_text(encoding="utf-8")
    assert not list((out / "posts").glob("*ferry*"))
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["articles"]["unpublished"] == 1
    assert report["pages"]["written"] > 0

    again = broadsheet("article", "unpublish", ferry["id"], "--reason", "asked by its author", "--state", state)
    assert again.status == 0
    assert re.search(r"was taken down 2026-02-01 \d\d:\d\d already, because: asked by its author", again.out)
    other = broadsheet("article", "unpublish", ferry["id"], "--reason", "a court's order", "--state", state)
    assert "was taken down already; the reason is now: a court's order" in other.out
    listed = broadsheet("article", "list", "--state-is", "taken_down", "--category", "harbour", "--state", state)
    assert [line.split()[0] for line in listed.out.splitlines()] == [ferry["id"]]
    told = broadsheet("article", "show", ferry["address"], "--state", state)
    assert re.search(r"taken down: 20.*, because: a court's order", told.out)
    assert "taken down: a court's order" in broadsheet("article", "history", ferry["id"], "--state", state).out

    back = broadsheet("article", "restore", ferry["id"], "--state", state, "--out", out)
    assert back.status == 0, back
    assert f"{ferry['url']} shows it again" in back.out
    assert "night boat" in site_of(out, ferry["address"])
    assert ferry["address"] in site_of(out, "/category/harbour/")
    twice = broadsheet("article", "restore", ferry["id"], "--state", state)
    assert "is not taken down (published); nothing was changed" in twice.out


def test_neither_a_poll_nor_an_upload_brings_a_taken_down_article_back(desk: Newsdesk, tmp_path: Path) -> None:
    state, out = desk.copy(tmp_path / "state"), tmp_path / "out"
    wire = shown(desk, "https://wire.example/w1")
    broadsheet("article", "unpublish", wire["id"], "--reason", "r", "--state", state, "--now", LATER)
    desk.poll_answers("Road closed for good", "It stays closed.")
    try:
        desk.run("2026-02-02T00:00:00Z", state, out)
    finally:
        desk.poll_answers("Road closed", "The coast road is closed.")
    assert "closed for good" not in site_of(out, wire["address"])
    history = broadsheet("article", "history", wire["id"], "--state", state).out
    assert "Road closed for good" in history, "it was read all the same"
    broadsheet("article", "restore", wire["id"], "--state", state, "--out", out)
    assert "Road closed for good" in site_of(out, wire["address"])


def test_what_was_never_on_the_site_is_taken_down_and_restored(desk: Newsdesk, tmp_path: Path) -> None:
    where = ("--state", desk.copy(tmp_path / "state"), "--now", LATER)
    told = broadsheet("article", "unpublish", "articles/draft.md", "--reason", "r", *where)
    assert "is taken down" in told.out
    assert "410" not in told.out
    back = broadsheet("article", "restore", "articles/draft.md", *where)
    assert "it is not on the site all the same: a draft" in back.out


def test_an_interrupted_change_leaves_the_state_as_it_was(
    desk: Newsdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = desk.copy(tmp_path / "state")
    words = ("article", "unpublish", "articles/ferry.md", "--reason", "r", "--state", state, "--now", LATER)

    def interrupt(self: LocalCloud) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LocalCloud, "drain", interrupt)
        told = broadsheet(*words)
    assert told.status == 130
    assert "interrupted: nothing was changed; run it again" in told.err
    assert "state: published" in broadsheet("article", "show", "articles/ferry.md", "--state", state).out
    assert broadsheet(*words).status == 0
    assert "state: taken down" in broadsheet("article", "show", "articles/ferry.md", "--state", state).out


# A deployed stack


def test_all_commands_work_on_a_deployed_stack(items: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(items, monkeypatch) as made:
        listed = broadsheet("article", "list", "--stack", STACK)
        assert len(listed.out.splitlines()) == 3
        told = broadsheet(
            "article", "unpublish", "articles/ferry.md", "--reason", "r", "--stack", STACK, "--now", LATER
        )
        assert told.status == 0, told
        assert f"--stack {STACK}" in told.out
        article_id = told.out.split()[0]
        line = {"pk": {"S": keys.article(article_id)}, "sk": {"S": keys.CURRENT}}
        stored = boto3.client("dynamodb").get_item(TableName=made["Table"], Key=line)["Item"]
        assert stored["state"] == {"S": "taken_down"}
        early = broadsheet("article", "restore", article_id, "--stack", STACK, "--now", "2026-01-20T00:00:00Z")
        assert early.status == 2
        assert "was taken down 2026-02-01 08:00, which is not before --now, so it stands" in early.err
        back = broadsheet("article", "restore", article_id, "--stack", STACK, "--now", "2026-02-02T00:00:00Z")
        assert "shows it again" in back.out
        late = broadsheet("article", "unpublish", article_id, "--reason", "r", "--stack", STACK, "--now", LATER)
        assert (late.status, late.out) == (2, "")
        assert "was restored 2026-02-02 08:00, which is not before --now" in late.err


def test_a_stack_that_is_not_there_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("cloudformation", region_name="eu-west-1")
    with Stubber(client) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id none does not exist")
        newsdesk.answer_as(client, monkeypatch)
        told = broadsheet("article", "list", "--stack", "none")
    assert told.status == 2
    assert "--stack none: there is no such stack in eu-west-1" in told.err


def test_credentials_that_may_not_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("cloudformation", region_name="eu-west-1")
    with Stubber(client) as stub:
        stub.add_client_error("describe_stacks", "AccessDenied", "User x is not authorized")
        newsdesk.answer_as(client, monkeypatch)
        told = broadsheet("article", "list", "--stack", STACK)
    assert told.status == 2
    assert "User x is not authorized" in told.err
    assert "use credentials that may do this" in told.err


def test_a_machine_without_a_region_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    told = broadsheet("article", "list", "--stack", STACK)
    assert told.status == 2
    assert "set credentials and region" in told.err


def test_a_stack_of_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed([], monkeypatch, outputs=["Table"]):
        told = broadsheet("article", "list", "--stack", STACK)
    assert told.status == 2
    assert "has no output ArchiveBucket, InboxBucket" in told.err
