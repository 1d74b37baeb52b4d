"""Backups, copies and restores of the demonstration's resources: jobs that take their time.

Each is started once, with a token that is the same when the request is sent again: a run that is
cut off between a request and its note of it gets the same job. One that failed is started anew by
the next run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from . import deployed
from .outcome import SOON, Outcome, failed, held, missing, not_yet
from .resources import Resource, resources, tags
from .scene import CENTRAL, MEMBER, Scene

VAULT, ROLE = "AWSBackupSolutionVault", "AWSBackupSolutionRole"
WORKS = ("CREATED", "PENDING", "RUNNING", "ABORTING")
# For how many days a run keeps its backups, where the vault's lock does not want more.
DAYS = 7
# How long tags may take to follow a restore: what an event misses, six-hourly reconciliation finds.
TAGS_SECONDS = 7 * 3600


@dataclass(frozen=True)
class Job:
    """One as AWS describes it."""

    state: str
    words: str
    made: str
    ended: datetime | None


@dataclass(frozen=True)
class JobKind:
    """How a kind of job is started and described."""

    name: str
    start: Callable[[Scene, Resource, str], str]
    describe: Callable[[Scene, str], Job]


def vault_of(scene: Scene) -> dict:
    """The member account's vault."""
    return scene.client(MEMBER, "backup").describe_backup_vault(BackupVaultName=VAULT)


def central_vault_of(scene: Scene) -> dict:
    """The central vault."""
    name = scene.targets.central_vault_arn.rpartition(":")[2]
    return scene.client(CENTRAL, "backup").describe_backup_vault(BackupVaultName=name)


def retention(vault: dict) -> dict[str, int]:
    """A lifecycle that lasts for a run of some days, and that a vault takes."""
    return {"DeleteAfterDays": max(DAYS, vault.get("MinRetentionDays", 1))}


def _role(scene: Scene) -> str:
    return f"arn:{scene.partition}:iam::{scene.member}:role/{ROLE}"


def _start_backup(scene: Scene, resource: Resource, token: str) -> str:
    return scene.client(MEMBER, "backup").start_backup_job(
        BackupVaultName=VAULT,
        ResourceArn=resource.arn,
        IamRoleArn=_role(scene),
        IdempotencyToken=token,
        Lifecycle=retention(vault_of(scene)),
    )["BackupJobId"]


def _describe_backup(scene: Scene, job: str) -> Job:
    found = scene.client(MEMBER, "backup").describe_backup_job(BackupJobId=job)
    return _job(found, found["State"], found.get("RecoveryPointArn", ""))


def _start_copy(scene: Scene, resource: Resource, token: str) -> str:
    return scene.client(MEMBER, "backup").start_copy_job(
        RecoveryPointArn=made_by(scene, "backup")[resource.name],
        SourceBackupVaultName=VAULT,
        DestinationBackupVaultArn=scene.targets.central_vault_arn,
        IamRoleArn=_role(scene),
        IdempotencyToken=token,
        Lifecycle=retention(central_vault_of(scene)),
    )["CopyJobId"]


def _describe_copy(scene: Scene, job: str) -> Job:
    found = scene.client(MEMBER, "backup").describe_copy_job(CopyJobId=job)["CopyJob"]
    return _job(found, found["State"], found.get("DestinationRecoveryPointArn", ""))


def _start_restore(scene: Scene, resource: Resource, token: str) -> str:
    # The token is a name that nothing else has.
    return scene.client(MEMBER, "backup").start_restore_job(
        RecoveryPointArn=made_by(scene, "backup")[resource.name],
        Metadata=resource.restored_as(f"backup-acceptance-{token}"),
        IamRoleArn=_role(scene),
        IdempotencyToken=token,
    )["RestoreJobId"]


def _describe_restore(scene: Scene, job: str) -> Job:
    found = scene.client(MEMBER, "backup").describe_restore_job(RestoreJobId=job)
    return _job(found, found["Status"], found.get("CreatedResourceArn", ""))


def _job(found: dict, state: str, made: str) -> Job:
    return Job(state, found.get("StatusMessage", ""), made, found.get("CompletionDate"))


BACKUP = JobKind("backup", _start_backup, _describe_backup)
COPY = JobKind("copy", _start_copy, _describe_copy)
RESTORE = JobKind("restore", _start_restore, _describe_restore)


def made_by(scene: Scene, kind: str) -> dict[str, str]:
    """Resource -> what its completed job of a kind made."""
    jobs = scene.state.part("jobs").get(kind, {})
    return {name: job["made"] for name, job in jobs.items() if job.get("made")}


def under_way(scene: Scene) -> bool:
    """Whether a job still works with a recovery point."""
    return any(
        job["state"] in WORKS for jobs in scene.state.part("jobs").values() for job in jobs.values()
    )


def start(kind: JobKind):
    """Starts what was not started yet, and anew what failed."""

    def do(scene: Scene) -> None:
        jobs = scene.state.part("jobs").setdefault(kind.name, {})
        for resource in resources(scene):
            before = jobs.get(resource.name)
            if before and (before["state"] in WORKS or before.get("made")):
                continue
            attempt = before["attempt"] + 1 if before else 1
            # No blanks: it is also the name of what is restored.
            token = f"{scene.state.run}-{kind.name}-{resource.name.replace(' ', '-')}-{attempt}"
            job = kind.start(scene, resource, token)
            jobs[resource.name] = {"id": job, "attempt": attempt, "state": "CREATED"}
            scene.state.save()

    return do


