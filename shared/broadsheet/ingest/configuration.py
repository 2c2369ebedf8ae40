"""The configuration folder: files as users write them, into validated types with defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from broadsheet.model.errors import ConfigurationError
from broadsheet.model.identity import UPLOAD_SOURCE
from broadsheet.model.site import CategorySetting, Site
from broadsheet.model.source import PARAMETER, Body, Cleaning, Filter, Identity, Source

from .entry_filter import matches_nothing
from .expressions import compile_css, compile_jmespath, compile_xpath, is_xpath, split_attribute
from .schema_check import check
from .slugs import RESERVED, category_slug_or_hash, normalise_category
from .urls import is_template, placeholders, web_url
from .yaml_text import load_mapping, load_value

RESERVED_IDS = frozenset((UPLOAD_SOURCE, "config"))
"""Stand where a source's id stands, for uploads and for configuration."""
LONGEST_POLL = timedelta(days=30)
LONGEST_RETENTION = timedelta(days=36_500)
PAGE_NUMBERS = frozenset(("page", "page-1"))
"""What a template of the next page's address may name."""
POST_TEMPLATES = ("portable", "finews")
"""The built-in ones; the first is the default."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_OWN_HEADERS = frozenset((
    "host", "user-agent", "connection", "content-length", "transfer-encoding", "accept-encoding", "range",
    "if-none-match", "if-modified-since", "te", "upgrade", "expect", "proxy-authorization",
))  # fmt: skip
"""Headers that fetching decides."""
_SECRET_HEADERS = frozenset(("authorization", "cookie", "x-api-key"))
"""Headers whose value is a secret: a source's file is stored and shown in clear, so it may only name where it lies."""
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_BAD_ID = re.compile(r"[^a-z0-9]+")


def read_source(body: bytes, file: str) -> Source:
    """Return the source that ``sources/NAME.yaml`` defines; a file without ``id`` is called by its name.

    Raises ConfigurationError, in one line that names file, field, reason and remedy.
    """
    return source_of(load_mapping(_text(body, file), file=file), file)


def source_of(mapping: Mapping[str, Any], file: str) -> Source:
    """Return the source that a mapping of ``schemas/source.json`` defines; it becomes ``Source.raw``.

    Raises ConfigurationError as :func:`read_source`.
    """
    raw = dict(mapping)
    check(raw, "source", file=file)
    kind = raw.get("kind", "feed")
    category = raw.get("category", ())
    source = Source(
        id=_source_id(raw, file),
        kind=kind,
        url=_address(raw["url"], file, "url"),
        title=raw.get("title"),
        site_url=_address(raw["site_url"], file, "site_url") if "site_url" in raw else None,
        priority=raw.get("priority", 0),
        identity=_identity(raw.get("identity", "url")),
        paused=raw.get("paused", False),
        **_polling(raw.get("poll", {}), file),
        timezone=_timezone(raw.get("timezone", "UTC"), file),
        language=raw.get("language"),
        categories=(category,) if isinstance(category, str) else tuple(category) if isinstance(category, list) else (),
        category_field=category["field"] if isinstance(category, dict) else None,
        tags=tuple(raw.get("tags", ())),
        items=raw.get("items"),
        fields=dict(raw.get("fields", {})),
        next=raw.get("next"),
        backfill=raw.get("backfill", 0),
        body=_body(raw.get("body"), file),
        filter=_filter(raw.get("filter", {}), file),
        retention=_retention(raw.get("retention", "forever"), file),
        clean=Cleaning(*(tuple(raw.get("clean", {}).get(key, ())) for key in ("strip", "strip_id_or_class"))),
        headers=_headers(raw.get("headers", {}), file),
        file=file,
        raw=raw,
    )
    _check_paths(source, file)
    _check_next(source, file)
    return source


def read_site(body: bytes, file: str) -> dict[str, Any]:
    """Return the settings that ``site.yaml`` gives, validated, without defaults; the address has no trailing slash.

    Raises ConfigurationError as :func:`read_source`.
    """
    settings = load_mapping(_text(body, file), file=file)
    check(settings, "site", file=file)
    if "url" in settings:
        settings["url"] = _address(settings["url"], file, "url").rstrip("/")
    if "timezone" in settings:
        _timezone(settings["timezone"], file)
    permalink = settings.get("permalink", ":slug")
    if ":slug" not in permalink:
        raise _error(file, "permalink", permalink, "add :slug, or articles of one day share an address")
    return settings


def read_categories(body: bytes, file: str) -> tuple[CategorySetting, ...]:
    """Return the categories that ``categories.yaml`` lists, in its order.

    Raises ConfigurationError as :func:`read_source`; also where two categories share a name, an alias or a slug.
    """
    listed = load_value(_text(body, file), file=file)
    if isinstance(listed, dict) and list(listed) == ["categories"]:
        listed = listed["categories"]
    listed = [] if listed is None else listed
    check(listed, "categories", file=file)
    settings = tuple(
        CategorySetting(item["name"], item.get("slug"), tuple(item.get("aliases", ())), item.get("order"))
        for item in listed
    )
    _check_categories(settings, file)
    return settings


