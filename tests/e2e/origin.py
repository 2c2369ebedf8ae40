"""The origin's job as a configuration: its three lists as JSON sources, its site's own shape of posts."""

from __future__ import annotations

from pathlib import Path

from .runs import write_tree

SITE = """
title: 财经新闻
url: https://finews.example
language: zh-CN
timezone: Asia/Shanghai
post_template: finews
"""
CATEGORIES = """
- name: 东财滚动新闻
  slug: emnews
"""


def source(host: str, kind: str, priority: int) -> str:
    """The source file of one list: ``102``, ``45`` or ``37``."""
    path, items, fields, category = {
        "102": ("/web/webapi?type=102&count=100&newsid=1", "records", ("infoCode", "showtime"), "东财滚动新闻"),
        "45": ("/web/webapi?type=45&count=100&newsid=1", "nodeList", ("infocode", "showtime"), "{field: from}"),
        "37": (
            "/information/newmarket/web/webapi?marketType=37&count=100",
            "record",
            ("infoCode", "datetime"),
            "{field: medianame}",
        ),
    }[kind]
    ident, date = fields
    tags = "东财滚动新闻" if kind == "102" else "{category}新闻"
    media = {"45": ", source_name: from", "37": ", source_name: medianame"}.get(kind, "")
    return f"""
id: finews-{kind}
kind: json
url: http://{host}{path}
priority: {priority}
identity: {{namespace: eastmoney, field: {ident}}}
poll: {{every: 5m}}
timezone: Asia/Shanghai
language: zh-CN
category: {category}
tags: ["{tags}"]
items: {items}
fields: {{id: {ident}, title: title, published: {date}, url: "http://finews.zning.xyz/html_News/NewsShare.html?infoCode={{{ident}}}"{media}}}
body: {{from: json, url: "http://{host}/NewsData/GetNewsText.do?id={{{ident}}}", field: text}}
"""


def configuration(folder: Path, host: str) -> Path:
    """Write the configuration folder and return it."""
    tree: dict[str, str | bytes] = {"site.yaml": SITE, "categories.yaml": CATEGORIES}
    for kind, priority in (("102", 10), ("45", 20), ("37", 50)):
        tree[f"sources/finews-{kind}.yaml"] = source(host, kind, priority)
    return write_tree(folder, tree)
