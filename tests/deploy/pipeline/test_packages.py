"""Publishing: every Region first, then the record; the next run repairs a failure half-way."""

import io
import re
import zipfile

import pytest
from deploy import templates
from deploy.pipeline import packages
from deploy.problem import Problem
from deploy.stacks import load_template
from fakes import S3, Session, Ssm

PREFIX = "lambda-deployment-bucket-222222222222"
BASE = "/backup/lambda/aws-backup-backuporgpolicymanager"
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")


def package(machine: int, name: str = "bootstrap", magic: bytes = b"\x7fELF") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, magic + bytes(14) + machine.to_bytes(2, "little") + bytes(44))
    return content.getvalue()


@pytest.fixture
def arm(tmp_path):
    path = tmp_path / "org-policy-manager.zip"
    path.write_bytes(package(183))
    return path


@pytest.fixture
def world():
    ssm = Ssm({"/backup/lambda/bucket-prefix": PREFIX, "/backup/target/regions": ",".join(REGIONS)})
    clients = {"ssm": ssm}
    for region in REGIONS:
        clients["s3", region] = S3({f"{PREFIX}-{region}"})
    return Session(clients)


def publish(world, path, printed):
    return packages.publish(world, "org-policy-manager", path, printed.append)


def test_published_to_every_region_and_recorded(world, arm, printed):
    variables = publish(world, arm, printed)
    key = variables["PACKAGE_KEY"]
    assert key.startswith("org-policy-manager/arm64/") and key.endswith(".zip")
    assert variables["PACKAGE_ARCHITECTURE"] == "arm64"
    for region in REGIONS:
        assert world.clients["s3", region].uploads == [f"{PREFIX}-{region}/{key}"]
    ssm = world.clients["ssm"]
    assert ssm.values[f"{BASE}/deployed-package"] == key
    assert ssm.values[f"{BASE}/deployed-hash"] in key
    # What stacks read comes last.
    assert ssm.writes == [f"{BASE}/deployed-hash", f"{BASE}/deployed-package"]


def test_nothing_is_recorded_unless_every_region_has_it(world, arm, printed):
    world.clients["s3", "eu-west-1"].broken = True
    with pytest.raises(
        Problem,
        match=r"not in eu-west-1 \(SlowDown: Please reduce .* rate\.\); nothing was recorded",
    ):
        publish(world, arm, printed)
    assert world.clients["ssm"].writes == []
    # The Regions after the broken one have been tried all the same.
    assert len(world.clients["s3", "us-east-1"].uploads) == 1


def test_the_next_run_repairs_a_failure_half_way(world, arm, printed):
    broken = world.clients["s3", "eu-west-1"]
    broken.broken = True
    with pytest.raises(Problem):
        publish(world, arm, printed)
    broken.broken = False
    publish(world, arm, printed)
    assert [len(world.clients["s3", region].uploads) for region in REGIONS] == [1, 1, 1]
    assert len(world.clients["ssm"].writes) == 2


def test_a_record_that_stopped_between_its_two_writes_is_completed(world, arm, printed):
    key = publish(world, arm, printed)["PACKAGE_KEY"]
    ssm = world.clients["ssm"]
    del ssm.values[f"{BASE}/deployed-package"]
    ssm.writes.clear()
    publish(world, arm, printed)
    assert ssm.writes == [f"{BASE}/deployed-package"]
    assert ssm.values[f"{BASE}/deployed-package"] == key


def test_a_second_run_changes_nothing(world, arm, printed):
    publish(world, arm, printed)
    world.clients["ssm"].writes.clear()
    publish(world, arm, printed)
    assert world.clients["ssm"].writes == []
    assert [len(world.clients["s3", region].uploads) for region in REGIONS] == [1, 1, 1]


def test_a_recorded_package_that_a_new_region_lacks_is_uploaded(world, arm, printed):
    """Skipped only when it is present everywhere: the record alone proves nothing."""
    publish(world, arm, printed)
    ssm = world.clients["ssm"]
    ssm.values["/backup/target/regions"] += ",ap-south-1"
    world.clients["s3", "ap-south-1"] = S3({f"{PREFIX}-ap-south-1"})
    publish(world, arm, printed)
    assert len(world.clients["s3", "ap-south-1"].uploads) == 1


def test_a_missing_bucket_is_named(world, arm, printed):
    world.clients["s3", "us-east-1"].buckets.clear()
    with pytest.raises(Problem, match=r"us-east-1 \(NoSuchBucket"):
        publish(world, arm, printed)


@pytest.mark.parametrize(("machine", "expected"), [(62, "x86_64"), (183, "arm64")])
def test_the_architecture_is_the_binarys_own(machine, expected):
    assert packages.architecture_of("p.zip", package(machine)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"no archive", "no archive with a file `bootstrap`"),
        (package(62, name="main"), "no archive with a file `bootstrap`"),
        (package(62, magic=b"#!/b"), "no Linux binary"),
        (package(3), "no Linux binary"),
    ],
)
def test_what_is_no_package_is_refused(content, expected):
    with pytest.raises(Problem, match=expected):
        packages.architecture_of("p.zip", content)


def test_a_missing_package_names_the_remedy(tmp_path):
    with pytest.raises(Problem, match="run `make package-org-policy-manager` first"):
        packages.read_package(tmp_path / "org-policy-manager.zip")


def test_without_targets_the_remedy_is_their_stack(arm, printed):
    session = Session({"ssm": Ssm({})})
    with pytest.raises(Problem, match="deploy the stack aws-backup-ssm-targets first"):
        publish(session, arm, printed)


##### The stack sets' templates


def test_templates_are_uploaded_once_under_their_contents_hash(printed):
    s3 = S3({"bucket"})
    session = Session({"ssm": Ssm({"/backup/bucket": "bucket"}), "s3": s3})
    first = templates.publish(session, printed.append)
    second = templates.publish(session, printed.append)
    assert first == second
    assert len(s3.uploads) == len(first)
    for variable, key in first.items():
        path = templates.ROOT / templates.BY_NAME[templates.VARIABLES[variable]].child
        assert s3.objects["bucket", key] == path.read_bytes()
        # As the stack set's own template wants it.
        parent = load_template(
            templates.BY_NAME[templates.VARIABLES[variable]].template_path.read_text()
        )
        assert re.search(parent["Parameters"]["TemplateKey"]["AllowedPattern"], key)


def test_a_changed_template_gets_another_key(tmp_path):
    path = tmp_path / "child.yaml"
    path.write_text("a: 1\n")
    before = templates.key_of(path)
    path.write_text("a: 2\n")
    assert templates.key_of(path) != before
