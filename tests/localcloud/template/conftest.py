from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from localcloud.stack import Finding, Severity, Stack
from localcloud.template import read_stack

Read = Callable[..., Stack]

NEWS = Path(__file__).parents[1] / "templates" / "news" / "template.yaml"

SAM = "Transform: AWS::Serverless-2016-10-31\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a template given as text, beside an `app.py` with a right handler and an empty `src/`."""
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n", encoding="utf-8")

    def read_text(text: str, files: Mapping[str, str] | None = None, **options: object) -> Stack:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content), encoding="utf-8")
        template = tmp_path / "template.yaml"
        template.write_text(dedent(text), encoding="utf-8")
        return read_stack(template, **options)  # type: ignore[arg-type]

    return read_text


@pytest.fixture(scope="session")
def news() -> Stack:
    """The whole example application, which has no fault."""
    return read_stack(NEWS)


def told(stack: Stack, severity: Severity = Severity.ERROR) -> dict[str, str]:
    """What is told of each resource: message and remedy run together."""
    found: dict[str, str] = {}
    for finding in stack.findings:
        if finding.severity is severity:
            found[finding.resource] = f"{found.get(finding.resource, '')}{_text(finding)}\n"
    return found


def _text(finding: Finding) -> str:
    return f"{finding.message} | {finding.remedy}"
