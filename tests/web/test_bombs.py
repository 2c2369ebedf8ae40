"""No coding makes a fetch hold more than it may, whatever Python sees of it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd

from broadsheet.model.web import Kind
from broadsheet.web.decompress import ACCEPT_ENCODING
from broadsheet.web.fetch import MAX_BODY_BYTES, SafeFetcher
from tests.web.bombs import UNPACKED, bombs, zlib_bomb, zstd_bomb
from tests.web.hostile_fetch import MEMORY, failed_fetch
from tests.web.server import AdversarialServer, Behaviour, answer, head, without_pause

BOMBS = bombs()
ZSTD_SKIPPED = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
"""A frame that every decoder leaves out (RFC 8878 §3.1.2)."""
PROGRAM = """
import json, re, sys
from pathlib import Path
from broadsheet.model.web import FetchFailed, FetchRequest
from broadsheet.web.fetch import SafeFetcher

def most_kilobytes():
    # Not getrusage: a process starts with the peak of the one that it was forked from.
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])

fetcher = SafeFetcher(frozenset({sys.argv[1]}), "test", 60.0)
fetcher.fetch(FetchRequest(f"http://{sys.argv[1]}/", "page"))
before, reasons = most_kilobytes(), []
for path in sys.argv[2:]:
    try:
        fetcher.fetch(FetchRequest(f"http://{sys.argv[1]}{path}", "feed"))
    except FetchFailed as failed:
        reasons.append(failed.reason)
print(json.dumps({"reasons": reasons, "bytes": (most_kilobytes() - before) * 1024}))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[AdversarialServer]:
    routes: dict[str, Behaviour] = {
        f"/{name.replace(' ', '-')}": answer(body, Content_Encoding=coding) for name, (coding, body) in BOMBS.items()
    }
    routes |= {
        "/": answer(),
        "/wrapped": answer(BOMBS["gzip"][1]),
        "/wrapped-and-packed": answer(brotli.compress(BOMBS["gzip"][1]), Content_Encoding="br"),
        "/wide": answer(zstd_bomb(window_log=27), Content_Encoding="zstd"),
        "/thrice": answer(gzip.compress(gzip.compress(BOMBS["gzip"][1])), Content_Encoding="gzip, gzip, gzip"),
        "/empty-members": without_pause(head(Content_Encoding="gzip"), gzip.compress(b"") * 4096),
        "/skipped-frames": without_pause(head(Content_Encoding="zstd"), ZSTD_SKIPPED * 4096),
        "/cut-brotli": answer(brotli.compress(b"<p>much more text</p>" * 50)[:-8], Content_Encoding="br"),
        "/cut-zstd": answer(zstd.compress(b"<p>much more text</p>" * 50)[:-8], Content_Encoding="zstd"),
        "/no-brotli": answer(b"\xff<p>plain</p>", Content_Encoding="br"),
        "/no-zstd": answer(b"<p>plain</p>", Content_Encoding="zstd"),
    }
    with AdversarialServer(routes) as running:
        yield running


def test_bombs_are_what_they_are_taken_for() -> None:
    assert len(brotli.decompress(BOMBS["brotli"][1])) == UNPACKED
    assert len(zstd.decompress(BOMBS["zstd"][1])) == UNPACKED
    assert len(gzip.decompress(BOMBS["gzip"][1])) == UNPACKED == len(zlib.decompress(zlib_bomb(-15), wbits=-15))
    assert all(len(body) < UNPACKED / 100 for _, body in BOMBS.values())
    assert {coding for codings, _ in BOMBS.values() for coding in codings.split(", ")} >= set(
        ACCEPT_ENCODING.split(", ")
    )


@pytest.mark.parametrize("kind", ["page", "feed"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_its_limit(site: AdversarialServer, name: str, kind: Kind) -> None:
    failure = failed_fetch(fetcher_of(site), site.url(f"/{name.replace(' ', '-')}"), kind)
    assert f"unpacks to more than {MAX_BODY_BYTES[kind]:,} bytes, the limit for a {kind}" in failure.reason
    assert not failure.transient


@pytest.mark.parametrize(
    ("path", "why", "transient"),
    [
        ("/wrapped", "unpacks to more than", False),
        ("/wrapped-and-packed", "unpacks to more than", False),
        ("/wide", "not valid zstd", True),
        ("/thrice", "packed 3 times over", False),
        ("/empty-members", "more than 1,000 parts", False),
        ("/skipped-frames", "an answer larger than", False),
        ("/cut-brotli", "ends before its end", True),
        ("/cut-zstd", "ends before its end", True),
        ("/no-brotli", "not valid brotli", True),
        ("/no-zstd", "not valid zstd", True),
    ],
)
def test_what_is_packed_with_ill_will_is_a_named_rejection(
    site: AdversarialServer, path: str, why: str, transient: bool
) -> None:
    failure = failed_fetch(fetcher_of(site), site.url(path), "feed")
    assert why in failure.reason
    assert failure.transient == transient


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not tell a process's memory")
def test_a_process_that_meets_all_bombs_grows_by_less_than_a_fetch_may_take(site: AdversarialServer) -> None:
    paths = [f"/{name.replace(' ', '-')}" for name in BOMBS] + ["/wrapped", "/wrapped-and-packed", "/wide"]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, site.host, *paths], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert len(told["reasons"]) == len(paths)
    assert sum("unpacks to more than" in reason for reason in told["reasons"]) == len(paths) - 1
    assert 0 < told["bytes"] < MEMORY


def fetcher_of(site: AdversarialServer) -> SafeFetcher:
    return SafeFetcher(frozenset({site.host}), "test", 60.0)
