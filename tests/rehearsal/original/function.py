"""Acts as the original's function does for `Custom::OrgPolicy`: an update makes the policy anew.

Between its deletion and its creation accounts are without a plan, which is why nobody may call it
on the way from there. A Lambda bootstrap; its first line names the interpreter.
"""

import json
import os
import urllib.request

import botocore.session

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/"


def organizations(account):
    """A client in the management account."""
    session = botocore.session.Session()
    role = f"arn:aws:iam::{account}:role/BackupOrgPolicyManagerOrgAdmin"
    found = session.create_client("sts").assume_role(RoleArn=role, RoleSessionName="original")
    keys = found["Credentials"]
    session.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return session.create_client("organizations", region_name="us-east-1")


def content(asked):
    """The policy's document."""
    tags = {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/AWSBackupSolutionRole"}}
    tags |= {"tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": [asked["Tag"]]}}
    rule = {
        "schedule_expression": {"@@assign": asked["Schedule"]},
        "target_backup_vault_name": {"@@assign": "AWSBackupSolutionVault"},
        "lifecycle": {"delete_after_days": {"@@assign": "35"}},
    }
    plan = {
        "regions": {"@@append": asked["PolicyRegions"]},
        "rules": {"Rule": rule},
        "selections": {"tags": {"Selection": tags}},
    }
    return json.dumps({"plans": {asked["Plan"]: plan}})


def handle(event):
    """Delete what begins with the name, then create; the policy's id."""
    asked = event["ResourceProperties"]
    client = organizations(asked["OrgManagementAccount"])
    if event["RequestType"] != "Create":
        for policy in client.list_policies(Filter="BACKUP_POLICY")["Policies"]:
            if policy["Name"].startswith(asked["PolicyName"]):
                for target in client.list_targets_for_policy(PolicyId=policy["Id"])["Targets"]:
                    client.detach_policy(PolicyId=policy["Id"], TargetId=target["TargetId"])
                client.delete_policy(PolicyId=policy["Id"])
    if event["RequestType"] == "Delete":
        return event["PhysicalResourceId"]
    made = client.create_policy(
        Name=asked["PolicyName"],
        Type="BACKUP_POLICY",
        Description=asked["Plan"],
        Content=content(asked),
    )
    identity = made["Policy"]["PolicySummary"]["Id"]
    for unit in asked["PolicyTargets"]:
        client.attach_policy(PolicyId=identity, TargetId=unit)
    return event.get("PhysicalResourceId", identity)


def answer(event, status, identity, reason=""):
    """Tell CloudFormation."""
    body = {"Status": status, "Reason": reason, "PhysicalResourceId": identity}
    body |= {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    request.add_header("Content-Type", "")
    urllib.request.urlopen(request)


while True:
    response = urllib.request.urlopen(RUNTIME + "invocation/next")
    number = response.headers["Lambda-Runtime-Aws-Request-Id"]
    asked_for = json.load(response)
    try:
        answer(asked_for, "SUCCESS", handle(asked_for))
    except Exception as error:
        answer(asked_for, "FAILED", asked_for.get("PhysicalResourceId", "none"), repr(error)[:400])
    urllib.request.urlopen(f"{RUNTIME}invocation/{number}/response", data=b"null")
