"""The names of the base that `permissions` replaces or relies on; see `patches`."""

from __future__ import annotations

from .patch_point import PatchPoint

_EVALUATOR = "ministack.core.iam_evaluator"
_ACTIONS = "ministack.core.iam_actions"
_APP = "ministack.app"
_IAM = "ministack.services.iam"
_KMS = "ministack.services.kms"
_S3 = "ministack.services.s3"
_DECIDED = "decided by the gate already"

TABLE: tuple[PatchPoint, ...] = (
    PatchPoint(_EVALUATOR, "enforce", True, "fcf4e6146835", "every request is decided by the gate"),
    PatchPoint(_EVALUATOR, "resource_policy_allows", True, "0c6bfc9d8176", _DECIDED),
    PatchPoint(_EVALUATOR, "evaluate_trust_policy", True, "c946924fc0ac", _DECIDED),
    PatchPoint(_EVALUATOR, "authenticate", False, "c04cf87819a5", "who sent a request"),
    PatchPoint(_EVALUATOR, "resolve_principal", False, "988be21fa9be", "who sent a request"),
    PatchPoint(_EVALUATOR, "_s3_scope_failure", False, "6643afc00765", "who sent a request"),
    PatchPoint(_EVALUATOR, "_anonymous", False, "", "who sent a request"),
    PatchPoint(_EVALUATOR, "_ALWAYS_ALLOWED_ACTIONS", False, "", "what IAM never denies"),
    PatchPoint(_EVALUATOR, "is_root_access_key", False, "8dc2e90bdacc", "who sent a request"),
    PatchPoint(
        _EVALUATOR, "find_iam_access_key_account", False, "dc9243f626cc", "who sent a request"
    ),
    PatchPoint(_EVALUATOR, "pin_request_origin", False, "6bbadae61130", "plain http counts as TLS"),
    PatchPoint(_APP, "pin_request_origin", True, "6bbadae61130", "plain http counts as TLS"),
    PatchPoint(_APP, "_dispatch_service_request", False, "532b4704a6c4", "asks for each request"),
    PatchPoint(
        _ACTIONS, "extract_iam_action", True, "1c5bf4bb7497", "actions that the base does not know"
    ),
    PatchPoint(
        _ACTIONS, "extract_resource_arn", True, "4f721b00d35d", "the request that is decided"
    ),
    PatchPoint(
        _ACTIONS, "access_denied_response", True, "93704ca254f7", "AWS's sentence in a refusal"
    ),
    PatchPoint(_ACTIONS, "SERVICE_TO_IAM_NAMESPACE", True, "", "services of ours"),
    PatchPoint(_ACTIONS, "_BOTOCORE_SERVICE_MAP", True, "", "services of ours"),
    PatchPoint(_IAM, "_users", False, "", "identity policies"),
    PatchPoint(_IAM, "_groups", False, "", "identity policies"),
    PatchPoint(_IAM, "_policies", False, "", "identity policies"),
    PatchPoint(_IAM, "_access_keys", False, "", "who sent a request"),
    PatchPoint(_IAM, "_user_inline_policies", False, "", "identity policies"),
    PatchPoint(_IAM, "_group_inline_policies", False, "", "identity policies"),
    PatchPoint(_IAM, "_aws_managed_policies", False, "", "identity policies"),
    PatchPoint(
        _IAM, "_make_aws_managed_record", False, "844ef9b89add", "AWS's published documents"
    ),
    PatchPoint(_IAM, "_IAM_HANDLERS", True, "", "service-linked roles"),
    PatchPoint(_IAM, "_p", False, "46089353b89d", "service-linked roles"),
    PatchPoint(_IAM, "_error", False, "543d11e90afe", "service-linked roles"),
    PatchPoint(_KMS, "_keys", False, "", "key policies"),
    PatchPoint(_KMS, "_resolve_key", False, "2c0f859509c0", "keys by alias"),
    PatchPoint(_S3, "_bucket_policies", False, "", "bucket policies"),
    PatchPoint(_S3, "_foreign_bucket_allows", True, "547959e9deea", _DECIDED),
    PatchPoint(
        "ministack.services.sns", "topic_policy_for_arn", False, "2ee7b6101e71", "topic policies"
    ),
    PatchPoint(
        "ministack.services.sqs", "queue_policy_for_arn", False, "7c057c331245", "queue policies"
    ),
    PatchPoint(
        "ministack.services.tagging", "resource_tags", False, "46b70ee3b72c", "aws:ResourceTag"
    ),
)
