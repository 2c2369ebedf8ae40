import pytest

from localcloud.stack import ACCOUNT_ID, Severity, Stack
from localcloud.template import TemplateError
from tests.localcloud.template.conftest import Read, told

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: test}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsLive: !Equals [!Ref Stage, live]
  Both: !And [!Condition IsTest, !Not [!Condition IsLive]]
  Neither: !Or [!Condition IsLive, !Equals [a, b]]
Mappings:
  Sizes: {test: {memory: 256}, us-east-1: {zone: east}}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Fifo: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  Bucket: {Type: AWS::S3::Bucket}
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {KeySchema: [], AttributeDefinitions: [], StreamSpecification: {StreamViewType: NEW_IMAGE}}
  Topic: {Type: AWS::SNS::Topic}
  Role: {Type: AWS::IAM::Role}
  Live: {Type: AWS::SQS::Queue, Condition: IsLive}
Outputs:
  Out: {Value: VALUE}
"""


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("!Ref Queue", f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT_ID}/local-Queue"),
        ("!Ref Fifo", f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT_ID}/local-Fifo.fifo"),
        ("!Ref Bucket", "local-bucket"),
        ("!Ref Table", "local-Table"),
        ("!Ref Topic", f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:local-Topic"),
        ("!Ref Stage", "test"),
        ("!Ref Names", ["a", "b", "c"]),
        ('!Ref "AWS::Region"', "us-east-1"),
        ('!Ref "AWS::AccountId"', ACCOUNT_ID),
        ('!Ref "AWS::StackName"', "local"),
        ('!Ref "AWS::URLSuffix"', "amazonaws.com"),
        ("!GetAtt Queue.Arn", f"arn:aws:sqs:us-east-1:{ACCOUNT_ID}:local-Queue"),
        ("!GetAtt [Queue, QueueName]", "local-Queue"),
        ("!GetAtt Bucket.Arn", "arn:aws:s3:::local-bucket"),
        ("!GetAtt Bucket.RegionalDomainName", "local-bucket.s3.us-east-1.amazonaws.com"),
        ("!GetAtt Role.Arn", f"arn:aws:iam::{ACCOUNT_ID}:role/local-Role"),
        ('!Sub "${Stage}-${Queue.QueueName}-${!Literal}-${AWS::Region}"', "test-local-Queue-${Literal}-us-east-1"),
        ('!Sub ["${A}/${B}", {A: !Ref Stage, B: 1}]', "test/1"),
        ('!Join [":", [a, !Ref Stage, 1, true]]', "a:test:1:true"),
        ('!Join ["-", !Ref Names]', "a-b-c"),
        ("!If [IsTest, yes-it-is, !Ref Nowhere]", "yes-it-is"),
        ("!If [IsLive, x, [1, !Ref 'AWS::NoValue', 2]]", [1, 2]),
        ("!If [Both, b, n]", "b"),
        ("!If [Neither, n, o]", "o"),
        ("{a: !Ref 'AWS::NoValue', b: 1}", {"b": 1}),
        ("!Select [1, !Ref Names]", "b"),
        ('!Select ["2", !Split ["/", "a/b/c"]]', "c"),
        ("!FindInMap [Sizes, !Ref Stage, memory]", 256),
        ("!FindInMap [Sizes, nowhere, memory, {DefaultValue: 1}]", 1),
        ("!Base64 abc", "YWJj"),
        ("!Select [0, !GetAZs '']", "us-east-1a"),
        ("!Select [3, !Split ['/', !GetAtt Table.StreamArn]]", "2000-01-01T00:00:00.000"),
        ("!ImportValue given", "from another stack"),
    ],
)
def test_intrinsics(read: Read, value: str, result: object) -> None:
    stack = read(TEMPLATE.replace("VALUE", value), exports={"given": "from another stack"})
    assert told(stack) == {}
    assert stack.outputs["Out"] == result


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!Ref Nowhere", "Ref: Nowhere: the template has no Nowhere"),
        ("!GetAtt Nowhere.Arn", "the template has no Nowhere"),
        ("!GetAtt Queue.Url", "AWS::SQS::Queue has no attribute Url"),
        ('!Sub "${Nowhere}"', "the template has no Nowhere"),
        ('!Sub "${Queue.Nothing}"', "no attribute Nothing"),
        ("!Ref Live", "the condition of Live is false"),
        ('!Ref "AWS::Nothing"', "no pseudo parameter AWS::Nothing"),
        ("!If [Unheard, a, b]", "there is no condition Unheard"),
        ("!If [IsTest, a]", "Fn::If is malformed"),
        ("!FindInMap [Sizes, other, memory]", "Mappings has no Sizes.other.memory"),
        ("!Select [7, [a]]", "value 7 of 1"),
        ("!Join [a]", "Fn::Join is malformed"),
        ("!Split ['', a]", "Fn::Split is malformed"),
        ("!Sub []", "Fn::Sub is malformed"),
    ],
)
def test_what_cannot_be_resolved_is_an_error_that_names_the_place(read: Read, value: str, message: str) -> None:
    stack = read(TEMPLATE.replace("VALUE", value))
    assert message in told(stack)["Outputs.Out"]


@pytest.mark.parametrize(("value", "name"), [("!Cidr [a, 1, 2]", "Fn::Cidr"), ("!ImportValue gone", "'gone'")])
def test_what_is_not_known_here_is_named_as_a_warning(read: Read, value: str, name: str) -> None:
    stack = read(TEMPLATE.replace("VALUE", value))
    assert name in told(stack, Severity.WARNING)["Outputs.Out"]
    assert told(stack) == {}


def test_conditions_that_refer_to_each_other_in_a_circle_are_refused(read: Read) -> None:
    with pytest.raises(TemplateError, match=r"Conditions\.A → Conditions\.B → Conditions\.A"):
        read(
            """
            Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}
            Resources: {Q: {Type: AWS::SQS::Queue, Condition: A}}
            """
        )


def test_names_that_need_each_other_are_refused(read: Read) -> None:
    with pytest.raises(TemplateError, match="the name of B → the name of A → the name of B"):
        read(
            """
            Resources:
              A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt B.QueueName}}
              B: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.QueueName}}
            """
        )


def test_only_the_side_of_an_if_that_is_taken_is_resolved(read: Read) -> None:
    stack: Stack = read(
        """
        Conditions: {Live: !Equals [a, b]}
        Resources:
          Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [Live, !Ref Missing, here]}}
        """
    )
    assert stack.findings == ()
    assert stack.queues["Q"].name == "here"
