"""What a person wants to know afterwards: what was done, how long it took, what is there."""

import time


class Report:
    """Prints as it goes, and a summary at the end."""

    def __init__(self):
        self._began = time.monotonic()
        self._stages = []

    def say(self, line):
        """One line, at once."""
        print(line, flush=True)

    def stage(self, title, act):
        """Run a stage under a headline, and remember how long it took."""
        number = len(self._stages) + 1
        self.say(f"\n== {number}. {title}")
        began = time.monotonic()
        self._stages.append([title, "failed", began])
        act()
        self._stages[-1][1:] = ["ok", time.monotonic() - began]
        self.say(f"   ok, {self._stages[-1][2]:.1f} s")

    def summary(self, rows, builds, calls):
        """Stages with their times, accounts and Regions, commands that were not run."""
        self.say("\nstage                                                  seconds")
        for title, outcome, seconds in self._stages:
            took = f"{seconds:8.1f}" if outcome == "ok" else "  FAILED"
            self.say(f"{title:<54} {took}")
        self.say(f"{'together':<54} {time.monotonic() - self._began:8.1f}")
        if rows:
            self.say("\naccount       Region         what is there")
            for account, region, found in rows:
                self.say(f"{account}  {region:<14} {found}")
        not_run = sorted({command for build in builds for command in build["not_run"]})
        self.say("\nnot run by the builds here:")
        for command in not_run or ["nothing"]:
            times = sum(command in build["not_run"] for build in builds)
            self.say(f"  {command} ({times} builds)")
        roots = sorted({call["operation"] for call in calls if call["principal"].endswith(":root")})
        self.say(f"\nAWS calls: {len(calls)}; with an account's root: {', '.join(roots)}")
