// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/liveness.h"
#include "app/watch/procinfo.h"
#include "tests/childprocess.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using namespace plimsoll;

namespace {

const QString first = QStringLiteral("11111111-0000-4000-8000-000000000000");
const QString second = QStringLiteral("22222222-0000-4000-8000-000000000000");

QByteArray entryJson(qint64 pid, quint64 procStart, const QString& sessionId, const char* status,
                     const char* waitingFor = nullptr)
{
    QJsonObject object{{QStringLiteral("pid"), pid},
                       {QStringLiteral("sessionId"), sessionId},
                       {QStringLiteral("cwd"), QStringLiteral("/home/ann/boat")},
                       {QStringLiteral("procStart"), QString::number(procStart)},
                       {QStringLiteral("startedAt"), qint64(1767000000000)},
                       {QStringLiteral("name"), QStringLiteral("boat")},
                       {QStringLiteral("nameSource"), QStringLiteral("user")},
                       {QStringLiteral("statusUpdatedAt"), qint64(1767000004000)}};
    if (*status != '\0')
        object.insert(QStringLiteral("status"), QLatin1String(status));
    if (waitingFor != nullptr)
        object.insert(QStringLiteral("waitingFor"), QLatin1String(waitingFor));
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

void writeFile(const QByteArray& path, const QByteArray& bytes)
{
    QFile file(QFile::decodeName(path)); // in place, as Claude Code does
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

void makeDir(const QByteArray& path)
{
    QVERIFY(QDir().mkpath(QFile::decodeName(path)));
}

} // namespace

class TestLiveness : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        QVERIFY(m_temp->isValid());
        m_claude = QFile::encodeName(m_temp->path()) + "/.claude";
        m_codex = QFile::encodeName(m_temp->path()) + "/.codex";
        m_ownStart = processStat(::getpid())->startTicks;
        m_entry = m_claude + "/sessions/" + QByteArray::number(::getpid()) + ".json";
        m_news.clear();
        m_signals = 0;
    }

    void cleanup()
    {
        m_liveness.reset();
        if (m_child) {
            m_child->kill();
            m_child->waitForFinished();
            m_child.reset();
        }
    }

