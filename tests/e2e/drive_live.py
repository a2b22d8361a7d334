# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Claude Code, started and commanded by Plimsoll, against the mock server: does all that it is told, and do
the numbers of its row equal what the server has served?"""

import json
import subprocess
import sys
import threading
from pathlib import Path

from claude_live import KEY, MOCK, VERSION
from live import Bench, check, cleanEnvironment, needMock, npmBinary, run, say, until

REAPER = Path(sys.argv[2]) if len(sys.argv) > 2 else None


class Host:
    """drivenhost: the events that it tells, and the rows that they make."""

    def __init__(self, bench, program, environment):
        bench.watchers.append(self)
        self.process = bench.start([program, bench.home, bench.data, REAPER], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=open(bench.folder / "host.log", "ab"), env=environment)
        self.rows, self.events, self.replies, self.asked, self.ready = {}, [], {}, [], False
        self.folder = bench.folder
        threading.Thread(target=self._read, daemon=True).start()
        until(lambda: self.ready, 20, "the host has read its home")

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "event" in said:
                self._take(said["event"])
            elif "reply" in said:
                self.replies[said["reply"]["id"]] = said["reply"]
            elif "asked" in said:
                self.asked.append(said["asked"])
            self.ready = self.ready or "ready" in said

    def _take(self, event):
        self.events.append(event)
        row = self.rows.setdefault(event.get("agent_id"), {})
        if event["type"] == "agent_deleted":
            self.rows.pop(event["agent_id"])
        elif event["type"] == "agent_status_changed":
            row.update({"status": event["new_status"], "status_reason": event.get("reason")})
        else:
            row.update(event.get("agent") or {})

    def ask(self, method, **params):
        before = len(self.asked)
        self.process.stdin.write((json.dumps({"method": method, "params": params}) + "\n").encode())
        self.process.stdin.flush()
        until(lambda: len(self.asked) > before, 5, f"{method} is taken")
        number = self.asked[before]
        until(lambda: number in self.replies, 10, f"{method} is answered")
        return self.replies[number]

    def told(self, kind, mark=0):
        return [event for event in self.events[mark:] if event["type"] == kind]

    def await_state(self, agent, state, seconds=30):
        until(lambda: self.rows.get(agent, {}).get("status") == state, seconds, f"the agent is {state}")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        check(self.process.returncode == 0, "the host ends cleanly")

    def tell(self):
        for event in self.events[-30:]:
            print(json.dumps(event)[:400], flush=True)
        print(self.rows, flush=True)
        print((self.folder / "host.log").read_text(errors="replace")[-3000:], flush=True)


def served(bench, scenario="drive.json", routes=lambda name: name != "compact"):
    """What the mock has served by these routes. A compaction stands in no line of the log: CLAUDE_CODE.md §4."""
    usages = {route["name"]: next((step["usage"] for step in route["steps"] if "usage" in step), {})
              for route in json.loads((bench.here / scenario).read_text())["routes"]}
    counts = {}
    for line in (bench.folder / "mock" / "replies.jsonl").read_text().splitlines():
        reply = json.loads(line)
        if reply.get("status", 200) == 200:
            counts[reply.get("route")] = counts.get(reply.get("route"), 0) + 1
    say(f"      served: {counts}")
    check("rest" not in counts, "the mock knew every request")
    sums = {"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0}
    for route, count in counts.items():
        if not routes(route):
            continue
        for key in sums:
            # An interrupted response is written with one token of output (§5.3).
            value = 1 if route == "long" and key == "output_tokens" else usages[route].get(key, 0)
            sums[key] += count * value
    return sums


def numbersAgree(bench, host, agent, *what):
    sums = served(bench, *what)
    wanted = {"input_tokens": sums["input_tokens"], "cache_read_tokens": sums["cache_read_input_tokens"],
              "output_tokens": sums["output_tokens"], "cache_write_5m_tokens": sums["cache_creation_input_tokens"]}

    def same():
        row = host.rows[agent]
        return all((row.get(key) or 0) == value for key, value in wanted.items())

    try:
        until(same, 5, "")
    except Exception:
        pass
    row = host.rows[agent]
    check({key: row.get(key) or 0 for key in wanted} == wanted, f"the row has what was served: {wanted}")


def command(host, agent, text, mode=None):
    mark = len(host.events)
    reply = host.ask("command_agent", agent_id=agent, text=text, **({"mode": mode} if mode else {}))
    check(reply["error"] == "", f"'{text}' is taken")
    return mark


def turn(host, agent, text):
    mark = command(host, agent, text)
    until(lambda: any(event["new_status"] == "executing" for event in host.told("agent_status_changed", mark)), 20,
          "a turn runs")
    host.await_state(agent, "idle")
    return mark


def streamed(host, mark):
    return "".join(event["chunk"] for event in host.told("chat_stream", mark))


def permission(host, agent, text, mark=None, **answer):
    mark = command(host, agent, text)
    until(lambda: host.told("permission_requested", mark), 20, "permission is asked")
    asked = host.told("permission_requested", mark)[0]
    host.await_state(agent, "blocked")
    reply = host.ask("answer_permission", request_id=asked["request_id"], by="the test", **answer)
    check(reply["error"] == "", f"the answer {answer} is taken")
    host.await_state(agent, "idle")
    resolved = host.told("permission_resolved", mark)[0]
    check(resolved["by"] == "the test", f"it is told who answered, and how: {resolved['outcome']}")
    return asked


def talks(bench, host):
    reply = host.ask("create_agent", kind="claude-code", name="Harbour master", working_dir=str(bench.project),
                     model="claude-opus-4-5", system_prompt="Speak like a harbour master.", permission_mode="default",
                     env={"ANTHROPIC_BASE_URL": bench.address, "ANTHROPIC_API_KEY": KEY})
    check(reply["error"] == "", "the agent is created")
    agent = reply["result"]["agent_id"]
    mark = turn(host, agent, "greet the harbour")
    check(streamed(host, mark) == "Ahoy, the harbour is in sight.", "its text is streamed, whole and once")
    turn(host, agent, "and again")
    requests = (bench.folder / "mock" / "requests.jsonl").read_text()
    check("Speak like a harbour master." in requests, "its system prompt has arrived")
    numbersAgree(bench, host, agent)
    check(host.rows[agent]["context_tokens"] == 11 + 100 + 30010, "the fill is that of the last request")
    until(lambda: host.rows[agent].get("window_basis") == "reported", 5, "it reports its own window")
    check(host.rows[agent]["context_window"] == 200000, "its window is the one that it reports itself")
    check(host.rows[agent]["name"] == "Harbour master", "it has the name that it was given")
    return agent


def asks(bench, host, agent):
    asked = permission(host, agent, "please build one", decision="allow")
    check(json.loads(asked["input"])["command"] == "touch built-0.txt && echo made"
          or "touch built-" in json.loads(asked["input"])["command"], "the command is shown as it is")
    check(len(list(bench.project.glob("built-*.txt"))) == 1, "what was allowed has been done")
    permission(host, agent, "please build two", decision="deny", message="Not today.")
    check(len(list(bench.project.glob("built-*.txt"))) == 1, "what was denied has not")
    check("Not today." in (bench.folder / "mock" / "requests.jsonl").read_text(), "the agent hears why")
    question = permission(host, agent, "please ask me", decision="allow", answers={"Which colour?": "Blue"})
    check(question["kind"] == "question" and question["questions"][0]["question"] == "Which colour?", "it is a question")
    check("Blue" in (bench.folder / "mock" / "requests.jsonl").read_text().splitlines()[-1], "the agent hears the answer")
    numbersAgree(bench, host, agent)


def interrupts(bench, host, agent):
    mark = command(host, agent, "tell a long story")
    until(lambda: len(streamed(host, mark)) > 10, 20, "the story streams")
    check(host.ask("interrupt_agent", agent_id=agent)["error"] == "", "the interrupt is taken")
    host.await_state(agent, "idle", 10)
    numbersAgree(bench, host, agent)


def compacts(host, agent):
    mark = len(host.events)
    before = host.rows[agent]["context_tokens"]
    check(host.ask("compact_agent", agent_id=agent)["error"] == "", "the compaction is taken")
    until(lambda: host.told("context_compacted", mark), 30, "a compaction is told")
    host.await_state(agent, "idle")
    until(lambda: host.rows[agent]["context_tokens"] < before, 5, "the bar drops")
    say(f"      {before} -> {host.rows[agent]['context_tokens']}")


def test(bench, program):
    needMock(MOCK)
    binary = npmBinary("@anthropic-ai/claude-code-linux-x64", VERSION, "claude")
    bench.data.mkdir()
    bench.address = bench.startMock(MOCK, bench.here / "drive.json", cwd=bench.project)
    environment = cleanEnvironment(bench.home, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", DISABLE_TELEMETRY="1",
                                   DISABLE_ERROR_REPORTING="1")
    environment["PATH"] = f"{binary.parent}:{environment['PATH']}"
    host = Host(bench, program, environment)
    agent = talks(bench, host)
    asks(bench, host, agent)
    interrupts(bench, host, agent)
    compacts(host, agent)
    host.stop()
    say("      Plimsoll starts anew")
    host = Host(bench, program, environment)
    host.await_state(agent, "complete", 5)
    check(host.rows[agent]["name"] == "Harbour master", "the row is there again")
    check(host.ask("resume_agent", agent_id=agent)["error"] == "", "it is resumed")
    host.await_state(agent, "idle", 15)
    turn(host, agent, "you are resumed")
    check(len([row for row in host.rows.values() if row.get("session_id")]) == 1, "one agent is one row")
    numbersAgree(bench, host, agent)
    check(host.ask("delete_agent", agent_id=agent)["error"] == "", "it is deleted")
    until(lambda: agent not in host.rows, 10, "its row is gone")
    check(len(list((bench.home / ".claude" / "projects").glob("*/*.jsonl"))) == 1, "its log is left alone")
    host.stop()


if __name__ == "__main__":
    run(test)
