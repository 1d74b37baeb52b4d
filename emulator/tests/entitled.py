"""Roles and users with exactly the permissions that a test gives them, and what was refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .world import MEMBER, REGION, World

Statement = dict[str, Any]
# What a function's role needs to be seen at work.
LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusting(service: str, **condition: Any) -> Statement:
    more = {"Condition": condition} if condition else {}
    trusted = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole", **more}


def letting_in(service: str, action: str, on: str, **condition: Any) -> Statement:
    """A statement of a resource's policy that lets an AWS service in."""
    more = {"Condition": condition} if condition else {}
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": on, **more}


@dataclass
class Entitled:
    """One account, and who may do what in it."""

    world: World
    account: str = MEMBER

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        return self.world.client(service, self.account)

    def role(self, name: str, service: str, *statements: Statement) -> str:
        """A role that a service assumes; its ARN."""
        iam = self.client("iam")
        trust = document(trusting(service))
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.grant(name, *statements)
        return str(arn)

    def grant(self, role: str, *statements: Statement) -> None:
        """These permissions, and no other, are the role's from now on."""
        iam = self.client("iam")
        if statements:
            iam.put_role_policy(
                RoleName=role, PolicyName="given", PolicyDocument=document(*statements)
            )
        elif iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName="given")

    def trust(self, role: str, *statements: Statement) -> None:
        """Who may assume the role from now on."""
        policy = document(*statements)
        self.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=policy)

    def user(self, name: str, *statements: Statement) -> User:
        """A user with these permissions."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        user = User(self, name, key["AccessKeyId"], key["SecretAccessKey"])
        user.grant(*statements)
        return user

    def key(self, *statements: Statement) -> str:
        """A customer's key with this policy, by default what the account's own say; its ARN."""
        account = {"AWS": f"arn:aws:iam::{self.account}:root"}
        usual = {"Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*"}
        policy = document(*(statements or (usual,)))
        return str(self.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{REGION}:{self.account}:{resource}"

    def refused(self) -> list[tuple[str, str, str]]:
        """(who, action, resource) of what was refused since the last look, each once, in order."""
        found = self.world.control("DELETE", "denials")
        rows = [(_short(d["principal"]), d["action"], d["resource"]) for d in found]
        return list(dict.fromkeys(rows))


@dataclass
class User:
    """A user of the account."""

    owner: Entitled
    name: str
    key: str
    secret: str

    def grant(self, *statements: Statement) -> None:
        """These permissions, and no other, are the user's from now on."""
        self.owner.client("iam").put_user_policy(
            UserName=self.name, PolicyName="given", PolicyDocument=document(*statements)
        )

    def client(self, service: str) -> Any:
        """A client with the user's credentials."""
        return self.owner.world.client(
            service, aws_access_key_id=self.key, aws_secret_access_key=self.secret
        )


def _short(principal: str) -> str:
    """A session's role, a user's name, a service as it is."""
    parts = principal.split("/")
    return parts[1] if len(parts) > 1 else principal
