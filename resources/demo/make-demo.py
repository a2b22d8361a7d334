#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes demo.jsonl, the demo recording of Plimsoll. Everything in it is invented.

    python3 resources/demo/make-demo.py          writes demo.jsonl beside this script
    python3 resources/demo/make-demo.py --check  tells whether demo.jsonl is what this script writes

The same script writes the same bytes everywhere: no clock, a fixed seed. The recording has two parts. What lies
before `started_at` is three hours of history that a player shows at once; what follows are four minutes at their own
speed. At its end the fleet stands as in the picture of the main window, with every state at least once.
"""
import datetime
import json
import math
import pathlib
import random
import sys
import uuid

START = datetime.datetime(2026, 1, 15, 14, 30, tzinfo=datetime.timezone.utc)
HISTORY_S = 3 * 3600
LIVE_S = 240
HISTORY_STEP_S = 180
HOME = "/home/dev"
SPACE = uuid.UUID("6f1b7a52-9a54-4d0e-8f0c-70b6c1a5d3e1")
random_source = random.Random(83)


def iso(t):
    """ISO 8601 of `t` seconds after the start."""
    time = START + datetime.timedelta(milliseconds=round(t * 1000))
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (time.microsecond // 1000)


def between(points, t):
    """The broken line through `points` at `t`."""
    for (t0, v0), (t1, v1) in zip(points, points[1:]):
        if t <= t1:
            return v0 + (v1 - v0) * max(0.0, t - t0) / (t1 - t0)
    return points[-1][1]


class Recording:
    def __init__(self):
        self.lines = []
        self.agents = []

    def add(self, t, kind, agent, body):
        line = {"at": round(t * 1000), "type": kind}
        if agent is not None:
            line["agent_id"] = agent.id
        line.update(body)
        self.lines.append((round(t * 1000), len(self.lines), line))

    def text(self):
        header = {"plimsoll_recording": 1, "label": "Demo recording", "started_at": iso(0)}
        ordered = [line for _, _, line in sorted(self.lines, key=lambda entry: entry[:2])]
        return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in [header] + ordered)


class Agent:
    """One agent of the demo; `at(t)` of its curve is its context fill in tokens."""

    def __init__(self, recording, name, kind, model, folder, begins, curve, window=None, trigger=None, cost=None,
                 parent=None, role=None, branch=None, notes=(), window_basis="derived"):
        self.recording, self.name, self.curve = recording, name, curve
        self.id = str(uuid.uuid5(SPACE, name))
        self.session = str(uuid.uuid5(SPACE, "session of " + name))
        self.window, self.trigger, self.cost, self.model = window, trigger, cost, model
        self.begins, self.window_basis = begins, window_basis
        self.peak = self.compacted = self.freed = self.turns = self.calls = 0
        self.compactions = []
        self.info = {"name": name, "kind": kind, "session_id": self.session, "working_dir": HOME + "/" + folder}
        if parent:
            self.info["parent_id"] = parent.id
            self.info["session_id"] = parent.session + "/" + self.session[:8]
        for key, value in (("model", model), ("role", role), ("git_branch", branch), ("notes", list(notes))):
            if value:
                self.info[key] = value
        place = {"claude-code": "/.claude/projects/-home-dev-" + folder.replace("/", "-") + "/" + self.session + ".jsonl",
                 "codex": "/.codex/sessions/2026/01/15/rollout-2026-01-15T11-02-41-" + self.session + ".jsonl"}
        if kind in place:
            self.info["files"] = [HOME + place[kind]]
        self.info["created_at"] = iso(begins)
        recording.agents.append(self)

    def share(self, t):
        """How much of its work is done at `t`: 0 to 1."""
        end = self.curve[-1][0] if self.curve else self.begins + 1
        return max(0.0, min(1.0, (t - self.begins) / (end - self.begins)))

    def usage(self, t, whole):
        """The numbers at `t`; a short form without the parts of the sum for the history."""
        if self.curve is None:
            return {}
        fill = round(between(self.curve, t))
        self.peak = max(self.peak, fill)
        share = self.share(t)
        usage = {"context_tokens": fill, "context_basis": "reported"}
        if self.window:
            usage.update(context_window=self.window, window_basis=self.window_basis)
        if self.trigger:
            usage.update(compact_at_tokens=self.trigger, trigger_basis="derived")
        if self.cost is not None:
            usage.update(total_cost=round(self.cost * share, 6), cost_basis="derived")
        if whole:
            spent = {"input_tokens": round(41_000 * share), "output_tokens": round(96_000 * share),
                     "cache_read_tokens": round(7_400_000 * share), "cache_write_5m_tokens": round(388_000 * share)}
            usage.update(spent, context_peak_tokens=self.peak, turns=self.turns, tool_calls=self.calls,
                         compaction_count=len(self.compactions), freed_tokens=self.freed, cache_write_1h_tokens=0)
            usage["by_model"] = {self.model: dict(spent, total_cost=usage.get("total_cost"))}
        return usage

    def create(self, state, source, reason):
        body = dict(self.info, id=self.id, updated_at=iso(self.begins), status=state, status_source=source,
                    status_reason=reason, status_since=iso(self.begins), **self.usage(self.begins, False))
        self.recording.add(self.begins, "agent_created", self, {"agent": body})

    def history(self, until=0.0):
        t = self.begins + HISTORY_STEP_S
        while t < min(0.0, until):
            self.recording.add(t, "usage_updated", self, {"agent": self.usage(t, False)})
            t += HISTORY_STEP_S
        self.tell(min(0.0, until) - 1)

    def tell(self, t):
        self.recording.add(t, "usage_updated", self, {"agent": self.usage(t, True)})

    def live(self, until, step, begin=2.0):
        t = begin + random_source.uniform(0, step)
        while t < until:
            self.tell(t)
            t += step * random_source.uniform(0.7, 1.3)
        self.tell(until)

    def state(self, t, state, source, reason):
        self.recording.add(t, "agent_status_changed", self,
                           {"new_status": state, "source": source, "reason": reason, "since": iso(t)})

    def change(self, t, **info):
        self.info.update(info)
        self.recording.add(t, "agent_updated", self, {"agent": dict(self.info, updated_at=iso(t))})

    def log(self, t, kind, text, tool=None):
        log = {"event_type": kind, "content": text}
        if tool:
            log["tool"] = tool
        if kind == "tool_use":
            self.calls += 1
        if kind == "prompt":
            self.turns += 1
        self.recording.add(t, "agent_log", self, {"log": log})

    def does(self, t, tool, text, answer=None):
        """A tool call that is the agent's summary too, and what came back two seconds later."""
        self.log(t, "tool_use", text, tool)
        self.change(t, summary=tool + " " + text)
        if answer:
            self.log(t + 2.1, "tool_result", answer, tool)

    def compact(self, t, before, after, trigger="auto"):
        compaction = {"at": iso(t), "before_tokens": before, "after_tokens": after, "trigger": trigger}
        self.compactions.append(compaction)
        self.freed += before - after
        self.recording.add(t, "context_compacted", self, {"compaction": compaction})
        self.change(t + 0.1, compactions=list(self.compactions))


