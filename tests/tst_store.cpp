// SPDX-License-Identifier: GPL-3.0-or-later
// What one run has seen, the next one knows, without reading it again: through the real host, run after run.
#include "app/orchestrator.h"
#include "app/store/sqltext.h"
#include "models/apply.h"
#include "tests/claudelines.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const QString first = QStringLiteral("11111111-0000-4000-8000-000000000000");
const QString second = QStringLiteral("22222222-0000-4000-8000-000000000000");
constexpr int scanWaitMs = 20'000;

} // namespace

class TestStore : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        m_data = std::make_unique<QTemporaryDir>();
    }
    void cleanup() { end(); }

    void secondRunReadsNothing()
    {
        write(first, promptLine(QStringLiteral("Paint the line"), baseMs) +
                         answerLine({"msg_1", 1000, 50}, baseMs + 1));
        write(second, answerLine({"msg_2", 3000, 50}, baseMs + 2));
        begin();
        const QHash<AgentId, Agent> before = m_agents;
        QCOMPARE(before.size(), 2);
        QVERIFY(m_progress.bytesDone > 0);
        end();

        begin();
        QCOMPARE(m_progress.bytesDone, 0);
        QCOMPARE(m_progress.filesTotal, 2);
        QVERIFY(m_agents == before);
    }

    void whatGrewMeanwhileIsRead()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        begin();
        end();
        const QByteArray line = answerLine({"msg_2", 5000, 70}, baseMs + 2);
        append(first, line);
        write(second, answerLine({"msg_3", 3000, 50}, baseMs + 3));
        begin();
        QCOMPARE(agentOf(first).usage.outputTokens, Count(120));
        QCOMPARE(agentOf(first).usage.contextTokens, Count(5000));
        QCOMPARE(agentOf(second).usage.outputTokens, Count(50));
        QVERIFY(m_progress.bytesDone < 2 * line.size() + 600);
    }

    void growthWhileWatchingIsKept()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        begin();
        append(first, answerLine({"msg_2", 2000, 10}, baseMs + 1));
        append(first, answerLine({"msg_3", 3000, 10}, baseMs + 2));
        QTRY_COMPARE(agentOf(first).usage.contextTokens, Count(3000));
        end();
        begin();
        QCOMPARE(m_progress.bytesDone, 0);
        QCOMPARE(agentOf(first).usage.outputTokens, Count(70));
    }

    void truncatedMeanwhileCountsOnce()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs) + answerLine({"msg_2", 2000, 60}, baseMs + 1));
        begin();
        end();
        write(first, answerLine({"msg_2", 2000, 60}, baseMs + 1));
        begin();
        QCOMPARE(agentOf(first).usage.outputTokens, Count(110)); // what was spent stays spent
        QCOMPARE(agentOf(first).usage.contextTokens, Count(2000));
        end();
        begin();
        QCOMPARE(agentOf(first).usage.outputTokens, Count(110));
    }

    void historySurvivesItsLog()
    {
        write(first, promptLine(QStringLiteral("Paint the line"), baseMs));
        begin();
        append(first, answerLine({"msg_1", 1000, 50}, baseMs + 1) +
                          compactionLine(QStringLiteral("c-1"), 170'000, 20'000, baseMs + 2) +
                          answerLine({"msg_2", 21'000, 60}, baseMs + 3));
        QTRY_COMPARE(agentOf(first).usage.outputTokens, Count(110));
        const Agent before = agentOf(first);
        end();
        QVERIFY(QFile::remove(pathOf(first)));
        begin();
        const Agent after = agentOf(first);
        QVERIFY(after.info.notes.contains(QStringLiteral("log gone, history kept")));
        QVERIFY(after.usage == before.usage);
        QCOMPARE(after.info.compactions, before.info.compactions);
        QCOMPARE(after.info.name, QStringLiteral("Paint the line"));

        const Reply curve = ask(QStringLiteral("curve"), {{QStringLiteral("agent_id"), after.id.toString()}});
        QCOMPARE(curve.result.value(QLatin1String("points")).toArray().size(), 3);
        const Reply history =
            ask(QStringLiteral("history"), {{QStringLiteral("agent_id"), after.id.toString()}});
        QCOMPARE(history.error, QString());
        QCOMPARE(textsIn(history), (QStringList{QStringLiteral("Paint the line"), QStringLiteral("done"),
                                                QStringLiteral("done")}));
        end();
        begin(); // and again: what is gone stays kept
        QVERIFY(agentOf(first).usage == before.usage);
    }

    void lostConversationIsSaidToBeLost()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        begin();
        end();
        QVERIFY(QFile::remove(pathOf(first)));
        {
            Database database;
            bool more = false;
            QCOMPARE(database.open(m_data->path(), Database::Access::ReadWrite), QString());
            QCOMPARE(database.prune({0, 1, 0}, QDateTime::currentMSecsSinceEpoch(), more), QString());
        }
        begin();
        const Reply history =
            ask(QStringLiteral("history"), {{QStringLiteral("agent_id"), agentOf(first).id.toString()}});
        QVERIFY2(history.error.contains(QLatin1String("nothing of its conversation was kept")),
                 qPrintable(history.error));
    }

    void logThatVanishesWhileWatched()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        begin();
        QVERIFY(QFile::remove(pathOf(first)));
        QTRY_VERIFY(agentOf(first).info.notes.contains(QStringLiteral("log gone, history kept")));
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        QTRY_VERIFY(!agentOf(first).info.notes.contains(QStringLiteral("log gone, history kept")));
        QCOMPARE(agentOf(first).usage.outputTokens, Count(50));
    }

    void movedLogIsOneLog()
    {
        write(first, promptLine(QStringLiteral("a"), baseMs) + answerLine({"msg_1", 1000, 50}, baseMs + 1));
        begin();
        end();
        QVERIFY(QFile::rename(m_temp->path() + QStringLiteral("/.claude/projects/-home-ann-boat"),
                              m_temp->path() + QStringLiteral("/.claude/projects/-home-ann-ship")));
        begin();
        QCOMPARE(m_agents.size(), 1);
        QCOMPARE(agentOf(first).usage.turns, Count(1));
        QCOMPARE(agentOf(first).usage.outputTokens, Count(50));
        QVERIFY(!agentOf(first).info.notes.contains(QStringLiteral("log gone, history kept")));
    }

    void statesAndNumbersGoOn()
    {
        write(first, promptLine(QStringLiteral("a"), baseMs));
        begin();
        QTRY_VERIFY(m_committed > 0);
        append(first, compactionLine(QStringLiteral("c-1"), 170'000, 20'000, baseMs + 2));
        QTRY_VERIFY(hasEvent<Compacted>());
        const quint64 last = m_host->lastSeq();
        QTRY_VERIFY(m_committed >= last);
        end();
        QCOMPARE(storedEvents(QStringLiteral("context_compacted")), 1);
        begin();
        QVERIFY(m_events.constFirst().seq > 1); // goes on behind what is kept
        end();
        QCOMPARE(storedEvents(QStringLiteral("context_compacted")), 1); // told once
    }

    void learnedRatiosAreKept()
    {
        begin();
        const Reply reply =
            ask(QStringLiteral("tokens"), {{QStringLiteral("text"), QStringLiteral("a a")},
                                           {QStringLiteral("model"), QStringLiteral("claude-opus-4-5")}});
        QCOMPARE(reply.result.value(QLatin1String("tokens")).toInt(), 2);
        end();
        Database database;
        QCOMPARE(database.open(m_data->path(), Database::Access::ReadOnly), QString());
        KeptValue kept{tokenRatiosName(), 0, {}};
        QCOMPARE(database.loadValue(kept), QString());
        QVERIFY(kept.atMs > 0);
    }

    void secretsDoNotReachTheDisk()
    {
        const QString secret = QStringLiteral("gh") + QStringLiteral("p_") + QString(36, QLatin1Char('Z'));
        write(first, promptLine(QStringLiteral("a"), baseMs));
        begin();
        append(first, promptLine(QStringLiteral("my token is ") + secret, baseMs + 1));
        QTRY_VERIFY(hasEvent<Logged>());
        end();
        for (const char* name : {"/plimsoll.db", "/plimsoll.db-wal"}) {
            QFile file(m_data->path() + QLatin1String(name));
            QVERIFY(!file.exists() ||
                    (file.open(QIODevice::ReadOnly) && !file.readAll().contains(secret.toUtf8())));
        }
    }

    void withoutAStoreTheFleetIsThere()
    {
        QVERIFY(writeBytes(m_data->path() + QStringLiteral("/plimsoll.db"), QByteArray(5000, 'x')));
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        begin();
        QCOMPARE(agentOf(first).usage.outputTokens, Count(50));
        QTRY_VERIFY(m_store.problem.contains(QLatin1String("move it away")));
        QVERIFY(QFile::remove(m_data->path() + QStringLiteral("/plimsoll.db")));
        QTRY_VERIFY_WITH_TIMEOUT(m_store.kept && m_store.problem.isEmpty(), 20'000); // it is tried again
        end();
        begin();
        QCOMPARE(m_progress.bytesDone, 0);
    }

    void secondInstanceWatchesOnly()
    {
        write(first, answerLine({"msg_1", 1000, 50}, baseMs));
        begin();
        const std::unique_ptr<Orchestrator> kept = std::move(m_host);
        disconnect(kept.get(), nullptr, this, nullptr);
        begin();
        QTRY_VERIFY(m_store.problem.contains(QLatin1String("in use by another Plimsoll")));
        QCOMPARE(agentOf(first).usage.outputTokens, Count(50));
    }

private:
    [[nodiscard]] QString pathOf(const QString& stem) const
    {
        return m_temp->path() + QStringLiteral("/.claude/projects/-home-ann-boat/") + stem +
               QStringLiteral(".jsonl");
    }
    void write(const QString& stem, const QByteArray& bytes) { QVERIFY(writeBytes(pathOf(stem), bytes)); }
    void append(const QString& stem, const QByteArray& bytes) { QVERIFY(appendBytes(pathOf(stem), bytes)); }

    void begin()
    {
        m_agents.clear();
        m_events.clear();
        m_replies.clear();
        m_progress = {};
        m_store = {};
        m_committed = 0;
        m_host = std::make_unique<Orchestrator>(Catalogue::builtIn(), m_temp->path(),
                                                agentHomes(m_temp->path(), false),
                                                StorePlace{m_data->path(), {0, 0, 0}});
        bool done = false;
        connect(m_host.get(), &Host::recorded, this, [this](const Events& events) {
            m_events += events;
            for (const Event& event : events)
                plimsoll::apply(m_agents[event.agent], event);
            m_agents.remove({});
        });
        connect(m_host.get(), &Host::replied, this,
                [this](const Reply& reply) { m_replies.insert(reply.id, reply); });
        connect(m_host.get(), &Host::storeChanged, this,
                [this](const StoreState& state) { m_store = state; });
        connect(m_host.get(), &Orchestrator::committed, this, [this](quint64 seq) { m_committed = seq; });
        connect(m_host.get(), &Host::progressed, this, [&](const Progress& progress) {
            m_progress = progress;
            done = done || !progress.running;
        });
        m_host->start();
        QVERIFY(QTest::qWaitFor([&] { return done; }, scanWaitMs));
        disconnect(m_host.get(), &Host::progressed, this, nullptr);
    }
    void end() { m_host.reset(); }

    [[nodiscard]] Agent agentOf(const QString& nativePath) const
    {
        for (const Agent& agent : m_agents) {
            if (agent.info.sessionId == nativePath)
                return agent;
        }
        return {};
    }

    template <typename T>
    [[nodiscard]] bool hasEvent() const
    {
        return std::any_of(m_events.begin(), m_events.end(),
                           [](const Event& event) { return std::holds_alternative<T>(event.body); });
    }

    Reply ask(const QString& method, const QJsonObject& params)
    {
        const quint64 id = m_host->query(method, params);
        const bool answered = QTest::qWaitFor([this, id] { return m_replies.contains(id); });
        return answered ? m_replies.value(id) : Reply{id, {}, QStringLiteral("no answer")};
    }

    [[nodiscard]] static QStringList textsIn(const Reply& reply)
    {
        QStringList texts;
        const QJsonArray items = reply.result.value(QLatin1String("items")).toArray();
        for (const QJsonValue item : items)
            texts << item[QLatin1String("text")].toString();
        return texts;
    }

    [[nodiscard]] int storedEvents(const QString& type) const
    {
        Database database;
        if (!database.open(m_data->path(), Database::Access::ReadOnly).isEmpty())
            return -1;
        QSqlQuery query(QSqlDatabase::database(QSqlDatabase::connectionNames().constLast()));
        query.prepare(QStringLiteral("SELECT COUNT(*) FROM events WHERE type = ?"));
        query.addBindValue(type);
        return query.exec() && query.next() ? query.value(0).toInt() : -1;
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    std::unique_ptr<QTemporaryDir> m_data;
    std::unique_ptr<Orchestrator> m_host;
    QHash<AgentId, Agent> m_agents;
    Events m_events;
    QHash<quint64, Reply> m_replies;
    Progress m_progress;
    StoreState m_store;
    quint64 m_committed = 0;
};

QTEST_GUILESS_MAIN(TestStore)
#include "tst_store.moc"
