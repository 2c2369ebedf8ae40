"""Each fault that the reader finds: the template that has it, who is blamed, what is said.

The example application in `templates/news` has none of them (test_read), so each finding here comes from the one
thing that differs.
"""

from string import Template

import pytest

from localcloud.stack import Severity
from tests.localcloud.template.conftest import SAM, Read, told

ERROR, WARNING, NOTE = Severity

QUEUE = Template(
    SAM
    + """
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      Timeout: 10
      Events:
        Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn, $mapping}}
  Q:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: $visibility
      FifoQueue: $fifo
      RedrivePolicy: $redrive
  D: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: $retention}}
  DF: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, MessageRetentionPeriod: 1209600}}
"""
)
RIGHT_QUEUE = {
    "visibility": "60",
    "fifo": "false",
    "redrive": "{deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 5}",
    "retention": "1209600",
    "mapping": "FunctionResponseTypes: [ReportBatchItemFailures]",
}
TO_DF = "{deadLetterTargetArn: !GetAtt DF.Arn, maxReceiveCount: 5}"


def test_the_queue_template_has_no_fault(read: Read) -> None:
    assert read(QUEUE.substitute(RIGHT_QUEUE)).findings == ()
    assert read(QUEUE.substitute(RIGHT_QUEUE, fifo="true", redrive=TO_DF)).findings == ()


@pytest.mark.parametrize(
    ("changes", "severity", "resource", "message"),
    [
        ({"visibility": "9"}, ERROR, "FQ", "below the timeout of F (10 s): Lambda refuses"),
        ({"visibility": "59"}, WARNING, "FQ", "below 6 × the timeout of F (10 s) | set VisibilityTimeout: 60"),
        ({"redrive": "!Ref AWS::NoValue"}, WARNING, "FQ", "Q has no dead-letter queue"),
        ({"redrive": "{deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 4}"}, WARNING, "FQ", "after 4 receives"),
        ({"redrive": "{deadLetterTargetArn: !GetAtt D.Arn}"}, ERROR, "Q", "lacks maxReceiveCount"),
        (
            {"redrive": "{deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:1:x', maxReceiveCount: 5}"},
            WARNING,
            "Q",
            "eu-west-1",
        ),
        ({"fifo": "true"}, ERROR, "Q", "it is FIFO, but its dead-letter queue D is standard"),
        ({"redrive": TO_DF}, ERROR, "Q", "it is standard, but its dead-letter queue DF is FIFO"),
        ({"retention": "60"}, WARNING, "Q", "D keeps messages shorter"),
        ({"mapping": "BatchSize: 5"}, NOTE, "FQ", "one bad message"),
        ({"mapping": "BatchSize: 11"}, ERROR, "FQ", "batch size is 11 without a batching window"),
        ({"mapping": "MaximumBatchingWindowInSeconds: 301"}, ERROR, "FQ", "window is over 300 s"),
        ({"mapping": "ScalingConfig: {MaximumConcurrency: 1}"}, ERROR, "FQ", "MaximumConcurrency is 1"),
        (
            {"mapping": "BatchSize: 11", "fifo": "true", "redrive": TO_DF},
            ERROR,
            "FQ",
            "batch size is 11 | at most 10 for a FIFO",
        ),
        (
            {"mapping": "MaximumBatchingWindowInSeconds: 5", "fifo": "true", "redrive": TO_DF},
            ERROR,
            "FQ",
            "FIFO queues have none",
        ),
        ({"mapping": "FilterCriteria: {Filters: [{Pattern: '{\"kind\": [1]}'}]}"}, ERROR, "FQ", "no 'kind'"),
        ({"mapping": "FilterCriteria: {Filters: [{Pattern: '{'}]}"}, ERROR, "FQ", "not JSON"),
        ({"mapping": "FilterCriteria: {Filters: [{Pattern: '[]'}]}"}, ERROR, "FQ", "no JSON object"),
    ],
)
def test_faults_of_queues(read: Read, changes: dict[str, str], severity: Severity, resource: str, message: str) -> None:
    assert message in told(read(QUEUE.substitute(RIGHT_QUEUE | changes)), severity).get(resource, "nothing told")


def test_a_window_allows_larger_batches(read: Read) -> None:
    mapping = "BatchSize: 100, MaximumBatchingWindowInSeconds: 1, FunctionResponseTypes: [ReportBatchItemFailures]"
    assert read(QUEUE.substitute(RIGHT_QUEUE, mapping=mapping)).findings == ()