def build_site(
    settings: Mapping[str, Any], categories: tuple[CategorySetting, ...], templates: Mapping[str, str]
) -> Site:
    """Return the site that validated ``settings`` (of :func:`read_site`), categories and templates make.

    Settings of another version that this one does not know are left out. A post template that is neither built in nor
    among ``templates`` is the portable one until it comes.
    """
    known = {field.name for field in dataclass_fields(Site)} - {"categories", "templates"}
    site = Site(
        **{name: value for name, value in settings.items() if name in known},
        categories=categories,
        templates=dict(templates),
    )
    if site.post_template not in POST_TEMPLATES and f"posts/{site.post_template}.md.j2" not in templates:
        # The settings may come before the template they name, or outlive it: the paper must appear all the same.
        return replace(site, post_template=POST_TEMPLATES[0])
    return site


def duration(text: str) -> timedelta:
    """Return the span that ``5m`` or ``365d`` stands for (already validated: digits, then s, m, h or d)."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _text(body: bytes, file: str) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ConfigurationError(
            f"{file}: byte {fault.start + 1} is not UTF-8; save the file in the encoding UTF-8"
        ) from fault


def _error(file: str, field: str, value: object, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"{file}: field '{field}' is '{value}'; {remedy}")


def _source_id(raw: Mapping[str, Any], file: str) -> str:
    given: str = raw.get("id") or _BAD_ID.sub("-", PurePosixPath(file).stem.lower()).strip("-")[:64].rstrip("-")
    if not given:
        raise ConfigurationError(f"{file}: field 'id' is missing, and the file's name has no a-z or 0-9; add an id")
    if given in RESERVED_IDS:
        raise _error(file, "id", given, "that name is reserved; choose another")
    return given


def _address(url: str, file: str, field: str) -> str:
    """Check an address for what a pattern cannot tell; templates are checked where they are filled in."""
    trial = re.sub(r"\{[^{}]*\}", "x", url)
    if url.startswith("{"):
        return url
    if "@" in trial.partition("://")[2].partition("/")[0]:  # not echoed: it may be a password
        raise ConfigurationError(f"{file}: field '{field}' holds a user name or password; take it out of the address")
    if web_url(None, trial) is None:
        raise _error(file, field, url, "write an http(s) address with a host")
    return url


def _identity(given: str | Mapping[str, str]) -> Identity:
    if isinstance(given, str):
        return Identity(by="id" if given == "id" else "url")
    return Identity("field", given["namespace"], given["field"])


def _polling(poll: Mapping[str, str], file: str) -> dict[str, Any]:
    """Return the three bounds; one that is not given yields to those that are."""
    default = {"every": "15m", "min": "1m", "max": "6h"}
    spans = {name: duration(poll.get(name, text)) for name, text in default.items()}
    for name, span in spans.items():
        if span > LONGEST_POLL:
            raise _error(file, f"poll.{name}", poll[name], f"write at most {LONGEST_POLL.days}d")
    if "every" not in poll:
        spans["every"] = min(max(spans["every"], spans["min"]), max(spans["max"], spans["min"]))
    if "max" not in poll:
        spans["max"] = max(spans["max"], spans["every"], spans["min"])
    if "min" not in poll:
        spans["min"] = min(spans["min"], spans["every"], spans["max"])
    if not spans["min"] <= spans["every"] <= spans["max"]:
        name = "min" if spans["min"] > spans["every"] else "max"
        raise _error(file, f"poll.{name}", poll.get(name, default[name]), "write them so that min ≤ every ≤ max")
    return {f"poll_{name}": span for name, span in spans.items()}


def _timezone(name: str, file: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise _error(file, "timezone", name, "write an IANA name such as Asia/Shanghai or UTC") from None
    return name


def _body(given: Mapping[str, str] | None, file: str) -> Body:
    if given is None:
        return Body()
    if given["from"] == "json":
        for name in ("url", "field"):
            if name not in given:
                raise ConfigurationError(f"{file}: field 'body.{name}' is missing; `from: json` needs url and field")
        url = _address(given["url"], file, "body.url")
        _compiles(compile_jmespath, given["field"], file, "body.field")
        return Body("json", url, given["field"])
    for name in ("url", "field"):
        if name in given:
            raise _error(file, f"body.{name}", given[name], "take it out, or write `from: json`")
    return Body("page" if given["from"] == "page" else "entry")


def _filter(given: Mapping[str, list[str]], file: str) -> Filter:
    for name, rules in given.items():
        for index, rule in enumerate(rules):
            if matches_nothing(rule):
                raise _error(file, f"filter.{name}.{index}", rule, "write a keyword, or field:pattern with a pattern")
    return Filter(*(tuple(given.get(name, ())) for name in ("include", "exclude")))


def _retention(given: str, file: str) -> timedelta | None:
    if given == "forever":
        return None
    if (span := duration(given)) > LONGEST_RETENTION:
        raise _error(file, "retention", given, f"write at most {LONGEST_RETENTION.days}d, or forever")
    return span


def _headers(given: Mapping[str, str], file: str) -> dict[str, str]:
    for name, value in given.items():
        if name.lower() in _OWN_HEADERS:
            raise ConfigurationError(f"{file}: field 'headers.{name}' cannot be set here: fetching does; take it out")
        if name.lower() in _SECRET_HEADERS and not value.startswith(PARAMETER):
            raise ConfigurationError(
                f"{file}: field 'headers.{name}' cannot be set here: it holds a secret that a file in clear must not; "
                f"store it as an SSM parameter and write {PARAMETER}NAME"
            )
        if value.startswith(PARAMETER) and not _PARAMETER_NAME.fullmatch(value.removeprefix(PARAMETER)):
            raise _error(file, f"headers.{name}", value, f"write {PARAMETER}NAME with letters, digits, . _ - and /")
    return dict(given)


def _check_paths(source: Source, file: str) -> None:
    """Compile every path, so that a slip in one is told now and not at the first poll."""
    for index, rule in enumerate(source.clean.strip):
        _compiles(compile_xpath, rule, file, f"clean.strip.{index}")
    if source.kind in {"feed", "sitemap"}:
        if source.items:
            raise _error(file, "items", source.items, f"take it out: a {source.kind} says itself where its entries are")
        return
    if source.kind == "html" and not source.items:
        raise ConfigurationError(f"{file}: field 'items' is missing; write the CSS or XPath of one entry in the page")
    compile_one = _compiler(source)
    if source.items:
        _compiles(compile_one, source.items, file, "items")
    for name, path in source.fields.items():
        if not is_template(path):
            _compiles(compile_one, path, file, f"fields.{name}")


def _check_next(source: Source, file: str) -> None:
    """Check where the next page is said to be, and that there is a next page where older ones are asked for."""
    if source.next is None:
        if source.backfill and source.kind in {"json", "html"}:
            raise _error(file, "backfill", source.backfill, "add `next`, which tells where the next page is")
        return
    if source.kind == "sitemap":
        raise _error(file, "next", source.next, "take it out: a sitemap index says itself what there is")
    if not is_template(source.next):
        if source.kind == "feed":
            raise _error(file, "next", source.next, "take it out, or write an address with {page}: feeds have no paths")
        _compiles(_compiler(source), source.next, file, "next")
        if source.kind == "html" and not is_xpath(source.items or "") and not split_attribute(source.next)[0]:
            raise _error(file, "next", source.next, "write a selector of the link, such as a.next@href")
        return
    if unknown := set(placeholders(source.next)) - PAGE_NUMBERS:
        names = ", ".join(sorted(unknown))
        raise _error(file, "next", source.next, f"write {{page}}, or {{page-1}} where pages count from 0, for {names}")
    if not source.next.startswith(("http://", "https://")):
        raise _error(file, "next", source.next, "write an address that begins with http:// or https://")
    _address(source.next, file, "next")


def _compiler(source: Source) -> Callable[[str], object]:
    """Return what compiles a path in the language of the source's kind."""
    if source.kind != "html":
        return compile_jmespath
    return compile_xpath if is_xpath(source.items or "") else _compile_css_field


def _compile_css_field(selector: str) -> None:
    if css := split_attribute(selector)[0]:
        compile_css(css)


def _compiles(compile_one: Callable[[str], object], expression: str, file: str, field: str) -> None:
    try:
        compile_one(expression)
    except ValueError as fault:
        raise ConfigurationError(f"{file}: field '{field}' ('{expression}') {fault}; mend the path") from fault


def _check_categories(settings: tuple[CategorySetting, ...], file: str) -> None:
    names: dict[str, str] = {}
    slugs: dict[str, str] = {}
    for setting in settings:
        for name in (setting.name, *setting.aliases):
            taken = names.setdefault(normalise_category(name), setting.name)
            if taken != setting.name:
                raise ConfigurationError(f"{file}: '{name}' names both '{taken}' and '{setting.name}'; keep one")
        if setting.slug in RESERVED:
            raise _error(file, "slug", setting.slug, "that name is reserved; choose another")
        slug = setting.slug or category_slug_or_hash(setting.name)
        taken = slugs.setdefault(slug, setting.name)
        if taken != setting.name:
            raise ConfigurationError(
                f"{file}: '{taken}' and '{setting.name}' both have the slug '{slug}'; give one a slug of its own"
            )
