"""`make acceptance`, its parts by themselves; what it does to an organization: the rehearsal."""

import json
import stat
import types

import pytest
from acceptance import __main__ as command_line
from acceptance import membership, run, undo
from acceptance.anonymous import Names
from acceptance.denials import NOT_DENIED, is_evidence
from acceptance.deployed import selecting
from acceptance.outcome import (
    FAILED,
    HELD,
    LEFT_OUT,
    MISSING,
    NOT_ASKED,
    NOT_YET,
    failed,
    held,
    missing,
    not_yet,
)
from acceptance.page import page
from acceptance.remedies import TABLE, remedy
from acceptance.report import MARKS, tell, write
from acceptance.scene import Options, Scene
from acceptance.state import State
from acceptance.steps import STEPS
from deploy.problem import Problem
from deploy.stacks import ROOT
from fakes import Session, Sts, client_error
from test_targets import GOOD

ORGANIZATION = "o-abcd123456"
DAILY = {
    "regions": ["eu-central-1"],
    "rules": {"rule": {"schedule_expression": "cron(0 5 ? * * *)"}},
    "selections": {"tags": {"tagged": {"tag_key": "backup", "tag_value": ["daily", "yes"]}}},
}


@pytest.fixture
def scene(tmp_path):
    """What the engine needs of a scene."""
    return types.SimpleNamespace(state=State(tmp_path, ORGANIZATION))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(run, "POLL_SECONDS", 0.01)


class Thing:
    """A step's subject: missing until it is made, then under way for some looks."""

    def __init__(self, name, *, looks=0, after=(), asked=True, words=None):
        self.made, self.looks, self.words, self.tries = False, looks, words, 0
        self.step = run.Step(
            name,
            f"the {name} is there",
            "member",
            self.look,
            "look for it",
            do=self.do,
            would=f"make the {name}",
            after=after,
            asked=lambda scene: asked,
            how="add THING=1",
        )

    def look(self, scene):
        if not self.made:
            return missing()
        if self.words:
            return failed(self.words)
        self.looks -= 1
        return held(self.step.name) if self.looks < 0 else not_yet("soon")

    def do(self, scene):
        self.tries += 1
        self.made = True


def go(scene, *things, apply=True, wait=0.0):
    told = []
    steps = [thing.step for thing in things]
    results = run.run(steps, scene, apply, wait, told.append)
    assert told == results
    return results


def kinds(results):
    return [result.outcome.kind for result in results]


def test_what_is_missing_is_made_and_looked_at_again_and_not_made_twice(scene):
    thing = Thing("table")
    assert kinds(go(scene, thing)) == kinds(go(scene, thing)) == [HELD]
    assert thing.tries == 1


def test_without_apply_nothing_is_made_or_noted_and_what_would_be_is_said(scene):
    thing = Thing("table")
    (result,) = go(scene, thing, apply=False)
    assert (result.outcome.kind, result.outcome.seen) == (MISSING, ("would make the table",))
    assert thing.tries == 0
    assert not scene.state.exists
    assert run.status([result]) == 3


def test_a_step_waits_for_those_that_it_needs_and_the_others_go_on(scene):
    results = go(
        scene,
        Thing("backup", words="FAILED: no key"),
        Thing("copy", after=("backup",)),
        Thing("bucket"),
        Thing("join", asked=False),
    )
    assert kinds(results) == [FAILED, LEFT_OUT, HELD, NOT_ASKED]
    assert results[1].outcome.seen == ("needs: backup",)
    assert results[0].remedy == "look for it"
    assert run.status(results) == 1


def test_what_is_under_way_is_waited_for_as_long_as_is_asked(scene):
    (result,) = go(scene, Thing("table", looks=3))
    assert (result.outcome.kind, run.status([result])) == (NOT_YET, 3)
    assert kinds(go(scene, Thing("table", looks=3), wait=60)) == [HELD]