    void states_data()
    {
        QTest::addColumn<QByteArray>("status");
        QTest::addColumn<QByteArray>("waitingFor");
        QTest::addColumn<int>("state");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* status, const char* waitingFor, AgentState state,
                            const char* reason) {
            QTest::addRow("%s %s", status, waitingFor)
                << QByteArray(status) << QByteArray(waitingFor) << int(state) << QString::fromLatin1(reason);
        };
        row("busy", "", AgentState::Executing, "");
        row("idle", "", AgentState::Idle, "");
        row("shell", "", AgentState::Idle, "background shell runs");
        row("waiting", "permission prompt", AgentState::Blocked, "permission prompt");
        row("waiting", "input needed", AgentState::Blocked, "input needed");
        row("waiting", "dialog open", AgentState::Blocked, "dialog open");
        row("waiting", "", AgentState::Blocked, "waits for you");
        row("", "", AgentState::Unknown, "runs, but does not say what it does");
        row("dancing", "", AgentState::Unknown, "runs, but does not say what it does");
    }

    void states()
    {
        QFETCH(const QByteArray, status);
        QFETCH(const QByteArray, waitingFor);
        QFETCH(const int, state);
        QFETCH(const QString, reason);
        makeDir(m_claude + "/sessions");
        writeFile(m_entry,
                  entryJson(::getpid(), m_ownStart, first, status.constData(), waitingFor.constData()));
        begin();
        QCOMPARE(m_news.size(), 1);
        const LiveSession& session = m_news.first();
        QCOMPARE(session.kind, AgentKind::ClaudeCode);
        QCOMPARE(session.sessionId, first);
        QCOMPARE(session.pid, ::getpid());
        QCOMPARE(int(session.state), state);
        QCOMPARE(session.reason, reason);
        QCOMPARE(session.source, StateSource::Registry);
        QCOMPARE(session.sinceMs, 1767000004000);
        QCOMPARE(session.name, QStringLiteral("boat"));
        QVERIFY(session.nameGiven && !session.ended);
    }

    void changesAreSeenAndEqualOnesAreNot()
    {
        makeDir(m_claude + "/sessions");
        begin();
        QCOMPARE(m_signals, 0);
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        QTRY_COMPARE(last(first).state, AgentState::Idle);
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "busy"));
        QTRY_COMPARE(last(first).state, AgentState::Executing);
        const int before = m_signals;
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "busy"));
        writeFile(m_claude + "/sessions/1.abc.key", "secret");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "waiting", "permission prompt"));
        QTRY_COMPARE(last(first).state, AgentState::Blocked);
        QCOMPARE(m_signals, before + 1);
    }

    void replacedByRename()
    {
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        begin();
        writeFile(m_entry + ".tmp", entryJson(::getpid(), m_ownStart, first, "busy"));
        QCOMPARE(::rename((m_entry + ".tmp").constData(), m_entry.constData()), 0);
        QTRY_COMPARE(last(first).state, AgentState::Executing);
    }

    void removedFileEndsTheSession()
    {
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        begin();
        QVERIFY(QFile::remove(QFile::decodeName(m_entry)));
        QTRY_VERIFY(last(first).ended);
        QCOMPARE(last(first).state, AgentState::Complete);
        QCOMPARE(last(first).reason, QStringLiteral("session closed"));
        QVERIFY(m_liveness->sessions().isEmpty());
        m_liveness->recheck();
        QCOMPARE(m_news.size(), 2); // told once
    }

    void staleEntriesAreNotAlive()
    {
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart + 1, first, "busy"));
        writeFile(m_claude + "/sessions/99999999.json", entryJson(99999999, 5, second, "busy"));
        begin();
        QVERIFY(m_liveness->sessions().isEmpty());
        QCOMPARE(m_signals, 0);
    }

    void killedProcessEndsTheSession()
    {
        NEEDS_CHILD_PROCESSES();
        startChild(QStringLiteral("sleep"), {QStringLiteral("60")});
        makeDir(m_claude + "/sessions");
        writeFile(
            m_claude + "/sessions/" + QByteArray::number(m_child->processId()) + ".json",
            entryJson(m_child->processId(), processStat(m_child->processId())->startTicks, first, "busy"));
        begin();
        QCOMPARE(last(first).state, AgentState::Executing);
        m_child->kill(); // the file stays
        QTRY_VERIFY_WITH_TIMEOUT(last(first).ended, 1000);
        m_liveness->recheck();
        QVERIFY(m_liveness->sessions().isEmpty());
    }

    void clearSwitchesTheSession()
    {
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        begin();
        m_news.clear();
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, second, "idle"));
        QTRY_COMPARE(m_news.size(), 2);
        QCOMPARE(m_news.at(0).sessionId, first);
        QVERIFY(m_news.at(0).ended);
        QCOMPARE(m_news.at(1).sessionId, second);
        QVERIFY(!m_news.at(1).ended);
        QCOMPARE(m_news.at(1).continuesSessionId, first);
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, second, "busy"));
        QTRY_COMPARE(last(second).state, AgentState::Executing);
        QCOMPARE(last(second).continuesSessionId, first);
    }

    void halfWrittenFileKeepsTheLastWord()
    {
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        begin();
        const int before = m_signals;
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "busy").left(60));
        QTest::qWait(400); // longer than all tries
        QCOMPARE(m_signals, before);
        QCOMPARE(m_liveness->sessions().size(), 1);
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "busy"));
        QTRY_COMPARE(last(first).state, AgentState::Executing);
    }

    void halfWrittenFileIsReadAgainWithoutAnEvent()
    {
        // Two hard names of one file: a write by the name outside makes no event inside.
        makeDir(m_claude + "/sessions");
        const QByteArray outside = m_claude + "/outside";
        writeFile(outside, "{");
        QCOMPARE(::link(outside.constData(), m_entry.constData()), 0);
        begin();
        QVERIFY(m_liveness->sessions().isEmpty());
        writeFile(outside, entryJson(::getpid(), m_ownStart, first, "busy"));
        QTRY_COMPARE(last(first).state, AgentState::Executing);
    }

    void foldersMayComeLaterAndGo()
    {
        begin();
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "busy"));
        QTRY_COMPARE(last(first).state, AgentState::Executing);
        QVERIFY(QDir(QFile::decodeName(m_claude)).removeRecursively());
        QTRY_VERIFY(last(first).ended);
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        QTRY_COMPARE(last(first).state, AgentState::Idle);
    }

    void backgroundJobSaysWhatItNeeds()
    {
        makeDir(m_claude + "/sessions");
        makeDir(m_claude + "/jobs");
        QJsonObject entry =
            QJsonDocument::fromJson(entryJson(::getpid(), m_ownStart, first, "idle")).object();
        entry.insert(QStringLiteral("jobId"), QStringLiteral("1f2e"));
        writeFile(m_entry, QJsonDocument(entry).toJson());
        begin();
        QCOMPARE(last(first).state, AgentState::Idle);

        makeDir(m_claude + "/jobs/1f2e");
        QJsonObject job{{QStringLiteral("sessionId"), first},
                        {QStringLiteral("tempo"), QStringLiteral("blocked")},
                        {QStringLiteral("needs"), QStringLiteral("which colour?")},
                        {QStringLiteral("updatedAt"), QStringLiteral("2025-12-29T09:20:05.000Z")}};
        writeFile(m_claude + "/jobs/1f2e/state.json", QJsonDocument(job).toJson());
        QTRY_COMPARE(last(first).state, AgentState::Blocked);
        QCOMPARE(last(first).needs, QStringLiteral("which colour?"));
        QCOMPARE(last(first).sinceMs, 1767000005000);

        entry.insert(QStringLiteral("status"), QStringLiteral("busy"));
        writeFile(m_entry, QJsonDocument(entry).toJson());
        QTRY_COMPARE(last(first).state, AgentState::Executing); // the job's word is old now
        job.insert(QStringLiteral("tempo"), QStringLiteral("idle"));
        writeFile(m_claude + "/jobs/1f2e/state.json", QJsonDocument(job).toJson());
        entry.insert(QStringLiteral("status"), QStringLiteral("idle"));
        writeFile(m_entry, QJsonDocument(entry).toJson());
        QTRY_COMPARE(last(first).state, AgentState::Idle);
    }

    void twoProcessesWithOneSession()
    {
        NEEDS_CHILD_PROCESSES();
        startChild(QStringLiteral("sleep"), {QStringLiteral("60")});
        const qint64 childPid = m_child->processId();
        makeDir(m_claude + "/sessions");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        writeFile(m_claude + "/sessions/" + QByteArray::number(childPid) + ".json",
                  entryJson(childPid, processStat(childPid)->startTicks, first, "idle"));
        begin();
        QCOMPARE(m_liveness->sessions().size(), 1);
        m_child->kill();
        QVERIFY(m_child->waitForFinished());
        QTRY_COMPARE(m_liveness->sessions().value(0).pid, ::getpid());
        QVERIFY(!last(first).ended);
    }

    void codexLockOfAChild()
    {
        NEEDS_CHILD_PROCESSES();
        needFlock();
        makeDir(m_codex + "/thread-writer-locks");
        begin();
        const QByteArray lock = m_codex + "/thread-writer-locks/0198aa.lock";
        startChild(QStringLiteral("flock"),
                   {QStringLiteral("-x"), QStringLiteral("-F"), QFile::decodeName(lock),
                    QStringLiteral("sleep"), QStringLiteral("60")});
        QTRY_COMPARE(m_news.size(), 1);
        const LiveSession& session = m_news.first();
        QCOMPARE(session.kind, AgentKind::Codex);
        QCOMPARE(session.sessionId, QStringLiteral("0198aa"));
        QCOMPARE(session.pid, m_child->processId());
        QCOMPARE(session.state, AgentState::Unknown);
        QCOMPARE(session.source, StateSource::Lock);
        m_child->kill(); // the file stays, unlocked
        QTRY_VERIFY_WITH_TIMEOUT(m_news.last().ended, 1000);
        QVERIFY(QFile::exists(QFile::decodeName(lock)));
        m_liveness->recheck();
        QVERIFY(m_liveness->sessions().isEmpty());
    }

    void codexLockLeftBehindAndTakenAgain()
    {
        NEEDS_CHILD_PROCESSES();
        needFlock();
        makeDir(m_codex + "/thread-writer-locks");
        const QByteArray lock = m_codex + "/thread-writer-locks/0198aa.lock";
        writeFile(lock, "");
        begin();
        QVERIFY(m_liveness->sessions().isEmpty());
        startChild(QStringLiteral("flock"),
                   {QStringLiteral("-x"), QStringLiteral("-F"), QFile::decodeName(lock),
                    QStringLiteral("sleep"), QStringLiteral("60")});
        QTRY_COMPARE(m_liveness->sessions().size(), 1);
    }

    void codexLockTakenAMomentAfterOpening()
    {
        makeDir(m_codex + "/thread-writer-locks");
        begin();
        const QByteArray lock = m_codex + "/thread-writer-locks/0198aa.lock";
        const int fd = ::open(lock.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        QVERIFY(fd >= 0);
        QTest::qWait(20); // the event of the creation has been handled
        QCOMPARE(::flock(fd, LOCK_EX), 0);
        QTRY_COMPARE(m_liveness->sessions().size(), 1);
        ::close(fd);
    }

    void codexLockReleasedByALivingProcess()
    {
        makeDir(m_codex + "/thread-writer-locks");
        const QByteArray lock = m_codex + "/thread-writer-locks/0198aa.lock";
        begin();
        const int fd = ::open(lock.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        QVERIFY(fd >= 0);
        QCOMPARE(::flock(fd, LOCK_EX), 0);
        QTRY_COMPARE(m_liveness->sessions().size(), 1);
        ::close(fd); // no deletion, no exit
        QTRY_VERIFY(m_news.last().ended);
        QCOMPARE(m_news.last().reason, QStringLiteral("session closed"));

        const int again = ::open(lock.constData(), O_RDWR | O_CLOEXEC);
        QCOMPARE(::flock(again, LOCK_EX), 0);
        QTRY_COMPARE(m_liveness->sessions().size(), 1);
        QTest::qWait(400);                    // all looks that follow an event are over
        QCOMPARE(::flock(again, LOCK_UN), 0); // no event at all
        m_liveness->recheck();
        QVERIFY(m_liveness->sessions().isEmpty());
        ::close(again);
    }

    void idleMeansNoTimer()
    {
        makeDir(m_claude + "/sessions");
        makeDir(m_codex + "/thread-writer-locks");
        writeFile(m_entry, entryJson(::getpid(), m_ownStart, first, "idle"));
        writeFile(m_codex + "/thread-writer-locks/0198aa.lock", "");
        begin();
        writeFile(m_codex + "/thread-writer-locks/0198bb.lock", "");
        QTest::qWait(500); // all looks that follow an event are over
        const QList<QTimer*> timers = m_liveness->findChildren<QTimer*>();
        QVERIFY(!timers.isEmpty());
        for (const QTimer* timer : timers)
            QVERIFY(!timer->isActive());
        QVERIFY(m_failures.isEmpty());
    }

private:
    void begin()
    {
        m_liveness = std::make_unique<Liveness>(m_claude, m_codex);
        connect(m_liveness.get(), &Liveness::changed, this, [this](const QList<LiveSession>& sessions) {
            m_news += sessions;
            ++m_signals;
        });
        connect(m_liveness.get(), &Liveness::failed, this,
                [this](const QString& text) { m_failures.append(text); });
        m_liveness->start();
    }

    [[nodiscard]] LiveSession last(const QString& sessionId) const
    {
        const auto it =
            std::find_if(m_news.crbegin(), m_news.crend(),
                         [&sessionId](const LiveSession& session) { return session.sessionId == sessionId; });
        return it == m_news.crend() ? LiveSession() : *it;
    }

    void startChild(const QString& program, const QStringList& arguments)
    {
        m_child = std::make_unique<QProcess>();
        m_child->start(program, arguments);
        QVERIFY(m_child->waitForStarted());
    }

    static void needFlock()
    {
        if (QStandardPaths::findExecutable(QStringLiteral("flock")).isEmpty())
            QSKIP("no flock program here");
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    QByteArray m_claude;
    QByteArray m_codex;
    QByteArray m_entry;
    quint64 m_ownStart = 0;
    std::unique_ptr<Liveness> m_liveness;
    std::unique_ptr<QProcess> m_child;
    QList<LiveSession> m_news;
    QStringList m_failures;
    int m_signals = 0;
};

QTEST_GUILESS_MAIN(TestLiveness)
#include "tst_liveness.moc"
