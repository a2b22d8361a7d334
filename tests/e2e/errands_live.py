# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Claude Code on errands for Plimsoll, against the mock server: steering, queueing and withdrawal, a plan, another
model, background tasks, a subagent, failures of the API, a picture, /clear. The numbers stay those of the server."""

import base64
import json
import struct
import zlib

from claude_live import KEY, MOCK, VERSION
from drive_live import Host, command, numbersAgree, permission, turn
from live import check, cleanEnvironment, needMock, npmBinary, run, until

SCENARIO = "errands.json"


def requests(bench):
    return (bench.folder / "mock" / "requests.jsonl").read_text()


def times(bench, route):
    """How often the mock has answered by a route."""
    lines = (bench.folder / "mock" / "replies.jsonl").read_text().splitlines()
    return sum(json.loads(line).get("route") == route for line in lines)


def isMain(route):
    return not route.startswith("sub-") and route != "fresh"


def agrees(bench, host, agent):
    numbersAgree(bench, host, agent, SCENARIO, isMain)


def allowed(host, agent, mark):
    """Answers what is asked from mark on."""
    until(lambda: host.told("permission_requested", mark), 20, "permission is asked")
    asked = host.told("permission_requested", mark)[-1]
    reply = host.ask("answer_permission", request_id=asked["request_id"], decision="allow", by="the test")
    check(reply["error"] == "", f"{asked['tool_name']} is allowed")
    return asked


def create(bench, host):
    reply = host.ask("create_agent", kind="claude-code", name="Errand boy", working_dir=str(bench.project),
                     model="claude-opus-4-5", permission_mode="default",
                     env={"ANTHROPIC_BASE_URL": bench.address, "ANTHROPIC_API_KEY": KEY})
    check(reply["error"] == "", "the agent is created")
    return reply["result"]["agent_id"]


def steers(bench, host, agent):
    mark = command(host, agent, "please count")
    allowed(host, agent, mark)
    host.await_state(agent, "executing")
    steered = host.ask("command_agent", agent_id=agent, text="mind the tide", mode="steer")
    check(steered["error"] == "" and len(steered["result"]["message_id"]) == 36, "a message for the turn that runs is taken")
    host.await_state(agent, "idle")
    check(times(bench, "tide") == 0 and times(bench, "after") == 1, "it was no turn of its own")
    check("mind the tide" in requests(bench).splitlines()[-1], "the agent has read it with the result of its tool")
    until(lambda: host.ask("waiting", agent_id=agent)["result"]["messages"] == [], 5, "nothing waits any more")


def queues(bench, host, agent):
    command(host, agent, "tell a story")
    host.await_state(agent, "executing")
    kept = host.ask("command_agent", agent_id=agent, text="how is the tide")["result"]["message_id"]
    withdrawn = host.ask("command_agent", agent_id=agent, text="no tide at all")["result"]["message_id"]

    def waits():
        return [one["message_id"] for one in host.ask("waiting", agent_id=agent)["result"]["messages"]]

    check(kept in waits() and withdrawn in waits(), "two messages wait")
    reply = host.ask("withdraw_message", agent_id=agent, message_id=withdrawn)
    check(reply["error"] == "", "one is withdrawn")
    until(lambda: times(bench, "tide") == 1, 20, "the other has its turn")
    host.await_state(agent, "idle")
    check(times(bench, "tide") == 1 and "no tide at all" not in requests(bench), "the agent never reads the withdrawn one")
    refused = host.ask("withdraw_message", agent_id=agent, message_id=kept)
    check(refused["code"] == "conflict", f"what was taken stays taken: {refused['error']}")


def plans(bench, host, agent):
    menu = host.ask("agent_menu", agent_id=agent)["result"]
    check(any(one["name"] == "compact" for one in menu["commands"]) and menu["permission_mode"] == "default",
          f"it offers {len(menu['commands'])} commands and {len(menu['models'])} models")
    check(host.ask("set_permission_mode", agent_id=agent, mode="plan")["error"] == "", "it is to plan")
    check(host.ask("agent_menu", agent_id=agent)["result"]["permission_mode"] == "plan", "and says so")
    asked = permission(host, agent, "make a scheme", decision="allow")
    check(asked["kind"] == "plan" and "Raise the anchor" in asked["questions"][0]["plan"], "the plan is shown")
    until(lambda: host.ask("agent_menu", agent_id=agent)["result"]["permission_mode"] == "default", 10,
          "with the plan allowed it plans no more")
    refused = host.ask("set_permission_mode", agent_id=agent, mode="sail")
    check(refused["code"] == "bad_request", f"a mode that is none: {refused['error']}")


def changesModel(bench, host, agent):
    reply = host.ask("set_model", agent_id=agent, model="sonnet")
    check(reply["error"] == "" and "sonnet" in reply["result"]["model"], f"another model: {reply['result']}")
    turn(host, agent, "how is the tide now")
    check(json.loads(requests(bench).splitlines()[-1])["body"]["model"].startswith("claude-sonnet"), "the API hears of it")
    until(lambda: "sonnet" in (host.rows[agent].get("model") or ""), 5, "the row shows it")
    check(host.ask("set_model", agent_id=agent, model="opus")["error"] == "", "and back")


def tasksOf(host, agent):
    return host.ask("tasks", agent_id=agent)["result"]["tasks"]


def runsInBackground(bench, host, agent):
    mark = command(host, agent, "let it tick")
    allowed(host, agent, mark)
    until(lambda: [one["state"] for one in tasksOf(host, agent)][-1:] == ["running"], 10, "a background task runs")
    task = tasksOf(host, agent)[-1]
    check(task["kind"] == "shell" and task["description"] == "Tick", f"it is told: {task}")
    until(lambda: "tick 1" in host.ask("task_output", agent_id=agent, task_id=task["id"])["result"]["output"], 10,
          "its output is read")
    until(lambda: tasksOf(host, agent)[-1]["state"] == "completed", 15, "it is over")
    until(lambda: times(bench, "woken") == 1, 10, "it wakes the agent")
    host.await_state(agent, "idle")
    mark = command(host, agent, "another tick")
    allowed(host, agent, mark)
    until(lambda: len(tasksOf(host, agent)) > 1 and tasksOf(host, agent)[-1]["state"] == "running", 10, "another one runs")
    reply = host.ask("stop_task", agent_id=agent, task_id=tasksOf(host, agent)[-1]["id"])
    check(reply["error"] == "", "it is stopped")
    until(lambda: tasksOf(host, agent)[-1]["state"] == "stopped", 10, "and told as stopped")
    host.await_state(agent, "idle")


def delegates(bench, host, agent):
    turn(host, agent, "please delegate this")
    children = [row for row in host.rows.values() if row.get("parent_id") == agent]
    check(len(children) == 1, "the subagent is a row below it")
    wanted = {"input_tokens": 11, "cache_read_tokens": 8000, "output_tokens": 80, "cache_write_5m_tokens": 8400}

    def has():
        return {key: children[0].get(key) or 0 for key in wanted} == wanted and children[0].get("context_tokens") == 8406

    until(has, 5, f"the subagent has numbers and a fill of its own: {wanted}")


def fails(bench, host, agent):
    mark = command(host, agent, "overload the ship")
    until(lambda: any(event["new_status"] == "waiting" and "attempt" in (event.get("reason") or "")
                      for event in host.told("agent_status_changed", mark)), 20, "it says that it tries again")
    host.await_state(agent, "idle", 40)
    command(host, agent, "now vanish")
    host.await_state(agent, "failed")
    check("model" in host.rows[agent]["status_reason"], f"it says why it failed: {host.rows[agent]['status_reason']}")
    turn(host, agent, "how is the tide after that")
    check(host.rows[agent]["status"] == "idle", "and works again")


def redDot():
    rows = b"".join(b"\0" + b"\xff\x00\x00" * 4 for _ in range(4))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def looks(bench, host, agent):
    mark = len(host.events)
    image = {"media_type": "image/png", "data": base64.b64encode(redDot()).decode()}
    reply = host.ask("command_agent", agent_id=agent, text="look at the picture", images=[image])
    check(reply["error"] == "", "a picture is taken")
    until(lambda: any(event["new_status"] == "executing" for event in host.told("agent_status_changed", mark)), 20, "a turn runs")
    host.await_state(agent, "idle")
    check('"media_type":"image/png"' in requests(bench).splitlines()[-1].replace(" ", ""), "the API has got it")


def clears(bench, host, agent):
    command(host, agent, "/clear")
    until(lambda: any(row.get("continues_id") == agent for row in host.rows.values()), 20, "/clear begins another row")
    new = next(id for id, row in host.rows.items() if row.get("continues_id") == agent)
    turn(host, new, "begin afresh")
    numbersAgree(bench, host, new, SCENARIO, lambda route: route == "fresh")
    agrees(bench, host, agent)
    check(host.rows[agent]["status"] == "complete", "the old one is complete")


def test(bench, program):
    needMock(MOCK)
    binary = npmBinary("@anthropic-ai/claude-code-linux-x64", VERSION, "claude")
    bench.data.mkdir()
    bench.address = bench.startMock(MOCK, bench.here / SCENARIO, cwd=bench.project)
    environment = cleanEnvironment(bench.home, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", DISABLE_TELEMETRY="1",
                                   DISABLE_ERROR_REPORTING="1")
    environment["PATH"] = f"{binary.parent}:{environment['PATH']}"
    host = Host(bench, program, environment)
    agent = create(bench, host)
    host.await_state(agent, "idle")
    for errand in (steers, queues, plans, changesModel, runsInBackground, delegates, fails, looks):
        errand(bench, host, agent)
        agrees(bench, host, agent)
    clears(bench, host, agent)
    host.stop()


if __name__ == "__main__":
    run(test)
