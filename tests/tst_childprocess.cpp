// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/childprocess.h"
#include "tests/childprocess.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QThread>
#include <QtTest>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <tuple>
#include <unistd.h>

using namespace plimsoll;

namespace {

/// Starts children of all kinds that hide from whoever ends it, prints their numbers and "ready", and stays.
const char* const hidingTree = R"(
setsid sleep 300 >/dev/null 2>&1 & echo $!
nohup sleep 301 >/dev/null 2>&1 & echo $!
(setsid sh -c 'sleep 302 >/dev/null 2>&1 & echo $!; exec sleep 303 >/dev/null 2>&1' & ) 2>/dev/null
(trap '' TERM HUP INT; sleep 304 >/dev/null 2>&1 & echo $!; while :; do sleep 305; done) 2>/dev/null &
echo $!
echo $$
while :; do echo ready; sleep 0.05; done
)";

ChildSetup setupOf(const QString& program, const QStringList& arguments)
{
    return {QStringLiteral(PLIMSOLL_REAPER),
            program,
            arguments,
            QDir::tempPath(),
            {QStringLiteral("PATH=/usr/bin:/bin")}};
}

ChildSetup shell(const char* script)
{
    return setupOf(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), QString::fromUtf8(script)});
}

/// The process runs: it is there and has not become a zombie.
bool lives(qint64 pid)
{
    QFile stat(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!stat.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = stat.readAll();
    return !text.isEmpty() && text.mid(text.lastIndexOf(')') + 2, 1) != "Z";
}

qint64 statusKb(const char* key)
{
    QFile status(QStringLiteral("/proc/self/status"));
    if (!status.open(QIODevice::ReadOnly))
        return -1;
    for (const QByteArray& line : status.readAll().split('\n')) {
        if (line.startsWith(key))
            return line.simplified().split(' ').value(1).toLongLong();
    }
    return -1;
}

/// What the test kills: it drives one child and prints what that prints.
int beVictim(int argc, char** argv)
{
    const QCoreApplication app(argc, argv);
    ChildProcess child;
    QObject::connect(&child, &ChildProcess::lineRead, &child, [](QByteArrayView line) {
        std::ignore = std::printf("%.*s\n", int(line.size()), line.data());
        std::ignore = std::fflush(stdout);
    });
    ChildSetup setup = shell(hidingTree);
    setup.keepRunning = argc > 2;
    const QString error = child.start(setup);
    return error.isEmpty() ? QCoreApplication::exec() : 1;
}

} // namespace

