// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/diranchors.h"
#include "app/watch/inotify.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cstdio>
#include <sys/resource.h>

using namespace plimsoll;

namespace {

void writeFile(const QByteArray& path, const QByteArray& bytes,
               QIODevice::OpenMode mode = QIODevice::WriteOnly)
{
    QFile file(QFile::decodeName(path));
    QVERIFY(file.open(mode));
    QCOMPARE(file.write(bytes), bytes.size());
}

void makeDir(const QByteArray& path)
{
    QVERIFY(QDir().mkpath(QFile::decodeName(path)));
}

void move(const QByteArray& from, const QByteArray& to)
{
    QCOMPARE(::rename(from.constData(), to.constData()), 0);
}

} // namespace

class TestInotify : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        QVERIFY(m_temp->isValid());
        m_dir = QFile::encodeName(m_temp->path()) + "/dir";
        makeDir(m_dir);
        m_events.clear();
        m_wakeUps = 0;
        m_inotify = std::make_unique<Inotify>();
        QVERIFY2(m_inotify->isOpen(), qPrintable(m_inotify->errorText()));
        connect(m_inotify.get(), &Inotify::changed, this, [this](const QList<DirEvent>& events) {
            m_events += events;
            ++m_wakeUps;
        });
    }

    void appendsAreMergedPerWakeUp()
    {
        writeFile(m_dir + "/log", "x");
        QVERIFY(m_inotify->watch(m_dir));
        for (int i = 0; i < 100; ++i)
            writeFile(m_dir + "/log", "line\n", QIODevice::Append);
        writeFile(m_dir + "/other", "x");
        QTRY_COMPARE(m_events.size(), 2);
        QCOMPARE(m_wakeUps, 1);
        QCOMPARE(m_events.at(0), (DirEvent{m_dir, "log", DirEvent::Modified | DirEvent::Closed, false}));
        QCOMPARE(
            m_events.at(1),
            (DirEvent{m_dir, "other", DirEvent::Appeared | DirEvent::Modified | DirEvent::Closed, false}));
    }

    void replacedFileIsStillSeen()
    {
        writeFile(m_dir + "/log", "old");
        QVERIFY(m_inotify->watch(m_dir));
        writeFile(m_dir + "/log.tmp", "new");
        move(m_dir + "/log.tmp", m_dir + "/log");
        QTRY_VERIFY(kinds("log").testFlag(DirEvent::Appeared));
        QVERIFY(kinds("log.tmp").testFlag(DirEvent::Gone));
        m_events.clear();
        writeFile(m_dir + "/log", "more", QIODevice::Append);
        QTRY_VERIFY(kinds("log").testFlag(DirEvent::Modified));
    }

    void deletedFile()
    {
        writeFile(m_dir + "/log", "x");
        QVERIFY(m_inotify->watch(m_dir));
        QVERIFY(QFile::remove(QFile::decodeName(m_dir + "/log")));
        QTRY_COMPARE(kinds("log"), DirEvent::Kinds(DirEvent::Gone));
    }

    void directoriesAreSaidToBeSome()
    {
        QVERIFY(m_inotify->watch(m_dir));
        makeDir(m_dir + "/sub");
        QTRY_COMPARE(m_events.size(), 1);
        QVERIFY(m_events.first().isDirectory);
        QVERIFY(m_events.first().kinds.testFlag(DirEvent::Appeared));
    }

    void scopes()
    {
        writeFile(m_dir + "/log", "x");
        QVERIFY(m_inotify->watch(m_dir, WatchScope::Names));
        writeFile(m_dir + "/log", "y", QIODevice::Append);
        writeFile(m_dir + "/new", "y");
        QTRY_COMPARE(kinds("new"), DirEvent::Kinds(DirEvent::Appeared));
        QCOMPARE(kinds("log"), DirEvent::Kinds());

        QVERIFY(m_inotify->watch(m_dir, WatchScope::Opens));
        QFile file(QFile::decodeName(m_dir + "/log"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QTRY_VERIFY(kinds("log").testFlag(DirEvent::Opened));
        QVERIFY(!kinds("log").testFlag(DirEvent::Closed));
        file.close();
        QTRY_VERIFY(kinds("log").testFlag(DirEvent::Closed));
        QCOMPARE(m_inotify->count(), 1);
    }

    void deletedDirectory()
    {
        QVERIFY(m_inotify->watch(m_dir));
        QVERIFY(QDir(QFile::decodeName(m_dir)).removeRecursively());
        QTRY_COMPARE(m_events.size(), 1);
        QCOMPARE(m_events.first().kinds, DirEvent::Kinds(DirEvent::DirectoryGone));
        QVERIFY(!m_inotify->isWatched(m_dir));
        QCOMPARE(m_inotify->count(), 0);
    }

    void movedDirectoryTakesThoseBelowAlong()
    {
        makeDir(m_dir + "/sub");
        QVERIFY(m_inotify->watch(m_dir));
        QVERIFY(m_inotify->watch(m_dir + "/sub"));
        move(m_dir, m_dir + ".away");
        QTRY_COMPARE(m_events.size(), 2);
        QCOMPARE(m_inotify->count(), 0);
        writeFile(m_dir + ".away/sub/log", "x"); // no longer ours
        QTest::qWait(0);
        QCOMPARE(m_events.size(), 2);
    }

    void directoryReplacedBeforeWeRead()
    {
        QVERIFY(m_inotify->watch(m_dir));
        move(m_dir, m_dir + ".away");
        makeDir(m_dir);
        QVERIFY(m_inotify->watch(m_dir)); // the event of the move is still waiting
        writeFile(m_dir + "/log", "x");
        QTRY_VERIFY(kinds("log").testFlag(DirEvent::Appeared));
        QVERIFY(m_inotify->isWatched(m_dir));
        QCOMPARE(m_inotify->count(), 1);
    }

    void movedDirectoryWatchedAtItsNewPlace()
    {
        QVERIFY(m_inotify->watch(m_dir));
        move(m_dir, m_dir + ".new");
        QVERIFY(m_inotify->watch(m_dir + ".new")); // the same directory, so the same watch of the kernel
        QTRY_VERIFY(!m_inotify->isWatched(m_dir));
        QVERIFY(m_inotify->isWatched(m_dir + ".new"));
        m_events.clear();
        writeFile(m_dir + ".new/log", "x");
        QTRY_VERIFY(kinds("log").testFlag(DirEvent::Appeared));
        QCOMPARE(m_events.first().dir, m_dir + ".new");
    }

    void twoPathsToOneDirectory()
    {
        const QByteArray link = m_dir + ".link";
        QCOMPARE(::symlink(m_dir.constData(), link.constData()), 0);
        QVERIFY(m_inotify->watch(m_dir));
        QVERIFY(m_inotify->watch(link));
        writeFile(m_dir + "/log", "x");
        QTRY_COMPARE(m_events.size(), 2);
        m_inotify->unwatch(m_dir);
        m_events.clear();
        writeFile(m_dir + "/log2", "x");
        QTRY_COMPARE(m_events.size(), 1);
        QCOMPARE(m_events.first().dir, link);
    }

    void linksBelowTheRootAreRefused()
    {
        makeDir(m_dir + "/real");
        QCOMPARE(::symlink("real", (m_dir + "/link").constData()), 0);
        QVERIFY(m_inotify->watchBelow(m_dir, "real"));
        QVERIFY(!m_inotify->watchBelow(m_dir, "link"));
        QVERIFY(!m_inotify->watchBelow(m_dir, "../dir"));
        QVERIFY(m_inotify->isWatched(m_dir + "/real"));
    }

    void unwatched()
    {
        QVERIFY(m_inotify->watch(m_dir + "/"));
        m_inotify->unwatch(m_dir);
        m_inotify->unwatch(m_dir);
        writeFile(m_dir + "/log", "x");
        makeDir(m_dir + "2");
        QVERIFY(m_inotify->watch(m_dir + "2"));
        writeFile(m_dir + "2/log", "x");
        QTRY_VERIFY(!m_events.isEmpty());
        QCOMPARE(m_events.first().dir, m_dir + "2");
    }

    void missingDirectoryIsAnError()
    {
        QVERIFY(!m_inotify->watch(m_dir + "/none"));
        QVERIFY(m_inotify->errorText().contains(QLatin1String("none")));
        QVERIFY(!m_inotify->isLimitReached());
        writeFile(m_dir + "/file", "x");
        QVERIFY(!m_inotify->watch(m_dir + "/file"));
        QCOMPARE(m_inotify->count(), 0);
    }

    void noInstanceLeft()
    {
        rlimit before = {};
        QCOMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
        const rlimit none = {0, before.rlim_max};
        QCOMPARE(::setrlimit(RLIMIT_NOFILE, &none), 0);
        const Inotify starved;
        QCOMPARE(::setrlimit(RLIMIT_NOFILE, &before), 0);
        QVERIFY(!starved.isOpen());
        QVERIFY(starved.errorText().contains(QLatin1String("max_user_instances")));
    }

    void overflowIsTold()
    {
        QFile limit(QStringLiteral("/proc/sys/fs/inotify/max_queued_events"));
        QVERIFY(limit.open(QIODevice::ReadOnly));
        const int queue = limit.readAll().trimmed().toInt();
        if (queue > 100'000)
            QSKIP("the event queue of this machine is too long to fill");
        QVERIFY(m_inotify->watch(m_dir));
        makeDir(m_dir + "/sub");
        QVERIFY(m_inotify->watch(m_dir + "/sub"));
        const QSignalSpy overflowed(m_inotify.get(), &Inotify::overflowed);
        writeFile(m_dir + "/a", "x");
        for (int i = 0; i < queue; i += 4) { // two events each
            move(m_dir + "/a", m_dir + "/b");
            move(m_dir + "/b", m_dir + "/a");
        }
        // Lost with the rest: that this directory is gone.
        QVERIFY(QDir().rmdir(QFile::decodeName(m_dir + "/sub")));
        QTRY_COMPARE(overflowed.size(), 1);
        QVERIFY(!m_inotify->isWatched(m_dir + "/sub"));
        QVERIFY(m_inotify->isWatched(m_dir));
        m_events.clear();
        writeFile(m_dir + "/after", "x");
        QTRY_VERIFY(kinds("after").testFlag(DirEvent::Appeared));
    }

    void anchorsWaitForWhatIsMissing()
    {
        const QByteArray wanted = m_dir + "/x/y/z";
        DirAnchors anchors(*m_inotify);
        anchors.want(wanted, WatchScope::Contents);
        QList<QByteArray> news;
        connect(m_inotify.get(), &Inotify::changed, this,
                [&](const QList<DirEvent>& events) { news += anchors.update(events); });
        QVERIFY(anchors.attach().isEmpty());
        QVERIFY(m_inotify->isWatched(m_dir));

        makeDir(m_dir + "/x");
        QTRY_VERIFY(m_inotify->isWatched(m_dir + "/x"));
        QVERIFY(!m_inotify->isWatched(m_dir)); // one watch is enough
        makeDir(wanted);
        QTRY_COMPARE(news, QList<QByteArray>({wanted}));
        QVERIFY(anchors.isAttached(wanted));

        news.clear();
        QVERIFY(QDir(QFile::decodeName(m_dir + "/x")).removeRecursively());
        QTRY_VERIFY(news.contains(wanted)); // gone
        QVERIFY(!anchors.isAttached(wanted));
        news.clear();
        makeDir(wanted);
        QTRY_COMPARE(news, QList<QByteArray>({wanted})); // back
        disconnect(m_inotify.get(), nullptr, this, nullptr);
    }

private:
    [[nodiscard]] DirEvent::Kinds kinds(const QByteArray& name) const
    {
        DirEvent::Kinds kinds;
        for (const DirEvent& event : m_events) {
            if (event.name == name)
                kinds |= event.kinds;
        }
        return kinds;
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    QByteArray m_dir;
    std::unique_ptr<Inotify> m_inotify;
    QList<DirEvent> m_events;
    int m_wakeUps = 0;
};

QTEST_GUILESS_MAIN(TestInotify)
#include "tst_inotify.moc"
