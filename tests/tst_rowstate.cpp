// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/rowstate.h"

#include <QtTest>

using namespace plimsoll;

namespace {

constexpr qint64 nowMs = 1'767'000'000'000;
constexpr qint64 minuteMs = 60'000;

/// One row of the table: what is known, and what must come out.
struct Case
{
    TurnPhase phase = TurnPhase::Unknown;
    std::optional<AgentState> live;
    const char* liveReason = "";
    bool tellsLife = true;
    bool logEnded = false;
    bool isSubagent = false;
    bool finished = false;
    std::optional<AgentState> parent;
    qint64 ageMs = 3600'000; ///< of the last line
    AgentState state = AgentState::Unknown;
    StateSource source = StateSource::None;
    const char* reason = "";
};

DecidedState decide(const Case& test)
{
    ThreadFacts thread;
    thread.phase = test.phase;
    thread.activity = test.phase == TurnPhase::Retrying ? "attempt 2 of 10" : "prompt is too long";
    thread.openTool = test.phase == TurnPhase::RunningTool ? "Bash" : "";
    thread.lastAtMs = nowMs - test.ageMs;
    thread.phaseAtMs = thread.lastAtMs;
    StateInputs inputs;
    inputs.kind = AgentKind::ClaudeCode;
    inputs.thread = &thread;
    if (test.live)
        inputs.live = LiveFacts{*test.live, StateSource::Registry, QString::fromLatin1(test.liveReason),
                                nowMs - 2 * 3600'000};
    inputs.tellsLife = test.tellsLife;
    inputs.logEnded = test.logEnded;
    inputs.isSubagent = test.isSubagent;
    inputs.finished = test.finished;
    inputs.parentState = test.parent;
    inputs.nowMs = nowMs;
    return decideState(inputs);
}

void addRow(const char* name, const Case& test)
{
    QTest::newRow(name) << QVariant::fromValue(test);
}

void addLiving()
{
    using S = AgentState;
    const auto living = [](const char* name, TurnPhase phase, S live, const char* liveReason, S state,
                           const char* reason) {
        Case test;
        test.phase = phase;
        test.live = live;
        test.liveReason = liveReason;
        test.state = state;
        test.source = StateSource::Registry;
        test.reason = reason;
        addRow(name, test);
    };
    living("busy", TurnPhase::Generating, S::Executing, "", S::Executing, "");
    living("busy with a tool", TurnPhase::RunningTool, S::Executing, "", S::Executing, "running Bash");
    living("busy retrying", TurnPhase::Retrying, S::Executing, "", S::Waiting, "retrying, attempt 2 of 10");
    living("asks", TurnPhase::RunningTool, S::Blocked, "permission prompt", S::Blocked, "permission prompt");
    living("idle", TurnPhase::Done, S::Idle, "", S::Idle, "");
    living("idle after failure", TurnPhase::Failed, S::Idle, "", S::Failed, "prompt is too long");
    living("idle after interruption", TurnPhase::Interrupted, S::Idle, "", S::Idle, "interrupted");
    living("idle with a shell", TurnPhase::Interrupted, S::Idle, "background shell runs", S::Idle,
           "background shell runs");
    living("silent, generating", TurnPhase::Generating, S::Unknown, "", S::Executing, "generating");
    living("silent, tool", TurnPhase::RunningTool, S::Unknown, "", S::Executing, "running Bash");
    living("silent, retrying", TurnPhase::Retrying, S::Unknown, "", S::Waiting, "retrying, attempt 2 of 10");
    living("silent, done", TurnPhase::Done, S::Unknown, "", S::Idle, "waiting for a prompt");
    living("silent, interrupted", TurnPhase::Interrupted, S::Unknown, "", S::Idle, "interrupted");
    living("silent, failed", TurnPhase::Failed, S::Unknown, "", S::Failed, "prompt is too long");
    living("silent, nothing yet", TurnPhase::Unknown, S::Unknown, "", S::Idle, "no turn yet");
}

void addDead()
{
    Case test;
    test.source = StateSource::Log;
    test.state = AgentState::Complete;
    test.reason = "its process has ended";
    test.phase = TurnPhase::Done;
    addRow("ended", test);
    test.phase = TurnPhase::RunningTool;
    addRow("ended in the middle", test);
    test.tellsLife = false;
    test.logEnded = true;
    addRow("old client, its log says it ended", test);
    test.state = AgentState::Failed;
    test.phase = TurnPhase::Failed;
    test.reason = "prompt is too long";
    addRow("ended in failure", test);
}

void addSilent()
{
    Case test;
    test.tellsLife = false;
    test.source = StateSource::Silence;
    test.state = AgentState::Unknown;
    test.phase = TurnPhase::Done;
    test.reason = "its log is silent, nothing tells whether it lives";
    addRow("old client, silent", test);
    test.phase = TurnPhase::Generating;
    test.reason = "its log stops in the middle of a turn";
    addRow("old client, silent in a turn", test);
    test.ageMs = minuteMs;
    addRow("old client, just silent", test);
    test.ageMs = minuteMs - 1;
    test.source = StateSource::Log;
    test.state = AgentState::Executing;
    test.reason = "generating";
    addRow("old client, still growing", test);
    test.ageMs = -5000;
    addRow("old client, clock of the log is ahead", test);
}

void addSubagents()
{
    Case test;
    test.isSubagent = true;
    test.source = StateSource::Log;
    test.parent = AgentState::Executing;
    test.phase = TurnPhase::Generating;
    test.state = AgentState::Executing;
    test.reason = "generating";
    addRow("subagent at work", test);
    test.parent = AgentState::Blocked;
    addRow("subagent of one that asks", test);
    test.finished = true;
    test.state = AgentState::Complete;
    test.reason = "has reported";
    addRow("subagent, its parent says it ended", test);
    test.finished = false;
    test.phase = TurnPhase::Done;
    addRow("subagent, done", test);
    test.phase = TurnPhase::Failed;
    test.state = AgentState::Failed;
    test.reason = "prompt is too long";
    addRow("subagent, failed", test);
    test.phase = TurnPhase::RunningTool;
    test.parent = AgentState::Complete;
    test.state = AgentState::Complete;
    test.reason = "its session has ended";
    addRow("subagent of an ended session", test);
    test.phase = TurnPhase::Interrupted;
    test.parent = AgentState::Idle;
    addRow("subagent, interrupted", test);
    test.phase = TurnPhase::RunningTool;
    test.parent.reset();
    test.state = AgentState::Unknown;
    test.source = StateSource::Silence;
    test.reason = "its log stops in the middle of a turn";
    addRow("subagent of nobody, silent", test);
}

} // namespace

Q_DECLARE_METATYPE(Case)

class TestRowState : public QObject
{
    Q_OBJECT

private slots:
    void decides_data()
    {
        QTest::addColumn<QVariant>("what");
        addLiving();
        addDead();
        addSilent();
        addSubagents();
    }