def migration(rec):
    agent = Agent(rec, "api-migration", "claude-code", "claude-opus-4-5-20251101", "shop/backend", -HISTORY_S,
                  [(-HISTORY_S, 60_000), (-4000, 128_000), (0, 163_500), (198, 171_200)], 200_000, 167_000, 4.18,
                  branch="orders-v2")
    agent.create("executing", "registry", "busy")
    agent.log(-HISTORY_S + 4, "prompt", "Move the orders table to the new schema and keep the old API.")
    agent.log(-9000, "text", "I'll start with the read paths: they can serve both schemas while the data moves.")
    agent.does(-7000, "Edit", "src/orders/repository.ts", "The file has been updated.")
    agent.log(-2400, "prompt", "Also keep the view that the accountants query.")
    agent.log(-1900, "text", "The view stays. It now joins the new tables, its columns and types are unchanged; "
              "I have added a test that compares both results for the last ten thousand orders.")
    agent.history()
    reviewer = Agent(rec, "code-reviewer", "claude-code", "claude-haiku-4-5-20251001", "shop/backend", -1500,
                     [(-1500, 9_000), (-900, 61_000)], 200_000, 167_000, 0.21, parent=agent, role="code-reviewer")
    reviewer.create("executing", "log", "log is growing")
    reviewer.does(-1400, "Read", "src/orders/repository.ts", "412 lines")
    reviewer.log(-905, "result", "Two findings, both fixed: a missing index and a transaction that was never closed.")
    reviewer.history(-900)
    reviewer.change(-899, summary="Finished: two findings, both fixed")
    reviewer.state(-898, "complete", "log", "its parent has the answer")

    agent.does(5, "Bash", "npm run migrate -- --dry-run --only orders", "14 of 15 migrations pass")
    agent.log(24, "thinking", "The last one fails on rows without a customer. They are guests from before 2019: "
              "the new schema wants a placeholder for them.")
    agent.does(38, "Edit", "migrations/0015_guests.sql (+18 −2)", "The file has been updated.")
    ask(rec, agent, 60, "req-1", "Bash", "npm test -- --run contract", 72)
    agent.state(72.1, "executing", "registry", "busy")
    agent.does(73, "Bash", "npm test -- --run contract", "212 passed, 0 failed")
    agent.log(150, "text", "The dry run passes for 14 of 15 migrations. The last one needs the guests' placeholder, "
              "which is in place now. I can run all of them against the staging database.")
    agent.live(198, 11)
    ask(rec, agent, 199, "req-2", "Bash", "npm run migrate -- --all", None)
    rec.add(120, "alert", agent, {"level": "critical", "fraction": 1.0})