@pytest.mark.parametrize(
    ("resources", "severity", "resource", "message"),
    [
        (
            (
                "Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q, RedrivePolicy:"
                " {deadLetterTargetArn: !Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q', maxReceiveCount: 5}}}"
            ),
            ERROR,
            "Q",
            "its own dead-letter queue",
        ),
        ("Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q, FifoQueue: true}}", ERROR, "Q", "name is q"),
        ("Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 901}}", ERROR, "Q", "delay is over 900"),
        ("Q: {Type: AWS::SQS::Queue, DependsOn: Gone}", ERROR, "Q", "makes no Gone"),
        ("B: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day)}}", ERROR, "B", "has no target"),
        ("B: {Type: AWS::Scheduler::Schedule, Properties: {ScheduleExpression: rate(1 day)}}", ERROR, "B", "no target"),
        (
            "M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: gone, EventSourceArn: x}}",
            ERROR,
            "M",
            "for gone, which the template does not have",
        ),
    ],
)
def test_faults_of_single_resources(
    read: Read, resources: str, severity: Severity, resource: str, message: str
) -> None:
    assert message in told(read(f"Resources: {{{resources}}}"), severity).get(resource, "nothing told")


STREAM = Template(
    SAM
    + """
Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties: {KeySchema: [], AttributeDefinitions: [], BillingMode: PAY_PER_REQUEST $stream}
  Failed: {Type: AWS::SQS::Queue}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      Events: {S: {Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, $mapping}}}
"""
)
SOUND = (
    "StartingPosition: LATEST, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 3,"
    " DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}}"
)
KEYS_ONLY = ", StreamSpecification: {StreamViewType: KEYS_ONLY}"


def test_the_stream_template_has_no_fault(read: Read) -> None:
    assert read(STREAM.substitute(stream=KEYS_ONLY, mapping=SOUND)).findings == ()


@pytest.mark.parametrize(
    ("stream", "mapping", "severity", "message"),
    [
        ("", SOUND, ERROR, "the table T has no stream"),
        (KEYS_ONLY, "StartingPosition: LATEST", WARNING, "set DestinationConfig OnFailure, Bisect"),
        (KEYS_ONLY, SOUND.replace("LATEST", "AT_TIMESTAMP"), ERROR, "starting position is AT_TIMESTAMP"),
        (KEYS_ONLY, SOUND + ", BatchSize: 10001", ERROR, "batch size is 10001"),
        (KEYS_ONLY, SOUND + ", ParallelizationFactor: 11", ERROR, "ParallelizationFactor is 11"),
        (KEYS_ONLY, SOUND.replace("Type: SQS, ", ""), ERROR, "may not write to its on-failure target"),
        (
            KEYS_ONLY,
            SOUND + ', FilterCriteria: {Filters: [{Pattern: \'{"dynamodb": {"NewImage": {"a": {"S": ["x"]}}}}\'}]}',
            ERROR,
            "view type is KEYS_ONLY",
        ),
    ],
)
def test_faults_of_streams(read: Read, stream: str, mapping: str, severity: Severity, message: str) -> None:
    assert message in told(read(STREAM.substitute(stream=stream, mapping=mapping)), severity).get("FS", "nothing told")


BUCKET = Template(
    """
Resources:
  B:
    Type: AWS::S3::Bucket
    $depends
    Properties:
      BucketName: inbox
      NotificationConfiguration: {QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Q.Arn}]}
  Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: $fifo}}
  P:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Q]
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: $who}, Action: $action, Resource: !GetAtt Q.Arn $condition}]
"""
)
RIGHT_BUCKET = {"depends": "DependsOn: P", "fifo": "false", "who": "s3.amazonaws.com", "action": "sqs:SendMessage"}
BY_ACCOUNT = ", Condition: {StringEquals: {'aws:SourceAccount': !Ref 'AWS::AccountId'}}"


