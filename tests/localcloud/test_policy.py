import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.managed_policies import _ON_EVERYTHING, _all_documents, managed_policy
from localcloud.policy import allows, refusal, service_may
from localcloud.stack import PolicyStatement
from localcloud.template.roles import statements

BUCKET, KEY = "arn:aws:s3:::news", "arn:aws:s3:::news/a/b.md"
ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


def allow(*actions: str, on: tuple[str, ...] = ("*",)) -> PolicyStatement:
    return PolicyStatement("Allow", actions, on)


def deny(*actions: str, on: tuple[str, ...] = ("*",), condition: bool = False) -> PolicyStatement:
    return PolicyStatement("Deny", actions, on, has_condition=condition)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", KEY),
        ("S3:getobject", KEY),
        ("s3:Get*", KEY),
        ("s3:GetObjec?", KEY),
        ("*", KEY),
        ("s3:GetObject", "*"),
        ("s3:GetObject", "arn:aws:s3:::news/*"),
        ("s3:GetObject", "arn:aws:s3:::news/?/b.md"),
        ("s3:GetObject", "arn:aws:s3:::n*"),
        ("s3:GetObject", "arn:*:s3:::news/*"),
        ("s3:GetObject", "arn:aws:s3"),
    ],
)
def test_patterns_that_cover(action: str, resource: str) -> None:
    assert allows([allow(action, on=(resource,))], "s3:GetObject", KEY)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObjectVersion", KEY),
        ("s3:Get", KEY),
        ("s3:GetObject?", KEY),
        ("sqs:*", KEY),
        ("s3:GetObject", BUCKET),
        ("s3:GetObject", "arn:aws:s3:::NEWS/*"),
        ("s3:GetObject", "arn:aws:s3:::news/a"),
        ("s3.GetObject", KEY),
    ],
)
def test_patterns_that_do_not(action: str, resource: str) -> None:
    assert not allows([allow(action, on=(resource,))], "s3:GetObject", KEY)


def test_nothing_is_allowed_that_no_statement_allows() -> None:
    assert not allows([], "s3:GetObject", KEY)


def test_a_denial_wins_wherever_it_stands() -> None:
    both = [allow("s3:*"), deny("s3:GetObject", on=("arn:aws:s3:::news/a/*",))]
    assert not allows(both, "s3:GetObject", KEY)
    assert not allows(reversed(both), "s3:GetObject", KEY)
    assert allows(both, "s3:GetObject", BUCKET + "/other")


def test_conditions_are_not_evaluated() -> None:
    assert allows([allow("s3:*"), deny("s3:*", condition=True)], "s3:GetObject", KEY)
    conditional = PolicyStatement("Allow", ("s3:*",), ("*",), has_condition=True)
    assert allows([conditional], "s3:GetObject", KEY)


def test_not_action_and_not_resource_cover_all_but_what_they_name() -> None:
    but_iam = PolicyStatement("Allow", (), ("*",), not_actions=("iam:*",))
    assert allows([but_iam], "s3:GetObject", KEY)
    assert not allows([but_iam], "IAM:CreateRole", "*")
    but_news = PolicyStatement("Allow", ("s3:*",), (), not_resources=("arn:aws:s3:::news/*",))
    assert allows([but_news], "s3:GetObject", "arn:aws:s3:::other/x")
    assert not allows([but_news], "s3:GetObject", KEY)


@given(st.text(alphabet="ab*?.[]^$\\", max_size=8))
def test_nothing_but_star_and_question_mark_is_special(text: str) -> None:
    literal = text.replace("*", "").replace("?", "")
    assert allows([allow("x:y", on=(literal,))], "x:y", literal)
    assert allows([allow("x:y", on=(text,))], "x:y", text)


def test_a_service_is_let_in_by_name_account_and_source() -> None:
    def may(policy: PolicyStatement) -> bool:
        return service_may(
            [policy], "s3.amazonaws.com", "sqs:SendMessage", QUEUE, source_arn=BUCKET, source_account=ACCOUNT
        )

    base = PolicyStatement("Allow", ("sqs:SendMessage",), ("*",), principals=("s3.amazonaws.com",))
    assert may(base)
    assert may(PolicyStatement("Allow", ("sqs:*",), (QUEUE,), principals=("*",), source_arns=("arn:aws:s3:::n*",)))
    assert not may(PolicyStatement("Allow", ("sqs:*",), ("*",), principals=("sns.amazonaws.com",)))
    assert not may(PolicyStatement("Allow", ("sqs:*",), ("*",), principals=("*",), source_arns=("arn:aws:s3:::x",)))
    assert not may(PolicyStatement("Allow", ("sqs:*",), ("*",), principals=("*",), source_accounts=("1",)))


def test_refusals_say_why() -> None:
    def why(*policy: PolicyStatement) -> str:
        return refusal(policy, "s3.amazonaws.com", source_arn=BUCKET, source_account=ACCOUNT)

    assert why() == "it has no policy"
    assert "does not name s3.amazonaws.com" in why(allow("sqs:SendMessage"))
    other = PolicyStatement("Allow", ("sqs:*",), ("*",), principals=("*",), source_accounts=("1",))
    assert "for 1 only" in why(other)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("AWSLambdaBasicExecutionRole", "logs:PutLogEvents"),
        ("arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole", "sqs:DeleteMessage"),
        ("arn:aws-cn:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole", "dynamodb:GetRecords"),
        ("AWSXRayDaemonWriteAccess", "xray:PutTraceSegments"),
        ("AmazonS3ReadOnlyAccess", "s3:GetObject"),
    ],
)
def test_managed_policies_allow_what_they_are_for_and_not_all(name: str, action: str) -> None:
    found = statements(managed_policy(name))
    assert allows(found, action, "arn:aws:s3:::b/k")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::b/k")


def test_what_is_written_out_here_is_what_aws_publishes() -> None:
    for name, actions in _ON_EVERYTHING.items():
        published = statements(_all_documents()[name]["Document"])
        assert {action for statement in published for action in statement.actions} == set(actions), name


def test_an_unknown_managed_policy_is_none() -> None:
    assert managed_policy("NoSuchPolicy") is None