def test_what_failed_in_an_earlier_run_is_tried_anew_and_in_the_same_not(scene):
    thing = Thing("copy", words="FAILED: denied")
    go(scene, thing)
    assert thing.tries == 1
    thing.words = None
    thing.look = lambda scene: held() if thing.tries > 1 else failed("FAILED: denied")
    thing.step = run.Step("copy", "copy", "member", thing.look, "", do=thing.do)
    assert kinds(go(scene, thing)) == [HELD]
    assert thing.tries == 2


def test_a_refused_call_fails_its_step_in_awss_words_and_is_kept_for_the_report(scene):
    def refuse(scene):
        raise client_error(
            "StartCopyJob",
            "AccessDeniedException",
            "with an explicit deny in a service control policy",
        )

    step = run.Step("copy", "copies", "member", refuse, "otherwise")
    for _ in range(2):
        (result,) = run.run([step], scene, True, 0, lambda result: None)
    assert result.outcome.words.startswith("StartCopyJob: AccessDeniedException: with an explicit")
    assert result.remedy.startswith("a service control policy forbids it here")
    (kept,) = State(scene.state.folder.parent, ORGANIZATION).data["denied"]
    assert (kept["step"], kept["who"], kept["words"]) == ("copy", "member", result.outcome.words)


def test_what_does_not_hold_for_another_reason_is_no_denial(scene):
    def broken(scene):
        raise Problem("stack `x`", "it is somebody else's", "use another account")

    step = run.Step("resources", "resources", "member", broken, "")
    (result,) = run.run([step], scene, True, 0, lambda result: None)
    assert result.outcome.words == "stack `x`: it is somebody else's; use another account"
    assert "denied" not in scene.state.data


def test_the_state_is_for_its_owner_alone_whole_and_the_same_run_for_ever(tmp_path):
    state = State(tmp_path, ORGANIZATION)
    state.part("jobs")["backup"] = {"table": 1}
    state.save()
    assert stat.S_IMODE(state.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700
    again = State(tmp_path, ORGANIZATION)
    assert (again.run, again.data) == (state.run, state.data)
    assert [file.name for file in state.folder.iterdir()] == ["state.json"]
    assert State(tmp_path, "o-other12345").run != state.run


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1 is not JSON"),
        ("[]", "another version wrote it"),
        ('{"version": 2}', "another version wrote it"),
        (
            '{"version": 1, "organization": "o-other12345"}',
            "it is of the organization o-other12345",
        ),
    ],
)
def test_a_state_file_that_is_not_its_own_is_refused_and_left_as_it_is(tmp_path, text, said):
    file = tmp_path / ORGANIZATION / "state.json"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(Problem, match=said):
        State(tmp_path, ORGANIZATION)
    assert file.read_text() == text


def test_a_second_run_at_the_same_time_is_refused(tmp_path):
    with (
        State(tmp_path, ORGANIZATION).alone(),
        pytest.raises(Problem, match="another run works with it"),
        State(tmp_path, ORGANIZATION).alone(),
    ):
        pass


@pytest.mark.parametrize(
    ("region", "value", "found"),
    [
        ("eu-central-1", "daily", {"day": "cron(0 5 ? * * *)"}),
        ("eu-central-1", "yes", {"day": "cron(0 5 ? * * *)"}),
        ("eu-central-1", "monthly", {}),
        ("eu-west-1", "daily", {}),
    ],
)
def test_a_plan_counts_that_takes_the_tag_in_the_region(region, value, found):
    other = DAILY | {"selections": {"tags": {"t": {"tag_key": "else", "tag_value": [value]}}}}
    assert selecting({"plans": {"day": DAILY, "other": other}}, region, value) == found
    assert selecting({}, region, value) == {}


