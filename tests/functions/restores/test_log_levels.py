"""Whatever level somebody chooses for the log: the lines of jobs are in it, with their metrics."""

import pytest
from kit import solution
from kit.names import MEMBER, TAG_ON_RESTORE
from kit.sources import BY_NAME
from kit.stacks import stacks

TABLE = BY_NAME["DynamoDB table"]
LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")


@pytest.fixture(params=LEVELS)
def level(request, member):
    """The function with this log level; afterwards it has the template's again."""
    package = solution.Package(TAG_ON_RESTORE)
    update = stacks(member.emulator, MEMBER).update
    if request.param != "INFO":
        update(solution.tag_on_restore(package, LogLevel=request.param)).expect_complete()
    yield request.param
    if request.param != "INFO":
        update(solution.tag_on_restore(package)).expect_complete()


def test_the_line_of_a_job_is_logged_at_every_level(member, level):
    job = member.restore(
        member.back_up(member.make(TABLE, {"app": "shop"})), {"targetTableName": member.name()}
    )
    made = member.restored(job)
    member.emulator.send_event(MEMBER, {"status": "COMPLETED"})
    assert member.settle() == 1
    # What the function prints last may be in the log after its next invocation only.
    assert member.try_again() == 1
    assert member.tags(made) == {"app": "shop"}
    (line,) = [entry for entry in member.log(job) if "_aws" in entry]
    assert (line["Outcome"], line["TagsWritten"]) == ("Tagged", 1)
    # Of the others, those of the level and above; only builds for tests have some of DEBUG.
    others = {entry["level"] for entry in member.log() if "_aws" not in entry}
    shown = set(LEVELS[LEVELS.index(level) :])
    assert others <= shown
    assert others >= {"INFO", "ERROR"} & shown
