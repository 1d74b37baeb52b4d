"""The two scripts of the pipeline's builds, on a machine whose every program is a stand-in."""

import hashlib
import re
import shutil
import subprocess

import pytest
from deploy.stacks import ROOT

TOOLS = "bash cat chmod cut mktemp rm sed sha256sum tr uname".split()
CHANNEL = re.search(r'^channel = "(.*)"', (ROOT / "rust-toolchain.toml").read_text(), re.M)[1]
# The toolchain with its components by name, and rustup as it is.
INSTALL = (
    f"rustup toolchain install {CHANNEL} --profile minimal --component clippy,rustfmt "
    "--no-self-update"
)


class Machine:
    """Programs that do nothing but write down how they were called, and fail where they shall."""

    def __init__(self, folder):
        self.folder = folder
        self.calls = folder / "calls"
        self.home = folder / "home"
        for name in ("bin", "home/.cargo/bin"):
            (folder / name).mkdir(parents=True)
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool))

    def has(self, name, also="", status=0, where="bin"):
        script = f'#!/bin/sh\necho "{name} $*" >> {self.calls}\n{also}\nexit {status}\n'
        program = self.folder / where / name
        program.write_text(script)
        program.chmod(0o755)
        return program

    def run(self, script, **variables):
        environment = {"PATH": str(self.folder / "bin"), "HOME": str(self.home)} | variables
        return subprocess.run(
            [shutil.which("bash"), ROOT / "tools/deploy/build_machine" / script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )

    def called(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


##### install-rust.sh


def test_an_image_with_rustup_gets_the_pinned_toolchain(machine):
    """CodeBuild's Arm image: cargo is rustup's proxy, with another toolchain as its default."""
    machine.has("cargo")
    machine.has("rustup")
    assert machine.run("install-rust.sh").returncode == 0
    assert machine.called() == [INSTALL]


def test_rustup_is_found_where_its_installer_puts_it(machine):
    machine.has("rustup", where="home/.cargo/bin")
    assert machine.run("install-rust.sh").returncode == 0
    assert machine.called() == [INSTALL]


def test_a_compiler_of_an_own_image_is_taken_as_it_is(machine):
    machine.has("cargo", also='echo "cargo 1.95.0"')
    result = machine.run("install-rust.sh")
    assert result.stdout == "install-rust: cargo 1.95.0 is there, without rustup\n"
    assert machine.called() == ["cargo --version"]


def download(machine, checksum=None):
    """A curl that brings an installer, which brings rustup."""
    rustup = machine.has("rustup", where="home")
    installer = machine.has("rustup-init", f"cp {rustup} $HOME/.cargo/bin/rustup", where="home")
    (machine.folder / "bin/cp").symlink_to(shutil.which("cp"))
    digest = checksum or hashlib.sha256(installer.read_bytes()).hexdigest()
    machine.has(
        "curl",
        # Its arguments: four files, by name, after the options.
        'while [ $# -gt 0 ]; do case "$1" in'
        f' */rustup-init) [ "$last" = --output ] && cat {installer} > "$1";;'
        f' */rustup-init.sha256) [ "$last" = --output ] && echo "{digest}  x" > "$1";;'
        ' esac; last="$1"; shift; done',
    )


def test_a_machine_without_rust_gets_rustup_and_then_the_same(machine):
    download(machine)
    result = machine.run("install-rust.sh")
    assert result.returncode == 0, result.stderr
    curl, installer, install = machine.called()
    assert "https://static.rust-lang.org/rustup/archive/" in curl
    assert installer == "rustup-init -y --no-modify-path --profile minimal --default-toolchain none"
    assert install == INSTALL


def test_a_broken_download_is_not_run(machine):
    download(machine, checksum="0" * 64)
    assert machine.run("install-rust.sh").returncode != 0
    assert [call.split()[0] for call in machine.called()] == ["curl"]


def test_a_toolchain_that_cannot_be_fetched_fails_the_build(machine):
    machine.has("rustup", status=1)
    assert machine.run("install-rust.sh").returncode == 1


##### validate-online.sh

ALL = ["gem", "cfn_nag_scan", "cfn_nag_scan", "make check-guard-registry", "make advisories"]


def validators(machine, fails=()):
    """A machine without cfn-nag, on which some of the four things fail."""
    scan = machine.has("cfn_nag_scan", status=int("cfn_nag_scan" in fails), where="home")
    machine.has(
        "gem",
        f"cat {scan} > {scan.parent}/../bin/cfn_nag_scan; "
        f"chmod +x {scan.parent}/../bin/cfn_nag_scan"
        if "gem" not in fails
        else "",
        status=int("gem" in fails),
    )
    failing = "|".join(target for target in fails if target not in ("gem", "cfn_nag_scan"))
    machine.has("make", f'case "$1" in {failing or "none"}) exit 2;; esac')


def names(calls):
    return [call if call.startswith("make") else call.split()[0] for call in calls]


def test_every_online_check_is_made(machine):
    validators(machine)
    result = machine.run("validate-online.sh")
    assert (result.returncode, result.stderr) == (0, "")
    assert names(machine.called()) == ALL
    assert "--version 0.8.10" in machine.called()[0]


@pytest.mark.parametrize(
    ("fails", "reported", "calls"),
    [
        ("gem", "cfn-nag", [ALL[0], *ALL[3:]]),  # rubygems.org does not answer
        ("cfn_nag_scan", "cfn-nag", [*ALL[:2], *ALL[3:]]),  # a finding
        ("check-guard-registry", "check-guard-registry", ALL),  # github.com does not answer
        ("advisories", "advisories", ALL),  # a new vulnerability, a yanked crate
    ],
)
def test_what_fails_stops_the_run_unless_it_is_only_to_be_reported(machine, fails, reported, calls):
    validators(machine, [fails])
    result = machine.run("validate-online.sh")
    assert result.returncode == 1
    assert names(machine.called()) == calls
    failed, remedy = result.stderr.splitlines()
    assert failed == f"validate-online: failed, or could not be made: {reported}"
    assert remedy.startswith('error: for a change that cannot wait see "An urgent change"')

    result = machine.run("validate-online.sh", ONLINE_CHECKS="report")
    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        failed,
        "validate-online: the run goes on, because ONLINE_CHECKS is report",
    ]


def test_everything_that_fails_is_named(machine):
    validators(machine, ["gem", "check-guard-registry", "advisories"])
    result = machine.run("validate-online.sh", ONLINE_CHECKS="required")
    assert "cfn-nag check-guard-registry advisories\n" in result.stderr


def test_another_word_is_refused_before_anything_runs(machine):
    validators(machine)
    result = machine.run("validate-online.sh", ONLINE_CHECKS="skip")
    assert result.returncode == 2
    assert result.stderr == "error: ONLINE_CHECKS: `skip` is not required or report\n"
    assert machine.called() == []


def test_the_guide_has_what_the_scripts_and_builds_name():
    guide = (ROOT / "docs/deployment.md").read_text()
    assert "**An urgent change" in guide
    assert "`ONLINE_CHECKS: report`" in guide
    spec = (ROOT / "buildspecs/validate-templates.yml").read_text()
    assert "\n    ONLINE_CHECKS: required\n" in spec
