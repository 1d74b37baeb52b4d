"""Follows the pipeline through its stages, and says why it stopped when it did."""

from kit.wait import eventually

from ..names import HOME, HOME_REGION, PIPELINE, RehearsalFailed
from ..report.result import in_short
from .roll_outs import RollOuts

_RUNNING = ("InProgress", "Stopping")


class Watch:
    """Looks at the pipeline as the home account's administrator."""

    def __init__(self, emulator, administrators, console, seconds):
        self._emulator = emulator
        self._administrators = administrators
        self._console = console
        self._seconds = seconds
        self.roll_outs = RollOuts(administrators, console)

    def executions(self):
        """All executions, the newest first."""
        client = self._administrators.client("codepipeline", HOME, HOME_REGION)
        return client.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]

    def next_one(self, after):
        """Wait until there are more executions than ``after``; the newest."""

        def newest():
            found = self.executions()
            return found[0] if len(found) > after else None

        late = "nothing started an execution of the pipeline"
        return eventually(newest, late, self._seconds, pause=0.1, error=RehearsalFailed)

    def retry(self, stage, mode="FAILED_ACTIONS"):
        """Run a failed stage of the newest execution again, as a person would in the console."""
        client = self._administrators.client("codepipeline", HOME, HOME_REGION)
        client.retry_stage_execution(
            pipelineName=PIPELINE,
            stageName=stage,
            pipelineExecutionId=self.executions()[0]["pipelineExecutionId"],
            retryMode=mode,
        )

    def succeed(self):
        """Wait for the newest execution to succeed, telling each action as it ends."""
        with self._console.doing("the pipeline starts"):
            newest = self._follow()
        if newest["status"] != "Succeeded":
            raise RehearsalFailed(f"the pipeline {newest['status']}: {self._why(newest)}")
        return newest

    def _follow(self):
        reported = set()

        def ended():
            newest = self.executions()[0]
            # An action that ends may have ended a roll-out, and nothing else here does.
            if self._tell(newest, reported):
                self.roll_outs.tell()
            return None if newest["status"] in _RUNNING else newest

        late = "the pipeline still runs"
        return eventually(ended, late, self._seconds, pause=0.2, error=RehearsalFailed)

    def _details(self, execution):
        client = self._administrators.client("codepipeline", HOME, HOME_REGION)
        found = client.list_action_executions(
            pipelineName=PIPELINE,
            filter={"pipelineExecutionId": execution["pipelineExecutionId"]},
        )["actionExecutionDetails"]
        return list(reversed(found))

    def _tell(self, execution, reported):
        """Tell what has ended since the last time; whether anything has."""
        before = len(reported)
        for action in self._details(execution):
            name = f"{action['stageName']}/{action['actionName']}"
            if action["status"] in _RUNNING:
                self._console.now(name)
            elif action["actionExecutionId"] not in reported:
                reported.add(action["actionExecutionId"])
                seconds = (action["lastUpdateTime"] - action["startTime"]).total_seconds()
                self._console.say(f"   {name}: {self._end(action)} ({seconds:.1f} s)")
        return len(reported) > before

    def _end(self, action):
        """How an action ended; one whose build passed over commands has not simply succeeded."""
        build = action["output"]["executionResult"].get("externalExecutionId")
        passed_over = [
            in_short(command)
            for found in self._emulator.builds()
            if found["id"] == build
            for command in found["not_run"]
        ]
        if action["status"] == "Succeeded" and passed_over:
            return f"ended, without {', '.join(passed_over)}"
        return action["status"].lower()

    def _why(self, execution):
        # After a retry an action's older failures are there, too.
        newest = {}
        for action in self._details(execution):
            newest[f"{action['stageName']}/{action['actionName']}"] = action
        reasons = []
        for name, action in newest.items():
            result = action["output"]["executionResult"]
            if action["status"] == "Failed":
                reason = result.get("errorDetails", {}).get("message", "no reason")
                tail = self._log(result.get("externalExecutionId", ""))
                reasons.append(f"{name}: {reason}{tail}")
        return "\n  ".join(reasons) or execution.get("statusSummary", "no action failed")

    def _log(self, build):
        """The end of a build's log; nothing for another action."""
        if ":" not in build:
            return ""
        project, _, stream = build.partition(":")
        logs = self._administrators.client("logs", HOME, HOME_REGION)
        events = logs.get_log_events(
            logGroupName=f"/aws/codebuild/{project}", logStreamName=stream, startFromHead=True
        )["events"]
        return "\n    " + "\n    ".join(event["message"] for event in events[-25:])
