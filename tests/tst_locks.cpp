// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/locks.h"

#include <QtTest>

#include <sys/sysmacros.h>

using namespace plimsoll;

namespace {

const QByteArray table = "1: POSIX  ADVISORY  WRITE 700 fe:00:11 128 128\n"
                         "2: FLOCK  ADVISORY  WRITE 701 fe:00:12 0 EOF\n"
                         "2: -> FLOCK  ADVISORY  WRITE 702 fe:00:12 0 EOF\n"
                         "3: OFDLCK ADVISORY  READ -1 00:1f:13 0 EOF\n"
                         "4: FLOCK  ADVISORY  READ 703 00:1f:14 0 EOF\n"
                         "5: FLOCK  ADVISORY  WRITE -1 00:1f:15 0 EOF\n";

} // namespace

class TestLocks : public QObject
{
    Q_OBJECT

private slots:
    void holdersOnly()
    {
        const QList<FlockHolder> holders = parseFlocks(table);
        QCOMPARE(holders, QList<FlockHolder>({{701, makedev(0xfe, 0), 12}, {703, makedev(0, 0x1f), 14}}));
    }

    void nonsenseIsSkipped()
    {
        for (const char* text :
             {"", "\n\n", "1: FLOCK", "1: FLOCK ADVISORY WRITE x fe:00:1 0 EOF",
              "1: FLOCK ADVISORY WRITE 1 fe:00 0 EOF", "1: FLOCK ADVISORY WRITE 1 zz:00:1 0 EOF",
              "1: FLOCK ADVISORY WRITE 99999999999 fe:00:1 0 EOF"})
            QVERIFY2(parseFlocks(text).isEmpty(), text);
    }

    void names()
    {
        QCOMPARE(threadOfLockName("0198-ab.lock"), std::optional<QByteArray>("0198-ab"));
        for (const char* name : {".lock", "x.lock.tmp", "x", "../x.lock", "a b.lock", ""})
            QVERIFY2(!threadOfLockName(name), name);
    }

    void threads()
    {
        const QList<FlockHolder> holders = parseFlocks(table);
        const LockFile held{"held", makedev(0xfe, 0), 12};
        const LockFile left{"left", makedev(0xfe, 0), 99};
        const LockFile otherDisk{"other", makedev(0, 0x2a),
                                 14}; // as on btrfs: the numbers of the disk differ
        const QList<LoadedThread> loaded = loadedThreads({held, left, otherDisk}, holders);
        QCOMPARE(loaded.size(), 2);
        QCOMPARE(loaded.at(0), (LoadedThread{"held", 701, held.dev, 12, true}));
        QCOMPARE(loaded.at(1), (LoadedThread{"other", 703, otherDisk.dev, 14, false}));
    }
};

QTEST_GUILESS_MAIN(TestLocks)
#include "tst_locks.moc"
