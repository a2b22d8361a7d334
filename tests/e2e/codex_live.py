# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Codex against the mock server: one run without a terminal, one in a terminal that is killed in the end."""

import os
import signal
import socket
import subprocess

from live import (SHARED, Bench, Failure, Plimsoll, Terminal, check, checkLatency, cleanEnvironment, momentOf, needMock,
                  npmBinary, percents, run, until)

VERSION = "0.169.0-linux-x64"
MOCK = SHARED / "reference" / "agents" / "mock" / "mock.mjs"

# No background server, no look for updates, no question about a newer model.
CONFIG = """model = "gpt-5.5"
model_provider = "mock"
check_for_update_on_startup = false
[model_providers.mock]
name = "Mock"
base_url = "http://127.0.0.1:{port}/v1"
wire_api = "responses"
env_key = "MOCK_API_KEY"
request_max_retries = 1
stream_max_retries = 1
[features]
daemon_auto_start = false
apps = false
plugins = false
[notice.model_migrations]
"gpt-5.5" = "gpt-6-sol"
[analytics]
enabled = false
[projects."{project}"]
trust_level = "trusted"
"""


def freePort():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def startMock(bench):
    """This mock wants a port given and says nothing when it is ready."""
    port = freePort()
    log = open(bench.folder / "mock.log", "ab")
    bench.start(["node", MOCK, "--port", port, "--scenario", bench.here / "codex.json"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    until(lambda: answers(port), 10, "the mock server listens")
    return port


class Logs:
    """What the agent itself wrote: the moments to measure against."""

    def __init__(self, home):
        self.home = home / ".codex"

    def rollouts(self):
        return sorted((self.home / "sessions").rglob("rollout-*.jsonl"))

    def rollout(self, words, nth):
        files = self.rollouts()
        return len(files) > nth and words in files[nth].read_text(errors="replace")

    def locks(self):
        return [file for file in (self.home / "thread-writer-locks").glob("*.lock") if not file.name.startswith(".")]


def rises(plimsoll, logs, mark, nth):
    """One survey: three responses that fill the window more and more."""
    for total, percent in ((30060, 12), (60060, 23)):
        sought = f'"total_tokens":{total}'
        written = momentOf(lambda: logs.rollout(sought, nth), 20, f"the rollout holds {total} tokens")
        shown, _ = plimsoll.line(rf"\b{percent}%", mark, 5, f"the bar reaches {percent} %")
        checkLatency(shown, written, 1.0, f"the bar moves to {percent} %")
    plimsoll.line(r"\b35%", mark, 15, "the bar reaches 35 %")
    fills = percents(plimsoll.matching(r"%", mark))
    check(fills == sorted(fills), f"the bar only rises: {fills}")


def runsOnce(bench, plimsoll, logs, binary, environment):
    """codex exec: appears, works, ends."""
    mark = plimsoll.mark()
    command = [binary, "exec", "--json", "--skip-git-repo-check", "-C", bench.project, "survey the harbour"]
    log = open(bench.folder / "exec.log", "wb")
    codex = bench.start(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    written = momentOf(lambda: logs.rollouts(), 30, "codex exec writes a rollout")
    shown, _ = plimsoll.line(r"(?i)codex", mark, 5, "a line names the new session")
    checkLatency(shown, written, 1.0, "the session appears")
    plimsoll.state("executing", mark, 5)
    rises(plimsoll, logs, mark, 0)
    until(lambda: codex.poll() is not None and not logs.locks(), 20, "codex exec ends")
    if codex.returncode != 0:
        raise Failure(f"codex exec ended with {codex.returncode}")
    plimsoll.state("complete", mark, 5, 35)


def runsInTerminal(bench, plimsoll, logs, binary, environment):
    """The terminal program: a turn, idle while it holds its lock, a compaction, killed."""
    mark = plimsoll.mark()
    terminal = Terminal(bench, [binary, "-C", bench.project], bench.project, environment)
    terminal.waitFor("? for shortcuts", 30)
    until(logs.locks, 15, "codex holds the lock of its thread")
    terminal.enter("survey the harbour")
    written = momentOf(lambda: len(logs.rollouts()) == 2, 20, "codex writes a rollout")
    shown, _ = plimsoll.line(r"(?i)codex", mark, 5, "a line names the new session")
    checkLatency(shown, written, 1.0, "the session appears")
    rises(plimsoll, logs, mark, 1)
    plimsoll.state("idle", mark, 10, 35)
    mark = plimsoll.mark()
    terminal.enter("/compact")
    written = momentOf(lambda: logs.rollout('"compacted"', 1), 20, "the rollout holds the compaction")
    shown, _ = plimsoll.line(r"\b\d%", mark, 5, "the bar falls")
    checkLatency(shown, written, 1.0, "the compaction is shown")
    mark = plimsoll.mark()
    os.kill(terminal.process.pid, signal.SIGKILL)
    gone = momentOf(lambda: terminal.process.poll() is not None, 10, "codex is gone")
    check(logs.locks(), "killed, codex left its lock behind")
    shown, _ = plimsoll.state("complete", mark, 5)
    checkLatency(shown, gone, 1.0, "the end is shown")


def checkNumbers(status):
    agents = [agent for agent in status["agents"] if agent["kind"] == "codex"]
    check(len(agents) == 2, "status lists two sessions")
    check(all(agent["model"] == "gpt-5.5" for agent in agents), "their model is gpt-5.5")
    check(all(agent["context_window"] == 258400 for agent in agents), "their window is 258,400 tokens")
    check(sorted(len(agent["compactions"]) for agent in agents) == [0, 1], "one was compacted")
    once = next(agent for agent in agents if not agent["compactions"])
    check(once["context_tokens"] == 90025, f"the first holds {once['context_tokens']} tokens")
    check(once["output_tokens"] == 60 + 60 + 25, f"it wrote {once['output_tokens']} tokens")
    uncached = (30000 - 4096) + (60000 - 30000) + (90000 - 60000)
    check(once["input_tokens"] == uncached, f"it read {once['input_tokens']} tokens uncached")


def test(bench: Bench, program):
    needMock(MOCK)
    binary = npmBinary("@openai/codex", VERSION, "vendor/x86_64-unknown-linux-musl/bin/codex")
    port = startMock(bench)
    home = bench.home / ".codex"
    home.mkdir()
    (home / "config.toml").write_text(CONFIG.format(port=port, project=bench.project))
    environment = cleanEnvironment(bench.home, MOCK_API_KEY="dummy")
    logs = Logs(bench.home)
    plimsoll = Plimsoll(bench, program)
    runsOnce(bench, plimsoll, logs, binary, environment)
    runsInTerminal(bench, plimsoll, logs, binary, environment)
    checkNumbers(plimsoll.status())
    plimsoll.stop()


if __name__ == "__main__":
    run(test)
