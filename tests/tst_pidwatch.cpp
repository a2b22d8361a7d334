// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/pidwatch.h"
#include "app/watch/procinfo.h"
#include "tests/childprocess.h"

#include <QDir>
#include <QSignalSpy>
#include <QtTest>

using namespace plimsoll;

namespace {

int openFiles()
{
    return int(QDir(QStringLiteral("/proc/self/fd"))
                   .entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System)
                   .size());
}

} // namespace

class TestPidWatch : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        NEEDS_CHILD_PROCESSES();
        m_child = std::make_unique<QProcess>();
        m_child->start(QStringLiteral("sleep"), {QStringLiteral("60")});
        QVERIFY(m_child->waitForStarted());
        m_pid = m_child->processId();
        m_start = processStat(m_pid)->startTicks;
    }

    void cleanup()
    {
        m_child->kill();
        m_child->waitForFinished(); // false where the test has waited already
    }

    void killedProcess()
    {
        PidWatch watch;
        QSignalSpy ended(&watch, &PidWatch::ended);
        QVERIFY(watch.watch(m_pid, m_start));
        QVERIFY(watch.watch(m_pid, m_start));
        QCOMPARE(watch.pids(), QList<qint64>({m_pid}));
        m_child->kill();
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 1000);
        QCOMPARE(ended.first().first().toLongLong(), m_pid);
        QVERIFY(watch.pids().isEmpty());
    }

    void endedBefore()
    {
        m_child->kill();
        QVERIFY(m_child->waitForFinished());
        PidWatch watch;
        QSignalSpy ended(&watch, &PidWatch::ended);
        QVERIFY(watch.watch(m_pid, m_start));
        QCOMPARE(ended.size(), 0); // never from inside watch()
        QTRY_COMPARE(ended.size(), 1);
    }

    void numberOfAnotherProcess()
    {
        PidWatch watch;
        QSignalSpy ended(&watch, &PidWatch::ended);
        QVERIFY(watch.watch(m_pid, m_start + 1));
        QTRY_COMPARE(ended.size(), 1);
        QVERIFY(watch.watch(m_pid, m_start)); // this one runs
        m_child->kill();
        QTRY_COMPARE(ended.size(), 2);
    }

    void unwatched()
    {
        PidWatch watch;
        QSignalSpy ended(&watch, &PidWatch::ended);
        QVERIFY(watch.watch(m_pid, m_start + 1)); // its end is announced by the event loop
        watch.unwatch(m_pid);
        QVERIFY(watch.watch(m_pid, m_start));
        watch.unwatch(m_pid);
        m_child->kill();
        QVERIFY(m_child->waitForFinished());
        QCoreApplication::processEvents();
        QCOMPARE(ended.size(), 0);
    }

    void leavesNothingOpen()
    {
        const int before = openFiles();
        {
            PidWatch watch;
            QVERIFY(watch.watch(m_pid, m_start));
            QCOMPARE(openFiles(), before + 1);
        }
        QCOMPARE(openFiles(), before);
    }

    void badNumbers()
    {
        PidWatch watch;
        QVERIFY(!watch.watch(0, 1));
        QVERIFY(!watch.watch(-1, 1));
        QVERIFY(!watch.watch(qint64(1) << 40, 1));
        QVERIFY(!watch.errorText().isEmpty());
    }

    void isBounded()
    {
        PidWatch watch;
        for (int i = 0; i < PidWatch::maxWatched; ++i)
            QVERIFY(watch.watch(1'000'000'000 + i, 1)); // no such processes
        QVERIFY(!watch.watch(m_pid, m_start));
        QVERIFY(watch.errorText().contains(QString::number(PidWatch::maxWatched)));
    }

private:
    std::unique_ptr<QProcess> m_child;
    qint64 m_pid = 0;
    quint64 m_start = 0;
};

QTEST_GUILESS_MAIN(TestPidWatch)
#include "tst_pidwatch.moc"
