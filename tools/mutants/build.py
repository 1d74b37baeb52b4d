"""A copy of the sources with every wanted mutant switched in, and its tests, built once."""

import dataclasses
import json
import os
import pathlib
import subprocess

from mutants import switch, texts
from mutants.texts import ROOT

WORK = ROOT / "target" / "mutants"
TREE = WORK / "tree"
LEFT_OUT = WORK / "left-out.json"
PROGRAM = ROOT / ".tools" / "mutants" / "bin" / "cargo-mutants"

# A build folder of its own: what has mutants in it must not be taken for the product. What failed
# is not shrunk.
ENVIRONMENT = {
    "CARGO_TARGET_DIR": str(WORK / "build"),
    "PROPTEST_MAX_SHRINK_ITERS": "0",
    "RUST_BACKTRACE": "0",
}

# A changed text that is no Rust for these reasons is none without a switch either: a trait that is
# not implemented, a type, a name or a method that is another's.
UNVIABLE = {"E0277", "E0308", "E0369", "E0599", "E0600", "E0614", "E0423", "E0433", "E0063"}


class Refusal(Exception):
    """Why there is nothing to run on."""


class NoRust(Refusal):
    """What the compiler objects to."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    """What cargo-mutants lists."""

    number: int
    name: str
    file: str
    crate: str
    genre: str
    span: dict = dataclasses.field(hash=False, compare=False)
    replacement: str
    returns: str
    function: str

    @property
    def is_opaque(self):
        return self.genre == "FnValue" and "impl " in self.returns

    @property
    def key(self):
        """Its name, and the text that the name is about."""
        return f"{self.name} in {texts.digest((ROOT / self.file).read_text())}"

    @property
    def change(self):
        return switch.Change(self.number, self.genre, self.span, self.replacement)


@dataclasses.dataclass
class Binary:
    """A crate's tests: where they are built, and the file they begin in."""

    crate: str
    name: str
    path: str
    source: str


