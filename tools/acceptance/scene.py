"""Who acts where: the accounts by what they are, each with the profile that it is given."""

from dataclasses import dataclass

import boto3
from botocore.exceptions import ProfileNotFound
from deploy import demo
from deploy.accounts import require_account
from deploy.problem import Problem
from deploy.targets import Targets

from .state import State

MANAGEMENT, HOME, CENTRAL, MEMBER = "management", "home", "central", "member"
WHO = (MANAGEMENT, HOME, CENTRAL, MEMBER)
# The tag of everything that a run makes; its value is the run.
TAG_KEY = "backup-acceptance"


@dataclass(frozen=True)
class Options:
    """What a person chose."""

    joiner: str = ""
    backup_tag: str = "daily"
    volume_key: str = ""


class Scene:
    """Sessions, values and the state that steps work with."""

    def __init__(self, targets: Targets, sessions: dict, state: State, options: Options):
        self.targets = targets
        self.sessions = sessions
        self.state = state
        self.options = options
        # What steps found that the report shows beside their lines.
        self.instances: list[tuple[str, ...]] = []
        self.member = ""
        self.callers: dict[str, str] = {}

    def client(self, who: str, service: str, region: str | None = None):
        if region:
            return self.sessions[who].client(service, region_name=region)
        return self.sessions[who].client(service)

    @property
    def region(self) -> str:
        """Where the member account's resources are."""
        return self.sessions[MEMBER].region_name

    @property
    def place(self) -> dict[str, str]:
        """The account and Region that a run works in until it is undone."""
        return {"account": self.member, "region": self.region}

    @property
    def partition(self) -> str:
        return self.targets.central_vault_arn.split(":")[1]

    @property
    def tag(self) -> dict[str, str]:
        return {"Key": TAG_KEY, "Value": self.state.run}

    def require_accounts(self) -> None:
        """Stops at the first profile of another account than the targets name."""
        targets = self.targets
        wanted = {
            MANAGEMENT: targets.management_account,
            HOME: targets.home_account,
            CENTRAL: targets.central_account,
        }
        for who, account in wanted.items():
            try:
                self.callers[who] = require_account(self.sessions[who], account, who)
            except Problem as problem:
                raise Problem(
                    f"the profile `{self.sessions[who].profile_name}`",
                    str(problem).partition(";")[0],
                    f"name one of that account: {who.upper()}_PROFILE=NAME",
                ) from None
        demo.require_place(self.sessions[MEMBER], targets)
        identity = self.client(MEMBER, "sts").get_caller_identity()
        self.member, self.callers[MEMBER] = identity["Account"], identity["Arn"]
        begun = self.state.data.get("place", self.place)
        if begun != self.place:
            raise Problem(
                f"the profile `{self.sessions[MEMBER].profile_name}`",
                f"account {self.member} in {self.region}, and this run has begun in "
                f"{begun['account']} in {begun['region']}",
                "name that one (MEMBER_PROFILE=NAME, MEMBER_REGION=NAME), or undo the run first",
            )
        if self.options.joiner in (*wanted.values(), self.member):
            raise Problem(
                f"JOINER={self.options.joiner}",
                "that account has another part here",
                "name one outside of the target OUs that may be moved into one and back",
            )


def sessions(profiles: dict[str, str], regions: dict[str, str]) -> dict:
    """A session a profile, in its Region."""
    found = {}
    for who in WHO:
        try:
            found[who] = boto3.Session(profile_name=profiles[who], region_name=regions[who] or None)
        except ProfileNotFound:
            raise Problem(
                f"the profile `{profiles[who]}`",
                "there is none of that name",
                f"make one of the {who} account, or name it: {who.upper()}_PROFILE=NAME",
            ) from None
        if found[who].region_name is None:
            raise Problem("Region", f"the profile `{profiles[who]}` has none", "add REGION=NAME")
    return found
