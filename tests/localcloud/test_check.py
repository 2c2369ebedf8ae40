import json
from pathlib import Path

import pytest

from localcloud.check import check
from localcloud.main import main
from localcloud.template import read_stack
from tests.localcloud.template.conftest import NEWS, SAM

API = (
    SAM
    + """
Globals: {Function: {Runtime: RUNTIME, Handler: app.handler}}
Resources:
  Q: {Type: AWS::SQS::Queue}
  Stream: {Type: AWS::Kinesis::Stream}
  Topic: {Type: AWS::SNS::Topic}
  Machine: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: m.asl.json, Role: "arn:aws:iam::1:role/r"}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionUrlConfig: {AuthType: NONE}
      Events:
        Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}
        Get: {Type: Api, Properties: {Path: /, Method: get}}
        Http: {Type: HttpApi, Properties: {Path: /, Method: get}}
        Clicks: {Type: Kinesis, Properties: {Stream: !GetAtt Stream.Arn, StartingPosition: LATEST}}
        News: {Type: SNS, Properties: {Topic: !Ref Topic}}
        Bus: {Type: EventBridgeRule, Properties: {EventBusName: own, Pattern: {source: [x]}}}
"""
)


def write(folder: Path, text: str) -> str:
    (folder / "app.py").write_text("def handler(event, context): ...", encoding="utf-8")
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, err = capsys.readouterr()
    assert isinstance(caught.value.code, int)
    return caught.value.code, out, err


def test_each_event_source_is_one_line_and_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "check", str(NEWS))
    *lines, summary = out.splitlines()
    assert (status, err) == (0, "")
    assert lines == [
        (
            "InboxBucket s3:ObjectCreated:* s3:ObjectRemoved:*, Tick → WorkQueue → Receive receive.handler,"
            " batch ≤ 5, partial failures, dead letters → WorkDeadLetters after 5 receives"
        ),
        (
            "Storage/Table → stream (NEW_AND_OLD_IMAGES) → Mark mark.handler, batch ≤ 50, partial failures,"
            ' filter {"eventName":["INSERT","MODIFY"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"ARTICLE#"}]}}}},'
            " failures → Failed"
        ),
        "Mark → PageQueue (FIFO) → Render render.handler, batch ≤ 1, dead letters → PageDeadLetters after 5 receives",
        "TickMinute → rate(1 minute) → Tick index.handler, no dead-letter queue",
        "TickNight → cron(0 3 * * ? *) Asia/Shanghai → Tick index.handler, no dead-letter queue",
        (
            'TickUploaded → EventBridge → Tick index.handler, filter {"source":["aws.s3"],'
            '"detail-type":["Object Created"],"detail":{"bucket":{"name":["local-failed2"]}}}, no dead-letter queue'
        ),
        "Images s3:ObjectCreated:* → in/*.jpg → Thumbnails receive.handler, no dead-letter queue",
    ]
    assert summary.startswith("7 event sources can run, 0 things cannot; 0 errors, 0 warnings.")
    assert "Conditions of policies are not evaluated" in summary


def test_what_cannot_run_is_named_and_fails_where_a_python_function_waits_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "check", write(tmp_path, API.replace("RUNTIME", "python3.13")))
    assert status == 1
    assert "Q → F app.handler, batch ≤ 10, no dead-letter queue" in out.splitlines()
    for source in (
        "API Gateway",
        "kinesis stream/local-Stream",
        "sns local-Topic",
        "EventBridge bus own",
        "function URL",
    ):
        assert f"cannot run here: {source} → F app.handler" in out
    for resource in (
        "Machine (AWS::StepFunctions::StateMachine)",
        "Stream (AWS::Kinesis::Stream)",
        "Topic (AWS::SNS::Topic)",
    ):
        assert f"cannot run here: {resource}" in out.splitlines()
    assert "error:" not in out


def test_functions_in_other_languages_are_named_and_do_not_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "check", write(tmp_path, API.replace("RUNTIME", "nodejs22.x")))
    assert status == 0
    assert "cannot run here: sqs local-Q → F app.handler (by FQ)" in out.splitlines()
    assert "cannot run here: F (AWS::Lambda::Function, runtime nodejs22.x)" in out.splitlines()


def test_broken_wiring_is_told_with_its_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        SAM
        + """
Resources:
  Q: {Type: AWS::SQS::Queue}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handle
      Timeout: 60
      Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}
"""
    )
    status, out, _ = run(capsys, "check", write(tmp_path, text))
    errors = [line for line in out.splitlines() if line.startswith("error: ")]
    assert status == 1
    assert len(errors) == 2
    assert "F: " in errors[0]
    assert "has no handle at its top level. Mend: correct Handler or add the function" in errors[0]
    assert "FQ: the visibility timeout of Q (30 s) is below the timeout of F (60 s)" in errors[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gone.yaml",), "gone.yaml: it cannot be read"),
        ((str(NEWS), "--parameter", "Stage=prod"), "Parameters.Stage: 'prod' is not allowed (one of test, live)"),
        ((str(NEWS), "--parameter", "Nope=1"), "Parameters.Nope: no such parameter"),
        ((str(NEWS), "--parameter", "Stage"), "--parameter Stage: it is not of the form NAME=VALUE"),
    ],
)
def test_what_is_no_template_or_wrong_usage_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = run(capsys, "check", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check", str(NEWS), "--json", "--parameter", "Stage=live")
    document = json.loads(out)
    assert status == 0
    assert document["ok"] is True
    assert document["policy_conditions"] == "not evaluated"
    assert [source["function"] for source in document["event_sources"]] == [
        "Receive",
        "Mark",
        "Render",
        "Tick",
        "Tick",
        "Tick",
        "Thumbnails",
    ]


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check", "--help")
    assert status == 0
    assert "localcloud check template.yaml" in out


def test_a_verdict_does_not_depend_on_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = check(read_stack(NEWS)).text()
    monkeypatch.chdir(tmp_path)
    assert check(read_stack(NEWS)).text() == before
