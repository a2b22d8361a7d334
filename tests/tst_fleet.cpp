// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/coldscan.h"
#include "tests/claudelines.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const QString first = QStringLiteral("11111111-0000-4000-8000-000000000000");
const QString second = QStringLiteral("22222222-0000-4000-8000-000000000000");
constexpr qint64 nowMs = baseMs + 3600'000;

LiveSession liveOf(const QString& sessionId, AgentState state, const QString& reason = {},
                   qint64 sinceMs = baseMs)
{
    LiveSession live;
    live.kind = AgentKind::ClaudeCode;
    live.sessionId = sessionId;
    live.state = state;
    live.reason = reason;
    live.source = StateSource::Registry;
    live.sinceMs = sinceMs;
    live.startedAtMs = baseMs;
    live.workingDir = QStringLiteral("/home/ann/boat");
    return live;
}

LiveSession endedOf(const QString& sessionId)
{
    LiveSession live = liveOf(sessionId, AgentState::Complete);
    live.ended = true;
    return live;
}

/// The kinds of events of one agent, in order: "added", "logged", "usage" …
QStringList kindsOf(const Events& events, const AgentId& id)
{
    static const char* const names[] = {"added",     "info",   "removed",    "state",    "usage",
                                        "compacted", "logged", "permission", "answered", "limits",
                                        "alert",     "spend",  "streamed"};
    QStringList out;
    for (const Event& event : events) {
        if (event.agent == id)
            out << QString::fromLatin1(names[event.body.index()]);
    }
    return out;
}

template <typename T>
const T* lastOf(const Events& events, const AgentId& id)
{
    const T* found = nullptr;
    for (const Event& event : events) {
        if (event.agent == id && std::holds_alternative<T>(event.body))
            found = &std::get<T>(event.body);
    }
    return found;
}

} // namespace

