// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"
#include "app/watch/procinfo.h"
#include "models/apply.h"
#include "tests/childprocess.h"
#include "tests/claudelines.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const QString first = QStringLiteral("11111111-0000-4000-8000-000000000000");
const QString second = QStringLiteral("22222222-0000-4000-8000-000000000000");
constexpr int scanWaitMs = 20'000;

QByteArray entryJson(qint64 pid, const QString& sessionId, const char* status, const char* waitingFor = "")
{
    QJsonObject object{{QStringLiteral("pid"), pid},
                       {QStringLiteral("sessionId"), sessionId},
                       {QStringLiteral("cwd"), QStringLiteral("/home/ann/boat")},
                       {QStringLiteral("procStart"), QString::number(processStat(pid)->startTicks)},
                       {QStringLiteral("status"), QLatin1String(status)},
                       {QStringLiteral("statusUpdatedAt"), baseMs}};
    if (*waitingFor != '\0')
        object.insert(QStringLiteral("waitingFor"), QLatin1String(waitingFor));
    return QJsonDocument(object).toJson();
}

} // namespace

class TestWatcher : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        m_agents.clear();
        m_events.clear();
        m_replies.clear();
        m_progress.clear();
        m_failures.clear();
    }

    void cleanup()
    {
        m_host.reset();
        for (qsizetype i = 0; i < m_events.size(); ++i) // in order, no gaps, whatever the test did
            QCOMPARE(m_events[i].seq, quint64(i + 1));
        QCOMPARE(m_failures, QStringList());
    }

    void firstScanFindsWhatIsThere()
    {
        write(first, promptLine(QStringLiteral("Paint the line"), baseMs) +
                         answerLine({"msg_1", 1000, 50}, baseMs + 1));
        write(second, answerLine({"msg_2", 3000, 50}, baseMs + 2));
        begin();
        QCOMPARE(m_progress.first().running, true);
        const Progress last = m_progress.last();
        QCOMPARE(last.cancelled, false);
        QCOMPARE(last.filesDone, 2);
        QCOMPARE(last.filesTotal, 2);
        QCOMPARE(last.bytesDone, last.bytesTotal);
        QCOMPARE(m_agentsAtEnd, 2); // no notice overtakes the events before it
        QCOMPARE(agentOf(first).info.name, QStringLiteral("Paint the line"));
        QCOMPARE(agentOf(second).usage.contextTokens, Count(3000));
        QTRY_COMPARE(linesOf(first), (QStringList{QStringLiteral("Paint the line"), QStringLiteral("done")}));
        QCOMPARE(m_host->lastSeq(), m_events.last().seq);
    }

    void newProjectFolderAppears()
    {
        QVERIFY(QDir().mkpath(m_temp->path() + QStringLiteral("/.claude/projects")));
        begin();
        QVERIFY(m_agents.isEmpty());
        write(first, promptLine(QStringLiteral("Paint the line"), baseMs));
        QTRY_COMPARE(agentOf(first).info.name, QStringLiteral("Paint the line"));
        QTRY_COMPARE(linesOf(first), QStringList{QStringLiteral("Paint the line")});
    }

    void appendedLinesMoveTheNumbers()
    {
        write(first, promptLine(QStringLiteral("a"), baseMs) + answerLine({"msg_1", 1000, 50}, baseMs + 1));
        begin();
        for (int i = 2; i < 12; ++i) {
            QVERIFY(
                appendBytes(pathOf(first),
                            answerLine({"msg_" + QByteArray::number(i), 1000, 5, i * 10'000}, baseMs + i)));
            QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(1000 + i * 10'000));
        }
        const Usage usage = agentOf(first).usage;
        QCOMPARE(usage.outputTokens, Count(50 + 10 * 5));
        QCOMPARE(usage.inputTokens, Count(11'000));
        QCOMPARE(usage.contextPeakTokens, Count(111'000));
        QCOMPARE(m_agents.size(), 1);
    }

    void subagentAppearsBelowItsParent()
    {
        write(first, promptLine(QStringLiteral("a"), baseMs));
        begin();
        const QString stem = first + QStringLiteral("/subagents/agent-abc");
        QString meta = pathOf(stem);
        write(stem, answerLine({"msg_9", 7000, 50}, baseMs + 1));
        QVERIFY(writeBytes(meta.replace(QStringLiteral(".jsonl"), QStringLiteral(".meta.json")),
                           R"({"agentType":"Explore","description":"Look for the paint"})"));
        const QString path = first + QStringLiteral("/abc");
        QTRY_COMPARE(agentOf(path).usage.contextTokens, Count(7000));
        QCOMPARE(agentOf(path).info.parentId, agentOf(first).id);
        QTRY_COMPARE(agentOf(path).info.name, QStringLiteral("Look for the paint"));
        QCOMPARE(agentOf(path).info.role, QStringLiteral("Explore"));
        QVERIFY(!agentOf(first).usage.contextTokens);
    }

    void compactionIsToldOnce()
    {
        write(first, answerLine({"msg_1", 150'000, 50}, baseMs));
        begin();
        QVERIFY(
            appendBytes(pathOf(first), compactionLine(QStringLiteral("u1"), 150'000, 20'000, baseMs + 1)));
        QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(20'000));
        QVERIFY(appendBytes(pathOf(first), answerLine({"msg_2", 21'000, 50}, baseMs + 2)));
        QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(21'000));
        int told = 0;
        for (const Event& event : std::as_const(m_events))
            told += std::holds_alternative<Compacted>(event.body) ? 1 : 0;
        QCOMPARE(told, 1);
        QCOMPARE(agentOf(first).usage.compactionCount, Count(1));
    }

    void registryTellsTheState()
    {
        NEEDS_CHILD_PROCESSES();
        write(first, answerLine({"msg_1", 1000, 50, 0, "tool_use"}, baseMs,
                                toolBlock(QStringLiteral("Bash"), QStringLiteral("ls"))));
        begin();
        QCOMPARE(agentOf(first).state, AgentState::Complete);
        QProcess child;
        child.start(QStringLiteral("sleep"), {QStringLiteral("60")});
        QVERIFY(child.waitForStarted());
        const qint64 pid = child.processId();
        writeEntry(pid, entryJson(pid, first, "busy"));
        QTRY_COMPARE(agentOf(first).state, AgentState::Executing);
        QCOMPARE(agentOf(first).stateReason, QStringLiteral("running Bash"));
        QCOMPARE(agentOf(first).stateSource, StateSource::Registry);
        writeEntry(pid, entryJson(pid, first, "waiting", "permission prompt"));
        QTRY_COMPARE(agentOf(first).state, AgentState::Blocked);
        const auto* asked = std::get_if<PermissionAsked>(&m_events.last().body);
        QVERIFY(asked);
        QCOMPARE(asked->tool, QStringLiteral("Bash"));
        writeEntry(pid, entryJson(pid, first, "idle"));
        QTRY_COMPARE(agentOf(first).state, AgentState::Idle);
        QVERIFY(std::holds_alternative<PermissionAnswered>(m_events.last().body));
        child.kill(); // its entry stays
        QVERIFY(child.waitForFinished());
        QTRY_COMPARE(agentOf(first).state, AgentState::Complete);
    }

    void ownProcessLives()
    {
        begin();
        writeEntry(::getpid(), entryJson(::getpid(), first, "busy"));
        QTRY_COMPARE(agentOf(first).state, AgentState::Executing);
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(1000));
        QCOMPARE(m_agents.size(), 1);
    }

    void rootAppearsLater()
    {
        begin(); // an empty home
        QTest::qWait(50);
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(1000));
        QFile fixture(QStringLiteral(TEST_DATA_DIR "/codex/plain.jsonl"));
        QVERIFY(fixture.open(QIODevice::ReadOnly));
        QVERIFY(writeBytes(m_temp->path() +
                               QStringLiteral("/.codex/sessions/2026/05/04/rollout-2026-05-04T10-00-00-"
                                              "01900000-0001-7aaa-8aaa-aaaaaaaaaaaa.jsonl"),
                           fixture.readAll()));
        QTRY_COMPARE(m_agents.size(), 2);
    }

    void folderRemovedAndRecreated()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        begin();
        QVERIFY(QDir(m_temp->path() + QStringLiteral("/.claude/projects/boat")).removeRecursively());
        QTest::qWait(50);
        write(first, answerLine({"msg_1", 1000, 50}, baseMs) + answerLine({"msg_2", 2000, 60}, baseMs + 1));
        QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(2000));
        QCOMPARE(agentOf(first).usage.inputTokens, Count(3000));
        QVERIFY(QDir(m_temp->path() + QStringLiteral("/.claude")).removeRecursively());
        QTest::qWait(50);
        write(second, answerLine({"msg_3", 4000, 60}, baseMs + 1));
        QTRY_COMPARE(agentOf(second).usage.contextTokens, Count(4000));
    }

    void cancelledScanIsSaidAndGoesOnLive()
    {
        for (int i = 0; i < 400; ++i) {
            QByteArray bytes;
            for (int line = 0; line < 50; ++line)
                bytes += answerLine({"msg_" + QByteArray::number(i * 100 + line), 1, 1}, baseMs + line);
            write(QStringLiteral("%1-0000-4000-8000-000000000000").arg(i, 8, 10, QLatin1Char('0')), bytes);
        }
        begin(true);
        const Progress last = m_progress.last();
        QVERIFY(last.cancelled);
        QVERIFY(last.filesDone < last.filesTotal);
        write(first, answerLine({"msg_x", 1000, 50}, baseMs));
        QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(1000));
        QVERIFY(appendBytes(pathOf(QStringLiteral("00000399-0000-4000-8000-000000000000")),
                            answerLine({"msg_y", 2000, 50}, baseMs + 60)));
        QTRY_COMPARE(agentOf(QStringLiteral("00000399-0000-4000-8000-000000000000")).usage.contextTokens,
                     Count(2000));
        QCOMPARE(agentOf(QStringLiteral("00000399-0000-4000-8000-000000000000")).usage.inputTokens,
                 Count(2050));
    }

    void historyInPages()
    {
        QByteArray bytes;
        for (int i = 0; i < 25; ++i)
            bytes += promptLine(QStringLiteral("prompt %1").arg(i), baseMs + i);
        write(first, bytes);
        begin();
        const QString id = agentOf(first).id.toString();
        QJsonObject params{{QStringLiteral("agent_id"), id}, {QStringLiteral("limit"), 10}};
        QStringList texts;
        for (int page = 0; page < 3; ++page) {
            const Reply reply = ask(QStringLiteral("history"), params);
            QCOMPARE(reply.error, QString());
            QStringList part;
            for (const QJsonValue item : reply.result.value(QStringLiteral("items")).toArray()) {
                part << item[QStringLiteral("text")].toString();
                QCOMPARE(item[QStringLiteral("kind")].toString(), QStringLiteral("prompt"));
                QCOMPARE(item[QStringLiteral("file")].toString(), pathOf(first));
            }
            QCOMPARE(part.size(), page < 2 ? 10 : 5);
            texts = part + texts;
            QCOMPARE(reply.result.value(QStringLiteral("more")).toBool(), page < 2);
            params.insert(QStringLiteral("before_offset"),
                          reply.result.value(QStringLiteral("before_offset")));
        }
        for (int i = 0; i < 25; ++i)
            QCOMPARE(texts.value(i), QStringLiteral("prompt %1").arg(i));
    }

    void wholeTextOfATruncatedLine()
    {
        const QString whole = QStringLiteral("é").repeated(maxLogBytes);
        write(first, promptLine(QStringLiteral("short"), baseMs) + promptLine(whole, baseMs + 1));
        begin();
        const Reply page =
            ask(QStringLiteral("history"), {{QStringLiteral("agent_id"), agentOf(first).id.toString()}});
        const QJsonObject item = page.result.value(QStringLiteral("items")).toArray().last().toObject();
        QVERIFY(item.value(QStringLiteral("truncated")).toBool());
        QVERIFY(item.value(QStringLiteral("text")).toString().toUtf8().size() <= maxLogBytes);
        const Reply reply = ask(QStringLiteral("text"), item);
        QCOMPARE(reply.result.value(QStringLiteral("text")).toString(), whole);
        QJsonObject wrong = item;
        wrong.insert(QStringLiteral("offset"), 3);
        QVERIFY(!ask(QStringLiteral("text"), wrong).error.isEmpty());
        wrong.insert(QStringLiteral("file"), QStringLiteral("/etc/passwd")); // only what it watches
        QVERIFY(!ask(QStringLiteral("text"), wrong).error.isEmpty());
    }

    void curveOfTheFill()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs) +
                         answerLine({"msg_2", 150'000, 50}, baseMs + 1000) +
                         compactionLine(QStringLiteral("u1"), 150'000, 20'000, baseMs + 2000));
        begin();
        const Reply reply =
            ask(QStringLiteral("curve"), {{QStringLiteral("agent_id"), agentOf(first).id.toString()}});
        const QJsonArray expected{QJsonArray{double(baseMs), 1000},
                                  QJsonArray{double(baseMs + 1000), 150'000},
                                  QJsonArray{double(baseMs + 2000), 20'000}};
        QCOMPARE(reply.result.value(QStringLiteral("points")).toArray(), expected);
    }

    void refusals()
    {
        begin();
        const QString nobody = QUuid::createUuid().toString(QUuid::WithoutBraces);
        QVERIFY(!ask(QStringLiteral("history"), {{QStringLiteral("agent_id"), nobody}}).error.isEmpty());
        QVERIFY(!ask(QStringLiteral("history"), {}).error.isEmpty());
        QVERIFY(!ask(QStringLiteral("text"), {}).error.isEmpty());
        QVERIFY(ask(QStringLiteral("dance"), {}).error.contains(QStringLiteral("dance")));
        const Reply curve = ask(QStringLiteral("curve"), {{QStringLiteral("agent_id"), nobody}});
        QVERIFY(!curve.error.isEmpty() || curve.result.value(QStringLiteral("points")).toArray().isEmpty());
    }

private:
    [[nodiscard]] QString pathOf(const QString& stem) const
    {
        return m_temp->path() + QStringLiteral("/.claude/projects/boat/") + stem + QStringLiteral(".jsonl");
    }

    void write(const QString& stem, const QByteArray& bytes) { QVERIFY(writeBytes(pathOf(stem), bytes)); }

    void writeEntry(qint64 pid, const QByteArray& bytes)
    {
        QVERIFY(writeBytes(m_temp->path() + QStringLiteral("/.claude/sessions/%1.json").arg(pid), bytes));
    }

    /// Starts a host on the home and waits for the end of its first scan.
    void begin(bool cancel = false)
    {
        m_host = std::make_unique<Orchestrator>(Catalogue::builtIn(), m_temp->path(),
                                                agentHomes(m_temp->path(), false));
        connect(m_host.get(), &Host::recorded, this, [this](const Events& events) {
            m_events += events;
            for (const Event& event : events) {
                if (!event.agent.isNull())
                    apply(m_agents[event.agent], event);
            }
        });
        connect(m_host.get(), &Host::replied, this,
                [this](const Reply& reply) { m_replies.insert(reply.id, reply); });
        connect(m_host.get(), &Host::failed, this, [this](const QString& text) { m_failures << text; });
        connect(m_host.get(), &Host::progressed, this, [this](const Progress& progress) {
            m_progress << progress;
            m_agentsAtEnd = int(m_agents.size());
        });
        m_host->start();
        if (cancel)
            m_host->cancelScan();
        QTRY_VERIFY_WITH_TIMEOUT(!m_progress.isEmpty() && !m_progress.last().running, scanWaitMs);
    }

    [[nodiscard]] Agent agentOf(const QString& nativePath) const
    {
        for (const Agent& agent : m_agents) {
            if (agent.info.sessionId == nativePath)
                return agent;
        }
        return {};
    }

    [[nodiscard]] QStringList linesOf(const QString& nativePath) const
    {
        QStringList out;
        const AgentId id = agentOf(nativePath).id;
        for (const Event& event : m_events) {
            const auto* logged = std::get_if<Logged>(&event.body);
            if (logged && event.agent == id)
                out << logged->text;
        }
        return out;
    }

    Reply ask(const QString& method, const QJsonObject& params)
    {
        const quint64 id = m_host->query(method, params);
        const bool answered = QTest::qWaitFor([this, id] { return m_replies.contains(id); });
        return answered ? m_replies.value(id) : Reply{id, {}, QStringLiteral("no answer")};
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    std::unique_ptr<Orchestrator> m_host;
    QHash<AgentId, Agent> m_agents;
    Events m_events;
    QHash<quint64, Reply> m_replies;
    QList<Progress> m_progress;
    QStringList m_failures;
    int m_agentsAtEnd = 0;
};

QTEST_GUILESS_MAIN(TestWatcher)
#include "tst_watcher.moc"
