"""What a Jekyll site's ``_config.yml`` says that its posts depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from broadsheet.ingest.urls import web_url
from broadsheet.ingest.yaml_text import load_mapping
from broadsheet.model.errors import ConfigurationError

STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
"""Jekyll's built-in permalink styles (its documentation, "Permalinks")."""
CONFIG = "_config.yml"


@dataclass(frozen=True, slots=True)
class Defaults:
    """An entry of ``defaults:``: front matter for posts under a path."""

    path: str
    kind: str
    values: Mapping[str, Any]

    def applies(self, path: str, kind: str) -> bool:
        """Return whether these are defaults of a post at ``path`` (relative to the site) of ``kind``."""
        if self.kind not in {"", kind}:
            return False
        if "*" in self.path:
            return fnmatchcase(path, f"{self.path}*")
        return path.startswith(self.path)


@dataclass(frozen=True, slots=True)
class JekyllSite:
    """Settings of a Jekyll site. ``url`` and ``baseurl`` have no trailing slash; zones are IANA names."""

    permalink: str = STYLES["date"]
    built_in: str = "UTC"
    """Zone of the days in addresses."""
    timezone: str = "UTC"
    """Zone of dates that name none."""
    url: str = ""
    baseurl: str = ""
    title: str = ""
    language: str = ""
    excerpt_separator: str = ""
    collections_dir: str = ""
    defaults: tuple[Defaults, ...] = ()

    def absolute(self, address: str) -> str | None:
        """Return a path on the old site (decoded) as a web address, None where it is not known where that was."""
        return web_url(None, self.url + quote(address)) if self.url else None

    def defaults_of(self, path: str, *, draft: bool) -> dict[str, Any]:
        """Return the front matter that a post at ``path`` has by default; the longest path wins."""
        values: dict[str, Any] = {}
        kind = "drafts" if draft else "posts"
        for scope in sorted(self.defaults, key=lambda scope: (len(scope.path), scope.kind != "")):
            if scope.applies(path, kind) or (draft and scope.applies(path, "posts")):
                values |= scope.values
        return values


def read_site(config: str, *, timezone: str | None = None, url: str | None = None) -> JekyllSite:
    """Return the settings in the text of a ``_config.yml`` ("" where there is none).

    ``timezone`` is for dates without a zone, in place of the site's own; ``url`` is where the old site was served.
    Jekyll builds in the zone of its machine where the settings name none: UTC is assumed, as on GitHub's.
    Raises ConfigurationError where the file is no YAML or names a zone that there is not.
    """
    settings = load_mapping(config, file=CONFIG)
    zone = _zone(_text(settings, "timezone"), f"{CONFIG}: field 'timezone'") or "UTC"
    collections = settings.get("collections")
    posts = collections.get("posts") if isinstance(collections, dict) else None
    permalink = _text(posts, "permalink") if isinstance(posts, dict) else ""
    permalink = permalink or _text(settings, "permalink") or "date"
    served = url or _text(settings, "url")
    return JekyllSite(
        permalink=STYLES.get(permalink, permalink),
        built_in=zone,
        timezone=_zone(timezone or "", "--timezone") or zone,
        url=(served if web_url(None, served) else "").rstrip("/"),
        baseurl="/".join(("", *_text(settings, "baseurl").strip("/").split("/"))).rstrip("/"),
        title=_text(settings, "title"),
        language=_text(settings, "lang") or _text(settings, "language"),
        excerpt_separator=_text(settings, "excerpt_separator").strip(),
        collections_dir=_text(settings, "collections_dir").strip("/"),
        defaults=_defaults(settings.get("defaults")),
    )


def _defaults(given: Any) -> tuple[Defaults, ...]:
    found = []
    for item in given if isinstance(given, list) else ():
        values = item.get("values") if isinstance(item, dict) else None
        if isinstance(values, dict):
            scope = item.get("scope") if isinstance(item.get("scope"), dict) else {}
            texts = {str(key): _as_text(value) for key, value in values.items()}
            kind = {"post": "posts", "draft": "drafts"}.get(_text(scope, "type"), _text(scope, "type"))
            found.append(Defaults(_text(scope, "path").lstrip("/"), kind, texts))
    return tuple(found)


def _as_text(value: Any) -> Any:
    """Return a typed value as front matter would hold it: text, lists and mappings of text."""
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_text(item) for key, item in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _text(settings: Any, name: str) -> str:
    value = settings.get(name)
    return value.strip() if isinstance(value, str) else ""


def _zone(name: str, what: str) -> str:
    if name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as fault:
            raise ConfigurationError(
                f"{what} is '{name}', which is no time zone; write one like Asia/Shanghai"
            ) from fault
    return name