def look(kind: JobKind):
    """Whether every resource has a completed job, with AWS's words for those that have not."""

    def see(scene: Scene) -> Outcome:
        jobs = scene.state.part("jobs").get(kind.name, {})
        seen, wrong, busy, unmade = [], [], [], []
        for resource in resources(scene):
            known = jobs.get(resource.name)
            if known is None:
                unmade.append(resource.name)
                continue
            if known["state"] in WORKS:
                follow(kind, scene, known)
            line = f"{resource.name}: {known['state']}"
            if known.get("made"):
                seen.append(f"{line}, {known['made']}")
            elif known["state"] in WORKS:
                busy.append(line)
            else:
                wrong.append(f"{line}: {known.get('words') or 'no reason was given'}")
        if wrong:
            return failed("; ".join(wrong), *seen, *busy)
        if unmade:
            return missing(*seen)
        return not_yet(*seen, *busy, again=SOON) if busy else held(*seen)

    return see


def follow(kind: JobKind, scene: Scene, known: dict) -> None:
    """Brings the note of a job up to date."""
    job = kind.describe(scene, known["id"])
    known |= {"state": job.state, "words": job.words}
    if job.state == "COMPLETED":
        known["made"] = job.made
        known["ended"] = (job.ended or datetime.now(UTC)).isoformat()


def look_arrival(scene: Scene) -> Outcome:
    """Whether the copies are in the central vault, as its own account sees it."""
    backup = scene.client(CENTRAL, "backup")
    vault = scene.targets.central_vault_arn.rpartition(":")[2]
    # What has been seen stays seen: it expires while the run goes on.
    arrived, wrong = scene.state.part("arrived"), []
    for name, arn in made_by(scene, "copy").items():
        if name in arrived:
            continue
        found = backup.describe_recovery_point(BackupVaultName=vault, RecoveryPointArn=arn)
        line = f"{name}: {found['Status']}, {arn}"
        if found["Status"] == "COMPLETED":
            arrived[name] = line
        else:
            wrong.append(line)
    seen = arrived.values()
    return failed("; ".join(wrong), *seen) if wrong else held(*seen)


def look_tags(scene: Scene) -> Outcome:
    """Whether everything restored has all the tags of its source."""
    restored = made_by(scene, "restore")
    ended = scene.state.part("jobs")["restore"]
    seen, wrong, busy = [], [], []
    for resource in resources(scene):
        arn = restored[resource.name]
        wanted, found = tags(scene, resource.arn), tags(scene, arn)
        lacks = sorted(key for key, value in wanted.items() if found.get(key) != value)
        line = f"{resource.name}: {len(wanted) - len(lacks)} of {len(wanted)} tags, {arn}"
        age = datetime.now(UTC) - datetime.fromisoformat(ended[resource.name]["ended"])
        if not lacks:
            seen.append(line)
        elif age.total_seconds() < TAGS_SECONDS:
            busy.append(f"{line}, lacks {', '.join(lacks)}")
        else:
            wrong.append(f"{line}, lacks {', '.join(lacks)}")
    if wrong:
        return failed("; ".join(wrong), *seen)
    return not_yet(*seen, *busy, again=SOON) if busy else held(*seen)


def look_schedule(scene: Scene) -> Outcome:
    """Whether a plan itself has backed up and copied every resource."""
    backup = scene.client(MEMBER, "backup")
    seen, wrong, waits = [], [], []
    for resource in resources(scene):
        for what, jobs in (
            ("backup", backup.list_backup_jobs(ByResourceArn=resource.arn)["BackupJobs"]),
            ("copy", backup.list_copy_jobs(ByResourceArn=resource.arn)["CopyJobs"]),
        ):
            planned = [job for job in jobs if job.get("CreatedBy")]
            states = {job["State"] for job in planned}
            line = f"{what} of the {resource.name}"
            if "COMPLETED" in states:
                by = planned[0]["CreatedBy"]
                seen.append(f"{line}: by the plan {by.get('BackupPlanName', by['BackupPlanId'])}")
            elif states - set(WORKS):
                words = [job.get("StatusMessage", job["State"]) for job in planned]
                wrong.append(f"{line}: {words[0]}")
            else:
                waits.append(line)
    if wrong:
        return failed("; ".join(wrong), *seen)
    if not waits:
        return held(*seen)
    schedules = "; ".join(set(deployed.plans(scene, scene.member).values()))
    return not_yet(
        *seen, f"not yet: {', '.join(waits)}", again=f"when a plan has run ({schedules}, UTC)"
    )


def stays(scene: Scene) -> list[str]:
    """What no undo removes: recovery points, which the vaults keep until they expire."""
    member, central = vault_of(scene), central_vault_of(scene)
    return [
        f"{len(points)} recovery points in {vault['BackupVaultName']}, with a retention in days of "
        f"{retention(vault)['DeleteAfterDays']}; a plan's as it says"
        for vault, points in ((member, made_by(scene, "backup")), (central, made_by(scene, "copy")))
        if points
    ]
