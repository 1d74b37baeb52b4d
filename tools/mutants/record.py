"""docs/evidence/mutants.json: what became of each file's mutants, and for which texts."""

import collections
import functools
import json
import tomllib

from mutants import texts

FILE = "docs/evidence/mutants.json"
REASONS = "tools/mutants/reasons.toml"


class Record:
    """By file: its `code`'s digest, how many of its mutants were `caught` or `unviable`, which were
    `timeouts` and `survivors`, which are `left` to be run, the tests that caught (`by`: file, then
    test, then digest), and the digest of all `tests` with which the survivors survived."""

    def __init__(self, root, files, reasons):
        self.root = root
        self.files = files
        self.reasons = reasons

    @classmethod
    def read(cls, root):
        file = root / FILE
        reasons = tomllib.loads((root / REASONS).read_text()).get("survivor", [])
        return cls(
            root,
            json.loads(file.read_text()) if file.exists() else {},
            {(it["file"], it["mutant"], it["line"]): it["reason"] for it in reasons},
        )

    def write(self):
        text = json.dumps(dict(sorted(self.files.items())), indent=1, ensure_ascii=False)
        (self.root / FILE).write_text(text + "\n")

    def forget_all_but(self, listed):
        self.files = {file: entry for file, entry in self.files.items() if file in listed}

    def to_run(self, file, names):
        """The mutants of a file whose result is not known for the texts as they are."""
        entry = self.files.get(file)
        if not entry or entry["code"] != self._code(file) or self._tests_changed(entry):
            return names
        wanted = {tuple(it) for it in entry["left"]}
        if entry["tests"] != self._tests:
            wanted |= {(it["name"], it["line"]) for it in self.unexplained(file)}
        known_as = described(self.root, names)
        return [name for name in names if known_as[name] in wanted]

    def unexplained(self, file):
        """A file's survivors for which there is no reason."""
        return [it for it in self.files[file]["survivors"] if not self.reason(file, it)]

    def add(self, file, names, results):
        """Add what became of some of a file's mutants: by name, the summary and what failed."""
        known_as = described(self.root, names)
        again = {known_as[name] for name in results}
        # Of what was caught only the number is known: whoever runs it again counts from nothing.
        if not self.is_current(file) or not again <= self._unsettled(file):
            entry = {"caught": 0, "unviable": 0, "timeouts": [], "survivors": [], "by": {}}
            entry["left"] = list(known_as.values())
        else:
            entry = self.files[file]
        left = {tuple(it) for it in entry["left"]} - again
        entry["left"] = sorted(left)
        for kind in ("timeouts", "survivors"):
            entry[kind] = [it for it in entry[kind] if (it["name"], it["line"]) not in again]
        for name, (summary, failed) in results.items():
            what, line = known_as[name]
            if summary == "CaughtMutant":
                entry["caught"] += 1
                for source, test in failed:
                    text = texts.test((self.root / source).read_text(), test)
                    if text:
                        entry["by"].setdefault(source, {})[test] = texts.digest(text)
            elif summary == "Unviable":
                entry["unviable"] += 1
            else:
                kind = "timeouts" if summary == "Timeout" else "survivors"
                entry[kind].append({"name": what, "line": line})
        entry["by"] = {
            source: dict(sorted(it.items())) for source, it in sorted(entry["by"].items())
        }
        entry |= {"mutants": len(names), "code": self._code(file), "tests": self._tests}
        self.files[file] = entry

    def is_current(self, file):
        entry = self.files.get(file)
        return bool(entry) and entry["code"] == self._code(file) and not self._tests_changed(entry)

    def _unsettled(self, file):
        """A file's mutants that no test has caught so far."""
        entry = self.files[file]
        known = {(it["name"], it["line"]) for it in entry["timeouts"] + entry["survivors"]}
        return known | {tuple(it) for it in entry["left"]}

    def _code(self, file):
        return texts.digest(texts.own((self.root / file).read_text()))

    @functools.cached_property
    def _tests(self):
        """All tests: those of one crate hold what another decides."""
        crates = sorted(it.name for it in (self.root / "crates").iterdir())
        return texts.digest("\n".join(texts.tests(self.root, crate) for crate in crates))

    def _tests_changed(self, entry):
        """Whether a test that caught a mutant is another now, or gone."""
        for source, tests in entry["by"].items():
            path = self.root / source
            text = path.read_text() if path.exists() else ""
            if any(texts.digest(texts.test(text, it) or "") != was for it, was in tests.items()):
                return True
        return False

    def reason(self, file, survivor):
        return self.reasons.get((file, survivor["name"], survivor["line"]))


def described(root, names):
    """What each of a file's mutants does, and the text of its line: both stay when lines move. Of
    those that are the same in both, the second and further ones are numbered."""
    known_as, seen = {}, collections.Counter()
    for name in names:
        place, _, what = name.partition(": ")
        file, line, _ = place.rsplit(":", 2)
        it = what, (root / file).read_text().splitlines()[int(line) - 1].strip()
        seen[it] += 1
        known_as[name] = (f"{what} ({seen[it]})", it[1]) if seen[it] > 1 else it
    return known_as
