"""Mirror an image that an article shows: fetch it, judge it by its bytes, archive it, and record it.

Asked for by whoever sees in the table's stream that an article shows it; so a request may come twice, or after the
article went. What an address gave first is what it stays: an image that its site replaces is not fetched again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from broadsheet.ingest.images import ImageRefused, read_image
from broadsheet.ingest.urls import host_of
from broadsheet.model import keys
from broadsheet.model.article import MirroredImage
from broadsheet.model.identity import digest_bytes
from broadsheet.model.messages import ImageMessage
from broadsheet.model.order import format_instant
from broadsheet.model.records import image_item
from broadsheet.model.site import Site
from broadsheet.model.web import FetchFailed, FetchRequest

from .ports import Item, Put
from .provenance import provenance
from .retries import TRIES, another_try, still_waiting, to_next_slot
from .shown_images import is_shown
from .slots import SlotNeeded, pause_asked, take_slots
from .visits import Visit, Visits

if TYPE_CHECKING:
    from .ingest_article import IngestPorts

REFUSED_FOR = timedelta(days=90)
"""How long what will not get better by itself is left alone. The record expires, and the image is tried again."""
FAILED_FOR = timedelta(days=7)
"""The same for a server that did not answer."""


def mirror_image(message: ImageMessage, site: Site, ports: IngestPorts, visits: Visits) -> None:
    """Mirror the image at ``message.url``, or record why not; nothing where that is known, or nobody shows it now.

    Raises Conflict where another delivery was at it: back to the queue.
    """
    if waiting := still_waiting(message):
        ports.ingests.send([waiting])
        return
    stored = ports.table.get(keys.image(message.url))
    if not site.mirror_images or _is_known(stored, message.observed_at) or not is_shown(message.url, ports.table):
        return
    host, present = host_of(message.url), message.waited_until or message.observed_at
    if message.slot is None:
        message = replace(message, slot=take_slots(host, 1, present, ports.table)[0], waited_until=present)
        if waiting := still_waiting(message):
            ports.ingests.send([waiting])
            return
    v = int(stored["v"]) if stored else 0
    try:
        image = _mirrored(
            message, Visit(FetchRequest(message.url, "image"), message.slot, present), site, ports, visits
        )
    except SlotNeeded:
        ports.ingests.send([to_next_slot(message, host, ports.table)])
    except FetchFailed as failure:
        asked = pause_asked(failure, present)
        again = another_try(message, host, ports.table, asked) if failure.transient else None
        if again:
            ports.ingests.send([again])
            return
        tried = f" (tried {TRIES} times)" if failure.transient else ""
        _refuse(message, f"{failure.reason}{tried}", FAILED_FOR if failure.transient else REFUSED_FOR, v, ports)
    except ImageRefused as refusal:
        _refuse(message, f"{message.url}: {refusal}", REFUSED_FOR, v, ports)
    else:
        line = keys.image_line(image.name, image.url)
        ports.table.transact([Put(image_item(image, v + 1), v), Put({"pk": line.pk, "sk": line.sk, "url": image.url})])
        ports.counter.add("ImagesMirrored")


def _is_known(stored: Item | None, at: datetime) -> bool:
    """Return whether the image is mirrored, or was refused not long ago: expired items may stay for two days."""
    return stored is not None and ("name" in stored or int(stored["ttl"]) > at.timestamp())


def _mirrored(message: ImageMessage, visit: Visit, site: Site, ports: IngestPorts, visits: Visits) -> MirroredImage:
    """Fetch and archive the image. Raises FetchFailed, SlotNeeded and ImageRefused."""
    response = visits.fetch(visit)
    body = response.body
    if len(body) > site.image_max_bytes:
        raise ImageRefused(
            f"it has {len(body):,} bytes; `image_max_bytes` in site.yaml allows {site.image_max_bytes:,}"
        )
    facts = read_image(body)
    name = f"{digest_bytes(body, 32)}.{facts.ending}"
    image = MirroredImage(message.url, name, facts.content_type, facts.width, facts.height, len(body))
    metadata = provenance(response.url, message.observed_at)
    ports.archive.put(image.key, body, image.content_type, metadata=metadata)
    return image


def _refuse(message: ImageMessage, reason: str, left_alone: timedelta, v: int, ports: IngestPorts) -> None:
    key = keys.image(message.url)
    item = {"pk": key.pk, "sk": key.sk, "v": v + 1, "url": message.url, "reason": reason}
    told = {"at": format_instant(message.observed_at), "ttl": int((message.observed_at + left_alone).timestamp())}
    ports.table.put({**item, **told}, v)
    ports.counter.add("ImagesRefused")
