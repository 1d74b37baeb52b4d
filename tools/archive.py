"""A function's zip and the checksums beside it: the same binary gives the same bytes."""

import hashlib
import os
import zipfile

# The earliest time that a zip entry can carry.
EPOCH = (1980, 1, 1, 0, 0, 0)


def write_archive(archive, bootstrap, compresslevel=9):
    """Write the zip if its bytes change, and return whether they did."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: two builds may write the same archive at once.
    fresh = archive.with_suffix(f".{os.getpid()}.new")
    entry = zipfile.ZipInfo("bootstrap", EPOCH)
    entry.create_system = 3  # Unix, so that the mode is read
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(fresh, "w") as file:
        file.writestr(entry, bootstrap, compresslevel=compresslevel)
    if archive.exists() and archive.read_bytes() == fresh.read_bytes():
        fresh.unlink()
        return False
    fresh.replace(archive)
    return True


def write_checksums(into, name="SHA256SUMS", what="*.zip"):
    """List what is there in the form that `sha256sum --check` reads."""
    lines = [f"{checksum(file)}  {file.name}\n" for file in sorted(into.glob(what))]
    fresh = into / f"{name}.{os.getpid()}.new"
    fresh.write_text("".join(lines))
    fresh.replace(into / name)


def checksum(archive):
    return hashlib.sha256(archive.read_bytes()).hexdigest()
