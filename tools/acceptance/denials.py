"""Deletions that must be denied, tried on what the run itself has made and on nothing else."""

from botocore.exceptions import ClientError
from deploy.problem import aws_reason

from .jobs import VAULT, central_vault_of, made_by, under_way, vault_of
from .outcome import Outcome, failed, held, missing, not_yet
from .run import DENIED
from .scene import CENTRAL, MEMBER, Scene

NOT_DENIED = "was not denied"
# AWS's words when the caller lacks the right: then nobody has shown that the vault denies it.
OWN_LACK = "because no identity-based policy allows"


def look_member(scene: Scene) -> Outcome:
    return _look(scene, MEMBER, "backup", vault_of(scene))


def look_central(scene: Scene) -> Outcome:
    return _look(scene, CENTRAL, "copy", central_vault_of(scene))


def _look(scene: Scene, who: str, kind: str, vault: dict) -> Outcome:
    if under_way(scene):
        return not_yet("jobs still work with the recovery points")
    tried = scene.state.part("denials").get(who, {})
    name = vault["BackupVaultName"]
    if set(made_by(scene, kind)) - set(tried):
        return missing(f"not tried yet in {name}")
    wrong = [f"{what}: {words}" for what, words in tried.items() if not is_evidence(words)]
    lock = f"{vault.get('MinRetentionDays')} to {vault.get('MaxRetentionDays')} days"
    if not vault.get("Locked"):
        wrong.append(f"{name} has no vault lock")
    seen = [f"{what}: {words}" for what, words in tried.items() if is_evidence(words)]
    return failed("; ".join(wrong), *seen) if wrong else held(f"{name} is locked: {lock}", *seen)


def is_evidence(words: str) -> bool:
    """Whether it was the vault that denied it, and not the caller who lacks the right. Pure."""
    return words != NOT_DENIED and OWN_LACK not in words


def try_member(scene: Scene) -> None:
    """DeleteRecoveryPoint of the run's own backups, and the vault's policy put as it is already."""
    backup = scene.client(MEMBER, "backup")
    _try_points(scene, MEMBER, "backup", VAULT)
    policy = backup.get_backup_vault_access_policy(BackupVaultName=VAULT)["Policy"]
    _note(
        scene,
        MEMBER,
        "the vault's policy",
        lambda: backup.put_backup_vault_access_policy(BackupVaultName=VAULT, Policy=policy),
    )


def try_central(scene: Scene) -> None:
    """DeleteRecoveryPoint of the run's own copies."""
    _try_points(scene, CENTRAL, "copy", scene.targets.central_vault_arn.rpartition(":")[2])


def _try_points(scene: Scene, who: str, kind: str, vault: str) -> None:
    backup = scene.client(who, "backup")
    for name, point in made_by(scene, kind).items():
        asked = {"BackupVaultName": vault, "RecoveryPointArn": point}
        _note(scene, who, name, lambda asked=asked: backup.delete_recovery_point(**asked))


def _note(scene: Scene, who: str, what: str, act) -> None:
    """What AWS answers, in its own words; any other failure than a denial is one of the step."""
    words = NOT_DENIED
    try:
        act()
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        words = aws_reason(error)
    scene.state.part("denials").setdefault(who, {})[what] = words
    scene.state.save()
