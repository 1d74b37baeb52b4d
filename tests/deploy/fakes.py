"""AWS services as small, stateful stand-ins, and a session that hands them out."""

from botocore.exceptions import ClientError
from deploy.stacks import BY_NAME


def client_error(operation: str, code: str, message: str = "", http: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": http},
    }
    return ClientError(response, operation)


class Session:
    """Like boto3's: `clients` maps a service, or (service, Region), to its stand-in."""

    def __init__(self, clients: dict, region: str = "eu-central-1", profile: str = "default"):
        self.clients = clients
        self.region_name = region
        self.profile_name = profile

    def client(self, service: str, region_name: str | None = None):
        return self.clients.get((service, region_name)) or self.clients[service]


class Sts:
    def __init__(self, account: str, arn: str | None = None):
        self.account = account
        self.arn = arn or f"arn:aws:iam::{account}:root"

    def get_caller_identity(self):
        return {"Account": self.account, "Arn": self.arn}


class Ssm:
    def __init__(self, values: dict[str, str]):
        self.values = dict(values)
        self.writes: list[str] = []

    def get_parameter(self, Name):
        if Name not in self.values:
            raise client_error("GetParameter", "ParameterNotFound")
        return {"Parameter": {"Value": self.values[Name]}}

    def put_parameter(self, Name, Value, Type, Overwrite):
        self.writes.append(Name)
        self.values[Name] = Value

    def delete_parameters(self, Names):
        for name in Names:
            self.values.pop(name, None)


class S3:
    def __init__(self, buckets: set[str], broken: bool = False):
        self.objects: dict[tuple[str, str], bytes] = {}
        self.buckets = buckets
        self.broken = broken
        self.uploads: list[str] = []

    def head_object(self, Bucket, Key):
        if (Bucket, Key) not in self.objects:
            raise client_error("HeadObject", "404", "Not Found", http=404)
        return {"ContentLength": len(self.objects[Bucket, Key])}

    def put_object(self, Bucket, Key, Body, **_):
        if self.broken:
            raise client_error(
                "PutObject", "SlowDown", "Please reduce your request rate.", http=503
            )
        if Bucket not in self.buckets:
            raise client_error(
                "PutObject", "NoSuchBucket", "The specified bucket does not exist", http=404
            )
        self.uploads.append(f"{Bucket}/{Key}")
        self.objects[Bucket, Key] = Body


class Ec2:
    """Regions of an account: `opt_in` are those that it must enable, and whether it has."""

    def __init__(self, opt_in: dict[str, bool] | None = None):
        self.opt_in = opt_in or {}

    def describe_regions(self, AllRegions):
        words = {True: "opted-in", False: "not-opted-in"}
        found = {name: words[enabled] for name, enabled in self.opt_in.items()}
        found |= dict.fromkeys(("eu-central-1", "eu-west-1"), "opt-in-not-required")
        return {
            "Regions": [
                {"RegionName": name, "OptInStatus": status} for name, status in found.items()
            ]
        }


class Iam:
    def __init__(
        self, roles: dict[str, str], trusted: tuple[str, ...] = ("cloudformation.amazonaws.com",)
    ):
        self.roles = roles
        self.trusted = trusted
        self.refuses: str | None = None

    def create_service_linked_role(self, AWSServiceName):
        if self.refuses:
            raise client_error("CreateServiceLinkedRole", "AccessDenied", self.refuses, http=403)
        name = "AWSServiceRoleForBackup"
        if name in self.roles:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/iam_example_iam_CreateServiceLinkedRole_section.html
            message = (
                f"Service role name {name} has been taken in this account, "
                "please try a different suffix."
            )
            raise client_error("CreateServiceLinkedRole", "InvalidInput", message)
        self.roles[name] = f"arn:aws:iam::1:role/aws-service-role/{AWSServiceName}/{name}"
        return {"Role": {"Arn": self.roles[name]}}

    def get_role(self, RoleName):
        if RoleName not in self.roles:
            raise client_error("GetRole", "NoSuchEntity", http=404)
        statement = {"Effect": "Allow", "Principal": {"Service": list(self.trusted)}}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return {"Role": {"Arn": self.roles[RoleName], "AssumeRolePolicyDocument": document}}


