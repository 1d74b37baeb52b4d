"""Puts a rehearsal together: administrators, working copy, and who looks."""

from .stages.administrators import Administrators
from .stages.checkout import Checkout
from .stages.commands import Commands
from .stages.expectations import Expectations
from .stages.story import Story, copy_packages
from .stages.watch import Watch


def prepare(
    folder,
    emulator,
    console,
    prebuilt=False,
    seconds=3600,
    spoil=lambda folder: None,
    not_run=(),
    release=None,
):
    """A story that is ready to begin.

    ``console`` says how it goes on. ``spoil`` may change the working copy before it
    is committed; ``not_run`` are patterns of commands that the builds pass over
    besides those that they must. ``release`` is an earlier version to begin with.
    """
    packages = folder / "dist" if prebuilt else None
    if packages:
        packages.mkdir()
        copy_packages(packages)
    (folder / "checkout").mkdir()
    checkout = Checkout(folder / "checkout", spoil, release)
    administrators = Administrators(emulator.url)
    administrators.bootstrap()
    emulator.refuse_roots()
    administrators.write_profiles(folder / "profiles")
    console.say(f"an emulated organization is ready at {emulator.url}")
    commands = Commands(checkout.folder, emulator.url, folder / "profiles", console)
    expectations = Expectations(administrators, emulator)
    watch = Watch(emulator, administrators, console, seconds)
    return Story(
        emulator, administrators, checkout, commands, watch, expectations, packages, not_run
    )
