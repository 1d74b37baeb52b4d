"""What an account has of the solution's own kinds, as its administrator sees it."""


def inventory(administrators, account, regions):
    """(kind, Region, name) of vaults, keys, roles, functions and buckets, sorted.

    A role's Region is empty: roles are global.
    """
    found = {("role", "", name) for name in _roles(administrators.client("iam", account))}
    for region in regions:
        found |= {
            (kind, region, name)
            for kind, names in (
                ("vault", _vaults(administrators.client("backup", account, region))),
                ("key", _keys(administrators.client("kms", account, region))),
                ("function", _functions(administrators.client("lambda", account, region))),
                ("bucket", _buckets(administrators.client("s3", account, region), region)),
            )
            for name in names
        }
    return tuple(sorted(found))


def _roles(client):
    for page in client.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            # Those of AWS's own services, and what made the accounts administrable.
            if not role["Path"].startswith("/aws-service-role/"):
                yield role["RoleName"]


def _vaults(client):
    for page in client.get_paginator("list_backup_vaults").paginate():
        yield from (vault["BackupVaultName"] for vault in page["BackupVaultList"])


def _keys(client):
    for page in client.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if not alias["AliasName"].startswith("alias/aws/"):
                yield alias["AliasName"]


def _functions(client):
    for page in client.get_paginator("list_functions").paginate():
        yield from (function["FunctionName"] for function in page["Functions"])


def _buckets(client, region):
    for bucket in client.list_buckets(BucketRegion=region)["Buckets"]:
        if bucket.get("BucketRegion", region) == region:
            yield bucket["Name"]