class CodeCommit:
    """Repositories that were left, and the one that a stack of `cloud` has made."""

    def __init__(self, cloud=None):
        self.cloud = cloud
        self.repositories: set[str] = set()
        self.parents: list[str] = []

    def get_repository(self, repositoryName):
        made = self.cloud and self.cloud.stacks.get("aws-backup-codecommit") == "CREATE_COMPLETE"
        if repositoryName not in self.repositories and not made:
            raise client_error("GetRepository", "RepositoryDoesNotExistException")
        url = f"https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/{repositoryName}"
        return {"repositoryMetadata": {"repositoryName": repositoryName, "cloneUrlHttp": url}}

    def get_branch(self, repositoryName, branchName):
        return {"branch": {"branchName": branchName, "commitId": "5eed"}}

    def get_commit(self, repositoryName, commitId):
        return {"commit": {"commitId": commitId, "parents": self.parents}}


class Paginator:
    def __init__(self, pages):
        self.pages = pages

    def paginate(self, **_):
        return self.pages


class CloudFormation:
    """Stacks that finish what they are asked at the next look; `fails` names those that do not."""

    def __init__(self, stacks: dict[str, str] | None = None, fails: dict[str, str] | None = None):
        self.stacks = dict(stacks or {})
        self.fails = fails or {}
        self.requests: list[tuple[str, str]] = []
        self.bodies: dict[str, tuple] = {}
        self.outputs: dict[str, dict[str, str]] = {}
        self.events: dict[str, list[dict]] = {}
        self.protected: set[str] = set()

    def describe_stacks(self, StackName):
        name = StackName.removeprefix("id-of-")
        if name not in self.stacks:
            raise client_error(
                "DescribeStacks", "ValidationError", f"Stack with id {name} does not exist"
            )
        outputs = [
            {"OutputKey": key, "OutputValue": value}
            for key, value in self.outputs.get(name, {}).items()
        ]
        shown = self.stacks[name]
        # An operation shows its end at the next look.
        if shown.endswith("_IN_PROGRESS") and name in self.bodies:
            self.stacks[name] = shown = self._end(name, shown)
        stack = {"StackStatus": shown, "StackId": f"id-of-{name}", "Outputs": outputs}
        return {"Stacks": [stack | {"Parameters": self.bodies.get(name, ("", []))[1]}]}

    def get_template(self, StackName, TemplateStage):
        assert TemplateStage == "Original"
        if StackName in self.bodies:
            return {"TemplateBody": self.bodies[StackName][0]}
        # One that was there before was made from the template here.
        return {"TemplateBody": BY_NAME[StackName].template_path.read_text()}

    def _end(self, name, shown):
        if name in self.fails:
            self._event(name, "Thing", "CREATE_FAILED", self.fails[name])
            return (
                "ROLLBACK_COMPLETE" if shown == "CREATE_IN_PROGRESS" else "UPDATE_ROLLBACK_COMPLETE"
            )
        self._event(name, "Thing", shown.replace("IN_PROGRESS", "COMPLETE"))
        return shown.replace("IN_PROGRESS", "COMPLETE")

    def _event(self, name, resource, status, reason=""):
        events = self.events.setdefault(name, [])
        events.insert(
            0,
            {
                "EventId": f"{name}-{len(events)}",
                "LogicalResourceId": resource,
                "ResourceType": "AWS::Test::Thing",
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            },
        )

    def create_stack(self, StackName, TemplateBody, Parameters, **_):
        self.requests.append(("create", StackName))
        self.bodies[StackName] = (TemplateBody, Parameters)
        self.stacks[StackName] = "CREATE_IN_PROGRESS"

    def update_stack(self, StackName, TemplateBody, Parameters, **_):
        if self.bodies.get(StackName) == (TemplateBody, Parameters):
            raise client_error("UpdateStack", "ValidationError", "No updates are to be performed.")
        self.requests.append(("update", StackName))
        self.bodies[StackName] = (TemplateBody, Parameters)
        self.stacks[StackName] = "UPDATE_IN_PROGRESS"

    def delete_stack(self, StackName):
        if StackName in self.protected:
            raise client_error("DeleteStack", "ValidationError", "TerminationProtection is enabled")
        self.requests.append(("delete", StackName))
        del self.stacks[StackName]

    def update_termination_protection(self, StackName, EnableTerminationProtection):
        self.requests.append(("protect" if EnableTerminationProtection else "unprotect", StackName))
        (self.protected.add if EnableTerminationProtection else self.protected.discard)(StackName)

    def get_paginator(self, _):
        return _Events(self)


class _Events:
    def __init__(self, client):
        self.client = client

    def paginate(self, StackName):
        return [{"StackEvents": list(self.client.events.get(StackName.removeprefix("id-of-"), []))}]
