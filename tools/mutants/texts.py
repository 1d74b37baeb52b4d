"""Texts of Rust as far as results depend on them, and their digests."""

import hashlib
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

INLINE_TESTS = re.compile(r"^#\[cfg\(test\)\]\nmod \w+ \{\n.*?^\}\n", re.M | re.S)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def own(text):
    """A file's code: without the tests in it, comments and blank lines."""
    lines = (line.strip() for line in INLINE_TESTS.sub("", text).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def test(text, name):
    """The function of a test, by its name, or nothing."""
    found = re.search(rf"^( *)(?:pub |async )*fn {re.escape(name)}\(.*?^\1\}}", text, re.M | re.S)
    return found and found[0]


def tests(root, crate):
    """All that a crate's tests consist of, as one text: a survivor may die when it changes."""
    folder = root / "crates" / crate
    texts = []
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        if inside[0] == "tests" and file.is_file():
            texts.append(file.read_bytes().decode(errors="replace"))
        elif inside[0] == "src" and file.suffix == ".rs":
            text = file.read_text()
            texts += [text] if is_test_file(file) else INLINE_TESTS.findall(text)
    return "\n".join(texts)


def is_test_file(file):
    """Whether a file's parent has it for tests only: `#[cfg(test)] mod tests;`."""
    folder = file.parent
    parents = [folder.with_suffix(".rs"), folder / "lib.rs", folder / "mod.rs"]
    declared = rf"^#\[cfg\(test\)\]\nmod {file.stem};"
    is_declared = any(p.is_file() and re.search(declared, p.read_text(), re.M) for p in parents)
    return is_declared or "tests" in file.parts[file.parts.index("src") :]


def source_of(root, crate, binary, test_name):
    """The file that holds a test, by the binary it ran in and its path of modules."""
    path = root / "crates" / crate / binary
    modules = test_name.split("::")[:-1]
    folder = path.parent if path.name in ("lib.rs", "main.rs") else path.with_suffix("")
    for module in modules:
        candidates = [folder / f"{module}.rs", folder / module / "mod.rs"]
        found = next((file for file in candidates if file.is_file()), None)
        if not found:
            break
        path, folder = found, folder / module
    return path.relative_to(root).as_posix()
