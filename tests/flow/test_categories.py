"""Which slug a category has is decided once, whatever spelling comes later."""

from __future__ import annotations

import pytest

from broadsheet.flow.categories import Categories
from broadsheet.model import keys
from broadsheet.model.article import MAX_CATEGORIES, CategoryLine
from broadsheet.model.records import category_from
from broadsheet.model.site import CategorySetting, Site
from tests.fakes.table import FakeTable


def resolve(table: FakeTable, *names: str, settings: tuple[CategorySetting, ...] = ()) -> tuple[str, ...]:
    """Resolve as a fresh invocation does, which knows only what is stored."""
    return Categories(table, Site(categories=settings)).slugs(names)


def lines(table: FakeTable) -> dict[str, str]:
    found: list[CategoryLine] = [category_from(item)[0] for item in table.query(keys.CATALOG, first="CATEGORY#")]
    return {line.slug: line.name for line in found}


def test_a_name_is_spelt_and_shown_as_it_came() -> None:
    table = FakeTable()
    assert resolve(table, "厦门", "泉州晚报", "World News") == ("xiamen", "quanzhouwanbao", "world-news")
    assert lines(table) == {"quanzhouwanbao": "泉州晚报", "world-news": "World News", "xiamen": "厦门"}


# Broken once by leaving `normalise_category` out: "ETF" and "etf" became two categories of one slug.
@pytest.mark.parametrize("spelling", ["ETF 基金", "etf基金", "ＥＴＦ基金", " Etf  基金 "])
def test_case_width_and_spaces_do_not_make_another_category(spelling: str) -> None:
    table = FakeTable()
    first = resolve(table, "ETF基金")
    assert resolve(table, spelling) == first
    assert list(lines(table).values()) == ["ETF基金"]


def test_names_that_only_sound_alike_get_slugs_of_their_own_for_ever() -> None:
    table = FakeTable()
    first, second = resolve(table, "石市")[0], resolve(table, "试试")[0]
    assert first == "shishi"
    assert second.startswith("shishi-")
    assert (resolve(table, "试试"), resolve(table, "石市")) == ((second,), (first,))
    assert lines(table) == {first: "石市", second: "试试"}


def test_the_first_to_come_has_the_plain_slug_whichever_that_is() -> None:
    table = FakeTable()
    assert resolve(table, "试试") == ("shishi",)
    assert resolve(table, "石市") != ("shishi",)


def test_a_stored_slug_given_as_a_name_is_that_category() -> None:
    table = FakeTable()
    resolve(table, "厦门")
    assert resolve(table, "xiamen") == ("xiamen",)
    assert lines(table) == {"xiamen": "厦门"}


def test_a_real_name_replaces_one_that_was_only_the_slug() -> None:
    table = FakeTable()
    assert resolve(table, "xiamen") == ("xiamen",)
    assert lines(table) == {"xiamen": "xiamen"}
    assert resolve(table, "厦门") == ("xiamen",)
    assert lines(table) == {"xiamen": "厦门"}
    assert resolve(table, "xiamen") == ("xiamen",), "and the slug stays a name of it"
    assert lines(table) == {"xiamen": "厦门"}


def test_settings_give_slug_name_and_aliases() -> None:
    table = FakeTable()
    settings = (CategorySetting("银行业", slug="banks", aliases=("银行", "Banken"), order=2),)
    assert resolve(table, "银行", settings=settings) == ("banks",)
    assert resolve(table, "BANKEN", "银行业", settings=settings) == ("banks",)
    line, _ = category_from(table.get(keys.category("banks")) or {})
    assert line.name == "银行业"


def test_what_is_stored_wins_over_settings_that_come_later() -> None:
    table = FakeTable()
    resolve(table, "银行")
    later = (CategorySetting("银行", slug="banks"),)
    assert resolve(table, "银行", settings=later) == ("yinhang",)


@pytest.mark.parametrize("name", ["category", "Assets", "POSTS"])
def test_the_sites_own_folders_are_no_slugs(name: str) -> None:
    assert resolve(FakeTable(), name)[0] not in {"category", "assets", "posts"}


def test_a_name_with_nothing_to_spell_gets_a_hash_and_keeps_it() -> None:
    table = FakeTable()
    slug = resolve(table, "★")
    assert slug == resolve(table, "★") != resolve(table, "☆")


def test_no_names_at_all_are_the_default_category_and_repeats_are_one() -> None:
    table = FakeTable()
    assert resolve(table) == resolve(table, " ", "") == ("news",)
    assert resolve(table, "A", "a", "B") == ("a", "b")
    assert len(resolve(table, *(f"c{n}" for n in range(20)))) == MAX_CATEGORIES


# Invariant 3: two functions meet a new name at once. Broken once by writing without conditions: two slugs.
def test_two_functions_that_decide_at_once_agree() -> None:
    table = FakeTable()
    answers: list[str] = []

    def decide_first(_: object) -> None:
        table.before_write = None
        answers.extend(resolve(table, "试试"))

    table.before_write = decide_first
    answers.extend(resolve(table, "石市"))
    assert answers[0] == "shishi"
    assert answers[1].startswith("shishi-")
    table.before_write = lambda _: answers.extend(resolve(table, "厦门"))
    assert resolve(table, "厦门") == ("xiamen",)
    assert lines(table)["xiamen"] == "厦门"


class Crash(BaseException):
    """The function died here."""


@pytest.mark.parametrize("hook", ["before_write", "after_write"])
def test_a_decision_is_whole_or_not_there(hook: str) -> None:
    table = FakeTable()

    def die(_: object) -> None:
        raise Crash

    setattr(table, hook, die)
    with pytest.raises(Crash):
        resolve(table, "厦门")
    setattr(table, hook, None)
    links = [key for key in table.dump() if key.pk.startswith("LINK#")]
    assert len(links) == len(lines(table))
    assert resolve(table, "厦门") == ("xiamen",)
