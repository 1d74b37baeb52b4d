"""Make a Python environment below .tools/ from files of pinned, hashed requirements.

Only the standard library, and syntax that an old Python 3 still reads, so that it can say why it
does not go on.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)


def main():
    folder, *requirements = sys.argv[1:]
    problem = unfit()
    if problem:
        sys.exit("tools: " + problem)
    shutil.rmtree(folder, ignore_errors=True)
    print("tools: install", *requirements, "into", folder, flush=True)
    python = os.path.join(folder, "bin", "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--no-input", "--require-hashes", "--only-binary", ":all:"]
    install += [f"--requirement={name}" for name in requirements]
    for command in [sys.executable, "-m", "venv", folder], install:
        if subprocess.call(command) != 0:
            shutil.rmtree(folder, ignore_errors=True)
            sys.exit(f"tools: {folder} is not made: the reason is above")


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
