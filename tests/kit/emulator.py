"""The local AWS emulator as a child process, and its control plane."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import urllib.request

from .environment import environment
from .folders import clear_stale, make
from .interruption import held, start, stop
from .names import EMULATOR_PYTHON, REGION, ROOT
from .wait import eventually

START_SECONDS = 90
STOP_SECONDS = 15
CONTROL_SECONDS = 120
# Both functions unpacked for a few accounts, templates, logs: less than half of this.
NEEDED_BYTES = 200_000_000


class CannotStart(Exception):
    """The emulator did not start; the message names the reason and the remedy."""


def is_taken(port):
    """Whether somebody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def trouble(error):
    """An error of the operating system as a user reads it: a full disk, a read-only folder."""
    where = f"`{error.filename}`: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def port_of(text):
    """A port as somebody typed it."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"`{text}` is no port: a number from 1 to 65535 is one")
    return int(text)


class Emulator:
    """Runs from ``with`` to the end of the block; nothing of it is left afterwards.

    Also when this program is killed: the emulator notices, ends, and removes its folder. What a
    machine that went down has left is removed at the next start.
    """

    def __init__(self, port=0, folder=None):
        """Port 0: a free one. ``folder`` is for its log and its temporary files, and is removed.

        Without one they are in a new folder.
        """
        self._port = port
        self._folder = folder
        self._process = None
        self.url = None
        self.log = None

    def __enter__(self):
        if not EMULATOR_PYTHON.exists():
            raise CannotStart(
                f"`{EMULATOR_PYTHON.relative_to(ROOT)}` does not exist: `make demo` installs it"
            )
        if self._port:
            port_of(str(self._port))
        if self._port and is_taken(self._port):
            raise CannotStart(
                f"port {self._port} is in use: stop what listens there, or choose another"
            )
        try:
            with held():
                self._start()
            self._await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with held():
            process, self._process = self._process, None
            if process is not None:
                stop(process, STOP_SECONDS)
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def stay(self):
        """From now on it outlives this program, until somebody stops it."""
        self._process.stdin.write(b"stay")
        self._process.stdin.close()

    @property
    def process_id(self):
        """Of the emulator, which leads its session."""
        return self._process.pid

    def _start(self):
        program = [str(EMULATOR_PYTHON), "-m", "emulator", "--port", str(self._port)]
        try:
            if self._folder is None:
                clear_stale("emulator-")
                self._folder = make("emulator-")
            self._folder.mkdir(exist_ok=True)
            if (free := shutil.disk_usage(self._folder).free) < NEEDED_BYTES:
                raise CannotStart(
                    f"the disk of `{self._folder}` has {free // 1_000_000} MB left: make room for "
                    f"{NEEDED_BYTES // 1_000_000} MB"
                )
            self.log = self._folder / "log"
            with self.log.open("wb") as output:
                self._process = start(
                    [*program, "--tied", str(self._folder)],
                    cwd=ROOT,
                    env=environment(TMPDIR=str(self._folder)),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    bufsize=0,
                )
        except OSError as error:
            raise CannotStart(trouble(error)) from error

    def _await_ready(self):
        late = "the emulator was not ready in time"
        self.url = eventually(self._address, late, START_SECONDS, error=CannotStart)

    def _address(self):
        """Its URL once it answers there."""
        if ready := re.search(r"^ready (http://127\.0\.0\.1:\d+)$", self.output(), re.M):
            return ready[1]
        if self._process.poll() is not None:
            last = self.output().strip().splitlines()[-1:] or ["it printed nothing"]
            raise CannotStart(f"the emulator stopped while starting: {last[0]}")
        return None

    def output(self):
        """What the emulator has printed so far."""
        return self.log.read_text(errors="replace")

    def organization(self):
        """The organization as it really is: tree, policies, contents, tags, targets."""
        return self.control("GET", "organization")

    def other_organization(self):
        """The organization beside it, somebody else's at first."""
        return self.control("GET", "other-organization")

    def calls(self):
        """The log of all AWS calls since it was last cleared, oldest first."""
        return self.control("GET", "calls")

    def forget_calls(self):
        """Clear the log of calls."""
        self.control("DELETE", "calls")

    def inject(self, *faults):
        """Let calls fail as described; see the emulator's README for the keys."""
        self.control("POST", "faults", list(faults))

    def mend(self):
        """Remove all faults."""
        self.control("DELETE", "faults")

    def denials(self):
        """Every call and every act of a service that permissions refused, oldest first."""
        return self.control("GET", "denials")

    def take_denials(self):
        """The same, and forget them: none that comes meanwhile is lost between two calls."""
        return self.control("DELETE", "denials")

    def permissions(self):
        """What each role's policies were used for so far; see the emulator's README."""
        return self.control("GET", "permissions")

    def refuse_roots(self):
        """From now on the credentials of an account's root are of no use."""
        self.control("POST", "permissions", {"roots": False})

    def leave_out(self, *actions):
        """Evaluate as if roles lacked actions, given as (role, action); without any, all count."""
        without = [{"role": role, "action": action} for role, action in actions]
        self.control("POST", "permissions", {"without": without})

    def custom_resources(self):
        """Every custom resource request with the answers to it, oldest first."""
        return self.control("GET", "custom-resources")

    def resend(self, request_id):
        """Invoke a function again with a request that it has had."""
        self.control("POST", "resend", {"RequestId": request_id})

    def join(self, account, name, parent=None):
        """An account joins the organization, new or back again."""
        self.control("POST", "accounts", {"id": account, "name": name, "parent": parent})

    def suspend(self, account, suspended=True):
        """An account of the organization is suspended, or active again."""
        self.control("POST", "accounts", {"id": account, "suspended": suspended})

    def enable_region(self, region, *accounts, enabled=True):
        """Let accounts enable an opt-in Region, or disable it."""
        for account in accounts:
            wanted = {"account": account, "region": region, "enabled": enabled}
            self.control("POST", "regions", wanted)

    def set_build_machine(self, machine):
        """What builds find; see the emulator's README."""
        self.control("POST", "build-machine", machine)

    def functions(self):
        """Every function of every account with what it runs."""
        return self.control("GET", "functions")

    def builds(self):
        """Every build with the commands that were not run."""
        return self.control("GET", "builds")

    @contextlib.contextmanager
    def settings(self, **changed):
        """Other quotas and habits of AWS Organizations for a while; see the emulator's README."""
        before = self.control("GET", "settings")
        self.control("POST", "settings", changed)
        try:
            yield
        finally:
            self.control("POST", "settings", {name: before[name] for name in changed})

    def function_digests(self):
        """The sha256 of the bootstrap that each function runs, by the function's name."""
        functions = self.control("GET", "functions")
        return {function["name"]: function["bootstrap_sha256"] for function in functions}

    # -- AWS Backup's restores in an account; see the emulator's README

    def disturb(self, effect, times=1):
        """Lose, duplicate or hold the next events about completed restores."""
        self.control("POST", "backup-events", {"effect": effect, "times": times})

    def release_events(self):
        """Send the events that are held; how many."""
        return self.control("POST", "backup-events", {"release": True})["released"]

    def backup_events(self, status="COMPLETED"):
        """AWS Backup's events of this status so far, oldest first."""
        events = self.control("GET", "backup-events")
        return [event for event in events if event["detail"].get("status") == status]

    def repeat_event(self, event):
        """Deliver an event once more."""
        self.control("POST", "backup-events", {"repeat": event["id"]})

    def send_event(self, account, detail, **more):
        """Let AWS Backup send an event with this detail; ``more`` are its kind and resources."""
        place = {"account": account, "region": REGION}
        self.control("POST", "backup-events", place | {"detail": detail} | more)

    def start_restore_test(self, account, recovery_point):
        """Restore as a restore testing plan does; the job's id."""
        place = {"account": account, "region": REGION}
        asked = place | {"recovery_point": recovery_point}
        return self.control("POST", "restore-tests", asked)["job"]

    def restores(self):
        """Recovery points and restore jobs."""
        return self.control("GET", "restores")

    def set_restores(self, **changed):
        """Habits of AWS Backup and the tagging API."""
        self.control("POST", "restore-settings", changed)

    def tags(self, account, arn, add=None):
        """The tags of a resource as its service has them; ``add`` some first, as AWS itself."""
        place = {"account": account, "region": REGION}
        return self.control("POST", "tags", place | {"arn": arn, "tags": add or {}})

    def queue(self, account, name):
        """How many messages of a queue are visible, at work in a function, and hidden."""
        for queue in self.control("GET", "queues"):
            if (queue["account"], queue["region"], queue["name"]) == (account, REGION, name):
                return {key: queue[key] for key in ("visible", "at_work", "hidden")}
        raise LookupError(f"no queue `{name}` in {account}")

    def await_queue(self, account, name):
        """Wait until a function has worked on all that is visible in a queue; what it gave back."""

        def worked_off():
            state = self.queue(account, name)
            return None if state["visible"] or state["at_work"] else state

        found = eventually(
            worked_off, lambda: f"queue `{name}` was not worked off: {self.queue(account, name)}"
        )
        return found["hidden"]

    def elapse_visibility(self, account, name):
        """Let a queue's visibility timeouts pass, and wait for the function; what it gave back."""
        place = {"account": account, "region": REGION}
        self.control("POST", "elapse", place | {"queue": name})
        return self.await_queue(account, name)

    def elapse_schedule(self, account, name):
        """Let a schedule's interval pass."""
        place = {"account": account, "region": REGION}
        self.control("POST", "elapse", place | {"schedule": name})

    def reset(self):
        """Back to the state of a fresh start."""
        self.control("POST", "reset", {})

    def control(self, method, path, body=None):
        """A request to the control plane; see the emulator's README."""
        request = urllib.request.Request(
            f"{self.url}/_emulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        # No proxy, whatever the environment says: the emulator is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=CONTROL_SECONDS) as answer:
            text = answer.read()
        return json.loads(text) if text else None