@pytest.mark.parametrize(
    ("words", "is_shown"),
    [
        ("AccessDeniedException: with an explicit deny in a resource-based policy", True),
        ("AccessDeniedException: Insufficient privileges to perform this action.", True),
        (
            "AccessDeniedException: is not authorized because no identity-based policy allows the "
            "backup:DeleteRecoveryPoint action",
            False,
        ),
        (NOT_DENIED, False),
    ],
)
def test_a_denial_shows_something_only_when_the_caller_had_the_right(words, is_shown):
    assert is_evidence(words) == is_shown


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("volume: FAILED: Given key ID is not accessible", "your own keys"),
        ("Encrypted snapshots with Amazon EBS default key cannot be shared", "VOLUME_KEY"),
        ("cannot be initiated for DynamoDB resources", "enable-advanced-dynamodb"),
        ("Cross-account copy feature is not enabled for the current org", "prepare-organization"),
        ("444444444443 is SUSPENDED", "reopen the account"),
        ("because no identity-based policy allows the x action", "tools/deploy/permissions"),
        ("something new", "otherwise"),
    ],
)
def test_awss_words_lead_to_their_remedy(words, wanted):
    assert wanted in remedy(words, "otherwise")


def test_every_target_that_a_remedy_names_is_there():
    makefile = (ROOT / "tools" / "deploy" / "deploy.mk").read_text()
    texts = [text for _, text in TABLE] + [step.remedy for step in STEPS]
    for text in texts:
        for target in [part.split()[0].strip(":;,") for part in text.split("make ")[1:]]:
            if "-" in target:
                assert f"\n{target}:" in makefile, text


def test_each_step_needs_steps_before_it_and_says_what_it_would_do():
    for at, step in enumerate(STEPS):
        assert set(step.after) <= {before.name for before in STEPS[:at]}
        assert bool(step.do) == bool(step.would)


ARNS = {
    "arn:aws:backup:eu-west-1:333333333333:recovery-point:137ef43d-dfbd-4bd8-91d9-b9548bff937d": (
        "arn:aws:backup:eu-west-1:central:recovery-point:name-1"
    ),
    "arn:aws:kms:eu-west-1:333333333333:key/137ef43d-dfbd-4bd8-91d9-b9548bff937d": (
        "arn:aws:kms:eu-west-1:central:key/key-1"
    ),
    "arn:aws:iam::999999999999:role/AWSBackupSolutionRole": (
        "arn:aws:iam::account-1:role/AWSBackupSolutionRole"
    ),
    "arn:aws:s3:::aws-backup-demo-resources-bucket-12ab": "arn:aws:s3:::name-1",
    "arn:aws-us-gov:sts::333333333333:assumed-role/Admin/jane@example.com": (
        "arn:aws-us-gov:sts::central:assumed-role/name-1"
    ),
}


@pytest.mark.parametrize("arn", ARNS)
def test_an_arn_keeps_what_it_is_of_and_loses_whose_it_is(arn):
    names = Names({"333333333333": "central"})
    assert names.replaced(f"see {arn}, twice: {arn}") == f"see {ARNS[arn]}, twice: {ARNS[arn]}"


def test_ids_get_the_same_name_everywhere_and_words_stay():
    report = {
        "organization": ORGANIZATION,
        "steps": [{"seen": ["444444444441 in ou-ab12-cdefgh34 below r-ab12", "444444444441"]}],
        "caller": "somebody@example.com of 555555555555, mrk-0123456789abcdef0123456789abcdef",
        "words": "4 of 12 backups; vol-0123456789abcdef0, org-daily-backup-policy",
    }
    assert Names({}).replaced(report) == {
        "organization": "organization-1",
        "steps": [{"seen": ["account-1 in ou-1 below root-1", "account-1"]}],
        "caller": "address-1 of account-2, key-1",
        "words": "4 of 12 backups; id-1, org-daily-backup-policy",
    }


