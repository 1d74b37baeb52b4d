"""The names of the base that permissions of stack operations replace or rely on."""

from __future__ import annotations

from .patch_point import PatchPoint

ENGINE = "ministack.services.cloudformation.engine"
STACKS = "ministack.services.cloudformation.stacks"
PROVISIONERS = "ministack.services.cloudformation.provisioners"
CHANGE_SETS = "ministack.services.cloudformation.changesets"
SSM = "ministack.services.ssm"
SECRETS = "ministack.services.secretsmanager"

TABLE: tuple[PatchPoint, ...] = (
    PatchPoint(ENGINE, "_extract_deps", True, "d80c15fab866", "dependencies in metadata"),
    PatchPoint(STACKS, "_extract_deps", True, "d80c15fab866", "the same, imported there by name"),
    PatchPoint(ENGINE, "_intrinsic_references", False, "40d74fe656aa", "dependencies in metadata"),
    PatchPoint(PROVISIONERS, "_delete_resource", True, "7826b054e390", "permissions"),
    PatchPoint(STACKS, "_provision_resource", True, "0bf837d354ad", "permissions"),
    PatchPoint(STACKS, "_import_resource", True, "4a07fd5f274c", "permissions"),
    PatchPoint(CHANGE_SETS, "_import_resource", True, "4a07fd5f274c", "permissions"),
    PatchPoint(STACKS, "_update_resource", True, "e04a35e6b519", "permissions"),
    PatchPoint(
        PROVISIONERS,
        "_custom_named_replacement_error",
        False,
        "7fb1482b8536",
        "updates that are refused",
    ),
    PatchPoint(
        PROVISIONERS, "_replacing_change", False, "51edfc4f06fa", "updates that make a new resource"
    ),
    PatchPoint(PROVISIONERS, "_physical_name", False, "4e9fec9c00c7", "names of new resources"),
    PatchPoint(PROVISIONERS, "_STACK_TAG_PROPERTY", False, "", "where a type has its tags"),
    PatchPoint(
        CHANGE_SETS,
        "_find_change_set",
        False,
        "f2b64dd359e3",
        "the service role of a change set",
    ),
    PatchPoint(SSM, "resolve_parameter_value", True, "935e48ca955a", "permissions"),
    PatchPoint(SECRETS, "resolve_secret_string", True, "70bcb112acfd", "permissions"),
)
