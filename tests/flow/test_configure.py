"""Configuration files take effect by themselves, in whatever order they come, and tell what is wrong with them."""

from __future__ import annotations

from itertools import permutations

import pytest

from broadsheet.flow.configure import configure
from broadsheet.flow.site_settings import read_settings
from broadsheet.flow.source_state import effective_source, read_state
from broadsheet.ingest.opml import read_opml
from broadsheet.model import keys
from broadsheet.model.errors import ArticleRejected
from broadsheet.model.source import Source
from tests.builders import minutes
from tests.flow.feeds import LIST, item, listing, source_file
from tests.flow.pipeline import Pipeline, markdown

SITE = "title: {}\nurl: https://t.example\n"
OPML = """<opml version="2.0"><head><title>T</title></head><body>{}</body></opml>"""
OUTLINE = '<outline type="rss" text="{0}" title="{0}" xmlUrl="https://{0}.example/feed.xml"/>'


def source_in_force(pipeline: Pipeline, source: str = "wire") -> Source | None:
    effective = effective_source(pipeline.table.get(keys.source_config(source)))
    return effective[0] if effective else None


def listed_sources(pipeline: Pipeline) -> list[str]:
    return [
        line["sk"].removeprefix("SOURCE#")
        for line in pipeline.table.query(keys.CATALOG, first="SOURCE#", last="SOURCE#~")
    ]


def due(pipeline: Pipeline) -> list[str]:
    return [line["source"] for line in pipeline.table.query(keys.DUE) if line["kind"] == "poll"]