@pytest.mark.parametrize(
    "condition", ["", BY_ACCOUNT, ", Condition: {ArnLike: {'AWS:SourceArn': 'arn:aws:s3:*:*:inbox'}}"]
)
def test_a_bucket_that_may_send_and_is_made_last_has_no_fault(read: Read, condition: str) -> None:
    assert read(BUCKET.substitute(RIGHT_BUCKET, condition=condition)).findings == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depends": ""}, "P may be made later | add DependsOn: P"),
        ({"who": "sns.amazonaws.com"}, "its policy does not name s3.amazonaws.com"),
        ({"action": "sqs:ReceiveMessage"}, "does not give s3.amazonaws.com the action"),
        ({"fifo": "true"}, "S3 does not send to FIFO queues"),
        ({"condition": ", Condition: {StringEquals: {'aws:SourceAccount': '210987654321'}}"}, "210987654321 only"),
        ({"condition": ", Condition: {ArnEquals: {'aws:SourceArn': 'arn:aws:s3:::other'}}"}, "arn:aws:s3:::other only"),
        (
            {"condition": ", Condition: {ArnEquals: {'aws:SourceArn': !GetAtt B.Arn}}", "depends": ""},
            "let it name the account (aws:SourceAccount) instead of B",
        ),
        (
            {"condition": ", Condition: {ArnEquals: {'aws:SourceArn': !GetAtt B.Arn}}"},
            "wait for each other: B → P → B | let P name the account (aws:SourceAccount) instead of B",
        ),
    ],
)
def test_faults_of_bucket_notifications(read: Read, changes: dict[str, str], message: str) -> None:
    stack = read(BUCKET.substitute(RIGHT_BUCKET | {"condition": BY_ACCOUNT} | changes))
    assert message in told(stack).get("B", "nothing told")


def test_a_queue_without_any_policy_is_named(read: Read) -> None:
    text = BUCKET.substitute(RIGHT_BUCKET | {"condition": "", "depends": ""})
    stack = read(text[: text.index("  P:")])
    assert "it notifies Q, but it has no policy" in told(stack)["B"]


FUNCTION = """
  F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.13, Handler: app.handler, %s}}
"""


@pytest.mark.parametrize(
    ("permission", "depends", "message"),
    [
        ("", "", "may not invoke it"),
        (
            "{FunctionName: !Ref F, Action: 'lambda:InvokeFunction', Principal: sns.amazonaws.com}",
            "P",
            "may not invoke",
        ),
        (
            "{FunctionName: !Ref F, Principal: s3.amazonaws.com, SourceArn: 'arn:aws:s3:::other'}",
            "P",
            "may not invoke",
        ),
        ("{FunctionName: !Ref F, Principal: s3.amazonaws.com}", "", "add DependsOn: P"),
        ("{FunctionName: !GetAtt F.Arn, Principal: s3.amazonaws.com}", "P", None),
    ],
)
def test_a_bucket_needs_permission_to_invoke(read: Read, permission: str, depends: str, message: str | None) -> None:
    text = SAM + "Resources:" + FUNCTION % "MemorySize: 128"
    text += f"""
  B:
    Type: AWS::S3::Bucket
    {"DependsOn: P" if depends else ""}
    Properties:
      NotificationConfiguration: {{LambdaConfigurations: [{{Event: "s3:ObjectCreated:*", Function: !GetAtt F.Arn}}]}}
"""
    if permission:
        text += f"  P: {{Type: AWS::Lambda::Permission, Properties: {permission}}}\n"
    found = told(read(text)).get("B")
    assert (message in (found or "")) if message else found is None


RULE = """
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: %s}}
  R:
    Type: AWS::Events::Rule
    Properties: {EventPattern: {source: [x]}, Targets: [{Id: q, Arn: !GetAtt Q.Arn}]}
  P:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Q]
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: %s}, Action: "sqs:*", Resource: "*"}]
"""


def test_a_rule_needs_the_queues_leave_and_a_group_for_fifo(read: Read) -> None:
    assert told(read(RULE % ("false", "events.amazonaws.com"))) == {}
    assert "does not name events.amazonaws.com" in told(read(RULE % ("false", "s3.amazonaws.com")))["R"]
    assert "without a message group" in told(read(RULE % ("true", "events.amazonaws.com")))["R"]


def test_a_rule_that_waits_for_a_silent_bucket_is_named(read: Read) -> None:
    text = """
    Resources:
      B: {Type: AWS::S3::Bucket %s}
      Q: {Type: AWS::SQS::Queue}
      R:
        Type: AWS::Events::Rule
        Properties:
          EventPattern: {source: [aws.s3], detail: {bucket: {name: [!Ref B]}}}
          Targets: [{Id: q, Arn: !GetAtt Q.Arn}]
    """
    speaking = ", Properties: {NotificationConfiguration: {EventBridgeConfiguration: {}}}"
    assert "does not send them to EventBridge" in told(read(text % ""))["R"]
    assert "EventBridge" not in told(read(text % speaking))["R"]


