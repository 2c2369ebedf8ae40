"""What an uploaded object holds is a join: versions and deletions may come in any order, and more than once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model import keys
from broadsheet.model.container import Container, container_from, container_item

Event = tuple[str, frozenset[str]]
# One order is one version of the object, so it always holds the same names.
histories = st.dictionaries(
    st.sampled_from("123456"), st.frozensets(st.sampled_from("abcd")), min_size=1, max_size=6
).map(lambda held: list(held.items()))


def after(events: list[Event]) -> Container:
    container = Container()
    for order, names in events:
        container = container.holding(order, names)
    return container


def absent_at(events: list[Event], name: str) -> str:
    """The highest order at which the object was known not to hold ``name``, of names that were ever held."""
    return max((order for order, names in events if name not in names), default="")


@given(histories.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_the_order_of_arrival_does_not_matter(drawn: tuple[list[Event], list[Event]]) -> None:
    assert after(drawn[0]) == after(drawn[1])


@given(histories, st.data())
def test_repeats_do_not_matter(drawn: list[Event], data: st.DataObject) -> None:
    repeated = drawn + data.draw(st.lists(st.sampled_from(drawn), max_size=3))
    assert after(repeated) == after(drawn)


# Broken once by leaving out the second `lacked` (a name that the older version did not have): fails.
@given(histories)
def test_the_newest_version_is_held_and_each_name_is_absent_since_it_lacked(drawn: list[Event]) -> None:
    container = after(drawn)
    order, names = max(drawn)
    assert (container.order, container.names) == (order, names)
    ever = {name for _, held in drawn for name in held}
    for name in ever:
        last_absent = absent_at(drawn, name)
        last_held = max(order for order, held in drawn if name in held)
        if last_absent > last_held:
            assert container.absent[name] == last_absent, "a name that went must be known as gone"
        else:
            assert container.absent.get(name, "") <= last_absent, "no name is absent at an order that held it"


def test_a_deletion_is_a_version_without_names() -> None:
    container = Container().holding("2", ()).holding("1", {""})
    assert (container.order, container.names, container.absent) == ("2", frozenset(), {"": "2"})


@given(histories)
def test_a_container_comes_back_from_its_item(drawn: list[Event]) -> None:
    item = container_item(keys.container("bundles/a.zip"), after(drawn), 4)
    assert container_from(item) == (after(drawn), 4)


def test_what_is_not_stored_is_empty_at_version_0() -> None:
    assert container_from(None) == (Container(), 0)
