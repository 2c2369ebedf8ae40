import os
from pathlib import Path

import pytest

from localcloud.stack import Severity
from localcloud.template import TemplateError
from localcloud.template.load import load
from localcloud.template.translate import LOCAL_BUCKET, translate
from tests.localcloud.template.conftest import NEWS, SAM, Read, told


def test_code_on_this_machine_is_remembered_and_the_document_left_alone() -> None:
    document = load(NEWS)
    before = repr(document)
    translation = translate(document, file=NEWS, parameters={}, region="us-east-1")
    assert repr(document) == before
    assert translation.findings == ()
    assert translation.folders == {
        "Library": NEWS.parent / "layer",
        "Receive": NEWS.parent / "functions",
        "Mark": NEWS.parent / "functions",
        "Render": NEWS.parent / "functions",
        "Thumbnails": NEWS.parent / "functions",
    }
    code = translation.document["Resources"]["Mark"]["Properties"]["Code"]
    assert code == {"S3Bucket": LOCAL_BUCKET, "S3Key": "Mark"}


def test_translating_neither_needs_nor_sets_a_region_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    before = dict(os.environ)
    translation = translate(load(NEWS), file=NEWS, parameters={}, region="cn-north-1")
    assert dict(os.environ) == before
    role = translation.document["Resources"]["MarkRole"]["Properties"]
    assert "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" in role["ManagedPolicyArns"]


def test_code_uri_from_globals_and_from_a_parameter_is_followed(read: Read, tmp_path: Path) -> None:
    stack = read(
        SAM
        + """
Parameters: {Folder: {Type: String, Default: src/}}
Globals: {Function: {Runtime: python3.13, Handler: app.handler, CodeUri: one/}}
Resources:
  A: {Type: AWS::Serverless::Function}
  B: {Type: AWS::Serverless::Function, Properties: {CodeUri: !Ref Folder}}
  C: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.13, Handler: app.handler, Code: two/}}
""",
        {f"{folder}/app.py": "def handler(event, context): ..." for folder in ("one", "src", "two")},
    )
    assert told(stack) == {}
    folders = {name: function.code_dir.name for name, function in stack.functions.items()}
    assert folders == {"A": "one", "B": "src", "C": "two"}


def test_what_sam_refuses_is_told_and_the_rest_is_read_without_it(read: Read) -> None:
    stack = read(
        SAM
        + """
Resources:
  Bad:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, Handler: app.handler, Policies: [{NoSuchPolicy: {}}]}
  Good: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.13, Handler: app.handler}}
  Uses: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Bad}}
"""
    )
    assert set(told(stack)) == {"Bad"}
    assert "SAM refuses it" in told(stack)["Bad"]
    assert set(stack.functions) == {"Good"}
    assert ("Bad", "AWS::Serverless::Function") in stack.unsupported


def test_sam_resources_without_the_transform_are_an_error(read: Read) -> None:
    stack = read("Resources: {T: {Type: AWS::Serverless::SimpleTable}}")
    assert "Transform: AWS::Serverless-2016-10-31" in told(stack)["T"]
    assert set(stack.tables) == {"T"}


def test_globals_that_make_no_sense_are_refused(read: Read) -> None:
    with pytest.raises(TemplateError, match=r"SAM refuses it.*Globals"):
        read(SAM + "Globals: {Nonsense: 1}\nResources: {T: {Type: AWS::Serverless::SimpleTable}}")


def test_loops_are_named_as_what_cannot_be_read(read: Read) -> None:
    stack = read("Resources: {'Fn::ForEach::Q': [N, [a], {}], Q: {Type: AWS::SQS::Queue}}")
    assert ("Fn::ForEach::Q", "Fn::ForEach") in stack.unsupported
    assert set(stack.queues) == {"Q"}


def test_an_api_whose_definition_is_included_from_a_file_is_named_and_not_refused(read: Read) -> None:
    stack = read(
        SAM
        + """
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: ["*"]}
      DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}
"""
    )
    assert told(stack) | told(stack, Severity.WARNING) == {}
    assert ("Api", "AWS::ApiGatewayV2::Api") in stack.unsupported