class TestSite:
    def test_settings_take_effect_and_a_deletion_gives_the_defaults_back(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/site.yaml", SITE.format("Ours"))
        assert read_settings(pipeline.table).title == "Ours"
        pipeline.delete("config/site.yaml", minutes(1))
        assert read_settings(pipeline.table).title == "Broadsheet"

    # Invariant 3: broken once by leaving the order out of the register.
    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
    def test_the_newest_version_is_in_force_in_whatever_order_they_come(self, order: tuple[int, ...]) -> None:
        pipeline = Pipeline()
        events = [
            pipeline.put("config/site.yaml", SITE.format("First")),
            pipeline.remove("config/site.yaml", minutes(1)),
            pipeline.put("config/site.yaml", SITE.format("Third"), minutes(2)),
        ]
        pipeline.receive(*(events[i] for i in order))
        assert read_settings(pipeline.table).title == "Third"

    @pytest.mark.parametrize(
        "text",
        ["title: [", "unknown: 1\ntitle: T\n", "timezone: Mars/Olympus\n", "permalink: /:year/\n", b"title: \xff"],
    )
    def test_what_is_wrong_is_rejected_by_file_and_what_was_in_force_stays(self, text: str | bytes) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/site.yaml", SITE.format("Ours"))
        pipeline.upload("config/site.yaml", text, minutes(1))
        assert "site.yaml" in pipeline.rejections()["config/site.yaml"]
        assert read_settings(pipeline.table).title == "Ours"

    def test_a_stale_version_that_is_wrong_is_passed_over(self) -> None:
        pipeline = Pipeline()
        bad, good = pipeline.put("config/site.yaml", "title: ["), pipeline.put("config/site.yaml", SITE.format("Ours"))
        pipeline.receive(good, bad)
        assert pipeline.rejections() == {}

    def test_what_is_mended_is_no_longer_rejected(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/site.yaml", "title: [")
        pipeline.upload("config/site.yaml", SITE.format("Ours"), minutes(1))
        assert pipeline.rejections() == {}


class TestTemplatesAndRecipes:
    def test_a_template_takes_effect_and_its_deletion_gives_the_built_in_one_back(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/templates/article.html.j2", "<p>{{ article.id }}</p>")
        assert dict(read_settings(pipeline.table).templates) == {"article.html.j2": "<p>{{ article.id }}</p>"}
        pipeline.delete("config/templates/article.html.j2", minutes(1))
        assert dict(read_settings(pipeline.table).templates) == {}

    def test_a_post_template_lies_in_its_folder(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/templates/posts/mine.md.j2", "{{ article.id }}")
        assert list(read_settings(pipeline.table).templates) == ["posts/mine.md.j2"]

    @pytest.mark.parametrize("name", ["article.html.j2", "no_such_page.html.j2"])
    def test_a_template_that_cannot_work_is_rejected_by_name(self, name: str) -> None:
        pipeline = Pipeline()
        pipeline.upload(f"config/templates/{name}", "{% for %}")
        assert name in pipeline.rejections()[f"config/templates/{name}"]
        assert dict(read_settings(pipeline.table).templates) == {}

    def test_a_recipe_lies_under_its_host(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/recipes/a.example.txt", "body: //article")
        stored = pipeline.table.get(keys.site_item("RECIPE#a.example"))
        assert stored
        assert stored["text"] == "body: //article"

    def test_an_unknown_file_is_rejected_with_what_goes_where(self) -> None:
        with pytest.raises(ArticleRejected, match=r"config/site\.yaml"):
            configure("config/robots.txt", b"", "1", minutes(0), Pipeline().table)


class TestCategories:
    def test_a_slug_that_contradicts_a_stored_one_is_refused_naming_both(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown(category="厦门"))
        pipeline.upload("config/categories.yaml", "- name: 厦门\n  slug: amoy\n", minutes(1))
        reason = pipeline.rejections()["config/categories.yaml"]
        assert "'amoy'" in reason
        assert "'xiamen'" in reason

    def test_so_is_an_alias_of_a_stored_category(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown(category="Amoy"))
        pipeline.upload("config/categories.yaml", "- name: 厦门\n  slug: xiamen\n  aliases: [amoy]\n", minutes(1))
        assert "'amoy'" in pipeline.rejections()["config/categories.yaml"]

    def test_a_slug_that_belongs_to_another_category_is_refused_naming_that(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown(category="Sport"))
        pipeline.upload("config/categories.yaml", "- name: Games\n  slug: sport\n", minutes(1))
        assert "stored as category 'Sport'" in pipeline.rejections()["config/categories.yaml"]

    def test_what_agrees_with_what_is_stored_is_taken(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("articles/a.md", markdown(category="厦门"))
        pipeline.upload("config/categories.yaml", "- name: 厦门\n  slug: xiamen\n  aliases: [Amoy]\n", minutes(1))
        assert pipeline.rejections() == {}
        pipeline.upload("articles/b.md", markdown(category="AMOY"), minutes(2))
        assert {a.chosen.categories for a in pipeline.articles() if a.chosen} == {("xiamen",)}


class TestSources:
    def test_a_new_source_is_listed_and_due_at_once(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/wire.yaml", source_file(), minutes(3))
        assert listed_sources(pipeline) == due(pipeline) == ["wire"]
        assert read_state("wire", pipeline.table)[0].next_poll == minutes(3)

    def test_a_changed_source_forgets_its_validators_and_is_due_at_once(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/wire.yaml", source_file())
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")
        pipeline.poll(at=minutes(1))
        pipeline.upload("config/sources/wire.yaml", source_file(extra="priority: 3"), minutes(2))
        state = read_state("wire", pipeline.table)[0]
        assert (state.etag, state.content_hash, state.next_poll) == (None, None, minutes(2))
        assert due(pipeline) == ["wire"]

    def test_the_same_file_again_changes_nothing(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/wire.yaml", source_file())
        pipeline.fetcher.answers[LIST] = listing(item("1"), etag="v1")
        pipeline.poll(at=minutes(1))
        pipeline.upload("config/sources/wire.yaml", source_file(), minutes(2))
        assert read_state("wire", pipeline.table)[0].etag == "v1"

    def test_removing_a_source_keeps_its_articles(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/wire.yaml", source_file())
        pipeline.fetcher.answers[LIST] = listing(item("1"))
        pipeline.poll()
        pipeline.ingest()
        pipeline.delete("config/sources/wire.yaml", minutes(1))
        assert (source_in_force(pipeline), listed_sources(pipeline), due(pipeline)) == (None, [], [])
        assert pipeline.published() == ["Title 1"]

    def test_a_file_that_is_wrong_names_file_and_field_and_the_source_stays_as_it_was(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/wire.yaml", source_file())
        pipeline.upload("config/sources/wire.yaml", source_file(extra="priority: high"), minutes(1))
        reason = pipeline.rejections()["config/sources/wire.yaml"]
        assert reason.startswith("sources/wire.yaml: ")
        assert "priority" in reason
        assert source_in_force(pipeline)

    def test_of_two_files_with_one_id_the_first_by_name_is_in_force_and_the_other_is_told(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/b.yaml", source_file(extra="priority: 2"))
        pipeline.upload("config/sources/a.yaml", source_file(extra="priority: 1"), minutes(1))
        source = source_in_force(pipeline)
        assert source
        assert source.priority == 1
        pipeline.upload("config/sources/c.yaml", source_file(extra="priority: 3"), minutes(2))
        assert "defined by sources/a.yaml too" in pipeline.rejections()["config/sources/c.yaml"]

    def test_deleting_the_file_in_force_gives_the_other_one_back(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/a.yaml", source_file(extra="priority: 1"))
        pipeline.upload("config/sources/b.yaml", source_file(extra="priority: 2"), minutes(1))
        pipeline.delete("config/sources/a.yaml", minutes(2))
        source = source_in_force(pipeline)
        assert source
        assert source.priority == 2
        assert due(pipeline) == ["wire"]

    # Invariant 3: broken once by letting the last file that came be in force.
    @pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
    def test_files_may_come_and_go_in_any_order(self, order: tuple[int, ...]) -> None:
        pipeline = Pipeline()
        events = [
            pipeline.put("config/sources/a.yaml", source_file(extra="priority: 1")),
            pipeline.put("config/sources/b.yaml", source_file(extra="priority: 2"), minutes(1)),
            pipeline.remove("config/sources/a.yaml", minutes(2)),
            pipeline.put("config/sources/b.yaml", source_file(extra="priority: 4"), minutes(3)),
        ]
        pipeline.receive(*(events[i] for i in order))
        source = source_in_force(pipeline)
        assert source
        assert source.priority == 4
        assert listed_sources(pipeline) == due(pipeline) == ["wire"]

    def test_a_file_whose_id_changes_takes_the_old_source_out_of_force(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/a.yaml", source_file("old"))
        pipeline.upload("config/sources/a.yaml", source_file("new"), minutes(1))
        assert listed_sources(pipeline) == due(pipeline) == ["new"]

    def test_a_file_that_is_delivered_again_changes_nothing(self) -> None:
        pipeline = Pipeline()
        events = [
            pipeline.put("config/sources/a.yaml", source_file(name), minutes(n))
            for n, name in enumerate(["x", "y", "x"])
        ]
        pipeline.receive(*events)
        before = pipeline.table.dump()
        pipeline.receive(events[-1], *events)
        assert pipeline.table.dump() == before

    def test_a_stale_file_brings_no_source_back(self) -> None:
        pipeline = Pipeline()
        stale = pipeline.put("config/sources/a.yaml", source_file("old"))
        pipeline.receive(pipeline.put("config/sources/a.yaml", source_file("new"), minutes(1)), stale)
        assert listed_sources(pipeline) == ["new"]


class TestOpml:
    def ids(self, *names: str) -> list[str]:
        return sorted(source.id for source in read_opml(self.body(*names), "sources/x.opml"))

    def body(self, *names: str) -> bytes:
        return OPML.format("".join(OUTLINE.format(name) for name in names)).encode()

    def test_a_list_defines_its_sources_and_no_longer_those_it_leaves_out(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/x.opml", self.body("alpha", "beta"))
        assert listed_sources(pipeline) == self.ids("alpha", "beta")
        pipeline.upload("config/sources/x.opml", self.body("beta", "gamma"), minutes(1))
        assert listed_sources(pipeline) == self.ids("beta", "gamma")
        pipeline.delete("config/sources/x.opml", minutes(2))
        assert listed_sources(pipeline) == due(pipeline) == []

    def test_what_is_no_opml_is_rejected_by_name_and_what_was_in_force_stays(self) -> None:
        pipeline = Pipeline()
        pipeline.upload("config/sources/x.opml", self.body("alpha"))
        pipeline.upload("config/sources/x.opml", "<html>", minutes(1))
        assert "sources/x.opml" in pipeline.rejections()["config/sources/x.opml"]
        assert listed_sources(pipeline) == self.ids("alpha")
