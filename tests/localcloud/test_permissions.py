from typing import Any

import botocore.session
import pytest

from localcloud.permissions import lookup_in, required_permissions
from localcloud.stack import ACCOUNT_ID, Stack
from localcloud.template import read_stack
from tests.localcloud.template.conftest import NEWS

REGIONAL = f"us-east-1:{ACCOUNT_ID}"
BUCKET, TABLE = "arn:aws:s3:::b", f"arn:aws:dynamodb:{REGIONAL}:table/t"
QUEUE = f"arn:aws:sqs:{REGIONAL}:q"
URL = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT_ID}/q"


@pytest.fixture(scope="module")
def stack() -> Stack:
    return read_stack(NEWS)


@pytest.mark.parametrize(
    ("service", "operation", "params", "needed"),
    [
        ("s3", "GetObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", f"{BUCKET}/k")]),
        ("s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, [("s3:GetObjectVersion", f"{BUCKET}/k")]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", f"{BUCKET}/k")]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, [("s3:GetObjectVersion", f"{BUCKET}/k")]),
        ("s3", "HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", BUCKET)]),
        ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "x"}, [("s3:ListBucket", BUCKET)]),
        ("s3", "ListObjectVersions", {"Bucket": "b"}, [("s3:ListBucketVersions", BUCKET)]),
        ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k"}, [("s3:PutObject", f"{BUCKET}/k")]),
        (
            "s3",
            "PutObject",
            {"Bucket": "b", "Key": "k", "Tagging": "a=b", "ACL": "private"},
            [
                ("s3:PutObject", f"{BUCKET}/k"),
                ("s3:PutObjectTagging", f"{BUCKET}/k"),
                ("s3:PutObjectAcl", f"{BUCKET}/k"),
            ],
        ),
        ("s3", "UploadPart", {"Bucket": "b", "Key": "k"}, [("s3:PutObject", f"{BUCKET}/k")]),
        ("s3", "DeleteObject", {"Bucket": "b", "Key": "k"}, [("s3:DeleteObject", f"{BUCKET}/k")]),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}, {"Key": "l", "VersionId": "1"}]}},
            [("s3:DeleteObject", f"{BUCKET}/k"), ("s3:DeleteObjectVersion", f"{BUCKET}/l")],
        ),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": "c", "Key": "x"}},
            [("s3:GetObject", "arn:aws:s3:::c/x"), ("s3:PutObject", f"{BUCKET}/k")],
        ),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": "c/x/y?versionId=1"},
            [("s3:GetObjectVersion", "arn:aws:s3:::c/x/y"), ("s3:PutObject", f"{BUCKET}/k")],
        ),
        ("dynamodb", "GetItem", {"TableName": "t"}, [("dynamodb:GetItem", TABLE)]),
        ("dynamodb", "GetItem", {"TableName": TABLE}, [("dynamodb:GetItem", TABLE)]),
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, [("dynamodb:Query", f"{TABLE}/index/i")]),
        ("dynamodb", "ListTables", {}, [("dynamodb:ListTables", "*")]),
        (
            "dynamodb",
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "t"}},
                    {"Put": {"TableName": "t"}},
                    {"ConditionCheck": {"TableName": "t"}},
                    {"Delete": {"TableName": "t"}},
                    {"Update": {"TableName": "t"}},
                ]
            },
            [
                ("dynamodb:PutItem", TABLE),
                ("dynamodb:ConditionCheckItem", TABLE),
                ("dynamodb:DeleteItem", TABLE),
                ("dynamodb:UpdateItem", TABLE),
            ],
        ),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"t": {}}}, [("dynamodb:BatchGetItem", TABLE)]),
        ("sqs", "SendMessage", {"QueueUrl": URL}, [("sqs:SendMessage", QUEUE)]),
        ("sqs", "SendMessageBatch", {"QueueUrl": URL}, [("sqs:SendMessage", QUEUE)]),
        ("sqs", "ChangeMessageVisibilityBatch", {"QueueUrl": URL}, [("sqs:ChangeMessageVisibility", QUEUE)]),
        ("sqs", "GetQueueUrl", {"QueueName": "q"}, [("sqs:GetQueueUrl", QUEUE)]),
        ("sqs", "ListQueues", {}, [("sqs:ListQueues", "*")]),
        ("ssm", "GetParameter", {"Name": "/a/b"}, [("ssm:GetParameter", f"arn:aws:ssm:{REGIONAL}:parameter/a/b")]),
        (
            "ssm",
            "GetParametersByPath",
            {"Path": "/a/"},
            [("ssm:GetParametersByPath", f"arn:aws:ssm:{REGIONAL}:parameter/a")],
        ),
        ("secretsmanager", "GetSecretValue", {"SecretId": "arn:x"}, [("secretsmanager:GetSecretValue", "arn:x")]),
        (
            "events",
            "PutEvents",
            {"Entries": [{}, {}]},
            [("events:PutEvents", f"arn:aws:events:{REGIONAL}:event-bus/default")],
        ),
        (
            "lambda",
            "Invoke",
            {"FunctionName": "f"},
            [("lambda:InvokeFunction", f"arn:aws:lambda:{REGIONAL}:function:f")],
        ),
        ("stepfunctions", "StartExecution", {"stateMachineArn": "arn:m"}, [("states:StartExecution", "arn:m")]),
        ("translate", "TranslateText", {}, [("translate:TranslateText", "*")]),
    ],
)
def test_what_a_call_needs(
    stack: Stack, service: str, operation: str, params: dict[str, Any], needed: list[tuple[str, str]]
) -> None:
    assert required_permissions(service, operation, params, lookup_in(stack)) == needed


def test_names_of_the_stack_are_looked_up(stack: Stack) -> None:
    lookup = lookup_in(stack)
    for queue in stack.queues.values():
        assert lookup("queue", queue.url) == lookup("queue", queue.name) == queue.arn
    for table in stack.tables.values():
        assert lookup("table", table.name) == table.arn
    for bucket in stack.buckets.values():
        assert lookup("bucket", bucket.name) == bucket.arn
    for function in stack.functions.values():
        assert lookup("function", function.name) == function.arn


def test_every_operation_of_the_services_run_here_has_an_action(stack: Stack) -> None:
    session, lookup = botocore.session.get_session(), lookup_in(stack)
    for service in ("s3", "dynamodb", "sqs", "ssm", "secretsmanager"):
        for operation in session.get_service_model(service).operation_names:
            needed = required_permissions(service, operation, {}, lookup)
            assert all(action.startswith(f"{service}:") and resource for action, resource in needed), operation