    void decides()
    {
        QFETCH(const QVariant, what);
        const auto test = what.value<Case>();
        const DecidedState decided = decide(test);
        QCOMPARE(decided.state, test.state);
        QCOMPARE(decided.source, test.source);
        QCOMPARE(decided.reason, QString::fromLatin1(test.reason));
        const bool byRegistry = decided.source == StateSource::Registry && *test.live != AgentState::Unknown;
        QCOMPARE(decided.sinceMs, byRegistry ? nowMs - 2 * 3600'000 : nowMs - test.ageMs);
    }

    void oldRetryDoesNotOutlastTheRegistry()
    {
        ThreadFacts thread;
        thread.phase = TurnPhase::Retrying;
        thread.phaseAtMs = nowMs - 1000;
        StateInputs inputs;
        inputs.thread = &thread;
        inputs.live = LiveFacts{AgentState::Executing, StateSource::Registry, {}, nowMs};
        QCOMPARE(decideState(inputs).state, AgentState::Executing);
    }

    void freshnessEnds()
    {
        Case test;
        test.tellsLife = false;
        test.phase = TurnPhase::Done;
        test.ageMs = 10'000;
        const DecidedState fresh = decide(test);
        QCOMPARE(fresh.state, AgentState::Idle);
        QCOMPARE(fresh.validForMs, minuteMs - 10'000 + 1);
        test.ageMs += fresh.validForMs; // asked again then, the answer is another one
        const DecidedState silent = decide(test);
        QCOMPARE(silent.state, AgentState::Unknown);
        QCOMPARE(silent.validForMs, 0);
    }

    void versionsThatTellLife_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("version");
        QTest::addColumn<bool>("tells");
        const auto row = [](AgentKind kind, const char* version, bool tells) {
            QTest::addRow("%d %s", int(kind), version) << int(kind) << QString::fromLatin1(version) << tells;
        };
        row(AgentKind::ClaudeCode, "2.1.139", true);
        row(AgentKind::ClaudeCode, "2.1.138", false);
        row(AgentKind::ClaudeCode, "2.2.0", true);
        row(AgentKind::ClaudeCode, "10.0.0", true);
        row(AgentKind::ClaudeCode, "1.9.999", false);
        row(AgentKind::ClaudeCode, "", false);
        row(AgentKind::ClaudeCode, "next", false);
        row(AgentKind::Codex, "0.150.0", true);
        row(AgentKind::Codex, "0.150.0-alpha.3", true);
        row(AgentKind::Codex, "0.149.9", false);
        row(AgentKind::Codex, "1.0.0", true);
        row(AgentKind::Other, "9.9.9", false);
    }

    void versionsThatTellLife()
    {
        QFETCH(const int, kind);
        QFETCH(const QString, version);
        QFETCH(const bool, tells);
        QCOMPARE(tellsLife(AgentKind(kind), version.toStdString()), tells);
    }
};

QTEST_GUILESS_MAIN(TestRowState)
#include "tst_rowstate.moc"
