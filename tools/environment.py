"""Make a Python environment below .tools/ from files of pinned, hashed requirements.

Only the standard library, and syntax that an old Python 3 still reads, so that it can say why it
does not go on.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)


def main():
    folder, *requirements = sys.argv[1:]
    problem = unfit()
    if problem:
        sys.exit("tools: " + problem)
    os.makedirs(os.path.dirname(folder) or ".", exist_ok=True)
    # Whoever comes second waits, and finds it made.
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready(folder, requirements):
            make(folder, requirements)


def make(folder, requirements):
    """Make the environment anew, and say that it is ready."""
    shutil.rmtree(folder, ignore_errors=True)
    print("tools: install", *requirements, "into", folder, flush=True)
    python = os.path.join(folder, "bin", "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--no-input", "--require-hashes", "--only-binary", ":all:"]
    install += [f"--requirement={name}" for name in requirements]
    for command in [sys.executable, "-m", "venv", folder], install:
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            sys.exit(f"tools: {folder} is not made: {reason(done.stderr)}")
    with open(os.path.join(folder, "ready"), "w") as ready:
        ready.write(digest(requirements))


def is_ready(folder, requirements):
    """Whether the environment is made from just these requirements.

    By what they say, not by their time: a second checkout that uses the same environment has newer
    files, and making it anew would take it away from whoever runs in it.
    """
    try:
        with open(os.path.join(folder, "ready")) as ready:
            return ready.read() == digest(requirements)
    except OSError:
        return False


def digest(requirements):
    """What the requirements say, in short."""
    hashed = hashlib.sha256()
    for name in requirements:
        with open(name, "rb") as file:
            hashed.update(file.read() + b"\0")
    return hashed.hexdigest()


def reason(printed):
    """Why a command failed, from its output: one line where nothing else is of use."""
    gave_up = re.search(r"Retrying \(Retry\(total=0, .*? broken by ['\"](\w+)", printed)
    if gave_up:
        return (
            f"the package index does not answer ({gave_up[1]}). The first set-up needs the "
            "network, directly or through HTTPS_PROXY, or an index of your own (PIP_INDEX_URL); "
            "later runs do without. Then the same command again"
        )
    sys.stderr.write(printed)
    return "the reason is above"


def unfit():
    """Why this Python cannot make an environment, or None."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST:
        return f"python3 is {version}: 3.11 or newer is needed (`make PYTHON=python3.13 ...`)"
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (
            "python3 cannot make environments: the modules `venv` and `ensurepip` are missing "
            "(on Debian and Ubuntu: apt install python3-venv)"
        )
    return None


if __name__ == "__main__":
    main()