@pytest.mark.parametrize(
    ("arn", "is_restored"),
    [
        ("arn:aws:dynamodb:eu-west-1:444444444441:table/x", True),
        ("arn:aws:dynamodb:eu-west-1:444444444441:table/x/backup/1", False),
        ("arn:aws:ec2:eu-west-1:444444444441:volume/vol-1", True),
        ("arn:aws:ec2:eu-west-1::snapshot/snap-1", False),
        ("arn:aws:s3:::x", True),
        ("arn:aws:elasticfilesystem:eu-west-1:444444444441:file-system/fs-1", True),
        ("arn:aws:elasticfilesystem:eu-west-1:444444444441:access-point/fsap-1", False),
        ("arn:aws:backup:eu-west-1:444444444441:recovery-point:1", False),
    ],
)
def test_of_what_bears_the_tag_no_backup_is_removed(arn, is_restored):
    assert undo.is_restored(arn) == is_restored


REPORT = {
    "made": "2026-11-29 21:00 UTC",
    "commit": "v1",
    "run": "12345678",
    "outcome": "something did not hold",
    "organization": ORGANIZATION,
    "accounts": {"management": "111111111111", "member": "444444444441"},
    "callers": {"management": "arn:aws:sts::111111111111:assumed-role/Admin/jane"},
    "steps": [
        {
            "name": "copy",
            "title": "copies <arrive>",
            "with": "member",
            "outcome": FAILED,
            "seen": ["volume: <script>"],
            "words": "StartCopyJob: AccessDenied: 444444444441",
            "remedy": "a remedy & more",
            "again": "",
        }
    ],
    "denied": [
        {"step": "copy", "who": "member", "when": "now", "words": "AccessDenied 444444444441"}
    ],
    "stack instances": [["set", "444444444441", "eu-west-1", "OUTDATED", "FAILED", "why"]],
    "stays": ["4 recovery points"],
}


def test_the_page_and_the_file_say_the_same_and_text_stays_text(tmp_path):
    file, html = write(REPORT, tmp_path, anonymous=False)
    assert json.loads(file.read_text()) == REPORT
    text = html.read_text()
    assert text == page(REPORT)
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "Remedy: a remedy &amp; more" in text
    assert {stat.S_IMODE(one.stat().st_mode) for one in (file, html)} == {0o600}


def test_a_report_without_ids_is_a_file_of_its_own(tmp_path):
    write(REPORT, tmp_path, anonymous=False)
    file, html = write(REPORT, tmp_path, anonymous=True)
    for one in (file, html):
        assert "444444444441" not in one.read_text()
        assert "jane" not in one.read_text()
    assert json.loads(file.read_text())["steps"][0]["words"] == "StartCopyJob: AccessDenied: member"
    assert (tmp_path / "report.json").exists()


def test_each_outcome_has_its_lines_in_the_terminal(printed):
    step = STEPS[10]
    for outcome, remedied, lines in (
        (held("seen"), "", 1),
        (not_yet("table: RUNNING"), "", 3),
        (failed("AWS's words", "seen"), "do this", 3),
        (missing("would copy"), "", 2),
    ):
        printed.clear()
        tell(run.Result(step, outcome, remedied), printed.append)
        assert printed[0] == f"{MARKS[outcome.kind]} {step.title}"
        assert len(printed) == lines


def people(targets, tmp_path, options=None, **accounts):
    """A scene whose profiles are of these accounts."""
    of = {
        "management": targets.management_account,
        "home": targets.home_account,
        "central": targets.central_account,
        "member": "444444444441",
    } | accounts
    sessions = {
        who: Session({"sts": Sts(account)}, profile=f"our-{who}") for who, account in of.items()
    }
    return Scene(targets, sessions, State(tmp_path, ORGANIZATION), options or Options())


