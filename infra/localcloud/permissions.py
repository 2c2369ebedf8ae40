"""Which IAM permissions an AWS call needs: (service, operation, parameters) → (action, resource).

After the Service Authorization Reference. Operation and action differ more often than one thinks:
``HeadObject`` needs ``s3:GetObject``, ``ListObjectsV2`` needs ``s3:ListBucket``, a batch or a transaction needs
the action of each of its items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from localcloud.stack import ACCOUNT_ID, Stack

Permission = tuple[str, str]
"""(IAM action, resource ARN); the resource is ``*`` where the action knows none."""

Lookup = Callable[[str, str], str]
"""(kind, what the caller wrote) → ARN; see :func:`lookup_in` for the kinds."""

_ANY = "*"

_S3_BUCKET_ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
_S3_OBJECT_ACTIONS = {
    "HeadObject": "GetObject",
    "GetObjectTorrent": "GetObject",
    "SelectObjectContent": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
}
_S3_BY_VERSION = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "PutObjectAcl": "PutObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObjectAttributes": "GetObjectVersionAttributes",
}
_DYNAMODB_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_BATCH_OF_ONE_ACTION = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}
_SERVICE_PREFIXES = {"stepfunctions": "states", "logs": "logs", "scheduler": "scheduler"}


def lookup_in(stack: Stack) -> Lookup:
    """Make the lookup for :func:`required_permissions` that answers with a stack's own names and ARNs.

    Kinds: ``queue`` (URL or name), ``table``, ``bucket``, ``function``, ``topic``, ``parameter``, ``secret``,
    ``bus``, ``state-machine``, ``stream`` (name or ARN). What the stack does not know gets the ARN that its name
    would have in the stack's account and region.
    """
    queues = {key: queue.arn for queue in stack.queues.values() for key in (queue.url, queue.name)}
    functions = {function.name: function.arn for function in stack.functions.values()}
    shapes = {
        "queue": "sqs:{region}:{account}:{name}",
        "table": "dynamodb:{region}:{account}:table/{name}",
        "bucket": "s3:::{name}",
        "function": "lambda:{region}:{account}:function:{name}",
        "topic": "sns:{region}:{account}:{name}",
        "parameter": "ssm:{region}:{account}:parameter/{name}",
        "secret": "secretsmanager:{region}:{account}:secret:{name}",
        "bus": "events:{region}:{account}:event-bus/{name}",
        "state-machine": "states:{region}:{account}:stateMachine:{name}",
        "stream": "kinesis:{region}:{account}:stream/{name}",
    }

    def lookup(kind: str, written: str) -> str:
        if written.startswith("arn:"):
            return written
        if kind == "queue":
            return queues.get(written) or _arn(shapes[kind], written.rstrip("/").rpartition("/")[2])
        if kind == "function" and written in functions:
            return functions[written]
        return _arn(shapes[kind], written.lstrip("/") if kind == "parameter" else written)

    def _arn(shape: str, name: str) -> str:
        return "arn:aws:" + shape.format(region=stack.region, account=ACCOUNT_ID, name=name)

    return lookup


def required_permissions(service: str, operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    """Name every (action, resource ARN) that an AWS call needs; the caller must hold them all.

    ``service`` and ``operation`` are botocore's (``s3``, ``ListObjectsV2``), ``params`` the keyword arguments
    of the call. A service without rules of its own needs ``service:Operation`` on ``*``.
    """
    rules = _RULES.get(service)
    if rules is not None:
        return rules(operation, params, lookup)
    return [(f"{_SERVICE_PREFIXES.get(service, service)}:{operation}", _ANY)]


def _s3(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    if operation == "ListBuckets":
        return [("s3:ListAllMyBuckets", _ANY)]
    bucket = lookup("bucket", str(params.get("Bucket", "")))
    if operation == "DeleteObjects":
        objects = params.get("Delete", {}).get("Objects", [])
        return [_s3_object("DeleteObject", bucket, entry.get("Key"), entry.get("VersionId")) for entry in objects]
    if "Key" not in params:
        return [(f"s3:{_S3_BUCKET_ACTIONS.get(operation, operation)}", bucket)]
    key, version = params["Key"], params.get("VersionId")
    if operation in ("CopyObject", "UploadPartCopy"):
        return [_s3_copy_source(params.get("CopySource", ""), lookup), *_s3_writes(bucket, key, params)]
    action = _S3_OBJECT_ACTIONS.get(operation, operation)
    if action == "PutObject":
        return _s3_writes(bucket, key, params)
    return [_s3_object(action, bucket, key, version)]


def _s3_object(action: str, bucket: str, key: object, version: object) -> Permission:
    if version:
        action = _S3_BY_VERSION.get(action, action)
    return f"s3:{action}", f"{bucket}/{key}"


def _s3_writes(bucket: str, key: object, params: Mapping[str, Any]) -> list[Permission]:
    needed = [("s3:PutObject", f"{bucket}/{key}")]
    if params.get("Tagging"):
        needed.append(("s3:PutObjectTagging", f"{bucket}/{key}"))
    if any(name == "ACL" or name.startswith("Grant") for name in params):
        needed.append(("s3:PutObjectAcl", f"{bucket}/{key}"))
    return needed


def _s3_copy_source(source: Any, lookup: Lookup) -> Permission:
    if isinstance(source, Mapping):
        return _s3_object("GetObject", lookup("bucket", str(source["Bucket"])), source["Key"], source.get("VersionId"))
    path, _, version = str(source).partition("?versionId=")
    bucket, _, key = path.lstrip("/").partition("/")
    return _s3_object("GetObject", lookup("bucket", bucket), key, version)


def _dynamodb(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    if operation in ("TransactWriteItems", "TransactGetItems"):
        return _unique(
            (f"dynamodb:{_DYNAMODB_TRANSACTION[kind]}", lookup("table", item["TableName"]))
            for entry in params.get("TransactItems", [])
            for kind, item in entry.items()
        )
    if operation in ("BatchGetItem", "BatchWriteItem"):
        tables = params.get("RequestItems", {})
        return [(f"dynamodb:{operation}", lookup("table", table)) for table in tables]
    if operation in ("ListTables", "DescribeLimits", "DescribeEndpoints"):
        return [(f"dynamodb:{operation}", _ANY)]
    if operation == "ExecuteStatement":
        verb = str(params.get("Statement", "")).split(None, 1)[0:1]
        return [(f"dynamodb:PartiQL{verb[0].title() if verb else ''}", _ANY)]
    if "TableName" not in params:
        return [(f"dynamodb:{operation}", str(params.get("ResourceArn", _ANY)))]
    table = lookup("table", str(params["TableName"]))
    index = params.get("IndexName")
    return [(f"dynamodb:{operation}", f"{table}/index/{index}" if index else table)]


def _dynamodbstreams(operation: str, params: Mapping[str, Any], _lookup: Lookup) -> list[Permission]:
    return [(f"dynamodb:{operation}", str(params.get("StreamArn", _ANY)))]


def _sqs(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    action = f"sqs:{_BATCH_OF_ONE_ACTION.get(operation, operation)}"
    queue = params.get("QueueUrl") or params.get("QueueName")
    return [(action, lookup("queue", str(queue)) if queue else _ANY)]


def _ssm(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    action = f"ssm:{operation}"
    if operation in ("GetParameters", "DeleteParameters"):
        return [(action, lookup("parameter", str(name))) for name in params.get("Names", [])]
    if operation == "GetParametersByPath":
        return [(action, lookup("parameter", str(params.get("Path", "/")).rstrip("/")))]
    name = params.get("Name")
    return [(action, lookup("parameter", str(name)) if name else _ANY)]


def _secretsmanager(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    action = f"secretsmanager:{operation}"
    if operation == "BatchGetSecretValue":
        listed = [("secretsmanager:GetSecretValue", lookup("secret", str(i))) for i in params.get("SecretIdList", [])]
        return [(action, _ANY), *listed]
    name = params.get("SecretId") or params.get("Name")
    return [(action, lookup("secret", str(name)) if name else _ANY)]


def _events(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    if operation == "PutEvents":
        buses = (str(entry.get("EventBusName", "default")) for entry in params.get("Entries", []))
        return _unique(("events:PutEvents", lookup("bus", bus)) for bus in buses)
    return [(f"events:{operation}", _ANY)]


def _lambda(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    action = "lambda:InvokeFunction" if operation in ("Invoke", "InvokeAsync") else f"lambda:{operation}"
    name = params.get("FunctionName")
    return [(action, lookup("function", str(name)) if name else _ANY)]


def _sns(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    action = "sns:Publish" if operation == "PublishBatch" else f"sns:{operation}"
    topic = params.get("TopicArn") or params.get("TargetArn")
    return [(action, lookup("topic", str(topic)) if topic else _ANY)]


def _stepfunctions(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    machine = params.get("stateMachineArn")
    return [(f"states:{operation}", lookup("state-machine", str(machine)) if machine else _ANY)]


def _kinesis(operation: str, params: Mapping[str, Any], lookup: Lookup) -> list[Permission]:
    stream = params.get("StreamARN") or params.get("StreamName")
    return [(f"kinesis:{operation}", lookup("stream", str(stream)) if stream else _ANY)]


def _unique(permissions: Iterable[Permission]) -> list[Permission]:
    return list(dict.fromkeys(permissions))


_RULES: Mapping[str, Callable[[str, Mapping[str, Any], Lookup], list[Permission]]] = {
    "s3": _s3,
    "dynamodb": _dynamodb,
    "dynamodbstreams": _dynamodbstreams,
    "sqs": _sqs,
    "ssm": _ssm,
    "secretsmanager": _secretsmanager,
    "events": _events,
    "lambda": _lambda,
    "sns": _sns,
    "stepfunctions": _stepfunctions,
    "kinesis": _kinesis,
}