def ask(rec, agent, t, request, tool, text, answered):
    agent.change(t, summary="Asks: run “" + text + "”")
    rec.add(t, "permission_requested", agent, {"request_id": request, "kind": "permission", "tool_name": tool,
                                               "input": text, "cwd": agent.info["working_dir"]})
    agent.state(t + 0.1, "blocked", "registry", "permission prompt")
    if answered:
        rec.add(answered, "permission_resolved", agent, {"request_id": request, "outcome": "allowed"})


def checkout(rec):
    # A saw: cached parts leave the window and come back.
    curve = [(-HISTORY_S + i * 300, 101_000 + i * 14_100 + (9_000 if i % 2 else -9_000)) for i in range(36)]
    agent = Agent(rec, "checkout-ui", "claude-code", "claude-sonnet-4-5-20250929", "shop/web", -HISTORY_S,
                  curve + [(0, 604_000), (LIVE_S, 612_300)], 1_000_000, 967_000, 7.02, branch="voucher-total")
    agent.create("executing", "registry", "busy")
    agent.log(-HISTORY_S + 3, "prompt", "The total in the cart is wrong as soon as a voucher is used. Find out why, "
              "fix it and cover it with tests.")
    agent.log(-8000, "text", "I can reproduce it: the voucher is subtracted before tax in one place and after tax in "
              "another. I'll look at every place that computes a total.")
    agent.does(-5200, "Grep", "computeTotal(", "23 matches in 9 files")
    agent.history()
    explore = Agent(rec, "explore", "claude-code", "claude-haiku-4-5-20251001", "shop/web", -350,
                    [(-350, 8_000), (0, 31_000), (LIVE_S, 48_200)], 200_000, 167_000, 0.11, parent=agent, role="Explore")
    explore.create("executing", "log", "log is growing")
    explore.log(-349, "prompt", "Find every component that uses useCart and say which of them show a total.")
    explore.history()
    for t, text, answer in ((8, "useCart( in src", "214 matches in 61 files"), (47, "formatMoney( in src", "88 matches"),
                            (101, "total in src/cart/**/*.tsx", "52 matches"), (167, "useCart\\(", "37 matches"),
                            (226, "“useCart(” in 214 files", None)):
        explore.does(t, "Grep", text, answer)
    explore.live(LIVE_S - 3, 12)

    agent.does(13, "Read", "src/cart/Total.tsx", "188 lines")
    agent.log(31, "thinking", "Total and Summary round differently. One shared function for both would keep them equal.")
    agent.does(58, "Edit", "src/cart/money.ts (+31 −4)", "The file has been updated.")
    agent.does(97, "Bash", "npm test -- cart", "1 failed, 143 passed")
    agent.log(131, "error", "Expected 89.90, got 89.91: cart with two vouchers and reduced tax.")
    agent.log(190, "text", "The total ignores the voucher when the cart is empty and refilled: the memo keeps the old "
              "rate. I'll key it by the voucher too.")
    agent.does(233, "Edit", "src/cart/Total.tsx (+42 −17)")
    agent.live(LIVE_S - 2, 9)


