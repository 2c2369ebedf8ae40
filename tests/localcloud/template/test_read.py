"""The example application, whole: what of it stands in the stack."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.check import check
from localcloud.policy import allows
from localcloud.stack import ACCOUNT_ID, Severity, Stack
from localcloud.template import TemplateError, read_stack
from localcloud.template.load import load
from tests.localcloud.template.conftest import NEWS, Read


def test_the_example_has_no_fault(news: Stack) -> None:
    assert news.findings == ()
    assert news.unsupported == ()
    assert news.unsupported_sources == ()


def test_reading_twice_gives_the_same(news: Stack) -> None:
    assert read_stack(NEWS) == news


def test_queues(news: Stack) -> None:
    work, page = news.queues["WorkQueue"], news.queues["PageQueue"]
    assert work.url == f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT_ID}/local-WorkQueue"
    assert work.visibility_timeout == timedelta(seconds=60)
    assert work.dead_letter_arn == news.queues["WorkDeadLetters"].arn
    assert work.max_receive_count == 5
    assert work.retention == timedelta(days=4)
    (statement,) = work.policy
    assert statement.principals == ("s3.amazonaws.com",)
    assert statement.source_accounts == (ACCOUNT_ID,)
    assert page.name == "local-PageQueue.fifo"
    assert (page.fifo, page.content_based_deduplication, page.delay) == (True, True, timedelta(seconds=30))
    assert "OnlyLive" not in news.queues
    assert "OnlyLive" in read_stack(NEWS, parameters={"Stage": "live"}).queues


def test_buckets(news: Stack) -> None:
    inbox = news.buckets["InboxBucket"]
    assert (inbox.name, inbox.arn, inbox.versioned) == ("local-inboxbucket", "arn:aws:s3:::local-inboxbucket", True)
    (notification,) = inbox.notifications
    assert notification.events == ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    assert notification.target_arn == news.queues["WorkQueue"].arn
    (image,) = news.buckets["Images"].notifications
    assert (image.prefix, image.suffix) == ("in/", ".jpg")
    assert image.target_arn == news.functions["Thumbnails"].arn
    assert news.buckets["Failed2"].eventbridge
    assert not inbox.eventbridge


def test_tables(news: Stack) -> None:
    table = news.tables["Storage/Table"]
    assert table.name == "news-test"
    assert table.ttl_attribute == "ttl"
    assert table.stream_view == "NEW_AND_OLD_IMAGES"
    assert table.stream_arn is not None
    assert table.stream_arn.startswith(f"{table.arn}/stream/")
    assert table.definition == {
        "TableName": "news-test",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }


def test_tables_with_capacity_and_indexes_are_as_create_table_takes_them(read: Read) -> None:
    stack = read(
        """
        Resources:
          T:
            Type: AWS::DynamoDB::Table
            Properties:
              AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
              KeySchema: [{AttributeName: a, KeyType: HASH}]
              ProvisionedThroughput: {ReadCapacityUnits: "5", WriteCapacityUnits: 2}
              GlobalSecondaryIndexes:
                - IndexName: i
                  KeySchema: [{AttributeName: a, KeyType: HASH}]
                  Projection: {ProjectionType: ALL}
                  ContributorInsightsSpecification: {Enabled: true}
        """
    )
    definition = stack.tables["T"].definition
    assert definition["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2}
    assert definition["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "i",
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        }
    ]


def test_functions(news: Stack) -> None:
    receive = news.functions["Receive"]
    assert receive.code_dir == NEWS.parent / "functions"
    assert receive.layer_dirs == (NEWS.parent / "layer",)
    assert (receive.timeout, receive.memory_mb) == (timedelta(seconds=10), 256)
    assert receive.environment == {"TABLE_NAME": "news-test", "QUEUE_URL": news.queues["WorkQueue"].url}
    assert receive.role == "local-ReceiveRole"
    assert news.functions["Tick"].inline_code == 'def handler(event, context):\n    return event["time"]\n'
    assert "s3.amazonaws.com" in news.functions["Thumbnails"].invoke_permissions


def test_event_sources(news: Stack) -> None:
    mappings = {mapping.logical_id: mapping for mapping in news.mappings}
    work, changes = mappings["ReceiveWork"], mappings["MarkChanges"]
    assert (work.function, work.batch_size, work.maximum_concurrency) == ("Receive", 5, 4)
    assert work.report_batch_item_failures
    assert changes.source_arn == news.tables["Storage/Table"].stream_arn
    assert (changes.starting_position, changes.bisect_on_error) == ("TRIM_HORIZON", True)
    assert changes.maximum_retry_attempts == 3
    assert changes.on_failure_arn == news.buckets["Failed"].arn
    assert changes.filters == (
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "ARTICLE#"}]}}}},
    )
    minute, night = news.schedules
    assert (minute.expression, minute.function, minute.scheduler) == ("rate(1 minute)", "Tick", False)
    assert (night.timezone, night.input, night.scheduler) == ("Asia/Shanghai", '{"night": true}', True)
    (rule,) = news.rules
    assert rule.pattern["detail"] == {"bucket": {"name": ["local-failed2"]}}


def test_roles_hold_what_sam_attaches_and_what_the_template_writes(news: Stack) -> None:
    statements = news.roles["local-ReceiveRole"]
    table, bucket = news.tables["Storage/Table"].arn, news.buckets["InboxBucket"].arn
    assert allows(statements, "dynamodb:PutItem", table)
    assert allows(statements, "sqs:DeleteMessage", news.queues["WorkQueue"].arn)
    assert allows(statements, "s3:GetObjectVersion", f"{bucket}/a/b.md")
    assert not allows(statements, "s3:GetObject", f"{bucket}/a/b.md")
    assert not allows(statements, "dynamodb:PutItem", table + "-other")


def test_a_function_is_found_behind_its_alias(read: Read) -> None:
    stack = read(
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          F:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: python3.13
              Handler: app.handler
              AutoPublishAlias: live
              Events:
                B: {Type: S3, Properties: {Bucket: !Ref B, Events: "s3:ObjectCreated:*"}}
                Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}
                T: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
          B: {Type: AWS::S3::Bucket}
          Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 18}}
        """
    )
    assert [finding for finding in stack.findings if finding.severity is Severity.ERROR] == []
    assert [mapping.function for mapping in stack.mappings] == ["F"]
    assert [schedule.function for schedule in stack.schedules] == ["F"]
    assert stack.buckets["B"].notifications[0].target_arn == stack.functions["F"].arn


