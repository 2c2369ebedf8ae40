import pytest

from localcloud.stack import Severity
from localcloud.template import TemplateError
from tests.localcloud.template.conftest import Read, told

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: test, AllowedValues: [test, live]}
  Sizes: {Type: CommaDelimitedList, Default: "a,b"}
Resources: {Q: {Type: AWS::SQS::Queue}}
Outputs:
  Stage: {Value: !Ref Stage}
  Sizes: {Value: !Ref Sizes}
"""


def test_defaults_hold_where_nothing_is_given(read: Read) -> None:
    assert read(TEMPLATE).outputs == {"Stage": "test", "Sizes": ["a", "b"]}


def test_given_values_win(read: Read) -> None:
    stack = read(TEMPLATE, parameters={"Stage": "live", "Sizes": "c"})
    assert stack.outputs == {"Stage": "live", "Sizes": ["c"]}


def test_a_value_that_is_not_allowed_is_refused_with_those_that_are(read: Read) -> None:
    with pytest.raises(TemplateError, match=r"Parameters\.Stage: 'prod' is not allowed \(one of test, live\)"):
        read(TEMPLATE, parameters={"Stage": "prod"})


def test_an_unknown_parameter_is_refused_with_the_known_ones(read: Read) -> None:
    with pytest.raises(
        TemplateError, match=r"Parameters\.Stag: no such parameter \(the template declares: Stage, Sizes\)"
    ):
        read(TEMPLATE, parameters={"Stag": "test"})


def test_a_parameter_without_a_value_is_guessed_and_warned_of(read: Read) -> None:
    stack = read(
        """
        Parameters:
          Name: {Type: String}
          Number: {Type: Number, MinValue: 3}
          Kind: {Type: String, AllowedValues: [x, y]}
        Resources: {Q: {Type: AWS::SQS::Queue}}
        Outputs: {Out: {Value: !Sub "${Name} ${Number} ${Kind}"}}
        """
    )
    assert stack.outputs == {"Out": "name 3 x"}
    assert set(told(stack, Severity.WARNING)) == {"Name", "Number", "Kind"}
    assert "--parameter Name=VALUE" in told(stack, Severity.WARNING)["Name"]


def test_a_guessed_list_has_as_many_values_as_are_asked_for(read: Read) -> None:
    stack = read(
        """
        Parameters: {Zones: {Type: "List<AWS::EC2::AvailabilityZone::Name>"}}
        Resources: {Q: {Type: AWS::SQS::Queue}}
        Outputs: {Second: {Value: !Select [1, !Ref Zones]}}
        """
    )
    assert told(stack) == {}


def test_a_parameter_whose_value_is_kept_in_aws_is_named(read: Read) -> None:
    text = """
    Parameters: {Pool: {Type: "AWS::SSM::Parameter::Value<String>", Default: /pool}}
    Resources: {Q: {Type: AWS::SQS::Queue}}
    Outputs: {Out: {Value: !Ref Pool}}
    """
    assert read(text).unsupported == (("Pool", "AWS::SSM::Parameter::Value<String>"),)
    given = read(text, parameters={"Pool": "eu-1"})
    assert given.outputs == {"Out": "eu-1"}
    assert given.unsupported == ()
