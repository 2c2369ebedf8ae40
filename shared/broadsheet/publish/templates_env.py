"""Templates: the built-in ones, what a site puts in their place, and what is said when one of those is wrong.

Uploaded templates are code of somebody else's, so all of them run in Jinja's immutable sandbox. Everything that
is not ``Markup`` is escaped: for HTML in pages, and for HTML, Markdown and the template languages of the static
site generators in posts.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from broadsheet.model.errors import ConfigurationError, TemplateFault
from broadsheet.model.site import Site

from .escaping import html_in_post, markdown_text, post_url

STYLESHEET = "style.css"
ICON = "icon.svg"
POST_FOLDER = "posts/"
_BUILT_IN_FOLDERS = ("", POST_FOLDER)


class _Overridable(BaseLoader):
    """Finds a template among a site's own, else among the built-in ones.

    The file name it reports is the template's name, so that a traceback tells in which template, on which line.
    """

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        source = self._own.get(template, built_in().get(template))
        if source is None:
            raise TemplateNotFound(template)
        return source, template, lambda: True


@cache
def built_in() -> Mapping[str, str]:
    """Return the built-in templates by name, the stylesheet among them."""
    found = {}
    for folder in _BUILT_IN_FOLDERS:
        for entry in files("broadsheet.publish").joinpath("templates", folder).iterdir():
            if entry.is_file():
                found[folder + entry.name] = entry.read_text(encoding="utf-8")
    return found


def source_of(site: Site, name: str) -> str | None:
    """Return the text of a template as it stands for ``site``, or None where there is none of that name."""
    return site.templates.get(name, built_in().get(name))


def without_templates(site: Site) -> Site:
    """Return ``site`` with the built-in templates alone; stylesheet and icon, which cannot fail, stay its own."""
    kept = {name: text for name, text in site.templates.items() if name in (STYLESHEET, ICON)}
    post = site.post_template if source_of(Site(), f"{POST_FOLDER}{site.post_template}.md.j2") else Site().post_template
    return replace(site, templates=kept, post_template=post)


def render(site: Site, name: str, values: Mapping[str, Any]) -> str:
    """Return template ``name`` filled in with ``values``.

    Raises TemplateFault, which names template, line and fault, where the site's own templates do not work. A fault of
    a built-in template propagates as it is.
    """
    make = _post_environment if name.startswith(POST_FOLDER) else _page_environment
    environment = make(tuple(sorted(site.templates.items())))
    try:
        return environment.get_template(name).render(values)
    except Exception as error:
        if not site.templates:
            raise
        template, line = _place(error, name, site)
        where = f"templates/{template}" + (f", line {line}" if line else "")
        fault = str(error) or type(error).__name__
        told = f"{where}: {fault}; mend it, or delete the file to have the built-in template back"
        raise TemplateFault(told, template) from error


@lru_cache(maxsize=4)
def _page_environment(own: tuple[tuple[str, str], ...]) -> Environment:
    return ImmutableSandboxedEnvironment(loader=_Overridable(dict(own)), autoescape=True, **_SHARED)


@lru_cache(maxsize=4)
def _post_environment(own: tuple[tuple[str, str], ...]) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=_Overridable(dict(own)), autoescape=True, finalize=_finalize_post, **_SHARED
    )
    environment.filters["html"] = html_in_post
    environment.filters["url"] = post_url
    return environment


_SHARED: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}


def _finalize_post(value: object) -> object:
    return markdown_text(value) if isinstance(value, str) else value


def _place(error: Exception, name: str, site: Site) -> tuple[str, int | None]:
    """Return template and line of a fault that showed while ``name`` was rendered: the last of the site's own there."""
    if isinstance(error, TemplateSyntaxError):
        return error.name or name, error.lineno
    frames = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
    inside = [frame for frame in frames if source_of(site, frame[0]) is not None]
    own = [frame for frame in inside if frame[0] in site.templates]
    return (own or inside or [(name, None)])[-1]


def check_template(name: str, text: str) -> None:
    """Refuse a template that no page is made from, or that Jinja cannot read.

    Raises ConfigurationError that names template, line and fault. What it renders shows only when it is rendered.
    """
    if name not in built_in() and not (name.startswith(POST_FOLDER) and name.endswith(".md.j2")):
        known = ", ".join(sorted(built_in()))
        raise ConfigurationError(f"templates/{name}: no page is made from it; use one of {known}, or posts/NAME.md.j2")
    try:
        _page_environment(()).parse(text, name, name)
    except TemplateSyntaxError as error:
        raise ConfigurationError(f"templates/{name}, line {error.lineno}: {error.message}; mend it") from error