def test_policies_attached_from_either_side_reach_the_role(read: Read) -> None:
    stack = read(
        """
        Resources:
          R:
            Type: AWS::IAM::Role
            Properties: {ManagedPolicyArns: [!Ref Own, arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess]}
          Own:
            Type: AWS::IAM::ManagedPolicy
            Properties:
              PolicyDocument: {Statement: {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}}
          Late:
            Type: AWS::IAM::Policy
            Properties:
              Roles: [!Ref R]
              PolicyDocument: {Statement: [{Effect: Deny, Action: "s3:*", Resource: "arn:aws:s3:::b/secret"}]}
        """
    )
    statements = stack.roles["local-R"]
    assert allows(statements, "s3:GetObject", "arn:aws:s3:::b/x")
    assert not allows(statements, "s3:GetObject", "arn:aws:s3:::b/secret")
    assert allows(statements, "sqs:GetQueueAttributes", "arn:aws:sqs:us-east-1:1:q")


def test_names_follow_the_stack_and_stay_in_bounds(read: Read) -> None:
    long = "L" * 90
    stack = read(f"Resources: {{{long}: {{Type: AWS::SQS::Queue}}, B: {{Type: AWS::S3::Bucket}}}}", stack_name="My")
    assert stack.buckets["B"].name == "my-b"
    assert len(stack.queues[long].name) == 80
    assert stack.queues[long].name.startswith("My-LLL")


WRONG: tuple[Any, ...] = (
    *(None, [], {}, "", "x", 7, -1, True, 1.5, [[1]], {"a": {"b": [{}]}}),
    *({"Ref": "Nope"}, {"Ref": ["a"]}, {"Ref": "AWS::NoValue"}, {"Fn::GetAtt": []}, {"Fn::Sub": []}),
    *({"Fn::If": ["IsLive", 1]}, {"Fn::Join": ["", None]}, {"Fn::Select": ["a", ["b"]]}, {"Fn::Unheard": 1}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document where something can be written."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


PLACES = list(places(load(NEWS)))


@given(place=st.sampled_from(PLACES), wrong=st.sampled_from(WRONG))
@settings(max_examples=80, deadline=None)
def test_whatever_stands_in_a_template_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[Any, ...], wrong: object
) -> None:
    """Something wrong in any place ends in a stack with findings or a TemplateError, never in another error."""
    document: Any = load(NEWS)
    *way, last = place
    spot = document
    for key in way:
        spot = spot[key]
    spot[last] = wrong
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "template.yaml").write_text(json.dumps(document), encoding="utf-8")
    shutil.copy(NEWS.parent / "storage.yaml", folder)
    try:
        verdict = check(read_stack(folder / "template.yaml"))
    except TemplateError:
        return
    assert json.loads(verdict.json())["ok"] == verdict.works
