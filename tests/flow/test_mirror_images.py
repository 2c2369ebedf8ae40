"""Images shown from the site: fetched once, kept in the archive, on the site for as long as an article shows them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from broadsheet.flow import rebuild_site
from broadsheet.flow.curate import restore, unpublish
from broadsheet.flow.mirror_images import FAILED_FOR, REFUSED_FOR
from broadsheet.flow.ports import Item, Outgoing
from broadsheet.flow.retries import TRIES
from broadsheet.model import keys
from broadsheet.model.article import Origin
from broadsheet.model.identity import digest_bytes
from broadsheet.model.messages import ImageMessage, RebuildMessage
from broadsheet.model.order import parse_instant
from broadsheet.model.page import CACHE_ASSET
from broadsheet.model.web import FetchFailed
from tests.builders import NOON, minutes
from tests.fakes.fetcher import answering
from tests.flow.deliveries import Deliveries, rebuilt
from tests.flow.pipeline import Pipeline, markdown
from tests.pictures import png

PICTURES = "https://pictures.example"
SITE = "title: T\nurl: https://t.example\n"
ON = f"{SITE}mirror_images: true\n"


def showing(*names: str, title: str = "A title", **fields: str) -> str:
    """An upload whose text shows these pictures."""
    return markdown(
        title, "Some text.\n\n" + "\n\n".join(f"![Of {name}]({PICTURES}/{name})" for name in names), **fields
    )


def newsroom(settings: str = ON) -> Pipeline:
    pipeline = Pipeline()
    pipeline.upload("config/site.yaml", settings, minutes(-9))
    pipeline.drain()
    return pipeline


def offer(pipeline: Pipeline, name: str, body: bytes, content_type: str = "image/png") -> str:
    """Have the picture at ``name``; return what it is mirrored as."""
    pipeline.fetcher.answers[f"{PICTURES}/{name}"] = answering(f"{PICTURES}/{name}", body, content_type)
    return f"images/{digest_bytes(body, 32)}.png"


def page(pipeline: Pipeline, n: int = 0) -> str:
    key = (pipeline.articles()[n].address or "").lstrip("/") + "index.html"
    return pipeline.site.bodies()[key].decode()


def record(pipeline: Pipeline, name: str) -> Item | None:
    return pipeline.table.get(keys.image(f"{PICTURES}/{name}"))


def images(pipeline: Pipeline) -> list[str]:
    return [key for key in pipeline.site.bodies() if key.startswith("images/")]


def asked_for(pipeline: Pipeline, name: str) -> int:
    return [request.url for request in pipeline.fetcher.requests].count(f"{PICTURES}/{name}")


def told_at(refused: Item) -> datetime:
    return parse_instant(refused["at"])


def address(origin: Origin, article_id: str) -> str:
    return f"/{origin.slug}-{article_id[:6]}/"


class TestAnImageThatIsMirrored:
    def test_it_stands_on_the_site_in_its_real_size_and_the_page_shows_it(self) -> None:
        pipeline = newsroom()
        key = offer(pipeline, "a.png", png(640, 360))
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        stored = pipeline.site.get(key)
        assert stored
        assert (stored.body, stored.content_type) == (png(640, 360), "image/png")
        assert pipeline.site.cache_controls[key] == CACHE_ASSET
        assert f'<img alt="Of a.png" src="/{key}" width="640" height="360"' in page(pipeline)
        assert PICTURES not in page(pipeline)
        assert pipeline.counter.counts["ImagesMirrored"] == 1

    def test_the_archive_keeps_it_with_where_it_came_from(self) -> None:
        pipeline = newsroom()
        key = offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        stored = pipeline.archive.get(key)
        assert stored
        assert stored.body == png()
        assert stored.metadata["url"] == f"{PICTURES}/a.png"

    def test_the_articles_own_picture_is_shown_by_machines_and_beside_its_title(self) -> None:
        pipeline = newsroom()
        key = offer(pipeline, "lead.png", png())
        pipeline.upload("articles/a.md", markdown(image=f"{PICTURES}/lead.png", category="News"))
        pipeline.drain()
        assert f'<meta property="og:image" content="https://t.example/{key}">' in page(pipeline)
        assert f'"image":"https://t.example/{key}"' in page(pipeline)
        for name in ("index.html", "category/news/index.html"):
            shown = pipeline.site.bodies()[name].decode()
            assert f'src="/{key}"' in shown, name
            assert PICTURES not in shown, name
        assert f"https://t.example/{key}" in pipeline.site.bodies()["feed.json"].decode()

    def test_posts_and_the_texts_of_feeds_keep_the_address_that_outlives_the_site(self) -> None:
        pipeline = newsroom()
        offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        (post,) = (body for key, body in pipeline.archive.bodies().items() if key.startswith("posts/"))
        assert f"{PICTURES}/a.png".encode() in post
        assert f"{PICTURES}/a.png" in pipeline.site.bodies()["atom.xml"].decode()

    def test_two_articles_share_one_image_and_ask_for_it_once(self) -> None:
        pipeline = newsroom()
        key = offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png", title="One"))
        pipeline.upload("articles/b.md", showing("a.png", "a.png", title="Two"))
        pipeline.drain()
        assert all(f'src="/{key}"' in page(pipeline, n) for n in (0, 1))
        pipeline.upload("articles/c.md", showing("a.png", title="Three"), minutes(9))
        pipeline.drain()
        assert f'src="/{key}"' in page(pipeline, 2)
        assert asked_for(pipeline, "a.png") == 1
        assert images(pipeline) == [key]

    def test_the_same_bytes_at_two_addresses_are_one_image(self) -> None:
        pipeline = newsroom()
        assert offer(pipeline, "a.png", png()) == offer(pipeline, "b.png?w=640", png())
        pipeline.upload("articles/a.md", showing("a.png", title="One"))
        pipeline.upload("articles/b.md", showing("b.png?w=640", title="Two"))
        pipeline.drain()
        (key,) = images(pipeline)
        for upload in ("articles/a.md", "articles/b.md"):
            assert images(pipeline) == [key], "one article shows it still"
            pipeline.delete(upload, minutes(9))
            pipeline.drain()
        assert images(pipeline) == []

    def test_no_more_than_twenty_of_an_article_and_none_of_the_site_itself(self) -> None:
        pipeline = newsroom()
        own = "![Own](https://t.example/images/own.png)\n\n"
        text = own + "\n\n".join(f"![]({PICTURES}/{n}.png)" for n in range(25))
        for n in range(25):
            offer(pipeline, f"{n}.png", png(n + 1, 9))
        pipeline.upload("articles/a.md", markdown(text=text))
        pipeline.drain()
        assert len(images(pipeline)) == 20
        assert page(pipeline).count(f"{PICTURES}/") > 0
        assert [request.url for request in pipeline.fetcher.requests if "t.example" in request.url] == []


class TestWhatIsLeftWhereItIs:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "is no JPEG"),
            (b"<!doctype html><script>alert(1)</script>", "is no JPEG"),
            (png(30_000, 1).replace(b"\0\0\x75\x30", b"\xff\0\0\0", 1), "pixels"),
            (png() + bytes(6_000), f"it has {len(png()) + 6_000:,} bytes; `image_max_bytes`"),
        ],
    )
    def test_a_wrong_type_or_size_is_refused_by_name(self, body: bytes, reason: str) -> None:
        pipeline = newsroom(f"{ON}image_max_bytes: 6000\n")
        offer(pipeline, "a.png", body)
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        refused = record(pipeline, "a.png")
        assert refused
        assert reason in refused["reason"]
        assert refused["reason"].startswith(f"{PICTURES}/a.png: it ")
        assert refused["ttl"] == int((told_at(refused) + REFUSED_FOR).timestamp())
        assert f'src="{PICTURES}/a.png"' in page(pipeline)
        assert images(pipeline) == []
        assert not [key for key in pipeline.archive.bodies() if key.startswith("images/")]
        assert pipeline.counter.counts["ImagesRefused"] == 1

    def test_what_is_gone_is_asked_for_once_and_again_when_its_record_expires(self) -> None:
        pipeline = newsroom()
        pipeline.upload("articles/a.md", showing("a.png", title="One"))
        pipeline.drain()
        pipeline.upload("articles/b.md", showing("a.png", title="Two"), minutes(9))
        pipeline.drain()
        assert asked_for(pipeline, "a.png") == 1
        refused = record(pipeline, "a.png")
        assert refused
        assert "404" in refused["reason"]
        key = offer(pipeline, "a.png", png())
        pipeline.table.delete(keys.image(f"{PICTURES}/a.png"))
        pipeline.drain()
        assert all(f'src="/{key}"' in page(pipeline, n) for n in (0, 1))

    def test_an_expired_record_that_is_still_there_counts_for_nothing(self) -> None:
        pipeline = newsroom()
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        offer(pipeline, "a.png", png())
        for at in (NOON + REFUSED_FOR - timedelta(days=1), NOON + REFUSED_FOR + timedelta(days=1)):
            assert asked_for(pipeline, "a.png") == 1
            pipeline.ingest([Outgoing(ImageMessage(f"{PICTURES}/a.png", at).dump())])
            pipeline.ingest()
        assert asked_for(pipeline, "a.png") == 2
        assert record(pipeline, "a.png")

    # Broken once by leaving `tries` out of the message that is sent again: it never ends.
    def test_what_may_get_better_is_tried_with_growing_waits(self) -> None:
        pipeline = newsroom()
        failure = FetchFailed("answered 503", transient=True, status=503)
        pipeline.fetcher.answers[f"{PICTURES}/a.png"] = failure
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.mark()
        pipeline.regenerate()
        pipeline.mark()
        delays = []
        while pipeline.ingests.messages:
            pipeline.ingest(pipeline.ingests.take())
            delays += [message.delay_seconds for message in pipeline.ingests.messages]
        assert delays == [1, 60, 120, 240], "robots.txt took the first slot"
        refused = record(pipeline, "a.png")
        assert refused
        assert refused["reason"] == f"answered 503 (tried {TRIES} times)"
        assert refused["ttl"] == int((told_at(refused) + FAILED_FOR).timestamp())

    def test_a_site_that_does_not_ask_for_it_pays_nothing(self) -> None:
        pipeline = newsroom(SITE)
        offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        assert pipeline.fetcher.requests == []
        assert not [key for key in pipeline.table.dump() if key.pk.startswith("IMAGE") or key.sk == "SHOWN"]


class TestPoliteness:
    # Broken once by fetching at once where no slot had been taken.
    def test_each_image_of_a_host_waits_for_its_slot(self) -> None:
        pipeline = newsroom()
        names = ("a.png", "b.png", "c.png")
        for n, name in enumerate(names):
            offer(pipeline, name, png(n + 1, 1))
        pipeline.upload("articles/a.md", showing(*names))
        pipeline.mark()
        pipeline.regenerate()
        pipeline.ingest([Outgoing(ImageMessage(f"{PICTURES}/{name}", NOON).dump()) for name in names])
        assert (len(pipeline.fetcher.robots), len(pipeline.fetcher.requests)) == (1, 0)
        assert [message.delay_seconds for message in pipeline.ingests.messages] == [1, 2, 3]
        pipeline.drain()
        assert len(pipeline.fetcher.requests) == 3

    def test_nothing_is_fetched_that_nobody_shows_any_more_or_when_it_was_switched_off(self) -> None:
        for change in (
            lambda pipeline: pipeline.delete("articles/a.md", minutes(1)),
            lambda pipeline: pipeline.upload("config/site.yaml", SITE, minutes(1)),
        ):
            pipeline = newsroom()
            pipeline.upload("articles/a.md", showing("a.png"))
            pipeline.mark()
            pipeline.regenerate()
            pipeline.mark()
            waiting = pipeline.ingests.take()
            assert waiting
            change(pipeline)
            pipeline.drain()
            pipeline.ingest(waiting)
            assert pipeline.fetcher.requests == []


class TestComingAndGoing:
    @pytest.mark.parametrize(
        "leave",
        [
            lambda pipeline: pipeline.delete("articles/a.md", minutes(9)),
            lambda pipeline: pipeline.upload("articles/a.md", showing(), minutes(9)),
            lambda pipeline: pipeline.upload("articles/a.md", showing("a.png", draft="true"), minutes(9)),
            lambda pipeline: unpublish(pipeline.articles()[0].id, "wrong", minutes(9), pipeline.store, address),
            lambda pipeline: pipeline.upload("config/site.yaml", SITE, minutes(9)),
        ],
        ids=["deleted", "corrected", "withdrawn", "taken down", "switched off"],
    )
    def test_an_image_goes_with_the_last_article_that_shows_it_and_comes_back(
        self, leave: Callable[[Pipeline], object]
    ) -> None:
        pipeline = newsroom()
        key = offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        assert images(pipeline) == [key]
        leave(pipeline)
        pipeline.drain()
        assert images(pipeline) == []
        assert pipeline.archive.get(key), "the archive forgets nothing"
        pipeline.upload("config/site.yaml", f"{ON}head_size: 9\n", minutes(10))
        pipeline.upload("articles/a.md", showing("a.png", title="Anew"), minutes(10))
        restore(pipeline.articles()[0].id, minutes(10), pipeline.store, address)
        pipeline.drain()
        assert images(pipeline) == [key]
        assert f'src="/{key}"' in page(pipeline)
        assert asked_for(pipeline, "a.png") == 1

    def test_an_image_that_another_article_shows_stays(self) -> None:
        pipeline = newsroom()
        key = offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png", title="One"))
        pipeline.upload("articles/b.md", showing("a.png", title="Two"))
        pipeline.drain()
        pipeline.delete("articles/a.md", minutes(9))
        pipeline.drain()
        assert images(pipeline) == [key]

    def test_articles_that_were_there_before_get_theirs_when_it_is_switched_on(self) -> None:
        pipeline = newsroom(SITE)
        key = offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        pipeline.upload("config/site.yaml", ON, minutes(9))
        pipeline.drain()
        assert f'src="/{key}"' in page(pipeline)
        assert images(pipeline) == [key]

    def test_an_operator_who_removes_its_record_has_it_fetched_anew(self) -> None:
        pipeline = newsroom()
        old = offer(pipeline, "a.png", png(3, 2))
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        new = offer(pipeline, "a.png", png(4, 2))
        pipeline.table.delete(keys.image(f"{PICTURES}/a.png"))
        pipeline.drain()
        assert images(pipeline) == [new]
        assert f'src="/{new}"' in page(pipeline)
        assert old not in page(pipeline)
        assert rebuilt(pipeline) == pipeline.bodies(), "the old one is not brought back"

    # Broken once by naming the first chunk alone.
    def test_an_image_that_very_many_articles_show_is_named_in_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rebuild_site, "CHUNK", 2)
        pipeline = newsroom()
        pipeline.fetcher.answers[f"{PICTURES}/logo.png"] = FetchFailed("answered 503", transient=True)
        for n in range(5):
            pipeline.upload(f"articles/{n}.md", showing("logo.png", title=f"T{n}"), minutes(n))
        pipeline.mark()
        pipeline.regenerate()
        pipeline.mark()
        key = offer(pipeline, "logo.png", png())
        pipeline.drain()
        assert all(f'src="/{key}"' in page(pipeline, n) for n in range(5))


class TestRebuilding:
    def test_into_an_emptied_bucket(self) -> None:
        pipeline = newsroom()
        for name, body in (("a.png", png(3, 2)), ("b.png", png(4, 2)), ("c.png", png(3, 2))):
            offer(pipeline, name, body)
        pipeline.upload("articles/a.md", showing("a.png", "b.png", title="One", image=f"{PICTURES}/c.png"))
        pipeline.upload("articles/b.md", showing("c.png", "gone.png", title="Two"))
        pipeline.drain()
        assert len(images(pipeline)) == 2
        assert rebuilt(pipeline) == pipeline.bodies()

    def test_in_chunks_of_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rebuild_site, "CHUNK", 1)
        self.test_into_an_emptied_bucket()

    def test_an_archive_that_lost_an_image_is_a_fault_that_names_it(self) -> None:
        pipeline = newsroom()
        key = offer(pipeline, "a.png", png())
        pipeline.upload("articles/a.md", showing("a.png"))
        pipeline.drain()
        pipeline.archive.delete(key)
        with pytest.raises(LookupError, match=f"{key} of {PICTURES}/a.png is gone"):
            pipeline.regenerate(f"image/{key.removeprefix('images/')}")


# Invariant 3. Broken once by recording an image before it was archived, once by not recording who shows it in the
# transaction that says which the article was recorded to show.
@pytest.mark.parametrize("seed", range(40))
def test_functions_may_die_anywhere_and_messages_come_in_any_order(seed: int) -> None:
    def happen(pipeline: Pipeline) -> None:
        for n, name in enumerate(("a.png", "b.png", "c.png", "d.png")):
            offer(pipeline, name, png(n % 3 + 1, 1))
        pipeline.upload("config/site.yaml", ON, minutes(-9))
        pipeline.upload("articles/1.md", showing("a.png", "gone.png", title="One", image=f"{PICTURES}/d.png"))
        pipeline.upload("articles/2.md", showing("a.png", "b.png", title="Two"))
        pipeline.upload("articles/3.md", showing("c.png", "d.png", title="Three"))
        pipeline.upload("articles/2.md", showing("c.png", title="Two"), minutes(1))
        pipeline.delete("articles/3.md", minutes(2))

    calm = Pipeline()
    happen(calm)
    calm.drain()
    rng = random.Random(seed)
    deliveries = Deliveries()
    happen(deliveries.pipeline)
    for _ in range(rng.randint(5, 60)):
        if rng.random() < 0.3:
            deliveries.left = rng.randint(0, 8)
        deliveries.step(rng)
        if rng.random() < 0.2 and deliveries.pipeline.ingests.messages:
            deliveries.pipeline.ingests.messages.append(rng.choice(deliveries.pipeline.ingests.messages))
    deliveries.left = 10**9
    deliveries.drain()
    assert deliveries.pipeline.bodies() == calm.bodies()
    assert rebuilt(deliveries.pipeline) == calm.bodies()


def test_a_rebuild_names_images_and_not_their_addresses() -> None:
    pipeline = newsroom()
    offer(pipeline, "a.png", png())
    offer(pipeline, "b.png", png())
    pipeline.upload("articles/a.md", showing("a.png", "b.png"))
    pipeline.drain()
    pipeline.pages.forget()
    rebuild_site.rebuild_site(RebuildMessage(minutes(9), "images"), pipeline.rebuild_ports)
    assert [message.group for message in pipeline.pages.messages] == [images(pipeline)[0].replace("images/", "image/")]