def payments(rec):
    agent = Agent(rec, "payments-audit", "codex", "gpt-5.1-codex", "shop/payments", -HISTORY_S,
                  [(-HISTORY_S, 31_000), (-5700, 236_000), (-5699, 41_000), (0, 219_000), (LIVE_S, 231_100)],
                  258_400, 244_800, 3.40, branch="main", window_basis="reported")
    agent.create("executing", "lock", "its log is locked")
    agent.log(-HISTORY_S + 5, "prompt", "Audit every path that can charge a card twice.")
    agent.compact(-5699, 236_000, 41_000)
    agent.log(-3000, "text", "Three paths retry without an idempotency key. The webhook handler is the most likely one.")
    agent.history()
    for t, text, answer in ((10, "rg -n 'capture\\(' crates", "17 matches"), (52, "sed -n 1,160p crates/ledger/src/retry.rs", None),
                            (88, "cargo clippy --workspace", "no warnings"), (146, "cargo test -p ledger", "96 passed"),
                            (221, "cargo test --workspace", None)):
        agent.does(t, "exec", text, answer)
    agent.log(179, "thinking", "The retry keeps its key only within one process. After a restart a second charge is possible.")
    rec.add(140, "alert", agent, {"level": "critical", "fraction": 0.92})
    agent.live(LIVE_S - 1, 10)


def load_tests(rec):
    agent = Agent(rec, "load-tests", "claude-code", "claude-sonnet-4-5-20250929", "shop/perf", -HISTORY_S,
                  [(-HISTORY_S, 28_000), (-3420, 167_200), (-3419, 34_000), (150, 167_400), (150.2, 34_100), (LIVE_S, 45_300)],
                  200_000, 167_000, 2.36, branch="k6-suite")
    agent.create("executing", "registry", "busy")
    agent.log(-HISTORY_S + 6, "prompt", "Write a load test for the checkout: 500 carts a minute, with vouchers.")
    agent.compact(-3419, 167_200, 34_000)
    agent.history()
    agent.does(16, "Bash", "k6 run --vus 200 checkout.js", "p95 = 412 ms, 0.3 % failed")
    agent.does(70, "Edit", "checkout.js (+12 −3)", "The file has been updated.")
    agent.does(118, "Bash", "k6 run --vus 400 checkout.js", "p95 = 1.9 s, 4.1 % failed")
    agent.live(149, 10)
    agent.compact(150.2, 167_400, 34_100)
    agent.live(204, 11, 152)
    agent.log(205, "error", "429 rate limited: tries again in 48 s (attempt 2 of 10)")
    agent.change(205.2, summary="Rate limited, tries again")
    agent.state(205.3, "waiting", "log", "rate limited, retrying")


def docs(rec):
    agent = Agent(rec, "docs-writer", "claude-code", "claude-sonnet-4-5-20250929", "shop/docs", -HISTORY_S,
                  [(-HISTORY_S, 50_000), (-5000, 214_000), (0, 381_000), (LIVE_S, 388_400)], 1_000_000, 967_000, 0.92)
    agent.create("executing", "registry", "busy")
    agent.log(-HISTORY_S + 8, "prompt", "Bring the API reference up to date with version 4.")
    agent.history()
    for t, text in ((20, "docs/api/orders.md"), (66, "docs/api/refunds.md"), (109, "docs/api/vouchers.md"), (224, "docs/api/*.md")):
        agent.does(t, "Read", text)
    agent.log(172, "thinking", "The section on webhooks repeats the payload of the event reference; a link would do.")
    agent.log(196, "text", "Orders, refunds and vouchers are done. Webhooks follow.")
    agent.live(LIVE_S - 4, 12)


