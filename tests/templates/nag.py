"""What cfn-nag's rules F3, F16, F38, F76, W11 and W28 ask, for machines that have no cfn-nag.

F4, F39 and W12 are the same questions put to AWS::IAM::Policy. A finding is accepted by the
resource itself, in the form that cfn-nag reads, with a reason.
"""

from model import Template, as_list, policies, statements, suppressed

# The types whose explicit names cfn-nag's W28 asks about, as far as these templates could use them.
NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::EC2::SecurityGroup": "GroupName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::S3::Bucket": "BucketName",
}


def findings(template: Template) -> list[str]:
    """Every finding that its resource does not accept: `resource: rule: what`."""
    found = []

    def report(key, resource, rule, what):
        if rule not in suppressed(resource, "cfn_nag"):
            found.append(f"{key}: {rule}: {what}")

    for key, resource, _, kind, document in policies(template):
        role = resource["Type"] == "AWS::IAM::Role"
        for statement in statements(document, template):
            if statement["Effect"] != "Allow":
                continue
            actions = as_list(statement.get("Action", []))
            everything = "*" in as_list(statement.get("Resource", []))
            sid = statement.get("Sid", "?")
            if kind == "identity":
                if "NotAction" in statement or any(_is_wildcard(action) for action in actions):
                    report(key, resource, "F3" if role else "F4", f"{sid} allows every action")
                if everything and any(
                    action in ("iam:PassRole", "iam:*", "*") for action in actions
                ):
                    report(key, resource, "F38" if role else "F39", f"{sid} passes any role")
                if everything:
                    report(key, resource, "W11" if role else "W12", f"{sid} names every resource")
            if _is_anybody(statement.get("Principal")):
                if resource["Type"] == "AWS::S3::BucketPolicy":
                    report(key, resource, "F16", f"{sid} names every principal")
                if kind == "key":
                    report(key, resource, "F76", f"{sid} names every principal")

    for key, resource in template.resources().items():
        name = NAMES.get(resource["Type"])
        if name and name in resource.get("Properties", {}):
            report(key, resource, "W28", f"{name} is explicit")
    return found


def _is_wildcard(action: str) -> bool:
    return action == "*" or action.endswith(":*")


def _is_anybody(principal) -> bool:
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    return "*" in as_list(principal)
