"""Mirror an image that an article shows: fetch it, judge it by its bytes, archive it, and record it.

Asked for by whoever sees in the table's stream that an article shows it; so a request may come twice, or after the
article went. What an address gave first is what it stays: an image that its site replaces is not fetched again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from broadsheet.ingest.images import ImageRefused, read_image
from broadsheet.model import keys
from broadsheet.model.article import MirroredImage
from broadsheet.model.identity import digest_bytes
from broadsheet.model.messages import ImageMessage
from broadsheet.model.order import format_instant
from broadsheet.model.records import image_item
from broadsheet.model.site import Site
from broadsheet.model.web import FetchFailed, FetchRequest

from .poll_source import host_of
from .ports import Item, Outgoing, Put
from .provenance import provenance
from .retries import TRIES, another_try, still_waiting
from .shown_images import is_shown
from .slots import delay_until, take_slots

if TYPE_CHECKING:
    from .ingest_article import IngestPorts

REFUSED_FOR = timedelta(days=90)
"""How long what will not get better by itself is left alone. The record expires, and the image is tried again."""
FAILED_FOR = timedelta(days=7)
"""The same for a server that did not answer."""


def mirror_image(message: ImageMessage, site: Site, ports: IngestPorts) -> None:
    """Mirror the image at ``message.url``, or record why not; nothing where that is known, or nobody shows it now.

    Raises Conflict where another delivery was at it: back to the queue.
    """
    if waiting := still_waiting(message):
        ports.ingests.send([waiting])
        return
    stored = ports.table.get(keys.image(message.url))
    if not site.mirror_images or _is_known(stored, message.observed_at) or not is_shown(message.url, ports.table):
        return
    if message.slot is None:
        slot = take_slots(host_of(message.url), 1, message.observed_at, ports.table)[0]
        seconds, until = delay_until(slot, message.observed_at)
        if seconds:
            onward = replace(message, slot=slot, waited_until=until)
            ports.ingests.send([Outgoing(onward.dump(), delay_seconds=seconds)])
            return
    v = int(stored["v"]) if stored else 0
    try:
        image = _mirrored(message, site, ports)
    except FetchFailed as failure:
        again = another_try(message, host_of(message.url), ports.table) if failure.transient else None
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


def _mirrored(message: ImageMessage, site: Site, ports: IngestPorts) -> MirroredImage:
    """Fetch and archive the image. Raises FetchFailed and ImageRefused."""
    response = ports.fetcher.fetch(FetchRequest(url=message.url, kind="image"))
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
