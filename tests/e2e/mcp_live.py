# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Claude Code that has Plimsoll as MCP server, against the mock server: does it start, wait for, command and
end another real Claude Code, and does it see that one only?"""

import json
import subprocess
import threading
import urllib.request

from claude_live import KEY, MOCK, VERSION
from live import check, cleanEnvironment, needMock, npmBinary, run, until


class Server:
    """plimsoll --headless --serve on the bench's home."""

    def __init__(self, bench, program, environment):
        self.log = bench.folder / "plimsoll.log"
        bench.watchers.append(self)
        self.folders = ["--home", str(bench.home), "--data-dir", str(bench.data)]
        self.process = bench.start([program, "--headless", "--serve", "127.0.0.1:0", *self.folders],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.log, "wb"), env=environment)
        said = json.loads(self.process.stdout.readline())
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.address = said["listening"]
        with open(said["token_file"]) as file:
            self.token = file.read()
        done = subprocess.run([program, "token", "add", "lead", "--role", "agent", *self.folders],
                              capture_output=True, env=environment, timeout=20)
        self.lead = done.stdout.decode().strip().split()[-1]
        check(done.returncode == 0 and len(self.lead) > 30, "a token of the role agent is made")

    def agents(self):
        request = urllib.request.Request(self.address + "/api/agents", headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return {agent["name"]: agent for agent in json.load(answer)["agents"]}

    def tell(self):
        print(self.agents(), flush=True)
        print(self.log.read_text(errors="replace")[-3000:], flush=True)


class Lead:
    """The agent that commands: a turn a call, always the same session."""

    def __init__(self, bench, binary, server):
        config = {"mcpServers": {"plimsoll": {"type": "http", "url": server.address + "/mcp",
                                              "headers": {"Authorization": "Bearer " + server.lead}}}}
        self.binary = str(binary)
        self.options = ["--model", "claude-opus-4-5", "--output-format", "stream-json", "--verbose",
                        "--mcp-config", json.dumps(config), "--allowedTools", "mcp__plimsoll"]
        self.bench = bench
        self.environment = cleanEnvironment(
            bench.home, ANTHROPIC_BASE_URL=bench.address, ANTHROPIC_API_KEY=KEY, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            DISABLE_AUTOUPDATER="1", DISABLE_TELEMETRY="1", DISABLE_ERROR_REPORTING="1")
        self.session = None

    def told(self, text):
        """What the tool that it used has answered: (text, whether it is an error)."""
        more = ["--resume", self.session] if self.session else []
        # The prompt first: some of the options take all that follows.
        done = subprocess.run([self.binary, "-p", text, *more, *self.options], cwd=self.bench.project, stdin=subprocess.DEVNULL,
                              capture_output=True, env=self.environment, timeout=90)
        check(done.returncode == 0, f"'{text}': Claude Code ends well {done.stderr.decode()[-500:]}")
        frames = [json.loads(line) for line in done.stdout.splitlines()]
        first = next(frame for frame in frames if frame["type"] == "system" and frame["subtype"] == "init")
        self.session = first["session_id"]
        servers = {one["name"]: one["status"] for one in first["mcp_servers"]}
        check(servers.get("plimsoll") == "connected", f"'{text}': Claude Code has connected to /mcp")
        for frame in frames:
            content = frame["message"]["content"] if frame["type"] == "user" else []
            for part in content if isinstance(content, list) else []:
                if part.get("type") == "tool_result":
                    said = part["content"]
                    return said if isinstance(said, str) else said[0]["text"], bool(part.get("is_error"))
        return done.stdout.decode()[-2000:], True


def swapVariables(bench, **variables):
    body = {"file": str(bench.here / "mcp.json"),
            "vars": {"cwd": str(bench.project), **variables}}
    request = urllib.request.Request(bench.address + "/__mock/scenario", data=json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request, timeout=10).read()


def test(bench, program):
    needMock(MOCK)
    binary = npmBinary("@anthropic-ai/claude-code-linux-x64", VERSION, "claude")
    bench.data.mkdir()
    bench.address = bench.startMock(MOCK, bench.here / "mcp.json", cwd=bench.project)
    # The helper has it from Plimsoll: its lead may not give it any.
    environment = cleanEnvironment(
        bench.home, ANTHROPIC_BASE_URL=bench.address, ANTHROPIC_API_KEY=KEY, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_TELEMETRY="1", DISABLE_ERROR_REPORTING="1")
    environment["PATH"] = f"{binary.parent}:{environment['PATH']}"
    server = Server(bench, program, environment)
    lead = Lead(bench, binary, server)
    swapVariables(bench)
    said, failed = lead.told("start a helper")
    check(not failed, f"a helper is started: {said}")
    child = json.loads(said)["agent_id"]
    until(lambda: server.agents().get("helper", {}).get("id") == child, 10, "it is a row")
    other = next(agent["id"] for name, agent in server.agents().items() if name != "helper")
    swapVariables(bench, agent=child, other=other)
    said, failed = lead.told("wait for it")
    waited = {} if failed else json.loads(said)
    check(waited.get("status") == "idle" and waited.get("turns") == 1, f"its turn is awaited: {said}")
    check(waited["context_tokens"] == 30010, "its fill is told")
    said, failed = lead.told("tell it more")
    check(not failed, "it is commanded")
    said, failed = lead.told("wait for it")
    check(not failed and json.loads(said)["turns"] == 2, f"its second turn is awaited: {said}")
    said, failed = lead.told("read the other")
    check(failed and "no such agent" in said, f"another agent is not seen: {said}")
    said, failed = lead.told("start a bold one")
    check(failed and 'may not set "env"' in said, f"none is started with an environment of its lead's: {said}")
    said, failed = lead.told("end it")
    check(not failed, "it is deleted")
    until(lambda: "helper" not in server.agents(), 10, "its row is gone")


if __name__ == "__main__":
    run(test)