def test_the_profiles_of_the_right_accounts_are_taken(targets, tmp_path):
    scene = people(targets, tmp_path)
    scene.require_accounts()
    assert scene.member == "444444444441"
    assert set(scene.callers) == {"management", "home", "central", "member"}
    assert not scene.state.exists


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (
            "management",
            "the profile `our-management`: account 999999999999: the management account",
        ),
        ("home", "HOME_PROFILE=NAME"),
        ("central", "CENTRAL_PROFILE=NAME"),
    ],
)
def test_a_profile_of_another_account_is_refused_by_its_name(targets, tmp_path, who, said):
    with pytest.raises(Problem, match=said):
        people(targets, tmp_path, **{who: "999999999999"}).require_accounts()


def test_a_member_that_is_no_member_or_is_to_join_is_refused(targets, tmp_path):
    with pytest.raises(Problem, match="it is the central account"):
        people(targets, tmp_path, member=targets.central_account).require_accounts()
    for joiner in ("444444444441", targets.home_account, targets.central_account):
        with pytest.raises(Problem, match="that account has another part here"):
            people(targets, tmp_path, Options(joiner=joiner)).require_accounts()


class Tree:
    """An organization with one account in it."""

    def __init__(self, parent):
        self.parent = parent

    def list_parents(self, ChildId):
        return {"Parents": [{"Id": self.parent}]}

    def move_account(self, AccountId, SourceParentId, DestinationParentId):
        assert SourceParentId == self.parent
        self.parent = DestinationParentId


@pytest.mark.parametrize(
    ("parent", "after"), [("ou-to", "ou-from"), ("ou-from", "ou-from"), ("ou-else", "ou-else")]
)
def test_a_joiner_goes_back_only_from_where_the_run_has_put_it(targets, tmp_path, parent, after):
    scene, tree = people(targets, tmp_path), Tree(parent)
    scene.sessions["management"].clients["organizations"] = tree
    scene.state.part("joiner").update(account="444444444442", **{"from": "ou-from", "to": "ou-to"})
    if parent == "ou-else":
        with pytest.raises(Problem, match="it is in ou-else, where this run has not put it"):
            membership.leave(scene)
    else:
        membership.leave(scene)
    assert tree.parent == after


def test_a_run_goes_on_in_its_own_account_and_region_only(targets, tmp_path):
    scene = people(targets, tmp_path)
    scene.require_accounts()
    scene.state.data["place"] = scene.place
    scene.state.save()
    people(targets, tmp_path).require_accounts()
    with pytest.raises(Problem, match="this run has begun in 444444444441 in eu-central-1"):
        people(targets, tmp_path, member="444444444442").require_accounts()


def test_wrong_use_ends_with_two(capsys, tmp_path):
    path = tmp_path / "targets.json"
    path.write_text(json.dumps({"Parameters": GOOD | {"OrganizationId": "x"}}))
    assert command_line.main(["--targets", str(path)]) == 2
    assert capsys.readouterr().err.startswith("error: `targets.json`: OrganizationId")
    assert command_line.main(["--profile", "ours"]) == 2
    assert "error: PROFILE=ours: four accounts take part" in capsys.readouterr().err
    assert command_line.main(["--targets", "nowhere.json"]) == 2
    assert "error: `nowhere.json`: the file is missing" in capsys.readouterr().err


def test_a_profile_that_does_not_exist_is_wrong_use(capsys, tmp_path, monkeypatch):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    path = tmp_path / "aws-backup-ssm-targets.json"
    path.write_text(json.dumps({"Parameters": GOOD}))
    given = ["--targets", str(path), "--state", str(tmp_path / "state"), "--management", "nobody"]
    assert command_line.main(given) == 2
    assert "the profile `nobody`: there is none of that name" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_an_interruption_says_that_the_next_run_goes_on(capsys, monkeypatch, scene):
    def interrupted(scene, options):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "_scene", lambda options: scene)
    monkeypatch.setattr(command_line, "_run", interrupted)
    assert command_line.main([]) == 130
    assert capsys.readouterr().err == "interrupted; run it again: it goes on from here\n"
    with scene.state.alone():
        pass
