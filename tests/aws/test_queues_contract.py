"""What ``ports.Queue`` promises, of the adapter and of the fake alike."""

from __future__ import annotations

import pytest

from broadsheet.flow.ports import Outgoing
from tests.aws.conftest import Queues


def test_nothing_to_send_is_fine(queues: Queues) -> None:
    queues.standard.send([])
    assert queues.received(queues.standard) == []


def test_any_number_of_messages_arrives(queues: Queues) -> None:
    bodies = [f'{{"n": {n}, "title": "泉州 𠮷"}}' for n in range(23)]
    queues.standard.send([Outgoing(body) for body in bodies])
    assert sorted(queues.received(queues.standard)) == sorted((body, None) for body in bodies)


def test_messages_that_together_are_too_large_for_a_batch_arrive(queues: Queues) -> None:
    bodies = [str(n) * 200_000 for n in range(9)]
    queues.standard.send([Outgoing(body) for body in bodies])
    assert sorted(body for body, _ in queues.received(queues.standard)) == bodies


def test_a_fifo_queue_keeps_order_and_group(queues: Queues) -> None:
    queues.fifo.send([Outgoing(str(n), group="page/", dedup=f"d{n}") for n in range(12)])
    assert queues.received(queues.fifo) == [(str(n), "page/") for n in range(12)]


def test_a_deduplication_id_is_taken_once(queues: Queues) -> None:
    queues.fifo.send([Outgoing("1", group="g", dedup="same"), Outgoing("2", group="g", dedup="same")])
    queues.fifo.send([Outgoing("3", group="g", dedup="same"), Outgoing("4", group="g", dedup="other")])
    assert queues.received(queues.fifo) == [("1", "g"), ("4", "g")]


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (Outgoing(""), "has 0 bytes"),
        (Outgoing("新" * 87_382), "has 262146 bytes, 1 to 262144"),
        (Outgoing("a\x00b"), r"U\+0000"),
        (Outgoing("a\uffff"), r"U\+FFFF"),
        (Outgoing("x", delay_seconds=901), "delay of 901 s"),
        (Outgoing("x", delay_seconds=-1), "delay of -1 s"),
        (Outgoing("x", group="g"), "for FIFO queues"),
        (Outgoing("x", dedup="d"), "for FIFO queues"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_standard_queue_would_refuse_is_refused_by_name(queues: Queues, message: Outgoing, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        queues.standard.send([Outgoing("good"), message])
    assert queues.received(queues.standard) == []


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (Outgoing("x", dedup="d"), "needs a group"),
        (Outgoing("x", group="", dedup="d"), "group ''"),
        (Outgoing("x", group="g" * 129, dedup="d"), "1 to 128"),
        (Outgoing("x", group="g", dedup="新"), "deduplication id '新'"),
        (Outgoing("x", group="g", dedup="d", delay_seconds=1), "DelaySeconds"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_fifo_queue_would_refuse_is_refused_by_name(queues: Queues, message: Outgoing, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        queues.fifo.send([Outgoing("good", group="g", dedup="good"), message])
    assert queues.received(queues.fifo) == []
