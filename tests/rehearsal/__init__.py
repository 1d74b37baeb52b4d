"""The rehearsal: the whole solution deployed on this machine, as the deployment guide says.

``python -m rehearsal`` brings up the emulated organization, types the guide's
commands in a working copy of this repository, lets a commit go through the real
pipeline, and looks at what is in every account and Region afterwards.

At the top: ``names``, ``scene`` (puts a rehearsal together), ``recorder`` (runs the
stages), ``guard`` and ``__main__``. Its rooms: ``stages`` (what happens, and what has to
be there afterwards), ``console`` (what is printed meanwhile), ``report`` (what it came to,
as text and as a page), ``grants`` (which permission was needed), ``local`` (the one that
stays), ``tests`` (seeded defects and faults, and the parts by themselves).
"""

import sys
from pathlib import Path

# At the end: `deploy` is the package of the tools, and a folder of tests, too.
sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))
