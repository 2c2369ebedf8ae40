import pytest

from tests.localcloud.template.conftest import SAM, Read, told

TEMPLATE = (
    SAM
    + """
Globals: {{Function: {{Runtime: python3.13, Layers: [!Ref L]}}}}
Resources:
  L: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: layer/}}}}
  F: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: {folder}, Handler: {handler}}}}}
"""
)
FILES = {
    "src/main.py": "def handler(event, context): ...",
    "src/pkg/__init__.py": "from .inner import handler as packaged",
    "src/pkg/inner.py": "handler = lambda event, context: None",
    "src/branches.py": "try:\n    import x\nexcept ImportError:\n    def handler(event, context): ...\n",
    "src/wild.py": "from other import *",
    "src/decorated.py": "@wrap\ndef handler(event, context, extra): ...",
    "src/optional.py": "def handler(event, context=None, *, extra=1): ...",
    "src/variadic.py": "def handler(*args): ...",
    "src/instance.py": "class Handler: ...\nhandler: Handler = Handler()",
    "src/only_inside.py": "class A:\n    def handler(self, event, context): ...",
    "src/one.py": "def handler(event): ...",
    "src/three.py": "def handler(a, b, c): ...",
    "src/later.py": "async def handler(event, context): ...",
    "src/broken.py": "def handler(event, context)\n",
    "layer/python/lib/entry.py": "def handler(event, context): ...",
}


@pytest.mark.parametrize(
    "handler",
    [
        "main.handler",
        "pkg.inner.handler",
        "pkg/inner.handler",
        "pkg.packaged",
        "branches.handler",
        "wild.handler",
        "decorated.handler",
        "optional.handler",
        "variadic.handler",
        "instance.handler",
        "lib.entry.handler",
    ],
)
def test_handlers_that_are_there(read: Read, handler: str) -> None:
    assert told(read(TEMPLATE.format(folder="src/", handler=handler), FILES)) == {}


@pytest.mark.parametrize(
    ("folder", "handler", "message"),
    [
        ("src/", "mian.handler", "there is no mian.py in"),
        ("src/", "main.handle", "main.py has no handle at its top level"),
        ("src/", "main", "not of the form module.function"),
        ("src/", "only_inside.handler", "has no handler at its top level"),
        ("src/", "one.handler", "takes 1 arguments"),
        ("src/", "three.handler", "takes 3 arguments"),
        ("src/", "later.handler", "async"),
        ("src/", "broken.handler", "is not Python"),
        ("gone/", "main.handler", "gone does not exist"),
    ],
)
def test_handlers_that_are_not(read: Read, folder: str, handler: str, message: str) -> None:
    assert message in told(read(TEMPLATE.format(folder=folder, handler=handler), FILES))["F"]


def test_code_that_a_build_moves_is_found_through_the_metadata(read: Read) -> None:
    text = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      F:
        Type: AWS::Serverless::Function
        Metadata: {BuildMethod: makefile%s}
        Properties: {Runtime: python3.13, CodeUri: ., Handler: main.handler}
    """
    assert "LocalCloud: CodeDir" in told(read(text % "", FILES))["F"]
    assert told(read(text % ", LocalCloud: {CodeDir: src}", FILES)) == {}


def test_inline_code_is_read_too(read: Read) -> None:
    text = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      F:
        Type: AWS::Serverless::Function
        Properties: {Runtime: python3.13, Handler: %s, InlineCode: "def go(e, c): pass"}
    """
    assert told(read(text % "index.go")) == {}
    assert "no stop" in told(read(text % "index.stop"))["F"]
    assert "use index.NAME" in told(read(text % "main.go"))["F"]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("{Runtime: nodejs20.x, Handler: a.b}", "runtime nodejs20.x"),
        ("{Runtime: python2.7, Handler: a.b}", "runtime python2.7"),
        ("{Runtime: python3.13, Handler: a.b, CodeUri: 's3://b/k'}", "its code is not on this machine"),
        (
            "{Runtime: python3.13, Handler: a.b, CodeUri: !Sub 's3://${AWS::Region}/k'}",
            "its code is not on this machine",
        ),
        ("{Runtime: python3.13, Handler: a.b, CodeUri: code.zip}", "its code is packed in code.zip"),
        ("{PackageType: Image}", "container image"),
    ],
)
def test_functions_that_cannot_run_here_are_named_with_the_reason_and_are_no_error(
    read: Read, properties: str, reason: str
) -> None:
    stack = read(
        f"{SAM}Resources: {{F: {{Type: AWS::Serverless::Function, Properties: {properties}}}}}", {"code.zip": "PK"}
    )
    assert stack.functions == {}
    assert stack.unsupported == (("F", f"AWS::Lambda::Function, {reason}"),)
    assert told(stack) == {}
