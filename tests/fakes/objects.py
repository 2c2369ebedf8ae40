"""A versioned bucket in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from broadsheet.aws import limits
from broadsheet.flow.ports import StoredObject


class FakeObjects:
    """``ports.ObjectStore`` in memory, versioned as the inbox bucket is.

    ``before_write``, where set, is called with the key that is about to be put or deleted, and may raise.
    ``cache_controls`` holds how each object that is there is to be cached. ``calls`` counts calls by method name.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.before_write: Callable[[str], None] | None = None
        self.cache_controls: dict[str, str] = {}
        # Versions of a key, oldest first; None marks a deletion.
        self._versions: dict[str, dict[str, StoredObject | None]] = {}

    def get(self, key: str, version: str | None = None) -> StoredObject | None:
        self.calls["get"] += 1
        versions = self._versions.get(key, {})
        stored = versions.get(version or self.latest_version(key))
        return None if stored is None else replace(stored, metadata=dict(stored.metadata))

    def metadata(self, key: str) -> Mapping[str, str] | None:
        self.calls["metadata"] += 1
        stored = self._versions.get(key, {}).get(self.latest_version(key))
        return None if stored is None else dict(stored.metadata)

    def put(
        self,
        key: str,
        body: bytes,
        content_type: str,
        cache_control: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.calls["put"] += 1
        limits.check_object(key, metadata or {})
        self._add(key, StoredObject(body, content_type, dict(metadata or {}), len(body)))
        self.cache_controls[key] = cache_control

    def delete(self, key: str) -> None:
        self.calls["delete"] += 1
        self._add(key, None)
        self.cache_controls.pop(key, None)

    def list(self, prefix: str) -> Iterator[str]:
        self.calls["list"] += 1
        found = (key for key in self._versions if key.startswith(prefix))
        yield from (key for key in sorted(found, key=str.encode) if self._versions[key][self.latest_version(key)])

    def latest_version(self, key: str) -> str:
        """Return the id of the key's newest version, be it a deletion; "" where there is none."""
        return next(reversed(self._versions.get(key, {})), "")

    def bodies(self) -> dict[str, bytes]:
        """Return what is there, by key, in order: for comparing two buckets."""
        found = {key: self._versions[key][self.latest_version(key)] for key in sorted(self._versions)}
        return {key: stored.body for key, stored in found.items() if stored is not None}

    def _add(self, key: str, stored: StoredObject | None) -> None:
        if self.before_write is not None:
            self.before_write(key)
        versions = self._versions.setdefault(key, {})
        versions[f"v{len(versions) + 1}"] = stored
