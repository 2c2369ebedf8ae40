"""A source that lists what a test says, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from broadsheet.model.web import FetchRequest, FetchResponse
from tests.builders import WEB
from tests.fakes.fetcher import answering
from tests.flow.pipeline import Pipeline

LIST = f"{WEB}/list.json"


def source_file(source: str = "wire", extra: str = "", *, url: str = LIST, body: str = "{from: entry}") -> str:
    """A source file of kind json: ids, titles, texts and dates under their own names."""
    return f"""
id: {source}
kind: json
url: {url}
items: items
category: News
identity: id
fields: {{id: id, title: title, content: text, published: date, url: "{WEB}/{{id}}"}}
body: {body}
{extra}
"""


def item(name: str, text: str = "Some text.", **fields: Any) -> dict[str, Any]:
    return {"id": name, "title": f"Title {name}", "text": f"<p>{text}</p>", **fields}


def listing(
    *items: dict[str, Any], etag: str | None = None, url: str = LIST
) -> Callable[[FetchRequest], FetchResponse]:
    """An answer that lists ``items``."""
    return answering(url, json.dumps({"items": list(items)}, ensure_ascii=False), "application/json", etag=etag)


def newsroom(extra: str = "", *, body: str = "{from: entry}", url: str = LIST) -> Pipeline:
    """A pipeline that has the source ``wire``."""
    pipeline = Pipeline()
    pipeline.upload("config/sources/wire.yaml", source_file(extra=extra, body=body, url=url))
    assert pipeline.rejections() == {}
    return pipeline