def release_notes(rec):
    agent = Agent(rec, "release-notes", "claude-code", "claude-sonnet-4-5-20250929", "shop", -2400,
                  [(-2400, 21_000), (0, 82_000), (176, 96_100)], 200_000, 167_000, 0.63, branch="release/4.0",
                  notes=["output under-reported"])
    agent.create("executing", "registry", "busy")
    agent.log(-2399, "prompt", "Write the release notes for 4.0 from the merged pull requests.")
    agent.history()
    agent.does(34, "Bash", "git log --oneline v3.9..release/4.0", "318 commits")
    agent.does(92, "Write", "CHANGELOG.md (+146)", "The file has been written.")
    agent.live(176, 13)
    agent.log(177, "result", "Done in 4 min 12 s · 18 turns · $0.63")
    agent.change(177.2, summary="Finished: notes for 4.0 are written")
    agent.state(177.3, "idle", "registry", "waits for a prompt")


def quiet_ones(rec):
    """Agents that do not move: idle with an unknown window, failed, finished, and one that nothing is known of."""
    infra = Agent(rec, "infra", "other", "qwen3-coder", "infra", -7200, [(-7200, 12_000), (-1500, 29_100)], branch="main")
    infra.create("executing", "log", "log is growing")
    infra.does(-5000, "exec", "terraform plan", "No changes.")
    infra.history(-1500)
    infra.change(-1499, summary="Finished: plan has no changes")
    infra.state(-1498, "idle", "silence", "nothing new for a minute")

    importer = Agent(rec, "Rewrite the importer so that supplier price lists with more than forty columns no longer fail",
                     "codex", "gpt-5.1-codex", "shop/importer", -5400, [(-5400, 18_000), (-700, 133_000)], 258_400, 244_800,
                     0.87, window_basis="reported")
    importer.create("executing", "lock", "its log is locked")
    importer.does(-4000, "exec", "pytest tests/importer -q", "3 failed, 61 passed")
    importer.history(-700)
    importer.log(-698, "error", "stream disconnected before completion: the server closed the connection")
    importer.change(-697, summary="Stream disconnected before completion")
    importer.state(-696, "failed", "log", "the last turn ended in an error")

    sweep = Agent(rec, "i18n-sweep", "claude-code", "claude-haiku-4-5-20251001", "shop/web", -9000,
                  [(-9000, 14_000), (-6200, 88_000)], 200_000, 167_000, 0.34, branch="i18n")
    sweep.create("executing", "registry", "busy")
    sweep.history(-6200)
    sweep.log(-6199, "result", "Done in 46 min · 31 turns · $0.34")
    sweep.change(-6198, summary="Finished: 412 texts moved to the catalogue")
    sweep.state(-6197, "complete", "registry", "its process has ended")

    scratch = Agent(rec, "scratch", "claude-code", None, "tmp/scratch", -3000, None)
    scratch.create("unknown", "none", "no process and no lock tell")


def account(rec):
    hour = 3600
    for t, five_hours in ((-HISTORY_S + 1, 38.0), (-3600, 55.0), (20, 61.0), (185, 62.0), (LIVE_S - 5, 62.0)):
        rec.add(t, "limits_changed", None, {"kind": "claude-code", "plan": "max", "at": iso(t), "windows": [
            {"name": "5 h", "used_percent": five_hours, "resets_at": iso(1.3 * hour)},
            {"name": "7 d", "used_percent": 44.0, "resets_at": iso(61 * hour)}]})
        rec.add(t + 1, "limits_changed", None, {"kind": "codex", "plan": "pro", "at": iso(t), "windows": [
            {"name": "5 h", "used_percent": 17.0, "resets_at": iso(2.2 * hour)},
            {"name": "7 d", "used_percent": 31.0, "resets_at": iso(88 * hour)}]})
        slots = []
        for start in range(-HISTORY_S, math.ceil(t), 900):
            cost = sum(agent.cost * (agent.share(min(t, start + 900)) - agent.share(start))
                       for agent in rec.agents if agent.cost)
            slots.append({"start": iso(start), "cost": round(cost, 6)})
        rec.add(t + 2, "spend_changed", None, {"slots": slots})


def main():
    rec = Recording()
    for part in (migration, checkout, payments, load_tests, docs, release_notes, quiet_ones, account):
        part(rec)
    path = pathlib.Path(__file__).with_name("demo.jsonl")
    text = rec.text()
    if "--check" in sys.argv[1:]:
        return 0 if path.read_text(encoding="utf-8") == text else 1
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
