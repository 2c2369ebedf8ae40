from __future__ import annotations

import hashlib

from broadsheet.model.page import CACHE_ARTICLE, CACHE_ASSET, CACHE_SHORT, Page


def test_a_page_carries_the_hash_of_its_body_for_the_metadata() -> None:
    assert Page("index.html", b"<p>x</p>", "text/html").sha256 == hashlib.sha256(b"<p>x</p>").hexdigest()


def test_what_changes_with_any_article_is_cached_the_shortest() -> None:
    seconds = [int(policy.split("max-age=")[1].split(",")[0]) for policy in (CACHE_SHORT, CACHE_ARTICLE, CACHE_ASSET)]
    assert seconds == sorted(seconds)
    assert Page("index.html", b"", "text/html").cache_control == CACHE_SHORT
