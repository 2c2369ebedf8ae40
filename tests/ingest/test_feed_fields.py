"""What an entry of a feed has a place for, in the namespaces that feeds use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.ingest.entry_article import clean_entry, parse_entry
from broadsheet.model.article import CleanArticle, Entry, Listing
from tests.ingest.listings import NOW, URL, a_source, look

NAMESPACES = (
    "xmlns:media='http://search.yahoo.com/mrss/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' "
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:content='http://purl.org/rss/1.0/modules/content/' "
    "xmlns:atom='http://www.w3.org/2005/Atom' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
)


def rss(item: str = "", channel: str = "") -> Listing:
    """Return the listing of an RSS feed with one item."""
    title = "" if "title>" in item else "<title>T</title>"
    items = f"<item>{title}{item}</item>" if item else ""
    return look("", f"<rss version='2.0' {NAMESPACES}><channel>{channel}{items}</channel></rss>")


def rss_entry(item: str) -> Entry:
    """Return the entry of an RSS item."""
    (entry,) = rss(item).entries
    return entry


def atom(entry: str, head: str = "") -> Listing:
    """Return the listing of an Atom feed."""
    return look("", f"<feed xmlns='http://www.w3.org/2005/Atom' {NAMESPACES}>{head}{entry}</feed>")


def article(entry: Entry) -> CleanArticle:
    """Return what would be stored of an entry."""
    source = a_source("")
    return clean_entry(parse_entry(entry, source, None, None), entry, source, NOW)


def test_an_episode_without_text_is_an_article_that_links_to_it() -> None:
    entry = rss_entry("<enclosure url='/ep%201.mp3?a=1&amp;b=2' type='audio/mpeg' length='1'/>")
    assert entry.content_html == '<p><a href="https://news.example.org/ep%201.mp3?a=1&amp;b=2">ep 1.mp3</a></p>'
    assert article(entry).html == (
        '<p><a href="https://news.example.org/ep%201.mp3?a=1&amp;b=2" rel="nofollow noopener">ep 1.mp3</a></p>'
    )


def test_attachments_follow_the_text() -> None:
    entry = rss_entry("<description>Said.</description><enclosure url='http://e.org/a.pdf' type='application/pdf'/>")
    assert entry.content_html == 'Said.\n<p><a href="http://e.org/a.pdf">a.pdf</a></p>'
    assert entry.summary_html == "Said."


def test_what_the_text_already_links_to_is_not_linked_again() -> None:
    text = "<description>&lt;a href='http://e.org/a.mp3'&gt;Hear&lt;/a&gt;</description>"
    entry = rss_entry(f"{text}<enclosure url='http://e.org/a.mp3' type='audio/mpeg'/>")
    assert entry.content_html is None
    assert "Hear" in entry.summary_html


@pytest.mark.parametrize(
    "attached",
    [
        "<enclosure url='javascript:x' type='audio/mpeg'/>",
        "<enclosure url='http://e.org/' type='text/html'/>",
        "<media:content url='http://e.org/v?f=1' type='application/x-shockwave-flash'/>",
        "<media:content url='http://e.org/v'/>",
    ],
)
def test_what_is_no_file_is_not_linked_to(attached: str) -> None:
    assert rss_entry(f"<link>http://e.org/1</link>{attached}").content_html is None


def test_of_a_film_in_several_sizes_one_is_linked_to() -> None:
    sizes = "".join(
        f"<media:content url='http://e.org/{size}.mp4' medium='video' {more}/>"
        for size, more in (("s", ""), ("m", "isDefault='true'"), ("l", ""))
    )
    entry = rss_entry(f"<media:group>{sizes}</media:group>")
    assert entry.content_html == '<p><a href="http://e.org/m.mp4">m.mp4</a></p>'


def test_a_video_of_a_channel_has_its_description_and_thumbnail() -> None:
    entry = atom(
        "<entry><id>yt:video:x</id><title>A film</title><link rel='alternate' href='https://video.example.org/x'/>"
        "<author><name>Ann</name></author><published>2022-05-01T10:00:00+00:00</published><media:group>"
        "<media:title>A film</media:title><media:content url='https://video.example.org/v/x' "
        "type='application/x-shockwave-flash'/><media:thumbnail url='https://i.example.org/x.jpg'/>"
        "<media:description>First line &lt;3\n\nSecond.</media:description></media:group></entry>"
    ).entries[0]
    assert entry.summary_html == "<p>First line &lt;3</p>\n<p>Second.</p>"
    assert entry.content_html is None
    assert entry.image == "https://i.example.org/x.jpg"
    assert article(entry).title == "A film"


@pytest.mark.parametrize(
    ("item", "image"),
    [
        ("<media:thumbnail url='http://e.org/t.jpg'/><media:content url='/c' medium='image'/>", f"{URL[:-5]}/c"),
        ("<enclosure url='http://e.org/e.png' type='image/png'/>", "http://e.org/e.png"),
        ("<enclosure url='http://e.org/e.PNG?x=1'/>", "http://e.org/e.PNG?x=1"),
        ("<itunes:image href='http://e.org/i.jpg'/>", "http://e.org/i.jpg"),
        ("<enclosure url='http://e.org/e.mp3'/>", None),
    ],
)
def test_pictures(item: str, image: str | None) -> None:
    assert rss_entry(f"<description>d</description>{item}").image == image


def test_an_entry_that_is_only_a_picture_shows_it() -> None:
    entry = rss_entry("<enclosure url='http://e.org/e.png?a=1&amp;b=2' type='image/png'/>")
    assert article(entry).html == '<p><img alt="" src="http://e.org/e.png?a=1&amp;b=2"></p>'


def test_podcast_fields() -> None:
    entry = rss_entry(
        "<itunes:title>Episode title</itunes:title><itunes:author>Ann</itunes:author><itunes:summary>What &lt;it> is"
        "</itunes:summary><itunes:duration>1:00</itunes:duration><itunes:keywords>a, b</itunes:keywords>"
    )
    assert entry.authors == ("Ann",)
    assert entry.summary_html == "<p>What &lt;it&gt; is</p>"
    assert entry.tags == ("a", "b")
    (untitled,) = look(
        "", f"<rss {NAMESPACES}><channel><item><itunes:title>Only here</itunes:title></item></channel></rss>"
    ).entries
    assert untitled.title == "Only here"


def test_a_summary_for_podcatchers_is_no_second_description() -> None:
    entry = rss_entry(
        "<description>&lt;p>Notes&lt;/p></description><itunes:summary>Notes, plain and long</itunes:summary>"
    )
    assert (entry.content_html, entry.summary_html) == (None, "<p>Notes</p>")


def test_the_longer_of_content_and_description_is_the_content() -> None:
    entry = rss_entry("<content:encoded>Short.</content:encoded><description>The much longer text.</description>")
    assert (entry.content_html, entry.summary_html) == ("The much longer text.", "Short.")


def test_dublin_core() -> None:
    entry = rss_entry(
        "<dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><dc:date>2022-02-16T09:00:00Z</dc:date>"
        "<dc:subject>Boats</dc:subject><dc:language>de</dc:language><description>d</description>"
    )
    assert (entry.authors, entry.tags, entry.language) == (("Ann", "Bob"), ("Boats",), "de")
    assert entry.published == datetime(2022, 2, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "given", ["<updated>2022-02-16T09:00:00Z</updated>", "<created>2022-02-16T09:00:00Z</created>"]
)
def test_an_entry_with_one_date_was_published_then(given: str) -> None:
    assert atom(f"<entry><title>T</title>{given}</entry>").entries[0].published == datetime(2022, 2, 16, 9, tzinfo=UTC)


def test_who_wrote_a_feed_wrote_its_entries() -> None:
    head = "<author><name>Feed</name></author>"
    own, source, none = atom(
        "<entry><title>1</title><author><name>Own</name></author></entry>"
        "<entry><title>2</title><source><title>S</title><author><name>Source</name></author></source></entry>"
        "<entry><title>3</title></entry>",
        head,
    ).entries
    assert (own.authors, source.authors, none.authors) == (("Own",), ("Source",), ("Feed",))
    assert source.source_name == "S"


def test_the_editor_of_a_channel_wrote_none_of_its_items() -> None:
    channel = "<managingEditor>ed@e.org (Ed)</managingEditor>"
    assert rss("<guid>1</guid>", channel).entries[0].authors == ()


@pytest.mark.parametrize(
    ("item", "ident", "url"),
    [
        ("<guid>http://e.org/1</guid>", "http://e.org/1", "http://e.org/1"),
        ("<guid>HTTP://e.org/1</guid>", "HTTP://e.org/1", "http://e.org/1"),
        ("<guid>story-1</guid>", "story-1", None),
        ("<guid>/story-1</guid>", "https://news.example.org/story-1", "https://news.example.org/story-1"),
        ("<guid isPermaLink='false'>/story-1</guid>", "/story-1", None),
        ("<guid isPermaLink='false'>http://e.org/1</guid>", "http://e.org/1", None),
        ("<guid>story-1</guid><link>/a</link>", "story-1", "https://news.example.org/a"),
    ],
)
def test_an_id_stays_as_it_is_and_may_stand_for_the_link(item: str, ident: str, url: str | None) -> None:
    entry = rss_entry(item)
    assert (entry.id, entry.url) == (ident, url)


def test_relative_addresses_are_relative_to_the_element_they_stand_in() -> None:
    entry = atom(
        "<entry xml:base='http://b.org/x/'><title>T</title><link href='one'/>"
        "<media:thumbnail url='t.jpg'/><content type='html' xml:base='y/'>&lt;a href='two'>a&lt;/a></content></entry>"
    ).entries[0]
    assert (entry.url, entry.image) == ("http://b.org/x/one", "http://b.org/x/t.jpg")
    assert entry.content_html == '<a href="http://b.org/x/y/two">a</a>'


def test_the_language_is_that_of_the_text() -> None:
    feed = "<title xml:lang='en'>F</title>"
    entry = atom("<entry xml:lang='fr'><title xml:lang='en'>T</title><summary>Mots</summary></entry>", feed).entries[0]
    assert entry.language == "fr"


@pytest.mark.parametrize(
    ("links", "older"),
    [
        ("<atom:link rel='next' href='/2'/>", "https://news.example.org/2"),
        (
            "<atom:link rel='prev-archive' href='/2021'/><atom:link rel='next' href='/2'/>",
            "https://news.example.org/2021",
        ),
        ("<atom:link rel='self' href='/'/>", None),
        ("<atom:link rel='next' href='javascript:x'/>", None),
    ],
)
def test_where_older_entries_are(links: str, older: str | None) -> None:
    assert rss("<guid>1</guid>", links).next_url == older


def test_an_archive_names_the_feed_to_poll() -> None:
    warnings = rss("<guid>1</guid>", "<atom:link rel='current' href='http://e.org/feed'/>").warnings
    assert warnings == (f"{URL} is an archive, which gets no new entries; the feed to poll is http://e.org/feed",)
    assert rss("<guid>1</guid>", f"<atom:link rel='current' href='{URL}'/>").warnings == ()


@pytest.mark.parametrize(
    ("channel", "ttl"),
    [
        ("", None),
        ("<ttl>60</ttl>", timedelta(hours=1)),
        ("<ttl> 5 </ttl>", timedelta(minutes=5)),
        ("<ttl>99999</ttl>", timedelta(days=1)),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>an hour</ttl>", None),
        ("<ttl>99999999999999999999</ttl>", None),
        ("<ttl>30</ttl><sy:updatePeriod>daily</sy:updatePeriod>", timedelta(minutes=30)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", timedelta(hours=1)),
        (
            "<sy:updatePeriod>\n hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            timedelta(minutes=15),
        ),
        ("<sy:updateFrequency>2</sy:updateFrequency>", timedelta(hours=12)),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", timedelta(days=1)),
        ("<sy:updatePeriod>sometimes</sy:updatePeriod>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", None),
    ],
)
def test_how_often_a_feed_says_to_look(channel: str, ttl: timedelta | None) -> None:
    assert rss("<guid>1</guid>", channel).ttl == ttl


def json_entry(**item: object) -> Entry:
    """Return the entry of a JSON Feed's item."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [{"title": "T", **item}]}
    (entry,) = look("", json.dumps(feed), "application/feed+json").entries
    return entry


def test_attachments_of_a_json_feed() -> None:
    entry = json_entry(
        id="1",
        content_text="Said.",
        external_url="http://e.org/x",
        attachments=[
            {"url": "http://e.org/a.mp3", "mime_type": "audio/mpeg", "title": "Part <i>one</i>"},
            {"url": "http://e.org/p", "mime_type": "image/png"},
            {"url": 5},
            "nothing",
        ],
    )
    assert entry.content_html == '<p>Said.</p>\n<p><a href="http://e.org/a.mp3">Part one</a></p>'
    assert (entry.image, entry.url) == ("http://e.org/p", "http://e.org/x")


def test_a_json_feed_with_one_date_and_a_banner() -> None:
    entry = json_entry(id="1", date_modified="2022-02-16T09:00:00Z", banner_image="http://e.org/b.png", attachments=1)
    assert entry.published == entry.updated == datetime(2022, 2, 16, 9, tzinfo=UTC)
    assert (entry.image, entry.content_html) == ("http://e.org/b.png", None)


def test_a_cdf_channel_without_items_is_a_feed() -> None:
    listing = look("", "<CHANNEL HREF='http://e.org/'><TITLE>Old</TITLE></CHANNEL>")
    assert (listing.title, listing.entries) == ("Old", ())
