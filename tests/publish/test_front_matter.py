from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import frontmatter
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.publish.front_matter import front_matter

HOSTILE = [
    "a: b",
    'say "yes" to it',
    "back\\slash",
    "---",
    "--- # not the end",
    "{{ site.title }} {% include x %} {{< x >}}",
    "{: onclick=alert(1)}",
    "'single'",
    "# hash",
    "- item",
    "? key",
    "!!python/object:os.system",
    "&anchor *alias",
    "|",
    ">",
    "%YAML 1.2",
    "@at `tick`",
    "yes",
    "No",
    "null",
    "~",
    "12:30",
    "0123",
    "0o17",
    "0x1F",
    "1_000",
    "1,000",
    "1e5",
    ".inf",
    ":symbol",
    "2022-02-16",
    "2022-02-16T09:16:46Z",
    "=",
    "<<",
    "emoji 🐟 and 汉字",
    "trailing space ",
    " leading",
    "...",
    "\ufeffbom",
    "x" * 3000,
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def loaded(fields: dict[str, object]) -> dict[str, object]:
    return dict(frontmatter.loads(str(front_matter(fields)) + "\nbody\n").metadata)


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_come_back_as_text(title: str) -> None:
    assert loaded({"title": title}) == {"title": title}


@given(texts)
def test_any_title_comes_back_on_one_line(title: str) -> None:
    told = loaded({"title": title})["title"]
    assert isinstance(told, str)
    assert told == re.sub(r"[\r\n\u0085\u2028\u2029]+", " ", title)


@given(texts, st.lists(texts.filter(str.strip), min_size=1, max_size=3))
def test_front_matter_is_one_block_whatever_is_in_it(title: str, tags: list[str]) -> None:
    written = str(front_matter({"title": title, "tags": tags, "layout": "post"}))
    assert [line for line in written.split("\n") if line.startswith("---")] == ["---", "---"]
    assert len(written.splitlines()) == 5
    assert yaml.safe_load(written.strip().removesuffix("---"))["layout"] == "post"


@pytest.mark.parametrize("word", ["yes", "1,000", "0o17", ":name", "12:30", "0123", "on"])
def test_words_that_some_yaml_library_takes_for_something_else_are_quoted(word: str) -> None:
    assert f'"{word}"' in front_matter({"title": word})


def test_instants_have_a_t_and_their_zone() -> None:
    instant = datetime(2026, 1, 5, 16, 30, tzinfo=timezone(timedelta(hours=8)))
    assert "date: 2026-01-05T16:30:00+08:00\n" in front_matter({"date": instant})
    told = loaded({"date": instant})["date"]
    assert isinstance(told, datetime)
    assert told.astimezone(UTC) == instant


def test_what_is_empty_is_left_out_but_not_what_is_false() -> None:
    assert loaded({"title": "", "author": "", "tags": [], "image": None, "render_with_liquid": False}) == {
        "title": "",
        "render_with_liquid": False,
    }


def test_fields_keep_their_order() -> None:
    assert list(loaded({"z": "1", "a": "2", "m": "3"})) == ["z", "a", "m"]