def copy_tree(root):
    """Bring the copy up to date. What did not change keeps its time: it is not built again."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout
    wanted = {name for name in out.split("\0") if name and (root / name).is_file()}
    for name in wanted:
        put(TREE / name, (root / name).read_bytes())
    for copy in [it for it in TREE.rglob("*") if it.is_file() and not it.is_symlink()]:
        if copy.relative_to(TREE).as_posix() not in wanted:
            copy.unlink()


def put(file, content):
    """Write a file unless it has this content."""
    if not file.is_file() or file.read_bytes() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def listed(crates):
    """All mutants of some crates, by file."""
    done = subprocess.run(
        [PROGRAM, "mutants", "--dir", ROOT, "--no-config", "--list", "--json"]
        + [f"--package={crate}" for crate in crates],
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refusal(f"cargo-mutants ended with status {done.returncode}")
    found = {}
    for number, it in enumerate(json.loads(done.stdout)):
        function = it["function"] or {}
        mutant = Mutant(
            number,
            it["name"],
            it["file"],
            it["package"],
            it["genre"],
            it["span"],
            it["replacement"],
            function.get("return_type", ""),
            f"{function.get('function_name')} {function.get('span')}",
        )
        found.setdefault(mutant.file, []).append(mutant)
    return found


class Build:
    """Some mutants, switched in as far as they can be: the others are `alone` or `unviable`."""

    def __init__(self, mutants):
        self.mutants = {it.number: it for it in mutants}
        # A function that returns `impl …` returns one type, which another value rarely has.
        self.alone = {it.number for it in mutants if it.is_opaque}
        self.unviable = set()
        self._remember()
        self.ranges = {}
        count = max(self.mutants, default=0) + 1
        self.module = switch.MODULE.replace("COUNT", str(count))

    def make(self):
        """Switch in what compiles, and build the tests: `{(crate, name): Binary}`."""
        crates = {it.crate for it in self.mutants.values()}
        while True:
            self._write(crates)
            errors = _cargo_errors("check", "--workspace", "--lib", "--bins")
            if not errors:
                break
            if not self._leave_out(errors):
                shown = "\n".join(it["rendered"] for it in errors[:3])
                raise Refusal(f"the switched sources do not compile:\n{shown}")
        self._keep()
        return binaries()

    def _remember(self):
        """Take over what an earlier build found of the same texts: finding it takes minutes."""
        known = _left_out()
        for it in self.mutants.values():
            if kind := known.get(it.key):
                (self.alone if kind == "alone" else self.unviable).add(it.number)

    def _keep(self):
        kinds = {it: "alone" for it in self.alone} | {it: "unviable" for it in self.unviable}
        found = {self.mutants[it].key: kind for it, kind in kinds.items()}
        LEFT_OUT.write_text(json.dumps(_left_out() | found))

    def _write(self, crates):
        files = {it.file for it in self.mutants.values()}
        for crate in crates:
            files |= {f"crates/{crate}/src/{name}" for name in ("lib.rs", "main.rs")}
        for file in sorted(it for it in files if (ROOT / it).is_file()):
            text = (ROOT / file).read_text()
            changes = [
                it.change
                for it in self.mutants.values()
                if it.file == file and it.number not in self.alone | self.unviable
            ]
            text, self.ranges[file] = switch.switched(text, changes)
            self.alone |= {it.number for it in changes} - set(self.ranges[file])
            self._put(file, text)

    def put_alone(self, mutant):
        """Put a mutant into its file, without any other."""
        text = (ROOT / mutant.file).read_text()
        self._put(mutant.file, switch.changed(text, mutant.change))

    def _put(self, file, text):
        is_root = file.split("/")[3:] in (["lib.rs"], ["main.rs"])
        put(TREE / file, (text + self.module if is_root else text).encode())

    def _leave_out(self, errors):
        """Leave out what the compiler objects to; whether that was anything."""
        before = len(self.alone) + len(self.unviable)
        for error in errors:
            code = (error["code"] or {}).get("code")
            spans = sorted(error["spans"], key=lambda it: not it["is_primary"])
            places = [(it["file_name"], it["byte_start"], it["byte_end"]) for it in spans]
            blamed = next(
                (it for place in places if (it := self._inside(*place)) is not None), None
            )
            if blamed is None:
                # Not one change's fault, such as arms that are missing together.
                self.alone |= self._near(*places[0])
                continue
            (self.unviable if code in UNVIABLE else self.alone).add(blamed)
        return len(self.alone) + len(self.unviable) > before

    def _inside(self, file, start, end):
        for number, ranges in self.ranges.get(file, {}).items():
            if any(first <= start and end <= last for first, last in ranges):
                return number
        return None

    def _near(self, file, start, end):
        """The changes in the span of an error, or else of the function that has the next one."""
        places = sorted(
            (first, number)
            for number, them in self.ranges.get(file, {}).items()
            for first, _ in them
        )
        inside = {number for first, number in places if start <= first < end}
        following = [self.mutants[number] for first, number in places if first >= end][:1]
        return inside or {
            it.number
            for it in self.mutants.values()
            for next_one in following
            if (it.file, it.function, it.genre) == (file, next_one.function, next_one.genre)
        }


def _left_out():
    """What earlier builds left out, by key: `alone` or `unviable`."""
    return json.loads(LEFT_OUT.read_text()) if LEFT_OUT.exists() else {}


def binaries(*names):
    """Build the tests of the workspace, or those of some names. Always of the whole workspace: what
    it depends on has other features for a package alone, and would be compiled again."""
    chosen = ["--lib" if name == "lib" else f"--test={name}" for name in names]
    status, messages, shown = _cargo("test", "--workspace", "--no-run", *chosen)
    if status:
        raise NoRust(shown) if _errors(messages) else Refusal(shown)
    found = {}
    for message in messages:
        if message["reason"] == "compiler-artifact" and message["executable"]:
            target, source = message["target"], pathlib.Path(message["target"]["src_path"])
            if not message["profile"]["test"] or "crates" not in source.parts:
                continue
            crate = source.relative_to(TREE).parts[1]
            name = "lib" if "lib" in target["kind"] else target["name"]
            name = f"{name} (bin)" if "bin" in target["kind"] else name
            inside = source.relative_to(TREE / "crates" / crate).as_posix()
            found[crate, name] = Binary(crate, name, message["executable"], inside)
    return found


def _cargo_errors(*arguments):
    """What the compiler objects to."""
    status, messages, shown = _cargo(*arguments, "--keep-going")
    errors = _errors(messages)
    if status and not errors:
        raise Refusal(shown)
    return errors


def _errors(messages):
    compiler = [it["message"] for it in messages if it["reason"] == "compiler-message"]
    return [it for it in compiler if it["level"] == "error" and it["spans"]]


def _cargo(*arguments):
    """Run cargo: its status, its messages, and what went wrong."""
    done = subprocess.run(
        ["cargo", arguments[0], "--locked", "--message-format=json", *arguments[1:]],
        cwd=TREE,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return (
        done.returncode,
        messages,
        f"`cargo {' '.join(arguments)}` failed:\n{done.stderr[-4000:]}",
    )
