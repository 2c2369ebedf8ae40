"""``broadsheet sources add``, ``remove``, ``export`` and ``import``: the files that define sources."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from broadsheet.ingest.configuration import read_source
from broadsheet.ingest.opml import parse_opml
from broadsheet_cli.config_check import check_folder
from tests.e2e.loopback import serving
from tests.e2e.runs import files, run

from .newsdesk import STACK, deployed, stored
from .sources_desk import SourcesDesk, make_desk, sources

OPML = """<opml version="2.0"><body><outline text="Sea">
<outline text="Sea News" xmlUrl="https://sea.example/rss"/>
{more}
</outline></body></opml>"""


@pytest.fixture(scope="module")
def stored_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourcesDesk]:
    with serving({}) as web:
        desk = make_desk(tmp_path_factory.mktemp("desk"), web)
        desk.feed("/harbour.xml", "Harbour: the 港口 Gazette", "The crane is back.")
        yield desk


@pytest.fixture
def desk(stored_desk: SourcesDesk, tmp_path: Path) -> SourcesDesk:
    """The desk, in a folder of the test's own."""
    for name in ("config", "state"):
        shutil.copytree(stored_desk.folder / name, tmp_path / name)
    return replace(stored_desk, folder=tmp_path)


def defined(desk: SourcesDesk) -> list[str]:
    return sorted(path.name for path in (desk.config / "sources").iterdir())


# Add


def test_a_pages_feed_is_found_and_its_file_written(desk: SourcesDesk) -> None:
    host = desk.web.host
    told = sources("add", f"http://{host}/", "--config", desk.config, "--category", "Harbour", "--allow-host", host)
    assert told.status == 0, told
    assert f"http://{host}/ is a page; it announces the feed http://{host}/harbour.xml" in told.out
    assert "entries: 1 would come in, 0 skipped" in told.out
    written = desk.config / "sources" / "harbour-the-gangkou-gazette.yaml"
    source = read_source(written.read_bytes(), written.name)
    assert (source.id, source.title) == ("harbour-the-gangkou-gazette", "Harbour: the 港口 Gazette")
    assert (source.url, source.categories) == (f"http://{host}/harbour.xml", ("Harbour",))
    check_folder(desk.config)


def test_what_is_given_stands_in_the_file(desk: SourcesDesk) -> None:
    host = desk.web.host
    words = ("--id", "crane", "--title", "12:30", "--category", "A", "--category", "B", "--from-page")
    told = sources("add", f"http://{host}/harbour.xml", "--config", desk.config, *words, "--allow-host", host)
    assert told.status == 0, told
    source = read_source((desk.config / "sources" / "crane.yaml").read_bytes(), "crane.yaml")
    assert (source.id, source.title, source.categories, source.body.origin) == ("crane", "12:30", ("A", "B"), "page")


def test_what_exists_is_refused_by_address_and_by_id(desk: SourcesDesk) -> None:
    host, before = desk.web.host, files(desk.config)
    told = sources("add", f"http://{host}/wire.xml?utm_source=x", "--config", desk.config, "--allow-host", host)
    assert told.status == 2
    assert "is the address of source wire already (sources/wire.yaml); change that file" in told.err
    told = sources("add", f"http://{host}/", "--config", desk.config, "--id", "wire", "--allow-host", host)
    assert told.status == 2
    assert "source wire is defined already, by sources/wire.yaml; give another with --id" in told.err
    assert files(desk.config) == before


def test_an_address_that_gives_nothing_writes_nothing(desk: SourcesDesk) -> None:
    before = files(desk.config)
    told = sources("add", f"http://{desk.web.host}/none", "--config", desk.config, "--allow-host", desk.web.host)
    assert told.status == 1
    assert "answered 404" in told.out
    assert "nothing was written" in told.out
    assert files(desk.config) == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("ftp://a.example/",), "field 'url'"),
        (("https://a.example/", "--category", ""), "field 'category'"),
    ],
)
def test_a_wrong_value_is_named(desk: SourcesDesk, words: tuple[str, ...], reason: str) -> None:
    told = sources("add", *words, "--config", desk.config)
    assert told.status == 2
    assert reason in told.err


def test_a_wrong_id_is_named_and_nothing_written(desk: SourcesDesk) -> None:
    before = files(desk.config)
    for given in ("../escape", "Wire", "config"):
        words = ("--config", desk.config, "--id", given, "--allow-host", desk.web.host)
        told = sources("add", f"http://{desk.web.host}/harbour.xml", *words)
        assert told.status == 2, told
        assert "field 'id'" in told.err
    assert files(desk.config) == before


def test_a_source_is_added_to_a_state_and_polled(desk: SourcesDesk) -> None:
    host = desk.web.host
    told = sources("add", f"http://{host}/", "--state", desk.state, "--id", "harbour", "--allow-host", host)
    assert told.status == 0, told
    assert "do the same in the folder that is run with this state" in told.out
    told = sources("poll", "harbour", "--state", desk.state, "--allow-host", host)
    assert "articles: 1 stored" in told.out, told


