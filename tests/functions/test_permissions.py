"""Each action of the functions' roles stands in the table, and nothing else does."""

from kit.clients import client
from kit.names import HOME, MANAGEMENT

from .permissions import (
    ADMIN_ROLE,
    BESIDE,
    ELSEWHERE,
    FAILS,
    FUNCTION_ROLE,
    HELPFUL,
    NEEDED,
    UNSHOWN,
    granted,
)


def test_of_the_policy_manager(home):
    found = {
        (role, action)
        for account, role in ((HOME, FUNCTION_ROLE), (MANAGEMENT, ADMIN_ROLE))
        for action in granted(client(home.emulator.url, "iam", account), role)
    }
    assert found == set(FAILS) | BESIDE | UNSHOWN


def test_of_tag_on_restore(member):
    function = member.client("lambda").get_function_configuration(FunctionName="TagOnRestore")
    role = function["Role"].rpartition("/")[2]
    assert granted(member.client("iam"), role) == set(NEEDED) | set(HELPFUL) | ELSEWHERE
