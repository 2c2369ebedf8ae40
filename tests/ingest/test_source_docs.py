"""The pages on file formats name every field that the schemas know, with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from broadsheet.ingest.configuration import read_categories, read_source
from broadsheet.ingest.schema_check import load_schema

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "schema"), [("configuration.md", "site"), ("configuration.md", "categories"), ("sources.md", "source")]
)
def test_every_field_is_described(page: str, schema: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    loaded = load_schema(schema)
    for name in loaded.get("properties") or loaded["items"]["properties"]:
        assert re.search(rf"(?m)`{name}`|^(?:- |  )?{name}: ", text), name


def test_defaults_of_the_site_are_those_of_the_schema() -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    for name, schema in load_schema("site")["properties"].items():
        shown = yaml.safe_dump(schema["default"]).removesuffix("\n").removesuffix("\n...") if schema["default"] else ""
        shown = shown if schema["default"] is not False else "false"
        assert f"| `{name}` | {shown} |".replace("|  |", "| |") in text, name


def test_the_examples_are_valid() -> None:
    text = (DOCS / "sources.md").read_text("utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert [read_source(example.encode(), "sources/gazette.yaml").id for example in examples] == [
        "gazette",
        "finews-37",
    ]
    (example,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "configuration.md").read_text("utf-8"), re.DOTALL)
    assert read_categories(example.encode(), "categories.yaml")[0].slug == "quanzhouwanbao"
