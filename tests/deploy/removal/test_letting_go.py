"""A stack lets go of what it holds: only how long that lives is changed, or nothing at all."""

import json

import pytest
from deploy.problem import Problem
from deploy.removal import letting_go
from deploy.stacks import load_template
from fakes import client_error

BLOCK = """\
# Somebody's own comment
Resources:
  Vault:
    Type: AWS::Backup::BackupVault
    Properties:
      EncryptionKeyArn: !GetAtt Key.Arn
  Key:
    DeletionPolicy: Delete  # for now
    Type: AWS::KMS::Key
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}
"""


def retained(template, key):
    """Both attributes of a resource."""
    resource = template["Resources"][key]
    return [resource.get(name) for name in letting_go.ATTRIBUTES]


def test_a_template_keeps_its_words_and_only_gets_the_attributes():
    text = letting_go.outliving(BLOCK, ["Vault", "Key"])
    changed = load_template(text)
    assert retained(changed, "Vault") == retained(changed, "Key") == ["Retain", "Retain"]
    assert retained(changed, "Topic") == [None, None]
    added = [line for line in text.splitlines() if line not in BLOCK.splitlines()]
    assert added == [
        "    DeletionPolicy: Retain",
        "    UpdateReplacePolicy: Retain",
        "    UpdateReplacePolicy: Retain",
        "    DeletionPolicy: Retain  # for now",
    ]


def test_a_template_in_one_line_and_one_in_json_get_them_too():
    assert retained(load_template(letting_go.outliving(BLOCK, ["Topic"])), "Topic") == [
        "Retain",
        "Retain",
    ]
    document = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "DeletionPolicy": "Delete"}}}
    assert retained(json.loads(letting_go.outliving(document, ["Key"])), "Key") == [
        "Retain",
        "Retain",
    ]
    assert document["Resources"]["Key"]["DeletionPolicy"] == "Delete"


def changed(logical_id, target, source, evaluation):
    """A resource's entry in a change set, with one reason."""
    detail = {"Target": target, "ChangeSource": source, "Evaluation": evaluation}
    return {"Action": "Modify", "LogicalResourceId": logical_id, "Details": [detail]}


class Stack:
    """One stack of CloudFormation's, whose change sets change what they are told to."""

    def __init__(self, besides=(), takes=True):
        self.body, self.besides, self.takes = BLOCK, besides, takes
        self.done, self.planned = [], None

    def get_template(self, **_):
        return {"TemplateBody": self.body}

    def describe_stacks(self, **_):
        if "delete" in self.done:
            raise client_error("DescribeStacks", "ValidationError", "s does not exist")
        parameters = [{"ParameterKey": "Units", "ParameterValue": "/backup/units"}]
        shown = {"StackStatus": "UPDATE_COMPLETE", "StackId": "s", "Parameters": parameters}
        return {"Stacks": [shown]}

    def create_change_set(self, TemplateBody, Parameters, **_):
        assert Parameters == [{"ParameterKey": "Units", "UsePreviousValue": True}]
        self.planned = TemplateBody

    def describe_change_set(self, **_):
        key = changed("Key", {"Attribute": "DeletionPolicy"}, "DirectModification", "Static")
        # AWS cannot know before that the key's ARN stays: "Dynamic".
        arn = {"Attribute": "Properties", "Name": "EncryptionKeyArn"}
        vault = changed("Vault", arn, "ResourceAttribute", "Dynamic")
        changes = [{"ResourceChange": one} for one in (key, vault, *self.besides)]
        return {"Status": "CREATE_COMPLETE", "Changes": changes}

    def delete_change_set(self, **_):
        if self.planned is None:
            raise client_error("DeleteChangeSet", "ChangeSetNotFound")
        self.planned = None
        self.done.append("discard")

    def execute_change_set(self, **_):
        self.done.append("update")
        if self.takes:
            self.body = self.planned

    def delete_stack(self, **_):
        self.done.append("delete")


def is_kept(resource):
    return resource["Type"] != "AWS::SNS::Topic"


def test_a_stack_is_deleted_once_what_it_holds_outlives_it(printed):
    stack = Stack()
    letting_go.let_go(stack, "s", is_kept, printed.append)
    assert stack.done == ["update", "delete"]
    assert printed == ["s: Vault, Key will outlive it", "s: deleted"]


def test_what_an_interrupted_attempt_left_is_no_obstacle(printed):
    stack = Stack()
    stack.planned = "of the attempt before"
    letting_go.let_go(stack, "s", is_kept, printed.append)
    assert stack.done == ["discard", "update", "delete"]


@pytest.mark.parametrize(
    "besides",
    [
        changed("Policy", {"Attribute": "Properties"}, "ParameterReference", "Static"),
        changed("Policy", {"Attribute": "Tags"}, "DirectModification", "Static"),
        {"Action": "Remove", "LogicalResourceId": "Policy"},
    ],
)
def test_an_update_that_would_change_more_is_not_made(printed, besides):
    """The original's function deletes its policy and makes it anew: nobody may call it."""
    stack = Stack(besides=(besides,))
    with pytest.raises(Problem, match="an update would change Policy itself: .* SSM parameter"):
        letting_go.let_go(stack, "s", is_kept, printed.append)
    assert stack.done == ["discard"]


def test_a_stack_that_did_not_take_the_policy_is_not_deleted(printed):
    """AWS passed such updates over until 2023: aws-cloudformation/coverage-roadmap#1543."""
    stack = Stack(takes=False)
    with pytest.raises(Problem, match="Vault would go with it: .* did not take"):
        letting_go.let_go(stack, "s", is_kept, printed.append)
    assert stack.done == ["update"]
