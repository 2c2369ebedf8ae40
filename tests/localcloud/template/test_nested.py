from pathlib import Path

import pytest

from localcloud.stack import ACCOUNT_ID
from localcloud.template import TemplateError
from tests.localcloud.template.conftest import Read, told

STORAGE = """
    Parameters: {Stage: {Type: String, Default: none}}
    Resources:
      Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${AWS::StackName}-${Stage}"}}
      Bucket: {Type: AWS::S3::Bucket}
    Outputs:
      Arn: {Value: !GetAtt Queue.Arn}
      Bucket: {Value: !Ref Bucket}
"""


def test_a_nested_stack_is_merged_under_its_path_and_gives_its_outputs(read: Read) -> None:
    stack = read(
        """
        Resources:
          Storage:
            Type: AWS::CloudFormation::Stack
            Properties: {TemplateURL: infra/storage.yaml, Parameters: {Stage: live}}
        Outputs:
          Arn: {Value: !GetAtt Storage.Outputs.Arn}
          Sub: {Value: !Sub "${Storage.Outputs.Bucket}!"}
        """,
        {"infra/storage.yaml": STORAGE},
    )
    assert told(stack) == {}
    assert set(stack.queues) == {"Storage/Queue"}
    assert stack.queues["Storage/Queue"].name == "local-Storage-live"
    assert stack.outputs == {
        "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT_ID}:local-Storage-live",
        "Sub": "local-storage-bucket!",
    }


def test_outputs_of_one_stack_are_parameters_of_another_whatever_their_order(read: Read) -> None:
    stack = read(
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Second:
            Type: AWS::Serverless::Application
            Properties: {Location: second.yaml, Parameters: {Source: !GetAtt First.Outputs.Arn}}
          First: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: first.yaml}}
        """,
        {
            "first.yaml": STORAGE,
            "second.yaml": """
            Transform: AWS::Serverless-2016-10-31
            Parameters: {Source: {Type: String}}
            Resources:
              Work:
                Type: AWS::Serverless::Function
                Properties:
                  Runtime: python3.13
                  Handler: app.handler
                  Events: {Q: {Type: SQS, Properties: {Queue: !Ref Source}}}
            """,
        },
    )
    assert told(stack) == {}
    (mapping,) = stack.mappings
    assert mapping.logical_id == "Second/WorkQ"
    assert mapping.function == "Second/Work"
    assert mapping.source_arn == stack.queues["First/Queue"].arn


def test_templates_that_nest_in_a_circle_are_refused_with_the_chain(read: Read) -> None:
    nest = "Resources: {{S: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {0}}}}}}}"
    with pytest.raises(TemplateError, match=r"template\.yaml → a\.yaml → b\.yaml → a\.yaml"):
        read(nest.format("a.yaml"), {"a.yaml": nest.format("b.yaml"), "b.yaml": nest.format("a.yaml")})


def test_stacks_that_need_each_others_outputs_are_refused(read: Read) -> None:
    with pytest.raises(TemplateError, match="circle of references: the stack A → the stack B → the stack A"):
        read(
            """
            Resources:
              A:
                Type: AWS::CloudFormation::Stack
                Properties: {TemplateURL: s.yaml, Parameters: {Stage: !GetAtt B.Outputs.Bucket}}
              B:
                Type: AWS::CloudFormation::Stack
                Properties: {TemplateURL: s.yaml, Parameters: {Stage: !GetAtt A.Outputs.Bucket}}
            """,
            {"s.yaml": STORAGE},
        )


@pytest.mark.parametrize(
    ("properties", "resource", "message"),
    [
        ("{TemplateURL: gone.yaml}", "S", "there is no template gone.yaml"),
        ("{TemplateURL: storage.yaml}", "Outputs.O", "S (storage.yaml) has no output Nothing"),
    ],
)
def test_what_is_wrong_with_a_nested_stack_is_told(read: Read, properties: str, resource: str, message: str) -> None:
    stack = read(
        f"""
        Resources: {{S: {{Type: AWS::CloudFormation::Stack, Properties: {properties}}}}}
        Outputs: {{O: {{Value: !GetAtt S.Outputs.Nothing}}}}
        """,
        {"storage.yaml": STORAGE},
    )
    assert message in told(stack)[resource]


def test_stacks_whose_templates_are_elsewhere_are_named(read: Read) -> None:
    stack = read(
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Bought:
            Type: AWS::Serverless::Application
            Properties:
              Location: {ApplicationId: arn:aws:serverlessrepo:us-east-1:1:applications/x, SemanticVersion: 1.0.0}
          Far: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://s3.amazonaws.com/b/t.yaml"}}
        Outputs: {O: {Value: !GetAtt Bought.Outputs.Name}}
        """
    )
    assert set(stack.unsupported) == {
        ("Bought", "AWS::Serverless::Application"),
        ("Far", "AWS::CloudFormation::Stack"),
    }
    assert told(stack) == {}


def test_faults_in_a_nested_template_carry_its_path(read: Read) -> None:
    stack = read(
        "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: s.yaml}}}",
        {"s.yaml": "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nowhere}}}"},
    )
    assert "no Nowhere" in told(stack)["S/Q"]


def test_folders_of_code_are_relative_to_the_template_that_names_them(read: Read, tmp_path: Path) -> None:
    stack = read(
        "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: sub/s.yaml}}}",
        {
            "sub/code/main.py": "def handler(event, context): ...",
            "sub/s.yaml": """
            Transform: AWS::Serverless-2016-10-31
            Resources:
              F:
                Type: AWS::Serverless::Function
                Properties: {Runtime: python3.13, CodeUri: code, Handler: main.handler}
            """,
        },
    )
    assert told(stack) == {}
    assert stack.functions["S/F"].code_dir == tmp_path / "sub" / "code"
