"""Which runtimes the images bring that the templates name, as AWS publishes it.

What a build then has is what this machine has: only the choice is judged. From ``runtimes.yml`` of
al/x86_64/standard/5.0 and al/aarch64/standard/3.0, 2026-04-09, in
https://github.com/aws/aws-codebuild-docker-images
"""

from __future__ import annotations

import re

from .buildspec import BuildspecError

_BOTH = {
    "dotnet": "6.0 8.0 10.0",
    "golang": "1.20 1.21 1.22 1.23 1.24 1.25 1.26",
    "java": "corretto8 corretto11 corretto17 corretto21 corretto25",
    "nodejs": "18 20 22 24",
    "php": "8.2 8.3 8.4 8.5",
    "python": "3.9 3.10 3.11 3.12 3.13 3.14",
    "ruby": "3.1 3.2 3.3 3.4 4.0",
}
_IMAGES = {
    "aws/codebuild/amazonlinux-x86_64-standard:5.0": _BOTH,
    "aws/codebuild/amazonlinux-aarch64-standard:3.0": _BOTH
    | {"docker": "23", "php": "8.1 8.2 8.3 8.4 8.5", "rust": "1.94"},
}


def check(image: str, runtimes: dict[str, str]) -> None:
    """Raise `BuildspecError` for a runtime that the image does not bring.

    The two refusals are recorded answers, as in
    https://github.com/aws-samples/aws-healthcare-lifescience-ai-ml-sample-notebooks/issues/89
    """
    if not runtimes:
        return
    brought = _IMAGES.get(image)
    if brought is None:
        raise BuildspecError(f"the emulator does not know which runtimes the image {image} has")
    for name, version in runtimes.items():
        if name not in brought:
            known = ", ".join(sorted(brought))
            raise BuildspecError(
                f"Unknown runtime named '{name}'. This build image has the following runtimes: "
                f"{known}"
            )
        versions = brought[name].split()
        # Either a whole version, which is installed, or one of these forms:
        # https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html
        majors = {f"{known.partition('.')[0]}.x" for known in versions}
        custom = re.fullmatch(r"\d+\.\d+\.\d+", version)
        if version not in {*versions, *majors, "latest"} and not custom:
            raise BuildspecError(
                f"Unknown runtime version named '{version}' of {name}. This build image has the "
                f"following versions: {', '.join(versions)}"
            )
