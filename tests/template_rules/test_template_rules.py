"""Each rule passes an application that keeps it, and speaks up at the right place when one thing is broken."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from template_rules import (
    TEMPLATE_RULES,
    Application,
    Fault,
    functions,
    notifications,
    policies,
    queues,
    schedules,
    streams,
    template_faults,
)
from template_rules.__main__ import main

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
ROOT, STORE = "good.yaml", "good_store.yaml"
REPORT = "            FunctionResponseTypes: [ReportBatchItemFailures]"
REDRIVE = "      RedrivePolicy: {deadLetterTargetArn: !GetAtt OrdersFailed.Arn, maxReceiveCount: 5}"
SOURCE = "aws:SourceArn: !Sub 'arn:${AWS::Partition}:s3:::${Name}-inbox-${AWS::AccountId}'"
ACCOUNT = "              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}"
TO_BUCKET, TO_QUEUE = (
    "{Type: S3, Destination: !GetAtt Store.Outputs.ArchiveArn}",
    "{Type: SQS, Destination: !GetAtt Orders.Arn}",
)
ELSEWHERE = "Queue: arn:aws:sqs:us-east-1:1:x"
ALSO = "  AlsoArchivePolicy:\n    Type: AWS::S3::BucketPolicy\n    Properties: {Bucket: !%s, PolicyDocument: {}}\n"
SECOND_POLICY, POLICY_ELSEWHERE = (
    ALSO % "Ref Archive" + "Outputs:",
    ALSO % "GetAtt Store.Outputs.ArchiveArn" + "  Clock:\n",
)

Rule = Callable[[Application], Iterator[Fault]]
# fmt: off
BREAKS: list[tuple[Rule, str, str, str, str, str]] = [
    # rule, file, what stands there, what is put in its place, the resource that is named, words of the message
    (functions.translated, ROOT, "Events:\n        Tick:", "Tags:\n        Tick:", "Clock", "nothing wakes it"),
    (functions.translated, ROOT, "Type: Schedule", "Type: Sundial", "Clock", "SAM refuses"),
    (functions.bounded, ROOT, "      Timeout: 5", "", "Clock", "Timeout is left"),
    (functions.bounded, ROOT, "      MemorySize: 128", "", "Clock", "MemorySize is left"),
    (functions.bounded, ROOT, "{LogGroup: !Ref Logs}", "{LogFormat: JSON}", "Clock", "for ever"),
    (functions.bounded, ROOT, "      RetentionInDays: 7", "      LogGroupClass: STANDARD", "Logs", "for ever"),
    (queues.sources_are_known, ROOT, "Queue: !GetAtt Lines.Arn", ELSEWHERE, "TakeLine", "no resource"),
    (queues.dead_letters, ROOT, REDRIVE, "", "Orders", "no dead-letter"),
    (queues.dead_letters, ROOT, "!GetAtt OrdersFailed.Arn", "!GetAtt Orders.Arn", "OrdersFailed", "no dead-letter"),
    (queues.dead_letters, ROOT, "{FifoQueue: true, Message", "{Message", "LinesFailed", "FIFO"),
    (queues.dead_letters, ROOT, "Period: 345600", "Period: 1209601", "OrdersFailed", "1209601"),
    (queues.dead_letters, ROOT, "maxReceiveCount: 5", "maxReceiveCount: 4", "Orders", "is 4"),
    (queues.visibility, ROOT, "VisibilityTimeout: 60", "VisibilityTimeout: 59", "Orders", "59 s"),
    (queues.visibility, STORE, "      VisibilityTimeout: 60", "", "Uploads", "30 s"),
    (queues.visibility, STORE, "VisibilityTimeout: 60", "VisibilityTimeout: !Ref Name", "Uploads", "0 s"),
    (queues.fifo, ROOT, "BatchSize: 10", "BatchSize: 11", "TakeLine", "at most 10"),
    (queues.fifo, ROOT, "BatchSize: 10", "MaximumBatchingWindowInSeconds: 1", "TakeLine", "window"),
    (queues.fifo, ROOT, "Timeout: 15", "Timeout: 16", "TakeLine", "blocks its group"),
    (queues.partial_failures, ROOT, f"BatchSize: 10\n{REPORT}", "BatchSize: 10", "TakeLine", "whole batch"),
    (queues.partial_failures, ROOT, f"3600\n{REPORT}", "3600", "TakeOrder", "whole batch"),
    (streams.give_up_in_time, ROOT, "            BisectBatchOnFunctionError: true", "", "TakeOrder", "whole batch"),
    (streams.give_up_in_time, ROOT, "            MaximumRetryAttempts: 3", "", "TakeOrder", "RetryAttempts"),
    (streams.give_up_in_time, ROOT, "RetryAttempts: 3", "RetryAttempts: -1", "TakeOrder", "RetryAttempts"),
    (streams.give_up_in_time, ROOT, "            MaximumRecordAgeInSeconds: 3600", "", "TakeOrder", "RecordAge"),
    (streams.give_up_in_time, ROOT, TO_BUCKET, TO_QUEUE, "TakeOrder", "lost"),
    (streams.give_up_in_time, STORE, "      StreamSpecification:", "      Tags: []\n#", "Table", "not switched on"),
    (notifications.allowed_before_made, STORE, "    DependsOn: UploadsPolicy", "", "Inbox", "may be made before"),
    (notifications.allowed_before_made, STORE, SOURCE, "aws:SourceArn: !GetAtt Inbox.Arn", "UploadsPolicy", "cycle"),
    (notifications.allowed_before_made, STORE, SOURCE, "aws:SourceArn: !Sub 'x:${Inbox}'", "UploadsPolicy", "cycle"),
    (notifications.allowed_before_made, STORE, ACCOUNT, "", "UploadsPolicy", "any account"),
    (notifications.allowed_before_made, STORE, "[!Ref Uploads]", "[!Ref UploadsFailed]", "Inbox", "reach Uploads"),
    (notifications.allowed_before_made, STORE, "Queue: !GetAtt Uploads.Arn", ELSEWHERE, "Inbox", "no resource"),
    (policies.no_wildcards, ROOT, "Action: s3:GetObject", "Action: s3:Get*", "ClockRole", "s3:Get*"),
    (policies.no_wildcards, ROOT, "Resource: !GetAtt Orders.Arn", "Resource: '*'", "ClockRole", "resource *"),
    (policies.no_wildcards, ROOT, "${Store.Outputs.InboxArn}", "arn:aws:s3:::press-*", "ClockRole", "press-*"),
    (policies.no_wildcards, ROOT, "Action: s3:GetObject", "NotAction: s3:GetObject", "ClockRole", "NotAction"),
    (policies.no_wildcards, STORE, "{Service: s3.amazonaws.com}", "'*'", "UploadsPolicy", "anyone"),
    (policies.one_per_bucket, STORE, "Outputs:", SECOND_POLICY, "AlsoArchivePolicy", "good_store.yaml: ArchivePolicy"),
    (policies.one_per_bucket, ROOT, "  Clock:\n", POLICY_ELSEWHERE, "ArchivePolicy", "good.yaml: AlsoArchivePolicy"),
    (schedules.fire, ROOT, "rate(5 minutes)", "rate(1 minutes)", "ClockTick", "no schedule"),
    (schedules.fire, ROOT, "rate(5 minutes)", "cron(0 5 * * *)", "ClockTick", "no schedule"),
    (schedules.fire, ROOT, "rate(5 minutes)", "rate(1 day)\n            Enabled: false", "ClockTick", "switched off"),
]
# fmt: on


def broken(folder: Path, file: str, before: str, after: str) -> Application:
    """Lay the good application into a folder with one text in it replaced, and read it."""
    for name in (ROOT, STORE):
        shutil.copy(HERE / name, folder / name)
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text, f"{before!r} is not in {file} any more: the test breaks nothing"
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    return Application.read(folder / ROOT)


@pytest.mark.parametrize("rule", TEMPLATE_RULES, ids=lambda rule: rule.__name__)
def test_a_good_application_passes(rule: Rule) -> None:
    assert [str(fault) for fault in rule(Application.read(HERE / "good.yaml"))] == []


@pytest.mark.parametrize(
    ("rule", "file", "before", "after", "resource", "words"),
    BREAKS,
    ids=[f"{rule.__name__}: {after.strip() or 'without ' + before.strip()}" for rule, _, before, after, *_ in BREAKS],
)
def test_one_break_is_found(
    rule: Rule, file: str, before: str, after: str, resource: str, words: str, tmp_path: Path
) -> None:
    faults = list(rule(broken(tmp_path, file, before, after)))
    assert [fault for fault in faults if f": {resource}" in str(fault) and words in str(fault)], faults


def test_every_rule_is_broken_here() -> None:
    assert {rule for rule, *_ in BREAKS} == set(TEMPLATE_RULES)


def test_a_rule_about_a_bucket_and_a_schedule_without_targets(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        "  Nothing: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day)}}\n"
        "  Elsewhere:\n"
        "    Type: AWS::Scheduler::Schedule\n"
        "    Properties: {ScheduleExpression: rate(1 hour), Target: {Arn: 'arn:aws:lambda:us-east-1:1:function:x'}}\n",
        encoding="utf-8",
    )
    faults = {str(fault) for fault in schedules.fire(Application.read(template))}
    assert faults == {
        "template.yaml: Nothing: it wakes nothing; give it a target",
        "template.yaml: Elsewhere: its target leads to no resource here; give it by !GetAtt",
    }


def test_a_schedule_that_may_not_invoke(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        "  Run: {Type: AWS::Lambda::Function, Properties: {Timeout: 1}}\n"
        "  Rule:\n"
        "    Type: AWS::Events::Rule\n"
        "    Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: run, Arn: !GetAtt Run.Arn}]}\n",
        encoding="utf-8",
    )
    (fault,) = schedules.fire(Application.read(template))
    assert fault.message == "EventBridge may not invoke Run"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(1 minute)", True),
        ("rate(2 minutes)", True),
        ("rate(12 hours)", True),
        ("cron(0/15 6-18 ? * MON-FRI *)", True),
        ("rate(1 minutes)", False),
        ("rate(2 minute)", False),
        ("rate(0 minutes)", False),
        ("rate(5 seconds)", False),
        ("cron(0 5 * * *)", False),
        ("1 minute", False),
        (None, False),
    ],
)
def test_schedule_expressions(text: object, expected: bool) -> None:
    assert schedules.is_expression(text) is expected


def test_a_parameter_of_a_nested_stack_is_followed_up_and_an_output_down() -> None:
    application = Application.read(HERE / "good.yaml")
    root, store = application.templates
    up = application.follow(store, {"Ref": "Orders"})
    down = application.follow(root, {"Fn::GetAtt": ["Store", "Outputs.UploadsArn"]})
    assert up is not None
    assert down is not None
    assert (up.place, down.place) == ("good.yaml: Orders", "good_store.yaml: Uploads")
    assert application.follow(store, {"Ref": "Name"}) is None
    assert application.follow(root, {"Fn::GetAtt": ["Store", "Outputs.Nothing"]}) is None


def test_our_template_keeps_every_rule() -> None:
    assert [str(fault) for fault in template_faults(Application.read(PROJECT / "template.yaml"))] == []


def test_our_template_has_what_the_rules_look_at() -> None:
    application = Application.read(PROJECT / "template.yaml")
    count = {kind: sum(1 for _ in application.of_kind(kind)) for kind in ("AWS::Lambda::Function", "AWS::SQS::Queue")}
    assert count == {"AWS::Lambda::Function": 7, "AWS::SQS::Queue": 10}
    assert len(list(queues.consumers(application, "AWS::SQS::Queue"))) == 5
    assert len(list(queues.consumers(application, "AWS::DynamoDB::Table"))) == 1


def test_command_prints_faults_and_writes_what_cfn_lint_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(tmp_path, STORE, "    DependsOn: UploadsPolicy\n", "")
    status = main([str(tmp_path / "good.yaml"), "--transformed", str(tmp_path / "out")])
    assert status == 1
    assert "good_store.yaml: Inbox: it may be made before UploadsPolicy" in capsys.readouterr().out
    assert "AWS::Lambda::EventSourceMapping" in (tmp_path / "out" / "good.yaml").read_text(encoding="utf-8")
    assert (tmp_path / "out" / STORE).exists()


def test_command_says_what_is_no_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.yaml").write_text("- a\n- b\n", encoding="utf-8")
    assert main([str(tmp_path / "list.yaml")]) == 2
    assert "list.yaml" in capsys.readouterr().err


def test_a_template_that_nests_itself_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Resources:\n  Again: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: self.yaml}}\n"
    (tmp_path / "self.yaml").write_text(text, encoding="utf-8")
    assert main([str(tmp_path / "self.yaml")]) == 2
    assert "nests itself" in capsys.readouterr().err