def opml(desk: SourcesDesk, more: str = "") -> Path:
    path = desk.folder / "subs.opml"
    path.write_text(OPML.format(more=more), encoding="utf-8")
    return path


# Remove


def test_a_removed_sources_articles_stay(desk: SourcesDesk) -> None:
    told = sources("remove", "wire", "--config", desk.config)
    assert told.status == 0, told
    assert defined(desk) == ["broken.yaml", "quiet.yaml"]
    report = run(desk.config, now="2026-01-06T08:30:00+08:00", state=desk.state, hosts=(desk.web.host,))
    assert report["articles"]["unpublished"] == 0
    told = sources("remove", "wire", "--state", desk.state)
    assert told.status == 2
    assert "no source wire is defined" in told.err


def test_a_source_of_a_state_is_removed(desk: SourcesDesk) -> None:
    assert sources("remove", "broken", "--state", desk.state).status == 0
    assert "broken" not in sources("list", "--state", desk.state).out


def test_an_outline_is_not_removed_by_itself(desk: SourcesDesk) -> None:
    sources("import", opml(desk), "--config", desk.config)
    (source,) = parse_opml((desk.config / "sources" / "subs.opml").read_bytes(), "subs.opml").sources
    told = sources("remove", source.id, "--config", desk.config)
    assert told.status == 2
    assert "is an outline of sources/subs.opml; take it out there" in told.err
    assert "subs.opml" in defined(desk)


# Export and import


def test_what_is_exported_is_the_same_from_folder_and_state_and_can_be_imported(desk: SourcesDesk) -> None:
    told = sources("export", "--config", desk.config)
    assert (told.status, told.out) == (0, sources("export", "--state", desk.state).out)
    reading = parse_opml(told.out.encode(), "all.opml")
    assert {source.id: source.url for source in reading.sources} == {
        name: f"http://{desk.web.host}/{name}.xml" for name in ("broken", "quiet", "wire")
    }
    assert told.err == "wire: OPML has no place for its priority; keep its file\n"


def test_an_import_is_told_and_written(desk: SourcesDesk) -> None:
    path = opml(desk)
    dry = sources("import", path, "--config", desk.config, "--dry-run")
    assert "sea-news-" in dry.out
    assert "1 source would come in, as sources/subs.opml; nothing was written" in dry.out
    assert "subs.opml" not in defined(desk)
    assert sources("import", path, "--config", desk.config).status == 0
    assert (desk.config / "sources" / "subs.opml").read_bytes() == path.read_bytes()
    check_folder(desk.config)
    again = sources("import", path, "--config", desk.config)
    assert (again.status, "holds just that already" in again.out) == (0, True)


def test_a_changed_file_replaces_only_where_it_is_told_to(desk: SourcesDesk) -> None:
    sources("import", opml(desk), "--config", desk.config)
    path = opml(desk, '<outline text="Land" xmlUrl="https://land.example/rss"/>')
    told = sources("import", path, "--config", desk.config)
    assert told.status == 2
    assert "is there already, with other content; --overwrite replaces it" in told.err
    assert sources("import", path, "--config", desk.config, "--overwrite").status == 0
    assert (desk.config / "sources" / "subs.opml").read_bytes() == path.read_bytes()


def test_outlines_that_cannot_come_in_are_named_and_left_out_where_asked(desk: SourcesDesk) -> None:
    more = f"""<outline text="Twin" xmlUrl="http://{desk.web.host}/wire.xml"/>
    <outline text="Odd" type="XML+XPath" xmlUrl="https://odd.example/x"/>"""
    path = opml(desk, more)
    told = sources("import", path, "--config", desk.config)
    assert told.status == 2
    assert "its type 'XML+XPath' is not known" in told.err
    assert "is the address of source wire already" in told.err
    assert "2 outlines cannot come in; mend them, or give --skip" in told.err
    assert "subs.opml" not in defined(desk)
    assert sources("import", path, "--config", desk.config, "--skip").status == 0
    check_folder(desk.config)
    (source,) = parse_opml((desk.config / "sources" / "subs.opml").read_bytes(), "subs.opml").sources
    assert (source.title, source.categories) == ("Sea News", ("Sea",))


def test_a_stacks_files_lie_in_its_inbox(desk: SourcesDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = opml(desk)
    with deployed(stored(desk.state), monkeypatch) as made:
        told = sources("import", path, "--stack", STACK)
        assert told.status == 0, told
        assert "the stack takes it in within a minute" in told.out
        found = boto3.client("s3").get_object(Bucket=made["InboxBucket"], Key="config/sources/subs.opml")
        assert found["Body"].read() == path.read_bytes()
        assert found["Metadata"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert sources("remove", "wire", "--stack", STACK).status == 0


@pytest.mark.parametrize(
    ("command", "words"), [("export", ()), ("export", ("--stack", "x", "--config", ".")), ("remove", ("wire",))]
)
def test_one_place_is_to_be_named(command: str, words: tuple[str, ...]) -> None:
    told = sources(command, *words)
    assert told.status == 2
    assert "give one of --config DIR, --state DIR and --stack NAME" in told.err
