"""Puts a rehearsal together: people, working copy, and who looks."""

from .checkout import Checkout
from .landscape import Landscape
from .people import People
from .story import Story, copy_packages
from .typed import Typed
from .watch import Watch


def prepare(
    folder, emulator, teller, prebuilt=False, seconds=3600, spoil=lambda folder: None, not_run=()
):
    """A story that is ready to be told.

    ``teller`` says how it goes on. ``spoil`` may change the working copy before it
    is committed; ``not_run`` are patterns of commands that the builds pass over
    besides those that they must.
    """
    packages = folder / "dist" if prebuilt else None
    if packages:
        packages.mkdir()
        copy_packages(packages)
    (folder / "checkout").mkdir()
    checkout = Checkout(folder / "checkout", spoil)
    people = People(emulator.url)
    people.bootstrap()
    emulator.refuse_roots()
    people.write_profiles(folder / "profiles")
    teller.say(f"an emulated organization is ready at {emulator.url}")
    typed = Typed(checkout.folder, emulator.url, folder / "profiles", teller)
    landscape = Landscape(people, emulator)
    watch = Watch(people, teller, seconds)
    return Story(emulator, people, checkout, typed, watch, landscape, packages, not_run)
