"""What CloudFormation reads before it touches a resource, in the name of who deploys.

Values of SSM parameters and secrets with the service role or the caller, the template and the
stack policy in S3 with the caller. That CloudFormation calls GetParameters for both kinds of
SSM values is what its own refusals say (aws/aws-cdk issue 20959: "AccessDenied. User doesn't
have permission to call ssm:GetParameters"); for `ssm-secure` it is not verified.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region

from ...stack_sets import templates
from ...wire.errors import ApiError
from ..gate import GATE
from ..needs import Need
from ..principals import Principal
from .types.observation import parameter_arn

VIA = "CloudFormation template"

Deployer = Callable[[], Principal]


def checking_parameters(resolve: Callable[..., Any], deployer: Deployer) -> Callable[..., Any]:
    """The base's `resolve_parameter_value`, after a check.

    Only CloudFormation uses it here: the base's other user is ECS.
    """

    def value(name_or_arn: str, *args: Any, **kwargs: Any) -> Any:
        arn = (
            name_or_arn
            if name_or_arn.startswith("arn:")
            else parameter_arn(get_region(), get_account_id(), name_or_arn)
        )
        _check(deployer(), "ssm:GetParameters", arn)
        return resolve(name_or_arn, *args, **kwargs)

    return value


def checking_secrets(resolve: Callable[..., Any], deployer: Deployer) -> Callable[..., Any]:
    """The base's `resolve_secret_string`, after a check."""

    def value(secret_id: str, *args: Any, **kwargs: Any) -> Any:
        # A secret's ARN ends with six characters that a name does not have.
        place = f"arn:aws:secretsmanager:{get_region()}:{get_account_id()}:secret:"
        arn = secret_id if secret_id.startswith("arn:") else f"{place}{secret_id}-??????"
        _check(deployer(), "secretsmanager:GetSecretValue", arn)
        return resolve(secret_id, *args, **kwargs)

    return value


def _check(principal: Principal, action: str, arn: str) -> None:
    if GATE.check(principal, [Need(action, arn)], VIA) is not None:
        raise ValueError(f"AccessDenied. User doesn't have permission to call {action}")


def document_refused(principal: Principal, url: str) -> bool:
    """Whether who calls may not read a template or a stack policy that is in S3.

    An address that is none of S3's is refused later, by the base.
    """
    try:
        bucket, key = templates.place(url)
    except ApiError:
        return False
    needs = [Need("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")]
    return GATE.check(principal, needs, VIA) is not None
