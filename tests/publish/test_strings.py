from __future__ import annotations

import re
import string
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from broadsheet.publish import strings
from broadsheet.publish.strings import direction, languages, strings_for

LISTS = {"months": 12, "weekdays": 7}
SHANGHAI = datetime(2022, 2, 16, 9, 16, 46, tzinfo=ZoneInfo("Asia/Shanghai"))


def placeholders(text: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("language", languages())
def test_each_language_says_everything_with_the_same_values(language: str) -> None:
    # Read by itself: what a file lacks is filled in from the English one otherwise.
    english, other = strings_for("en").texts, strings._texts(language)
    assert set(other) == set(english)
    for key, text in other.items():
        if key in LISTS:
            assert len(text) == LISTS[key]
        else:
            assert text.strip()
            assert placeholders(text) == placeholders(english[key]), key


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("en", "en"),
        ("EN-gb", "en"),
        ("zh-CN", "zh-CN"),
        ("zh_cn", "zh-CN"),
        ("zh-HK", "zh-CN"),
        ("xx", "en"),
        ("", "en"),
    ],
)
def test_language_is_found_by_its_tag_or_a_relative(asked: str, found: str) -> None:
    assert strings_for(asked).language == found


def test_a_key_that_a_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    partial = {"en": {"home": "Home", "skip": "Skip"}, "zh-CN": {"home": "首页"}}
    monkeypatch.setattr(strings, "_texts", lambda tag: dict(partial[tag]))
    chinese = strings.strings_for.__wrapped__("zh-CN")
    assert (chinese("home"), chinese("skip")) == ("首页", "Skip")


def test_dates_are_written_as_readers_write_them() -> None:
    assert strings_for("en").moment(SHANGHAI) == "16 February 2022, 09:16"
    assert strings_for("zh-CN").moment(SHANGHAI) == "2022年2月16日 09:16"
    assert [strings_for(tag).day_of_year(SHANGHAI) for tag in ("en", "zh-CN")] == ["16 February", "2月16日"]
    assert [strings_for(tag).month(SHANGHAI) for tag in ("en", "zh-CN")] == ["February 2022", "2022年2月"]


def test_one_is_not_many() -> None:
    assert [strings_for("en").articles(count) for count in (0, 1, 2)] == ["0 articles", "1 article", "2 articles"]
    assert strings_for("zh-CN").articles(1) == "1篇"


def test_what_a_name_ends_in_is_not_said_twice() -> None:
    chinese = strings_for("zh-CN")
    assert chinese.back_to("泉州晚报") == "返回泉州晚报新闻"
    assert chinese.back_to("每日经济新闻") == "返回每日经济新闻"
    assert strings_for("en").back_to("Harbour") == "Back to Harbour"


def test_values_are_not_patterns() -> None:
    assert strings_for("en")("original_at", name="{home} {0.x}") == "Read the original at {home} {0.x}"
    assert strings_for("en").back_to("{name}") == "Back to {name}"


def test_direction_follows_the_script() -> None:
    assert [direction(tag) for tag in ("ar-EG", "he", "en", "zh-CN")] == ["rtl", "rtl", "ltr", "ltr"]


def test_nothing_is_translated_that_no_page_says() -> None:
    folder = Path(strings.__file__).parent
    text = "".join(file.read_text(encoding="utf-8") for file in [*folder.glob("*.py"), *folder.rglob("*.j2")])
    said = set(re.findall(r"""(?:\bt|strings|self)\(["'](\w+)["']""", text)) | set(
        re.findall(r'texts\["(\w+)"\]', text)
    )
    assert said >= set(strings_for("en").texts)
