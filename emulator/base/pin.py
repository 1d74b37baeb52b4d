"""What another version of the base changes at the names in the table: for whoever moves the pin.

    python -m emulator.base.pin             # how many names there are, by kind
    python -m emulator.base.pin FOLDER      # the version that was installed there, with diffs
    python -m emulator.base.pin --write     # the installed version's fingerprints into the table

FOLDER is the one that has `ministack/` in it, like a virtual environment's `site-packages`. Nothing
of it is imported. docs/moving-the-pin.md has the steps.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import functools
import hashlib
import sys
import textwrap
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from .pinned import VERSION
from .points import FILE, TABLE, PatchPoint, fingerprint, read


def source(folder: Path, module: str, name: str) -> str | None:
    """The text that defines a name in a module of the base below ``folder``; None without one.

    A name that the module imports is looked up where it comes from.
    """
    path = _file(folder, module)
    if path is None:
        return None
    definitions, imports = _names(path)
    if name in definitions:
        return "\n".join(definitions[name])
    if name not in imports:
        return None
    node, original = imports[name]
    return source(folder, _imported(path, module, node), original)


def digits(text: str) -> str:
    """The fingerprint of a source, as `points.fingerprint` has it of the function itself."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]


def compare(
    folder: Path, table: tuple[PatchPoint, ...] = TABLE
) -> Iterator[tuple[PatchPoint, str]]:
    """The points that are another version's otherwise, each with "absent" or the diff."""
    here = installed()
    for point in TABLE:
        mine = source(here, point.module, point.name)
        other = source(folder, point.module, point.name)
        if other is None:
            yield point, "absent"
        elif mine is not None and mine.strip() != other.strip():
            lines = difflib.unified_diff(
                mine.splitlines(), other.splitlines(), "installed", str(folder), lineterm=""
            )
            yield point, "\n".join(lines)


def written(text: str) -> str:
    """The table with the fingerprints of the installed base."""
    lines = []
    points = iter(read(text))
    for line in text.splitlines():
        if line.startswith(" "):
            point = next(points)
            now = fingerprint(point.current()) or "-"
            before = point.fingerprint or "-"
            head, found, tail = line.partition(f"  {before.ljust(len(now))}")
            lines.append(f"{head}  {now.ljust(len(before))}{tail}" if found else line)
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def counted() -> str:
    """How many names of the base the plug-in rests on, by kind."""
    replaced = [point for point in TABLE if point.replaced]
    used = [point for point in TABLE if not point.replaced]
    functions = sum(bool(point.fingerprint) for point in replaced)
    called = sum(bool(point.fingerprint) for point in used)
    return (
        f"{len(TABLE)} names of ministack {VERSION}: {functions} functions replaced, "
        f"{len(replaced) - functions} tables changed, {called} private functions called, "
        f"{len(used) - called} private stores read"
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit status 1 when something differs."""
    parser = argparse.ArgumentParser(prog="python -m emulator.base.pin", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--write", action="store_true", help="renew the table's fingerprints")
    chosen = parser.parse_args(arguments)
    if chosen.write:
        FILE.write_text(written(FILE.read_text("utf-8")), "utf-8")
        return 0
    if chosen.folder is None:
        print(counted())
        return 0
    if not (chosen.folder / "ministack").is_dir():
        parser.error(f"{chosen.folder} has no ministack in it")
    differing = list(compare(chosen.folder))
    for point, what in differing:
        print(f"== {point} ({'replaced' if point.replaced else 'used'}: {point.why})")
        print(f"{what}\n")
    absent = sum(what == "absent" for _, what in differing)
    print(
        f"ministack {metadata.version('ministack')} and {_version(chosen.folder)}: of {len(TABLE)} "
        f"names {len(differing) - absent} differ and {absent} are absent"
    )
    return 1 if differing else 0


def installed() -> Path:
    """The folder that has the installed base in it."""
    return Path(str(metadata.distribution("ministack").locate_file("")))


def _version(folder: Path) -> str:
    found = [d.version for d in metadata.distributions(name="ministack", path=[str(folder)])]
    return found[0] if found else "an unknown version"


def _file(folder: Path, module: str) -> Path | None:
    path = folder.joinpath(*module.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


@functools.cache
def _names(path: Path) -> tuple[dict[str, list[str]], dict[str, tuple[ast.ImportFrom, str]]]:
    """The texts that define each name of a module, and from where it imports which."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    definitions: dict[str, list[str]] = {}
    imports: dict[str, tuple[ast.ImportFrom, str]] = {}
    for node in _statements(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            imports.update({alias.asname or alias.name: (node, alias.name) for alias in node.names})
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        for name in _defined(node):
            found = textwrap.dedent("\n".join(lines[first - 1 : node.end_lineno]))
            definitions.setdefault(name, []).append(found)
    return definitions, imports


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module, also those below a top-level `if` or `try`."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            waiting[:0] = ast.iter_child_nodes(node)


def _defined(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _imported(path: Path, module: str, node: ast.ImportFrom) -> str:
    """The module that a name is imported from."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    kept = package[: len(package) - (node.level - 1)]
    return ".".join([*kept, *([node.module] if node.module else [])])


if __name__ == "__main__":
    sys.exit(main())