class TestChildProcess : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { NEEDS_CHILD_PROCESSES(); }

    void cleanup()
    {
        m_child.reset();
        m_lines.clear();
        m_ends.clear();
    }

    void argumentsAndEnvironmentArriveByteForByte()
    {
        const QStringList hostile{QStringLiteral("$(touch /tmp/x)"),
                                  QStringLiteral("a b"),
                                  QString(),
                                  QStringLiteral("--"),
                                  QStringLiteral("`id`;|&<>\"'\\*?"),
                                  QStringLiteral("ü\u202e\u200b"),
                                  QStringLiteral("-rf")};
        ChildSetup setup =
            setupOf(QStringLiteral("/usr/bin/printf"), QStringList{QStringLiteral("[%s]\\n")} + hostile);
        run(setup);
        QCOMPARE(m_lines.size(), hostile.size());
        for (qsizetype i = 0; i < hostile.size(); ++i)
            QCOMPARE(m_lines.at(i), '[' + hostile.at(i).toUtf8() + ']');

        qputenv("PLIMSOLL_TEST_SECRET", "hidden");
        setup = setupOf(QStringLiteral("/usr/bin/env"), {});
        setup.environment = QStringList{QStringLiteral("B=2"), QStringLiteral("A=ü=1")};
        run(setup);
        std::sort(m_lines.begin(), m_lines.end());
        QCOMPARE(m_lines, (QByteArrayList{"A=ü=1", "B=2"}));
    }

    void inheritsThreeDescriptorsOnly()
    {
        const int leaked = ::dup2(STDERR_FILENO, 77); // without O_CLOEXEC, as a careless library opens it
        QCOMPARE(leaked, 77);
        run(shell("ls /proc/self/fd"));
        ::close(leaked);
        QCOMPARE(m_lines, (QByteArrayList{"0", "1", "2", "3"})); // 3 is the folder that ls reads
    }

    void runsInItsFolderWithCommonRights()
    {
        const QTemporaryDir folder;
        ChildSetup setup = shell("pwd -P; umask");
        setup.workingDir = folder.path();
        run(setup);
        QCOMPARE(m_lines, (QByteArrayList{QFileInfo(folder.path()).canonicalFilePath().toUtf8(), "0022"}));
    }

    void talksBothWays()
    {
        start(setupOf(QStringLiteral("/bin/cat"), {}));
        QVERIFY(m_child->write("one\n"));
        QTRY_COMPARE(m_lines, QByteArrayList{"one"});
        QVERIFY(m_child->pid() > 0);
        QVERIFY(lives(m_child->pid()));
        // More than the pipe holds, in one piece.
        const QByteArray large = QByteArray(900'000, 'x') + '\n';
        QVERIFY(m_child->write(large));
        QTRY_COMPARE(m_lines.size(), 2);
        QCOMPARE(m_lines.at(1), large.chopped(1));
        m_child->closeInput();
        QVERIFY(!m_child->write("late\n"));
        QTRY_COMPARE(m_ends.size(), 1);
        QVERIFY(m_ends.first().isClean());
    }

    void whoDoesNotReadIsCutOff()
    {
        start(shell("sleep 300"));
        const QByteArray piece(1'000'000, 'x');
        int taken = 0;
        while (taken < 100 && m_child->write(piece))
            ++taken;
        const int most = int(ChildProcess::maxUnsent / piece.size());
        QVERIFY2(taken >= most && taken <= most + 1, qPrintable(QString::number(taken)));
        m_child->kill();
        QTRY_COMPARE(m_ends.size(), 1);
    }

    void tellsHowItEnded_data()
    {
        QTest::addColumn<QByteArray>("script");
        QTest::addColumn<QString>("text");
        QTest::newRow("good") << QByteArray("exit 0") << QStringLiteral("ended with code 0");
        QTest::newRow("code") << QByteArray("echo first >&2; echo last word >&2; exit 7")
                              << QStringLiteral("ended with code 7: last word");
        QTest::newRow("signal") << QByteArray("kill -9 $$") << QStringLiteral("ended by signal 9 (Killed)");
    }

    void tellsHowItEnded()
    {
        QFETCH(QByteArray, script);
        QFETCH(QString, text);
        run(shell(script.constData()));
        QCOMPARE(m_ends.first().text(), text);
    }

    void partialLineAtTheEndIsNoLine()
    {
        run(shell("printf 'whole\\nbegun'; kill -9 $$"));
        QCOMPARE(m_lines, QByteArrayList{"whole"});
    }

    void refusesWhatCannotRun()
    {
        ChildProcess child;
        QVERIFY(child.start(setupOf(QStringLiteral("sh"), {})).contains(QStringLiteral("no program")));
        QVERIFY(child.start(setupOf(QStringLiteral("/bin/none"), {})).contains(QStringLiteral("no program")));
        ChildSetup setup = shell("true");
        setup.workingDir = QStringLiteral("/nowhere");
        QVERIFY(child.start(setup).contains(QStringLiteral("no folder")));
        setup = shell("true");
        setup.reaper = QStringLiteral("/none");
        QVERIFY(child.start(setup).contains(QStringLiteral("missing")));
    }

    void aFileThatIsNoProgramSaysSo()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("tool")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(file.write("\x7f"
                           "ELFnonsense") > 0);
        file.close();
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
        run(setupOf(file.fileName(), {}));
        QVERIFY2(m_ends.first().startError.contains(QStringLiteral("cannot be started")),
                 qPrintable(m_ends.first().text()));
    }

    void floodIsSlowedNotBuffered()
    {
        start(shell("yes 'a line of a flood that nobody asked for'"));
        QTRY_VERIFY(!m_lines.isEmpty());
        m_keepLines = false;
        const qint64 before = statusKb("VmRSS:");
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < 500)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 50);
        // 512 KiB each 20 ms, and what a read takes at once.
        QVERIFY2(m_bytes < (clock.elapsed() / 20 + 2) * (512 + 64) * 1024,
                 qPrintable(QString::number(m_bytes)));
        QVERIFY(m_bytes > 1'000'000);
        QVERIFY(statusKb("VmRSS:") - before < 4 * 1024);
        m_child->kill();
        QTRY_COMPARE(m_ends.size(), 1);
    }

    void lineOfHundredMegabytesIsLeftOutAndCounted()
    {
        const qint64 before = statusKb("VmRSS:");
        start(shell("echo first; head -c 100000000 /dev/zero; echo; echo last"));
        QTRY_COMPARE_WITH_TIMEOUT(m_ends.size(), 1, 30'000);
        QCOMPARE(m_lines, (QByteArrayList{"first", "last"}));
        QCOMPARE(m_child->lines().leftOutLines(), qint64(1));
        QCOMPARE(m_child->lines().leftOutBytes(), qint64(100'000'000));
        QVERIFY(statusKb("VmRSS:") - before < 8 * 1024);
    }

    void politeStopIsEnough()
    {
        start(shell("cat >/dev/null; echo bye; exit 3"));
        QTRY_VERIFY(m_child->pid() > 0);
        m_child->stop();
        QTRY_COMPARE(m_ends.size(), 1);
        QCOMPARE(m_lines, QByteArrayList{"bye"});
        QCOMPARE(m_ends.first().exitCode, 3);
    }

    void whoStaysIsTerminatedThenKilled()
    {
        start(shell("trap 'echo asked' TERM; echo ready; while :; do sleep 0.01; done"));
        QTRY_COMPARE(m_lines, QByteArrayList{"ready"});
        m_child->setGrace(100);
        m_child->stop();
        QTRY_COMPARE(m_ends.size(), 1);
        QCOMPARE(m_lines, (QByteArrayList{"ready", "asked"}));
        QCOMPARE(m_ends.first().signal, SIGKILL);
    }

    void whatItLeftBehindEndsToo()
    {
        start(shell("setsid sleep 300 >/dev/null 2>&1 & echo $!; exit 0"));
        QTRY_COMPARE(m_ends.size(), 1);
        QVERIFY(m_ends.first().isClean());
        QVERIFY(!lives(m_lines.first().toLongLong()));
    }

    void aThousandTimesWithoutAZombie()
    {
        const int rounds = qEnvironmentVariableIntValue("PLIMSOLL_ROUNDS") > 0 ? 1000 : 50;
        for (int i = 0; i < rounds; ++i) {
            m_ends.clear();
            start(setupOf(QStringLiteral("/bin/true"), {}));
            QTRY_COMPARE(m_ends.size(), 1);
        }
        QDir tasks(QStringLiteral("/proc/self/task"));
        QFile children(QStringLiteral("/proc/self/task/%1/children").arg(QCoreApplication::applicationPid()));
        if (children.open(QIODevice::ReadOnly))
            QCOMPARE(children.readAll().trimmed(), QByteArray());
    }

    void goesWithItsObject()
    {
        start(shell(hidingTree));
        const QList<qint64> pids = awaitTree();
        m_child.reset();
        for (const qint64 pid : pids)
            QVERIFY(!lives(pid));
    }

    /// It also goes when the thread that started it has ended, and not before.
    void livesInAnyThread()
    {
        auto thread = std::make_unique<QThread>();
        auto child = std::make_unique<ChildProcess>();
        QAtomicInteger<qint64> pid;
        child->moveToThread(thread.get());
        connect(
            child.get(), &ChildProcess::started, this, [&pid](qint64 started) { pid = started; },
            Qt::DirectConnection);
        thread->start();
        QMetaObject::invokeMethod(
            child.get(), [&child] { QCOMPARE(child->start(shell("sleep 300")), QString()); },
            Qt::BlockingQueuedConnection);
        QTRY_VERIFY(pid != 0);
        QVERIFY(lives(pid));
        QMetaObject::invokeMethod(
            child.get(), [&child] { child.reset(); }, Qt::BlockingQueuedConnection);
        QVERIFY(!lives(pid));
        thread->quit();
        QVERIFY(thread->wait());
    }

    /// kill -9 of the program: nothing that its agent has started is left a second later.
    void noSurvivorsOfKilledProgram()
    {
        const int rounds = std::max(5, qEnvironmentVariableIntValue("PLIMSOLL_ROUNDS"));
        qint64 slowest = 0;
        for (int round = 0; round < rounds; ++round) {
            QProcess victim;
            const QList<qint64> pids = startVictim(victim, {});
            QCOMPARE(pids.size(), 6);
            for (const qint64 pid : pids)
                QVERIFY(lives(pid));
            QElapsedTimer clock;
            clock.start();
            victim.kill();
            QVERIFY(victim.waitForFinished());
            QTRY_VERIFY_WITH_TIMEOUT(noneLives(pids), 1000);
            slowest = std::max(slowest, clock.elapsed());
        }
        qInfo("%d rounds, slowest %lld ms", rounds, slowest);
        QVERIFY(slowest < 1000);
    }

    void keptOneGoesOn()
    {
        QProcess victim;
        const QList<qint64> pids = startVictim(victim, {QStringLiteral("keep")});
        QCOMPARE(pids.size(), 6);
        victim.kill();
        QVERIFY(victim.waitForFinished());
        QTest::qWait(1200); // as long as the others have
        int alive = 0;
        for (const qint64 pid : pids) {
            alive += lives(pid) ? 1 : 0; // it prints all the time: its pipe has not broken
            std::ignore = ::kill(pid_t(pid), SIGKILL);
        }
        QCOMPARE(alive, 6);
        QTRY_VERIFY(noneLives(pids));
    }

private:
    static bool noneLives(const QList<qint64>& pids) { return std::none_of(pids.begin(), pids.end(), lives); }

    QList<qint64> startVictim(QProcess& victim, const QStringList& extra)
    {
        victim.start(QCoreApplication::applicationFilePath(),
                     QStringList{QStringLiteral("--victim")} + extra);
        QByteArray out;
        while ((!out.contains("ready") || pidsIn(out.split('\n')).size() < 6) &&
               victim.waitForReadyRead(10'000))
            out += victim.readAllStandardOutput();
        return pidsIn(out.split('\n'));
    }

    static QList<qint64> pidsIn(const QByteArrayList& lines)
    {
        QList<qint64> pids;
        for (const QByteArray& line : lines) {
            if (const qint64 pid = line.toLongLong(); pid > 0)
                pids << pid;
        }
        return pids;
    }

    QList<qint64> awaitTree()
    {
        if (!QTest::qWaitFor([this] { return m_lines.contains("ready") && pidsIn(m_lines).size() == 6; },
                             10'000))
            return {};
        return pidsIn(m_lines);
    }

    void start(const ChildSetup& setup)
    {
        m_lines.clear();
        m_ends.clear();
        m_bytes = 0;
        m_keepLines = true;
        m_child = std::make_unique<ChildProcess>();
        connect(m_child.get(), &ChildProcess::lineRead, this, [this](QByteArrayView line) {
            m_bytes += line.size();
            if (m_keepLines)
                m_lines << line.toByteArray();
        });
        connect(m_child.get(), &ChildProcess::ended, this, [this](const ChildEnd& end) { m_ends << end; });
        QCOMPARE(m_child->start(setup), QString());
    }

    void run(const ChildSetup& setup)
    {
        start(setup);
        QTRY_COMPARE_WITH_TIMEOUT(m_ends.size(), 1, 10'000);
        QVERIFY(!m_child->isRunning());
    }

    std::unique_ptr<ChildProcess> m_child;
    QByteArrayList m_lines;
    QList<ChildEnd> m_ends;
    qint64 m_bytes = 0;
    bool m_keepLines = true;
};

int main(int argc, char** argv)
{
    if (argc > 1 && qstrcmp(argv[1], "--victim") == 0)
        return beVictim(argc, argv);
    const QCoreApplication app(argc, argv);
    TestChildProcess test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_childprocess.moc"
