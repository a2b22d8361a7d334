// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/procinfo.h"

#include <QProcess>
#include <QTemporaryFile>
#include <QtTest>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace plimsoll;

class TestProcInfo : public QObject
{
    Q_OBJECT

private slots:
    void parses_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("isGood");
        QTest::addColumn<char>("state");
        const QByteArray rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 319339 20 21 22\n";
        QTest::newRow("plain") << QByteArray("2684 (node)" + rest) << true << 'S';
        QTest::newRow("spaces") << QByteArray("2684 (a b c)" + rest) << true << 'S';
        QTest::newRow("brackets") << QByteArray("2684 (a) R 1 (b)" + rest) << true << 'S';
        QTest::newRow("newline") << QByteArray("2684 (a\n) Z)" + rest) << true << 'S';
        QTest::newRow("zombie") << QByteArray("2684 (node)" + rest).replace(" S ", " Z ") << true << 'Z';
        QTest::newRow("empty") << QByteArray() << false << '?';
        QTest::newRow("cut") << QByteArray("2684 (node) S 1 2 3") << false << '?';
        QTest::newRow("only a bracket") << QByteArray(")") << false << '?';
        QTest::newRow("no number") << QByteArray("2684 (node)" + rest).replace("319339", "x") << false << '?';
    }

    void parses()
    {
        QFETCH(const QByteArray, text);
        QFETCH(const bool, isGood);
        QFETCH(const char, state);
        const std::optional<ProcessStat> stat = parseProcessStat(text);
        QCOMPARE(stat.has_value(), isGood);
        if (isGood)
            QCOMPARE(*stat, (ProcessStat{state, 319339}));
    }

    void ownProcess()
    {
        const std::optional<ProcessStat> stat = processStat(::getpid());
        QVERIFY(stat);
        QVERIFY(stat->startTicks > 0);
        QVERIFY(isAlive(::getpid(), stat->startTicks));
        QVERIFY(!isAlive(::getpid(), stat->startTicks + 1)); // the number was given to another process
        QVERIFY(!processStat(0) && !processStat(-1) && !processStat(99'999'999));
    }

    void endedProcessIsNotAlive()
    {
        const pid_t child = ::fork();
        if (child == 0)
            ::_exit(0);
        QVERIFY(child > 0);
        siginfo_t info = {};
        QCOMPARE(::waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT), 0); // ended, not collected: a zombie
        const std::optional<ProcessStat> stat = processStat(child);
        QVERIFY(stat);
        QCOMPARE(stat->state, 'Z');
        QVERIFY(!isAlive(child, stat->startTicks));
        QCOMPARE(::waitpid(child, nullptr, 0), child);
        QVERIFY(!processStat(child));
    }

    void whoHoldsAFile()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        struct stat info = {};
        QCOMPARE(::fstat(file.handle(), &info), 0);
        QVERIFY(processHolds(::getpid(), info.st_dev, info.st_ino));
        QVERIFY(!processHolds(::getpid(), info.st_dev, info.st_ino + 1));
        QVERIFY(!processHolds(99'999'999, info.st_dev, info.st_ino));
    }
};

QTEST_GUILESS_MAIN(TestProcInfo)
#include "tst_procinfo.moc"
