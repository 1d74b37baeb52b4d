"""AWS's rules for templates, worked out by cfn-guard.

    python tests/templates/guard.py RULES...

runs the rules of the given folders and prints what no resource accepts. A finding is accepted in
the resource's `Metadata.guard`, with a reason.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from model import ROOT, Template, suppressed, templates  # noqa: E402

ENGINE = ROOT / ".tools/guard/cfn-guard"
# AWS's Control Tower rules, and of the public registry those that a package carries.
PACKAGED = ROOT / ".tools/guard/rules"


def findings(*rules: Path) -> tuple[set[str], set[str]]:
    """What the rules find, as `template resource rule`: not accepted, and accepted."""
    command = [ENGINE, "validate", "-o", "json", "--structured", "--show-summary", "none"]
    command += [option for folder in rules for option in ("-r", folder)]
    command += [option for template in templates() for option in ("-d", template.path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    report = json.loads(result.stdout)
    if len(report) != len(templates()):
        raise ValueError(f"cfn-guard looked at {len(report)} templates: {result.stderr}")
    found, accepted = set(), set()
    for file in report:
        template = Template(Path(file["name"]))
        for rule in file["not_compliant"]:
            name = rule["Rule"]["name"]
            for key in set(re.findall(r"/Resources/(\w+)", json.dumps(rule))):
                given = suppressed(template.resources()[key], "guard")
                (accepted if name in given else found).add(f"{template.name} {key} {name}")
    return found, accepted


def listed() -> set[str]:
    """Every finding that a resource accepts, as `template resource rule`."""
    return {
        f"{template.name} {key} {rule}"
        for template in templates()
        for key, resource in template.resources().items()
        for rule in suppressed(resource, "guard")
    }


def rule_names(*rules: Path) -> set[str]:
    texts = [path.read_text() for folder in rules for path in folder.rglob("*.guard")]
    return {name for text in texts for name in re.findall(r"^rule (\w+)", text, re.MULTILINE)}


def main(folders: list[str]) -> int:
    rules = [Path(folder) for folder in folders]
    found, accepted = findings(*rules)
    known = rule_names(*rules)
    stale = {entry for entry in listed() if entry.split()[2] in known} - accepted
    for entry in sorted(found):
        print(f"error: {entry}: the rule fails; put it right, or accept it with a reason")
    for entry in sorted(stale):
        print(f"error: {entry}: accepted, but the rule does not fail; remove it")
    print(f"cfn-guard: {len(known)} rules, {len(found)} findings, {len(accepted)} accepted")
    return 1 if found or stale or not known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
