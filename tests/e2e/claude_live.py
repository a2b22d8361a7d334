# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Claude Code, in a terminal, against the mock server: does Plimsoll show what it does, when it does it?"""

import json
import time

from live import (SHARED, Bench, Plimsoll, Terminal, check, checkLatency, cleanEnvironment, momentOf, needMock,
                  npmBinary, percents, run, until)

VERSION = "2.1.330"
MOCK = SHARED / "reference" / "claude-code" / "mock" / "server.mjs"
KEY = "sk-ant-dummy-000000000000000000000000"


def prepareHome(bench):
    """No onboarding, no trust dialog: the first thing drawn is the prompt."""
    (bench.home / ".claude.json").write_text(json.dumps({
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {str(bench.project): {"hasTrustDialogAccepted": True}},
    }))


def startClaude(bench, binary, address):
    environment = cleanEnvironment(
        bench.home, ANTHROPIC_BASE_URL=address, ANTHROPIC_API_KEY=KEY, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1", DISABLE_TELEMETRY="1", DISABLE_ERROR_REPORTING="1")
    command = [binary, "--model", "claude-opus-4-5", "--permission-mode", "manual"]
    return Terminal(bench, command, bench.project, environment)


class Logs:
    """What the agent itself wrote: the moments to measure against."""

    def __init__(self, home):
        self.sessions = home / ".claude" / "sessions"
        self.projects = home / ".claude" / "projects"

    def registered(self):
        return any(self.sessions.glob("*.json"))

    def registry(self, words):
        return any(words in file.read_text() for file in self.sessions.glob("*.json"))

    def transcript(self, words):
        return any(words in file.read_text(errors="replace") for file in self.projects.glob("*/*.jsonl"))


def appears(plimsoll, logs):
    mark = plimsoll.mark()
    registered = momentOf(logs.registered, 30, "Claude Code registers its session")
    shown, _ = plimsoll.line(r"(?i)claude", mark, 5, "a line names the new session")
    checkLatency(shown, registered, 1.0, "the session appears")


def works(plimsoll, logs, terminal):
    mark = plimsoll.mark()
    terminal.enter("survey the place")
    busy = momentOf(lambda: logs.registry('"busy"'), 10, "the registry says busy")
    shown, _ = plimsoll.state("executing", mark, 5)
    checkLatency(shown, busy, 1.0, "the session is shown working")
    usage = '"cache_creation_input_tokens":{},"cache_read_input_tokens":{}'
    for created, read, percent in ((29990, 0, 15), (30000, 29990, 30)):
        sought = usage.format(created, read)
        written = momentOf(lambda: logs.transcript(sought), 15, f"the transcript holds the response with {percent} %")
        shown, _ = plimsoll.line(rf"\b{percent}%", mark, 5, f"the bar reaches {percent} %")
        checkLatency(shown, written, 1.0, f"the bar moves to {percent} %")
        check(logs.registry('"busy"'), "it moves while the agent works")
    terminal.waitFor("The harbour is surveyed")
    plimsoll.state("idle", mark, 5, 45)
    fills = percents(plimsoll.matching(r"%", mark))
    check(fills == sorted(fills), f"the bar only rises: {fills}")


def answered(logs, terminal):
    terminal.key(b"\r")
    time.sleep(0.5)
    return not logs.registry('"permission prompt"')


def asks(plimsoll, logs, terminal):
    mark = plimsoll.mark()
    terminal.enter("build a file")
    waiting = momentOf(lambda: logs.registry('"permission prompt"'), 15, "the registry says what it waits for")
    shown, _ = plimsoll.state("blocked", mark, 5)
    checkLatency(shown, waiting, 1.0, "the session is shown blocked")
    terminal.waitFor("Do you want to proceed")
    mark = plimsoll.mark()
    # The dialog takes no key in its first moments, so that nobody agrees by accident.
    until(lambda: answered(logs, terminal), 15, "Claude Code takes the answer")
    plimsoll.state("idle", mark, 15, "(60|61)")


def compacts(plimsoll, logs, terminal):
    mark = plimsoll.mark()
    terminal.enter("/compact")
    written = momentOf(lambda: logs.transcript('"compact_boundary"'), 20, "the transcript holds the compaction")
    shown, _ = plimsoll.line(r"\b[0-5]%", mark, 5, "the bar falls")
    checkLatency(shown, written, 1.0, "the compaction is shown")
    until(lambda: logs.registry('"idle"'), 15, "the registry says idle")


def ends(plimsoll, logs, terminal):
    mark = plimsoll.mark()
    terminal.enter("/exit")
    gone = momentOf(lambda: terminal.process.poll() is not None, 20, "Claude Code exits")
    shown, _ = plimsoll.state("complete", mark, 5)
    checkLatency(shown, gone, 1.0, "the end is shown")


def checkNumbers(status):
    agents = [agent for agent in status["agents"] if agent["kind"] == "claude-code"]
    check(len(agents) == 1, "status lists one session")
    agent = agents[0]
    check(agent["model"].startswith("claude-opus-4-5"), f"its model is {agent['model']}")
    check(agent["context_window"] == 200000, "its window is 200,000 tokens")
    check(agent["context_peak_tokens"] >= 121000, f"its peak was {agent['context_peak_tokens']}")
    compactions = [(one["before_tokens"], one["trigger"]) for one in agent["compactions"]]
    check(compactions == [(121020, "manual")], f"its compactions are {compactions}")
    check(agent["tool_calls"] == 3, f"it called {agent['tool_calls']} tools")
    check(agent["output_tokens"] == 90 + 90 + 60 + 80 + 20, f"it wrote {agent['output_tokens']} tokens")


def test(bench: Bench, program):
    needMock(MOCK)
    binary = npmBinary("@anthropic-ai/claude-code-linux-x64", VERSION, "claude")
    address = bench.startMock(MOCK, bench.here / "claude.json", cwd=bench.project)
    prepareHome(bench)
    logs = Logs(bench.home)
    plimsoll = Plimsoll(bench, program)
    terminal = startClaude(bench, binary, address)
    appears(plimsoll, logs)
    terminal.waitFor("? for shortcuts")
    works(plimsoll, logs, terminal)
    asks(plimsoll, logs, terminal)
    compacts(plimsoll, logs, terminal)
    ends(plimsoll, logs, terminal)
    checkNumbers(plimsoll.status())
    plimsoll.stop()


if __name__ == "__main__":
    run(test)