def test_a_schedule_may_start_only_what_lets_it(read: Read) -> None:
    text = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.13, Handler: app.handler}}
      R:
        Type: AWS::Events::Rule
        Properties: {ScheduleExpression: rate(1 minutes), Targets: [{Id: f, Arn: !GetAtt F.Arn}]}
      S:
        Type: AWS::Scheduler::Schedule
        Properties: {ScheduleExpression: rate(1 hour), Target: {Arn: !GetAtt F.Arn, RoleArn: !GetAtt Empty.Arn}}
      Empty: {Type: AWS::IAM::Role}
    """
    found = told(read(text))
    assert "write minute" in found["R"]
    assert "may not invoke it" in found["R"]
    assert "its role may not invoke F" in found["S"]


def test_a_role_of_ones_own_must_allow_reading_the_source(read: Read) -> None:
    text = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      F:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: python3.13
          Handler: app.handler
          Role: !GetAtt R.Arn
          Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}
      R:
        Type: AWS::IAM::Role
        Properties:
          Policies:
            - PolicyDocument: {Statement: {Effect: Allow, Action: "sqs:ReceiveMessage", Resource: !GetAtt Q.Arn}}
      Q: {Type: AWS::SQS::Queue}
    """
    assert "it lacks sqs:DeleteMessage, sqs:GetQueueAttributes" in told(read(text))["FQ"]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("{Effect: Allow, Action: 's3:*', Resource: 'arn:aws:s3:::b/*'}", "a statement allows s3:*"),
        ("{Effect: Allow, Action: '*', Resource: 'arn:aws:s3:::b/*'}", "a statement allows *"),
        ("{Effect: Allow, Action: 's3:GetObject', Resource: '*'}", "on every resource"),
        ("{Effect: Allow, Action: 'cloudwatch:PutMetricData', Resource: '*'}", None),
        ("{Effect: Deny, Action: '*', Resource: '*'}", None),
        ("{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}", None),
    ],
)
def test_wildcards_that_the_template_writes_are_warned_of(read: Read, statement: str, message: str | None) -> None:
    in_function = read(SAM + "Resources:" + FUNCTION % f"Policies: [{{Statement: [{statement}]}}]")
    policies = f"Policies: [{{PolicyDocument: {{Statement: {statement}}}}}]"
    in_role = read(f"Resources: {{F: {{Type: AWS::IAM::Role, Properties: {{{policies}}}}}}}")
    for stack in (in_function, in_role):
        found = told(stack, WARNING).get("F")
        assert (message in (found or "")) if message else found is None


def test_policies_that_sam_attaches_are_not_warned_of(read: Read) -> None:
    stack = read(
        SAM + "Resources:" + FUNCTION % "Policies: [AWSLambdaSQSQueueExecutionRole, {CloudWatchPutMetricPolicy: {}}]"
    )
    assert told(stack, WARNING) == {}


def test_a_function_that_can_write_to_its_own_source_is_warned_of(read: Read) -> None:
    text = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      F:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: python3.13
          Handler: app.handler
          Policies: [{S3WritePolicy: {BucketName: %s}}]
          Events: {B: {Type: S3, Properties: {Bucket: !Ref B, Events: "s3:ObjectCreated:*"}}}
      B: {Type: AWS::S3::Bucket}
    """
    assert "F is started by it and may write to it" in told(read(text % "local-b"), WARNING)["B"]
    assert told(read(text % "another"), WARNING) == {}


def test_two_functions_on_one_queue_are_warned_of_once(read: Read) -> None:
    event = "Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}"
    first = FUNCTION.replace("F:", "A:") % event
    second = FUNCTION.replace("F:", "B:") % event
    stack = read(f"{SAM}Resources:{first}{second}  Q: {{Type: AWS::SQS::Queue}}\n")
    assert [name for name, text in told(stack, WARNING).items() if "A, B poll Q" in text] == ["AQ"]


def test_what_nothing_starts_is_noted(read: Read) -> None:
    stack = read(SAM + "Resources:" + FUNCTION % "MemorySize: 128")
    assert "nothing in the template starts this function" in told(stack, NOTE)["F"]


def test_a_managed_policy_that_nobody_knows_is_warned_of(read: Read) -> None:
    stack = read(SAM + "Resources:" + FUNCTION % "Policies: [arn:aws:iam::aws:policy/NoSuchPolicy]")
    assert "NoSuchPolicy is not known here" in told(stack, WARNING)["FRole"]
