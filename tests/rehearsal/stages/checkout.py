"""A working copy of this repository with the rehearsal's target values, committed.

What git knows of is copied as it is now, so a change need not be committed to be
rehearsed; the commands that want a commit find one.
"""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from ..names import HOME_REGION, REPORTS_FILE, ROOT, TARGETS, TARGETS_FILE, CannotRehearse

# Nobody's own settings, and an author.
GIT = {
    "GIT_AUTHOR_NAME": "rehearsal",
    "GIT_AUTHOR_EMAIL": "rehearsal@rehearsal.example",
    "GIT_COMMITTER_NAME": "rehearsal",
    "GIT_COMMITTER_EMAIL": "rehearsal@rehearsal.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Checkout:
    """The working copy in which the guide's commands are typed."""

    def __init__(self, folder: Path, spoil=lambda folder: None, release=None):
        """``spoil`` may change the copy before it is committed: to see a defect found.

        With a ``release``, an archive of an earlier version, the copy is that version.
        """
        self.folder = folder
        self._values = []
        if release is None:
            self._copy()
        else:
            self._unpack(release)
        self.change(TARGETS_FILE, TARGETS)
        self.change(REPORTS_FILE, {"HomeRegion": HOME_REGION})
        spoil(folder)
        self._git("init", "--quiet", "--initial-branch", "main")
        self.commit("Our target values")

    def commit(self, message):
        """Commit everything."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)

    def change(self, path, values):
        """Set values in a parameter file; its new text."""
        file = self.folder / path
        self._values.append((path, values))
        document = json.loads(file.read_text())
        document["Parameters"].update(values)
        file.write_text(json.dumps(document, indent=2) + "\n")
        return file.read_text()

    def take_next_version(self):
        """The repository as it is now in the place of the release, with the values set so far.

        What a merge makes of it: the user's values stay, and files that are gone go.
        """
        for entry in self.folder.iterdir():
            if entry.name not in (".git", ".tools"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self._copy()
        values, self._values = self._values, []
        for path, changed in values:
            self.change(path, changed)

    def _unpack(self, release):
        with tarfile.open(fileobj=release) as archive:
            archive.extractall(self.folder, filter="data")
        # The tools are installed already, for what is here: others would be installed anew.
        for name in ("tools/environment.py", "tools/deploy/requirements.txt"):
            shutil.copy2(ROOT / name, self.folder / name)
        self._link_tools()

    def _copy(self):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if listed.returncode != 0:
            printed = (listed.stderr.strip().splitlines() or ["it failed"])[0]
            raise CannotRehearse(
                f"git does not list the files in `{ROOT}` ({printed}): the rehearsal copies what "
                "git knows of, so run it in a clone of the repository"
            )
        for name in filter(None, listed.stdout.split("\0")):
            source, target = ROOT / name, self.folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                # With its time: what was installed for it is not older.
                shutil.copy2(source, target, follow_symlinks=False)
        self._link_tools()

    def _link_tools(self):
        link = self.folder / ".tools"
        if not link.is_symlink():
            link.symlink_to(ROOT / ".tools")

    def _git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.folder, env=os.environ | GIT, check=True)
