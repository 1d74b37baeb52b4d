"""Opt-in Regions: which of the target Regions an account has to enable, and whether it has.

AWS knows better than a list: EC2 answers for the account that asks.
"""

from ..problem import Problem


def opt_in(session, names: tuple[str, ...]) -> dict[str, bool]:
    """Those of the Regions that are opt-in Regions, and whether the account has enabled each."""
    found = session.client("ec2").describe_regions(AllRegions=True)["Regions"]
    status = {region["RegionName"]: region["OptInStatus"] for region in found}
    return {
        name: status[name] == "opted-in"
        for name in names
        if status.get(name, "opt-in-not-required") != "opt-in-not-required"
    }


def remedy(region: str) -> str:
    return (
        f"aws account enable-region --region-name {region}, wait until `aws account "
        f"get-region-opt-status --region-name {region}` reports ENABLED, then run this again"
    )


def require_enabled(session, names: tuple[str, ...], what: str) -> list[str]:
    """The opt-in Regions among the names; stops at one that the account has not enabled."""
    found = opt_in(session, names)
    for region, enabled in found.items():
        if not enabled:
            raise Problem(
                f"Region `{region}`", f"the {what} account has not enabled it", remedy(region)
            )
    return list(found)