class TestFleet : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        m_fleet = std::make_unique<Fleet>(m_catalogue, QStringLiteral("/home/ann"));
        m_fleet->setLiveMode();
        m_roots = logRoots(
            {m_temp->path() + QStringLiteral("/.claude"), m_temp->path() + QStringLiteral("/.codex")});
        m_files.clear();
    }

    void sessionIsARowWithItsNumbers()
    {
        append(first, promptLine(QStringLiteral("Paint the line"), baseMs) +
                          answerLine({"msg_1", 1000, 50, 20'000}, baseMs + 1000));
        const Agent agent = agentOf(first);
        QCOMPARE(agent.info.kind, AgentKind::ClaudeCode);
        QCOMPARE(agent.info.name, QStringLiteral("Paint the line"));
        QCOMPARE(agent.info.workingDir, QStringLiteral("/home/ann/boat"));
        QCOMPARE(agent.info.gitBranch, QStringLiteral("main"));
        QCOMPARE(agent.info.createdAtMs, baseMs);
        QCOMPARE(agent.info.updatedAtMs, baseMs + 1000);
        QCOMPARE(agent.info.files, QStringList{pathOf(first)});
        QCOMPARE(agent.usage.contextTokens, Count(21'000));
        QCOMPARE(agent.usage.contextWindow, Count(200'000));
        QCOMPARE(agent.usage.windowBasis, Basis::Derived);
        QCOMPARE(agent.usage.outputTokens, Count(50));
        QCOMPARE(agent.usage.turns, Count(1));
        QCOMPARE(agent.usage.costPico, Count(1000 * 5'000'000LL + 50 * 25'000'000LL + 20'000 * 500'000LL));
        QCOMPARE(agent.state, AgentState::Complete); // this version registers while it lives
        QVERIFY(agent.info.parentId.isNull());
    }

    void idDependsOnHomeAndSessionOnly()
    {
        append(first, promptLine(QStringLiteral("a"), baseMs));
        Fleet other(m_catalogue, QStringLiteral("/home/bob"));
        Fleet same(m_catalogue, QStringLiteral("/home/ann"));
        for (Fleet* fleet : {&other, &same})
            fleet->setLive(liveOf(first, AgentState::Idle));
        QVERIFY(other.agents(nowMs)[0].id != idOf(first));
        QCOMPARE(same.agents(nowMs)[0].id, idOf(first));
    }

    void subagentFileIsARowBelowItsParent()
    {
        append(first, answerLine({"msg_1", 1000, 50}, baseMs));
        const size_t index = append(first + QStringLiteral("/subagents/agent-abc"),
                                    answerLine({"msg_2", 7000, 9}, baseMs + 1));
        m_fleet->setMeta(index, {"Explore", "Look for the paint", false});
        const Agent child = agentOf(first + QStringLiteral("/abc"));
        QCOMPARE(child.info.parentId, idOf(first));
        QCOMPARE(child.info.name, QStringLiteral("Look for the paint"));
        QCOMPARE(child.info.role, QStringLiteral("Explore"));
        QCOMPARE(child.usage.contextTokens, Count(7000));
        QCOMPARE(agentOf(first).usage.contextTokens, Count(1000)); // does not fill its parent's window
        QCOMPARE(agentOf(first).usage.inputTokens, Count(1000));
        QCOMPARE(m_fleet->agents(nowMs).size(), 2);
    }

    void nestedThreadIsARowBelowItsParent()
    {
        append(first, answerLine({"msg_1", 1000, 50}, baseMs) +
                          nestedLine(QStringLiteral("def"), {"msg_2", 7000, 9}, baseMs + 1));
        const Agent child = agentOf(first + QStringLiteral("/def"));
        QCOMPARE(child.info.parentId, idOf(first));
        QCOMPARE(child.info.name, QStringLiteral("look around"));
        QCOMPARE(child.usage.contextTokens, Count(7000));
        QCOMPARE(agentOf(first).usage.contextTokens, Count(1000));
        QCOMPARE(agentOf(first).usage.inputTokens, Count(1000));
    }

    void childFollowsItsParentsEnd()
    {
        m_fleet->setLive(liveOf(first, AgentState::Executing));
        append(first, promptLine(QStringLiteral("a"), baseMs));
        append(first + QStringLiteral("/subagents/agent-abc"), promptLine(QStringLiteral("b"), baseMs));
        (void)take();
        QCOMPARE(agentOf(first + QStringLiteral("/abc")).state, AgentState::Executing);
        m_fleet->setLive(endedOf(first));
        const Events events = take();
        const auto* state = lastOf<StateChanged>(events, idOf(first + QStringLiteral("/abc")));
        QVERIFY(state);
        QCOMPARE(state->state, AgentState::Complete);
    }

    void forkCountsOnlyWhatIsNew()
    {
        const QByteArray old =
            promptLine(QStringLiteral("a"), baseMs) + answerLine({"msg_1", 1000, 50}, baseMs + 1);
        QJsonObject copied = answerObject({"msg_1", 1000, 50}, baseMs + 1);
        copied.insert(QStringLiteral("requestSessionId"), first);
        append(second, promptLine(QStringLiteral("a"), baseMs) + jsonLine(copied) +
                           answerLine({"msg_2", 2000, 60}, baseMs + 2));
        append(first, old);
        QCOMPARE(agentOf(first).usage.inputTokens, Count(1000));
        QCOMPARE(agentOf(second).usage.inputTokens, Count(2000));
        QCOMPARE(agentOf(second).info.forkedFromId, idOf(first));
        QVERIFY(agentOf(first).info.forkedFromId.isNull());
    }

    void addedComesBeforeLinesAndLinesBeforeUsage()
    {
        append(first, promptLine(QStringLiteral("a"), baseMs) + answerLine({"msg_1", 1000, 50}, baseMs + 1));
        QStringList expected{QStringLiteral("added"), QStringLiteral("logged"), QStringLiteral("logged")};
        QCOMPARE(kindsOf(take(), idOf(first)), expected);
        append(first, answerLine({"msg_2", 2000, 60}, baseMs + 2));
        expected = QStringList{QStringLiteral("logged"), QStringLiteral("usage"), QStringLiteral("info")};
        QCOMPARE(kindsOf(take(), idOf(first)), expected);
        QVERIFY(take().isEmpty());
    }

    void parentComesBeforeItsChild()
    {
        append(first, promptLine(QStringLiteral("a"), baseMs) +
                          nestedLine(QStringLiteral("def"), {"msg_2", 7000, 9}, baseMs + 1));
        QList<AgentId> added;
        for (const Event& event : take()) {
            if (std::holds_alternative<AgentAdded>(event.body))
                added.append(event.agent);
        }
        const QList<AgentId> expected{idOf(first), idOf(first + QStringLiteral("/def"))};
        QCOMPARE(added, expected);
    }

    void compactionIsToldOnce()
    {
        append(first, answerLine({"msg_1", 150'000, 50}, baseMs));
        (void)take();
        append(first, compactionLine(QStringLiteral("u1"), 150'000, 20'000, baseMs + 1));
        const Events events = take();
        const auto* compacted = lastOf<Compacted>(events, idOf(first));
        QVERIFY(compacted);
        const Compaction expected{baseMs + 1, 150'000, 20'000, QStringLiteral("auto")};
        QCOMPARE(compacted->compaction, expected);
        QCOMPARE(kindsOf(events, idOf(first)).count(QStringLiteral("compacted")), 1);
        append(first, answerLine({"msg_2", 21'000, 60}, baseMs + 2));
        QVERIFY(!kindsOf(take(), idOf(first)).contains(QStringLiteral("compacted")));
        const Agent agent = agentOf(first);
        QCOMPARE(agent.usage.compactionCount, Count(1));
        QCOMPARE(agent.usage.freedTokens, Count(130'000));
        QCOMPARE(agent.usage.contextTokens, Count(21'000));
        QCOMPARE(agent.usage.contextPeakTokens, Count(150'000));
        QCOMPARE(agent.usage.compactAtTokens, Count(150'000));
        QCOMPARE(agent.usage.triggerBasis, Basis::Estimated);
    }

    void statesAreToldWhenTheyChange()
    {
        append(first, promptLine(QStringLiteral("a"), baseMs));
        (void)take();
        m_fleet->setLive(liveOf(first, AgentState::Executing));
        QCOMPARE(kindsOf(take(), idOf(first)), QStringList{QStringLiteral("state")});
        m_fleet->setLive(liveOf(first, AgentState::Executing));
        QVERIFY(take().isEmpty());
        m_fleet->setLive(endedOf(first));
        const Events events = take();
        QCOMPARE(lastOf<StateChanged>(events, idOf(first))->state, AgentState::Complete);
    }

    void permissionIsAskedAndAnswered()
    {
        append(first, answerLine({"msg_1", 1000, 50, 0, "tool_use"}, baseMs,
                                 toolBlock(QStringLiteral("Bash"), QStringLiteral("rm -r paint"))));
        m_fleet->setLive(liveOf(first, AgentState::Blocked, QStringLiteral("permission prompt")));
        const Events events = take();
        const auto* asked = lastOf<PermissionAsked>(events, idOf(first));
        QVERIFY(asked);
        QCOMPARE(asked->tool, QStringLiteral("Bash"));
        QVERIFY(asked->input.contains(QStringLiteral("rm -r paint")));
        QCOMPARE(asked->kind, PermissionKind::Permission);
        QCOMPARE(asked->workingDir, QStringLiteral("/home/ann/boat"));
        QVERIFY(agentOf(first).info.summary.startsWith(QStringLiteral("Asks: Bash")));
        QVERIFY(!lastOf<PermissionAsked>(take(), idOf(first)));
        m_fleet->setLive(liveOf(first, AgentState::Executing));
        const Events after = take();
        const auto* answered = lastOf<PermissionAnswered>(after, idOf(first));
        QVERIFY(answered);
        QCOMPARE(answered->requestId, asked->requestId);
        m_fleet->setLive(liveOf(first, AgentState::Idle));
        QVERIFY(!lastOf<PermissionAnswered>(take(), idOf(first)));
    }

    void oneRequestAfterTheOtherIsAnswered()
    {
        m_fleet->setLive(liveOf(first, AgentState::Blocked, QStringLiteral("permission prompt"), baseMs));
        const Events one = take();
        m_fleet->setLive(liveOf(first, AgentState::Blocked, QStringLiteral("input needed"), baseMs + 5));
        const Events two = take();
        const auto* answered = lastOf<PermissionAnswered>(two, idOf(first));
        QVERIFY(answered);
        QCOMPARE(answered->requestId, lastOf<PermissionAsked>(one, idOf(first))->requestId);
        QCOMPARE(lastOf<PermissionAsked>(two, idOf(first))->kind, PermissionKind::Question);
    }

    void onlyTheNewestAreToldAtFirst()
    {
        m_fleet = std::make_unique<Fleet>(m_catalogue, QStringLiteral("/home/ann"));
        m_fleet->setPublishLimit(2);
        QStringList ids;
        for (int i = 0; i < 5; ++i) {
            ids << QStringLiteral("0000000%1-0000-4000-8000-000000000000").arg(i);
            append(ids[i], promptLine(QStringLiteral("a"), baseMs - i * 1000)); // the newest first, as a scan
        }
        m_fleet->setLive(liveOf(ids[4], AgentState::Idle));
        const Events events = take();
        for (int i = 0; i < 5; ++i) {
            const bool told = i == 0 || i == 1 || i == 4; // what lives always is
            QCOMPARE(kindsOf(events, idOf(ids[i])).count(QStringLiteral("added")), told ? 1 : 0);
            QCOMPARE(!kindsOf(events, idOf(ids[i])).isEmpty(), told); // no line of one that nobody knows
        }
        QCOMPARE(m_fleet->unpublished(), 2);
        QCOMPARE(m_fleet->publishOlder(1), 1);
        QCOMPARE(kindsOf(take(), idOf(ids[2])), QStringList{QStringLiteral("added")});
        QCOMPARE(m_fleet->publishOlder(10), 1);
        QCOMPARE(kindsOf(take(), idOf(ids[3])), QStringList{QStringLiteral("added")});
        QCOMPARE(m_fleet->publishOlder(10), 0);
        QCOMPARE(m_fleet->unpublished(), 0);
    }

    void liveSessionWithoutALog()
    {
        m_fleet->setLive(liveOf(first, AgentState::Idle));
        const Events events = take();
        const auto* added = lastOf<AgentAdded>(events, idOf(first));
        QVERIFY(added);
        QCOMPARE(added->agent.state, AgentState::Idle);
        QCOMPARE(added->agent.info.name, QStringLiteral("boat"));
        QVERIFY(!added->agent.usage.contextTokens);
        append(first, answerLine({"msg_1", 1000, 50}, baseMs));
        const Events more = take();
        QCOMPARE(lastOf<UsageChanged>(more, idOf(first))->usage.contextTokens, Count(1000));
        QCOMPARE(m_fleet->agents(nowMs).size(), 1);
    }

    void liveSessionThatNeverWroteEnds()
    {
        m_fleet->setLive(liveOf(first, AgentState::Idle));
        (void)take();
        m_fleet->setLive(endedOf(first));
        const Events events = take();
        const auto* state = lastOf<StateChanged>(events, idOf(first));
        QVERIFY(state);
        QCOMPARE(state->state, AgentState::Complete);
    }

    void clearContinues()
    {
        append(first, promptLine(QStringLiteral("a"), baseMs + 10));
        m_fleet->setLive(liveOf(first, AgentState::Idle));
        (void)take();
        m_fleet->setLive(endedOf(first));
        LiveSession next = liveOf(second, AgentState::Idle);
        next.continuesSessionId = first;
        m_fleet->setLive(next);
        QCOMPARE(agentOf(second).info.continuesId, idOf(first));
        append(second, promptLine(QStringLiteral("b"), baseMs + 20));
        QCOMPARE(agentOf(second).info.continuesId, idOf(first));
        QVERIFY(agentOf(first).info.continuesId.isNull());
        QCOMPARE(agentOf(first).state, AgentState::Complete);
    }

    void restartDoublesNothing()
    {
        const QByteArray bytes = promptLine(QStringLiteral("a"), baseMs) +
                                 answerLine({"msg_1", 1000, 50}, baseMs) +
                                 compactionLine(QStringLiteral("u1"), 150'000, 20'000, baseMs + 1) +
                                 nestedLine(QStringLiteral("def"), {"msg_2", 7000, 9}, baseMs + 1);
        append(first, bytes);
        (void)take();
        const QList<Agent> before = m_fleet->agents(nowMs);
        QVERIFY(writeBytes(pathOf(first) + QStringLiteral(".new"), bytes));
        QCOMPARE(::rename(QFile::encodeName(pathOf(first) + QStringLiteral(".new")).constData(),
                          QFile::encodeName(pathOf(first)).constData()),
                 0);
        read(m_files.value(first));
        const Events events = take();
        QVERIFY(!lastOf<Compacted>(events, idOf(first)) && !lastOf<AgentAdded>(events, idOf(first)));
        QCOMPARE(m_fleet->agents(nowMs), before);
        QCOMPARE(m_fleet->placesOf(idOf(first)).size(), size_t(1));
    }

    void twoFilesOfOneSessionAreOneRow()
    {
        append(first, answerLine({"msg_1", 1000, 50}, baseMs));
        QVERIFY(writeBytes(m_temp->path() + QStringLiteral("/.claude/projects/other/%1.jsonl").arg(first),
                           answerLine({"msg_1", 1000, 50}, baseMs) +
                               answerLine({"msg_2", 3000, 60}, baseMs + 5)));
        const auto found = logAt(m_roots[0], "other/" + first.toLatin1() + ".jsonl");
        QVERIFY(found);
        read(m_fleet->addFile(makeLogFile(*found)));
        QCOMPARE(m_fleet->agents(nowMs).size(), 1);
        QCOMPARE(agentOf(first).usage.inputTokens, Count(4000));
        QCOMPARE(agentOf(first).usage.contextTokens, Count(3000));
        QCOMPARE(agentOf(first).info.files.size(), 2);
    }

    void spendIsToldWhole()
    {
        append(first, answerLine({"msg_1", 1000, 0}, nowMs - 1000) +
                          answerLine({"msg_2", 1000, 0}, nowMs - 49LL * 3600'000));
        const Events events = take();
        const auto* spend = lastOf<SpendChanged>(events, {});
        QVERIFY(spend);
        QCOMPARE(spend->slotList.size(), 1); // the older one is out
        QCOMPARE(spend->slotList[0].costPico, 1000 * 5'000'000LL);
    }

private:
    [[nodiscard]] QString pathOf(const QString& stem) const
    {
        return m_temp->path() + QStringLiteral("/.claude/projects/boat/") + stem + QStringLiteral(".jsonl");
    }

    [[nodiscard]] AgentId idOf(const QString& nativePath)
    {
        const QList<Agent> agents = m_probe.value(nativePath);
        if (!agents.isEmpty())
            return agents[0].id;
        Fleet fleet(m_catalogue, QStringLiteral("/home/ann"));
        fleet.setLive(liveOf(nativePath, AgentState::Idle));
        m_probe.insert(nativePath, fleet.agents(nowMs));
        return m_probe[nativePath][0].id;
    }

    /// Appends to a session's log and reads it, with lines for the stream.
    size_t append(const QString& stem, const QByteArray& bytes)
    {
        if (!appendBytes(pathOf(stem), bytes))
            qFatal("cannot write %s", qPrintable(pathOf(stem)));
        if (!m_files.contains(stem)) {
            const auto found = logAt(m_roots[0], "boat/" + stem.toLatin1() + ".jsonl");
            m_files.insert(stem, m_fleet->addFile(makeLogFile(*found)));
        }
        read(m_files[stem]);
        return m_files[stem];
    }

    void read(size_t index)
    {
        const ReadResult result = readNew(m_fleet->file(index), true);
        if (result.restarted)
            m_fleet->restartFile(index);
        m_fleet->absorb(index, result.batch);
    }

    Events take() { return m_fleet->takeEvents(nowMs); }

    [[nodiscard]] Agent agentOf(const QString& nativePath)
    {
        for (const Agent& agent : m_fleet->agents(nowMs)) {
            if (agent.info.sessionId == nativePath)
                return agent;
        }
        return {};
    }

    const Catalogue m_catalogue = Catalogue::builtIn();
    std::unique_ptr<QTemporaryDir> m_temp;
    std::unique_ptr<Fleet> m_fleet;
    QList<LogRoot> m_roots;
    QHash<QString, size_t> m_files;
    QHash<QString, QList<Agent>> m_probe;
};

QTEST_GUILESS_MAIN(TestFleet)
#include "tst_fleet.moc"
