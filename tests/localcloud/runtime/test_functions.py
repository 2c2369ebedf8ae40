"""How a function runs, in this process and in one of its own."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import Crash
from localcloud.stack import EventSourceMapping, Function

from ..sample import NOW, REGION, Printed, allow, bucket, cloud, function, queue, send, stack, table

WORK = queue("work")
DEAD = queue("dead")
PATIENT = queue("patient", dead_letter_arn=DEAD.arn, max_receive_count=3, visibility_timeout=timedelta(seconds=60))
BOTH = pytest.mark.parametrize("isolate", [False, True], ids=["in process", "isolated"])


def run(code: str, printed: Printed, *, isolate: bool = False, roles: Any = None, **settings: Any) -> Any:
    """Run a function on one message, and give the report."""
    parts = (function("F", code, **settings), WORK, table(), bucket("things"), queue("pages.fifo"))
    with cloud(stack(*parts, EventSourceMapping("m", WORK.arn, "F"), roles=roles), printed, isolate=isolate) as running:
        send(running, WORK, ["x"])
        running.run_for(timedelta(seconds=1))
        return running.report()


@BOTH
def test_the_environment_is_the_templates_and_lambdas_and_nothing_else(
    isolate: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THIS_MACHINE", "x")
    before, printed = dict(os.environ), Printed()
    code = """
    import json, os, time
    def handler(event, context):
        print(json.dumps(dict(os.environ)))
        print(json.dumps(time.tzname[0]))
    """
    run(code, printed, isolate=isolate, environment={"TABLE_NAME": "Items", "AWS_REGION": "tried"}, memory_mb=512)
    variables, zone = printed.by("F")
    assert "OF_THIS_MACHINE" not in variables
    assert variables["TABLE_NAME"] == "Items"
    assert variables["AWS_REGION"] == REGION
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "F"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["_HANDLER"] == "index.handler"
    assert variables["AWS_ACCOUNT_ID_ENDPOINT_MODE"] == "disabled"
    assert ("AWS_ENDPOINT_URL" in variables) == isolate
    assert zone == "UTC"
    assert dict(os.environ) == before


@BOTH
def test_the_context(isolate: bool) -> None:
    printed = Printed()
    code = """
    import json
    def handler(event, context):
        left = context.get_remaining_time_in_millis()
        print(json.dumps([context.function_name, context.invoked_function_arn, context.aws_request_id,
                          context.memory_limit_in_mb, context.log_group_name, context.function_version]))
        print(json.dumps(0 < left <= 20000))
    """
    run(code, printed, isolate=isolate)
    (name, arn, request, memory, group, version), in_time = printed.by("F")
    assert (name, memory, group, version) == ("F", "128", "/aws/lambda/F", "$LATEST")
    assert arn.endswith(":function:F")
    assert len(request) == 36
    assert in_time is True


@BOTH
def test_state_lives_from_one_invocation_to_the_next(isolate: bool) -> None:
    printed = Printed()
    code = """
    count = 0
    def handler(event, context):
        global count
        count += 1
        print(count)
    """
    mapping = EventSourceMapping("m", WORK.arn, "F", batch_size=1)
    with cloud(stack(function("F", code), WORK, mapping), printed, isolate=isolate) as running:
        send(running, WORK, ["a", "b", "c"])
        running.drain()
    assert printed.by("F") == [1, 2, 3]


@BOTH
def test_every_service_is_reached_by_plain_clients(isolate: bool) -> None:
    printed = Printed()
    code = """
    import boto3, json
    s3, db, sqs = boto3.client("s3"), boto3.client("dynamodb"), boto3.client("sqs")
    def tell(value): print(json.dumps(value, default=str))
    def handler(event, context):
        made = s3.put_object(Bucket="things", Key="a b/ü.md", Body=b"body" * 50000, Metadata={"kind": "x"})
        got = s3.get_object(Bucket="things", Key="a b/ü.md", VersionId=made["VersionId"])
        tell([got["Metadata"], len(got["Body"].read()), got["LastModified"]])
        head = s3.head_object(Bucket="things", Key="a b/ü.md")
        tell([head["ContentLength"], head["ETag"] == made["ETag"]])
        tell([entry["Key"] for entry in s3.list_objects_v2(Bucket="things", Prefix="a b/")["Contents"]])
        s3.copy_object(Bucket="things", Key="c", CopySource={"Bucket": "things", "Key": "a b/ü.md"})
        tell([entry["Key"] for entry in s3.delete_objects(Bucket="things", Delete={"Objects": [{"Key": "c"}]})["Deleted"]])
        item = {"pk": {"S": "ü"}, "sk": {"S": "0"}, "b": {"B": b"\\x00\\xff"}, "n": {"N": "1.50"}}
        db.put_item(TableName="Items", Item=item)
        back = db.get_item(TableName="Items", Key={"pk": {"S": "ü"}, "sk": {"S": "0"}})["Item"]
        tell(back == item)
        try:
            db.put_item(TableName="Items", Item=item, ConditionExpression="attribute_not_exists(pk)")
        except db.exceptions.ConditionalCheckFailedException as refused:
            tell(refused.response["Error"]["Code"])
        table = boto3.resource("dynamodb").Table("Items")
        tell(str(table.get_item(Key={"pk": "ü", "sk": "0"})["Item"]["n"]))
        url = sqs.get_queue_url(QueueName="pages.fifo")["QueueUrl"]
        sent = sqs.send_message(QueueUrl=url, MessageBody="ü", MessageGroupId="g", MessageDeduplicationId="d",
                                MessageAttributes={"raw": {"DataType": "Binary", "BinaryValue": b"\\x01"}})
        (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        tell([message["MessageId"] == sent["MessageId"], message["Body"], message["MessageAttributes"]["raw"]["DataType"]])
        try:
            sqs.send_message(QueueUrl=url + "x", MessageBody="x")
        except sqs.exceptions.QueueDoesNotExist as refused:
            tell(refused.response["Error"]["Code"])
        try:
            s3.get_object(Bucket="things", Key="nothing")
        except s3.exceptions.NoSuchKey as missing:
            tell(missing.response["ResponseMetadata"]["HTTPStatusCode"])
    """
    report = run(code, printed, isolate=isolate)
    assert report.errors == {}
    assert printed.by("F") == [
        [{"kind": "x"}, 200_000, f"{NOW:%Y-%m-%d %H:%M:%S+00:00}"],
        [200_000, True],
        ["a b/ü.md"],
        ["c"],
        True,
        "ConditionalCheckFailedException",
        "1.50",
        [True, "ü", "Binary"],
        "AWS.SimpleQueueService.NonExistentQueue",
        404,
    ]
    assert report.aws_calls["s3:PutObject"] == 1
    assert report.aws_calls["dynamodb:PutItem"] == 2
    assert report.aws_calls["s3:CopyObject"] == 1


@BOTH
def test_what_the_role_does_not_allow_is_denied_as_on_aws(isolate: bool) -> None:
    printed = Printed()
    code = """
    import boto3, json
    from botocore.exceptions import ClientError
    calls = [
        lambda: boto3.client("dynamodb").delete_item(TableName="Items", Key={"pk": {"S": "a"}, "sk": {"S": "0"}}),
        lambda: boto3.client("s3").put_object(Bucket="things", Key="a", Body=b""),
        lambda: boto3.client("sqs").get_queue_url(QueueName="pages.fifo"),
        lambda: boto3.client("s3").get_object(Bucket="things", Key="missing"),
        lambda: boto3.client("s3").head_object(Bucket="things", Key="missing"),
    ]
    def handler(event, context):
        for call in calls:
            try:
                call()
            except ClientError as denied:
                print(json.dumps(denied.response["Error"]["Code"]))
    """
    roles = {"r": (allow("sqs:*", resource=WORK.arn), allow("s3:GetObject"))}
    report = run(code, printed, isolate=isolate, role="r", roles=roles)
    assert printed.by("F") == ["AccessDeniedException", "AccessDenied", "AccessDenied", "AccessDenied", "403"]
    assert set(report.policy_denials) == {
        f"F: dynamodb:DeleteItem on arn:aws:dynamodb:{REGION}:123456789012:table/Items",
        "F: s3:PutObject on arn:aws:s3:::things/a",
        f"F: sqs:GetQueueUrl on arn:aws:sqs:{REGION}:123456789012:pages.fifo",
        "F: s3:ListBucket on arn:aws:s3:::things",
    }
    assert all("add that to its Policies" in warning for warning in report.warnings)


@BOTH
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def handler(event, context):\n    1 / 0\n", "ZeroDivisionError"),
        ("import no_such_module\n", "Runtime.ImportModuleError"),
        ("x = 1\n", "Runtime.HandlerNotFound"),
        ("raise KeyError('at import')\n", "KeyError"),
        ("def handler(event, context):\n    return {1, 2}\n", "MarshalError"),
        ("import sys\ndef handler(event, context):\n    sys.exit(3)\n", "SystemExit"),
    ],
)
def test_what_goes_wrong_is_told_as_lambda_tells_it(code: str, kind: str, isolate: bool) -> None:
    report = run(code, Printed(), isolate=isolate)
    assert report.errors["F"].startswith(f"{kind}: ")


def test_a_handler_that_takes_too_long_is_ended() -> None:
    code = """
    import time
    first = True
    def handler(event, context):
        global first
        if first:
            first = False
            print('"starts"')
            time.sleep(60)
    """
    printed = Printed()
    parts = stack(
        function("F", code, timeout=timedelta(seconds=0.2)), PATIENT, DEAD, EventSourceMapping("m", PATIENT.arn, "F")
    )
    with cloud(parts, printed) as running:
        send(running, PATIENT, ["x"])
        running.drain()
        report = running.report()
    assert "Task timed out after 0.20 seconds" in report.errors["F"]
    # Each try found a fresh sandbox, as after a real timeout.
    assert printed.by("F") == ["starts"] * 3
    assert report.dead_letters[0].last_error.startswith("Sandbox.Timedout")  # type: ignore[union-attr]


def test_a_warm_process_that_takes_too_long_is_ended() -> None:
    code = """
    import time
    def handler(event, context):
        if event["Records"][0]["body"] == "slow":
            time.sleep(60)
    """
    parts = stack(
        function("F", code, timeout=timedelta(seconds=0.5)),
        queue(
            "slow.fifo", dead_letter_arn=queue("dead.fifo").arn, max_receive_count=1, content_based_deduplication=True
        ),
        queue("dead.fifo"),
        EventSourceMapping("m", queue("slow.fifo").arn, "F", batch_size=1),
    )
    with cloud(parts, isolate=True) as running:
        send(running, queue("slow.fifo"), ["quick", "slow", "quick again"], MessageGroupId="g")
        running.drain()
        report = running.report()
    assert "Task timed out after 0.50 seconds" in report.errors["F"]
    assert [letter.body for letter in report.dead_letters] == ["slow"]
    assert report.invocations["F"] == 3


def test_a_process_that_dies_fails_its_invocation() -> None:
    code = "import os\ndef handler(event, context):\n    os._exit(7)\n"
    report = run(code, Printed(), isolate=True)
    assert "Runtime exited with error: exit status 7" in report.errors["F"]


@BOTH
@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after it"])
def test_a_crash_at_a_call_has_the_message_delivered_again(after: bool, isolate: bool) -> None:
    code = """
    import boto3
    def handler(event, context):
        try:
            boto3.client("s3").put_object(Bucket="things", Key=event["Records"][0]["messageId"], Body=b"x")
        except Exception:
            print('"caught"')
        print('"went on"')
    """
    crashes, printed, there = [True], Printed(), []

    def hook(called: Function, service: str, operation: str, params: Mapping[str, Any]) -> None:
        assert (called.logical_id, service, operation) == ("F", "s3", "PutObject")
        there.append(running.client("s3").list_objects_v2(Bucket="things")["KeyCount"])
        if crashes:
            crashes.pop()
            raise Crash("here")

    parts = stack(function("F", code), PATIENT, DEAD, bucket("things"), EventSourceMapping("m", PATIENT.arn, "F"))
    hooks: dict[str, Callable[..., None]] = {"after_call" if after else "before_call": hook}
    with cloud(parts, printed, isolate=isolate, **hooks) as running:
        send(running, PATIENT, ["x"])
        running.drain()
        report = running.report()
        assert running.now == NOW + timedelta(seconds=60)
    assert there == ([1, 1] if after else [0, 0])
    assert printed.by("F") == ["went on"]
    assert report.invocations["F"] == 2
    assert not report.dead_letters


def test_no_state_leaks_between_functions_that_share_a_process(tmp_path: Path) -> None:
    layer = tmp_path / "layer" / "python"
    layer.mkdir(parents=True)
    (layer / "shared_by_both.py").write_text("seen = []\n")
    code = """
    import json, os
    import boto3
    import shared_by_both
    from aws_lambda_powertools import Metrics
    metrics = Metrics()
    shared_by_both.seen.append(os.environ["AWS_LAMBDA_FUNCTION_NAME"])
    @metrics.log_metrics
    def handler(event, context):
        metrics.add_metric(name="Runs", unit="Count", value=1)
        print(json.dumps(shared_by_both.seen))
        boto3.setup_default_session()
    """
    printed = Printed()
    before, path = set(sys.modules), list(sys.path)
    functions, mappings, queues = [], [], []
    for name in ("A", "B"):
        made = function(name, code, environment={"POWERTOOLS_METRICS_NAMESPACE": "n", "POWERTOOLS_SERVICE_NAME": name})
        functions.append(replace(made, layer_dirs=(tmp_path / "layer",)))
        queues.append(queue(f"of-{name}"))
        mappings.append(EventSourceMapping(f"m{name}", queues[-1].arn, name))
    with cloud(stack(*functions, *queues, *mappings), printed) as running:
        for number in range(4):
            send(running, queues[number % 2], ["x"])
            running.drain()
    for name in ("A", "B"):
        said = printed.by(name)
        assert [line for line in said if isinstance(line, list)] == [[name], [name]]
        metrics = [line for line in said if isinstance(line, dict) and "Runs" in line]
        assert [(line["service"], line["Runs"]) for line in metrics] == [(name, [1.0])] * 2
    left = {module for module in set(sys.modules) - before if module.startswith(("index", "shared_by"))}
    assert left == set()
    assert sys.path == path


def test_logs_belong_to_their_function_and_output_to_the_process() -> None:
    code = """
    import logging, sys
    log = logging.getLogger()
    log.setLevel("INFO")
    def handler(event, context):
        log.info('told')
        sys.stderr.write('half')
    """
    root, lines = logging.getLogger(), []
    level, own_output = root.level, sys.stdout

    def on_output(name: str, line: str) -> None:
        assert sys.stdout is own_output
        assert "AWS_LAMBDA_FUNCTION_NAME" not in os.environ
        lines.append((name, line))

    parts = stack(function("F", code), WORK, EventSourceMapping("m", WORK.arn, "F"))
    with cloud(parts, on_output=on_output) as running:
        send(running, WORK, ["x"])
        running.drain()
    assert lines == [("F", "[INFO]\troot\ttold"), ("F", "half")]
    assert (logging.getLogger(), root.level) == (root, level)


def test_request_ids_are_the_same_in_every_run() -> None:
    code = "import json\ndef handler(event, context):\n    print(json.dumps(context.aws_request_id))\n"
    first, second = Printed(), Printed()
    run(code, first)
    run(code, second)
    assert first == second


def test_an_event_is_a_copy() -> None:
    code = """
    import json
    def handler(event, context):
        print(json.dumps(event["Records"][0]["body"]))
        event["Records"][0]["body"] = "changed"
        raise RuntimeError
    """
    printed = Printed()
    parts = stack(function("F", code), PATIENT, DEAD, EventSourceMapping("m", PATIENT.arn, "F"))
    with cloud(parts, printed) as running:
        send(running, PATIENT, ["x"])
        running.drain()
    assert printed.by("F") == ["x"] * 3


def test_what_was_loaded_is_left_to_the_garbage_collector_in_the_end() -> None:
    with cloud(stack(function("F"), WORK, EventSourceMapping("m", WORK.arn, "F"))) as running:
        send(running, WORK, ["x"])
        running.run_for(timedelta(seconds=1))
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
