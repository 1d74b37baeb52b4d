"""Publishes a function's package: first into every target Region, only then into the records.

The record (two SSM parameters) is what stacks deploy. It never names a package that a Region lacks,
and a publication that failed half-way is completed by the next one.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from ..problem import Problem, aws_reason
from ..targets import split

FUNCTIONS = {
    "org-policy-manager": "aws-backup-backuporgpolicymanager",
    "tag-on-restore": "aws-backup-tagonrestore",
    "backup-watch": "aws-backup-watch",
}
# e_machine in the ELF header: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
MACHINES = {62: "x86_64", 183: "arm64"}


def publish(session, function: str, package: Path, say: Callable[[str], None]) -> dict[str, str]:
    """Publishes `package`; returns the variables for the build."""
    content = read_package(package)
    architecture = architecture_of(package.name, content)
    digest = hashlib.sha256(content).hexdigest()
    key = f"{function}/{architecture}/{digest}.zip"

    ssm = session.client("ssm")
    prefix = read_parameter(ssm, "/backup/lambda/bucket-prefix")
    regions = split(read_parameter(ssm, "/backup/target/regions"))
    failed = []
    for region in regions:
        try:
            _upload(
                session.client("s3", region_name=region), f"{prefix}-{region}", key, content, say
            )
        except ClientError as error:
            failed.append(f"{region} ({aws_reason(error)})")
    if failed:
        raise Problem(
            f"package `{key}`",
            f"not in {', '.join(failed)}",
            "nothing was recorded; put the cause right and publish again",
        )

    base = f"/backup/lambda/{FUNCTIONS[function]}"
    # The hash first: stacks read the package's key, so the last write makes the record valid.
    for name, value in ((f"{base}/deployed-hash", digest), (f"{base}/deployed-package", key)):
        if read_parameter(ssm, name, default=None) != value:
            ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
            say(f"recorded {name}")
    say(f"{function}: {key} is in {len(regions)} Regions and recorded")
    return {"PACKAGE_KEY": key, "PACKAGE_ARCHITECTURE": architecture}


def read_package(package: Path) -> bytes:
    try:
        return package.read_bytes()
    except FileNotFoundError:
        raise Problem(
            f"`{package}`", "there is no package", f"run `make package-{package.stem}` first"
        ) from None


def architecture_of(name: str, content: bytes) -> str:
    """The architecture of the package's `bootstrap`, from the binary itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            header = archive.read("bootstrap")[:20]
    except (zipfile.BadZipFile, KeyError):
        raise Problem(
            f"`{name}`", "it is no archive with a file `bootstrap`", "package the function again"
        ) from None
    machine = int.from_bytes(header[18:20], "little")
    if header[:4] != b"\x7fELF" or machine not in MACHINES:
        raise Problem(
            f"`{name}`",
            "its `bootstrap` is no Linux binary for Arm or x86_64",
            "package the function again",
        )
    return MACHINES[machine]


def _upload(s3, bucket: str, key: str, content: bytes, say) -> None:
    """Uploads unless the same package is there. S3 itself verifies what it received."""
    try:
        if s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(content):
            return
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    s3.put_object(Bucket=bucket, Key=key, Body=content, ChecksumSHA256=checksum)
    say(f"uploaded s3://{bucket}/{key}")


_REQUIRED = object()


def read_parameter(ssm, name: str, default=_REQUIRED) -> str:
    try:
        return ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        if default is _REQUIRED:
            raise Problem(
                f"parameter `{name}`",
                "it does not exist",
                "deploy the stack aws-backup-ssm-targets first",
            ) from None
        return default
