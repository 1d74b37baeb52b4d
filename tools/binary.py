"""What a Lambda function's binary must be like, read from the ELF file itself."""

import io
import re

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

MACHINES = {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64"}
# The C library of Amazon Linux 2023, on which `provided.al2023` runs.
GLIBC_FLOOR = "2.34"
# The parts of glibc; everything else is linked in, the unwinder too.
LIBRARIES = re.compile(r"(libc|libm|libdl|libpthread|librt|ld-linux-[a-z0-9-]+)\.so\.[0-9]+")
MESSAGE_OF_UNWINDING = b"Rust cannot catch foreign exceptions"


def problems(content, architecture, local_paths):
    """Every reason not to ship this binary, in words; empty when there is none."""
    elf = ELFFile(io.BytesIO(content))
    found = []
    if elf["e_machine"] != MACHINES[architecture]:
        found.append(f"it is built for {elf['e_machine']}, not for {architecture}")
    strangers = [name for name in needed_libraries(elf) if not LIBRARIES.fullmatch(name)]
    if strangers:
        found.append(f"it needs {', '.join(strangers)}, which Lambda may not have")
    newest = newest_glibc(content)
    if number(newest) > number(GLIBC_FLOOR):
        found.append(f"it needs glibc {newest}, Amazon Linux 2023 has {GLIBC_FLOOR}")
    if not unwinds(elf):
        found.append('a panic would end it without an answer: set `panic = "unwind"`')
    for path in local_paths:
        if str(path).encode() in content:
            found.append(f"it names `{path}`, a path of this machine")
    return found


def needed_libraries(elf):
    dynamic = elf.get_section_by_name(".dynamic")
    return [tag.needed for tag in dynamic.iter_tags("DT_NEEDED")]


def newest_glibc(content):
    """The oldest glibc that has every symbol the binary asks for."""
    versions = {"2.0"}
    for section in ELFFile(io.BytesIO(content)).iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for _, symbols in section.iter_versions():
                names = (symbol.name for symbol in symbols)
                versions.update(name[6:] for name in names if name.startswith("GLIBC_"))
    return max(versions, key=number)


def number(version):
    return [int(part) for part in version.split(".")]


def unwinds(elf):
    """Whether a panic can be caught: only a program that unwinds links this message of `std`.

    Landing pads alone prove nothing, because the compiled standard library always has some.
    """
    return MESSAGE_OF_UNWINDING in elf.stream.getvalue()
