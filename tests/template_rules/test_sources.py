"""The rules on source: each passes what is right and names file and line of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from template_rules import source_faults, sources

PROJECT = Path(__file__).parents[2]


def written(folder: Path, text: str, name: str = "receive_upload.py") -> Path:
    """Write one module into a folder and return the folder."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_entry_point_of_45_lines_passes_and_of_46_does_not(tmp_path: Path) -> None:
    assert not list(sources.short(written(tmp_path, "x = 1\n" * 45)))
    (fault,) = sources.short(written(tmp_path, "x = 1\n" * 46))
    assert (fault.place, fault.message) == ("receive_upload.py", "an entry point of 46 lines holds logic")


@pytest.mark.parametrize(
    "text",
    [
        "import os\nx = os.environ['TABLE_NAME']",
        "import os\nx = os.getenv('TABLE_NAME')",
        "\nfrom os import environ",
        "\nfrom os import getenv as read",
    ],
)
def test_environment_is_read_in_the_bootstrap_only(text: str, tmp_path: Path) -> None:
    (fault,) = sources.environment_in_one_place(written(tmp_path, text))
    assert fault.place == "receive_upload.py:2"
    (tmp_path / "receive_upload.py").unlink()
    assert not list(sources.environment_in_one_place(written(tmp_path, text, "bootstrap.py")))


def test_other_names_of_os_are_no_environment(tmp_path: Path) -> None:
    assert not list(sources.environment_in_one_place(written(tmp_path, "import os\nx = os.sep\ny = box.environ")))


@pytest.mark.parametrize(
    "text",
    [
        "datetime.now(UTC)",
        "datetime.datetime.now(UTC)",
        "datetime.utcnow()",
        "date.today()",
        "time.time()",
        "time.time_ns()",
        "from time import time",
    ],
)
def test_a_clock_is_found(text: str, tmp_path: Path) -> None:
    (fault,) = sources.no_clock(written(tmp_path, f"\n\n{text}\n"))
    assert fault.place == "receive_upload.py:3"


@pytest.mark.parametrize("text", ["time.monotonic()", "event.time", "message.now()", "datetime.fromisoformat(x)"])
def test_a_stopwatch_and_a_given_time_are_no_clock(text: str, tmp_path: Path) -> None:
    assert not list(sources.no_clock(written(tmp_path, text)))


READS = [
    'record["s3"]["object"]["key"]',
    'record["s3"]["object"].get("key")',
    'record["s3"].get("object")["key"]',
    'record.get("object", {}).get("key", "")',
    "record.s3.get_object.key",
]


@pytest.mark.parametrize("read", READS)
def test_a_key_that_is_still_encoded_is_found(read: str, tmp_path: Path) -> None:
    (fault,) = sources.keys_unquoted(written(tmp_path, f"key = {read}\n"))
    assert (fault.place, fault.message) == ("receive_upload.py:1", "a key out of an S3 event is URL-encoded")


@pytest.mark.parametrize("read", [*READS, "event.object_key"])
def test_a_key_that_is_decoded_passes(read: str, tmp_path: Path) -> None:
    text = f"a = unquote_plus({read})\nb = parse.unquote_plus({read}, encoding='utf-8')\n"
    assert not list(sources.keys_unquoted(written(tmp_path, text)))


@pytest.mark.parametrize("text", ['item["key"]', "cache.key", 'mapping.get("key")', "self.keys['object']"])
def test_other_keys_are_left_alone(text: str, tmp_path: Path) -> None:
    assert not list(sources.keys_unquoted(written(tmp_path, text)))


def test_our_source_keeps_every_rule() -> None:
    assert [str(fault) for fault in source_faults(PROJECT / "functions", PROJECT / "shared" / "broadsheet")] == []
