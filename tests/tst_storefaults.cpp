// SPDX-License-Identifier: GPL-3.0-or-later
// What can go wrong under the store: it says so, goes on, tries again, and nothing is lost or there twice.
#include "app/store/store.h"
#include "tests/childprocess.h"
#include "tests/durability/made.h"
#include "tests/durability/storecheck.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QProcess>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QtTest>

#include <cerrno>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int recoverMs = 20'000; ///< more than a few tries
constexpr Retention keepAll{0, 0, 0};
constexpr uid_t nobodyUid = 65534;

/// So many of the next syncs fail.
int failingSyncs = 0;

int syncOrFail(int fd, long number)
{
    if (failingSyncs > 0) {
        --failingSyncs;
        errno = EIO;
        return -1;
    }
    return int(::syscall(number, fd));
}

/// A store in this thread with what comes before and behind it.
class Runner : public QObject
{
public:
    /// \param logs how many responses each log has: read again where the store does not open, and kept up to
    /// date
    Runner(const QString& dir, int run, StoreCheck& check, std::array<qint64, madeLogs>& logs)
        : m_check(check)
        , m_logs(logs)
        , m_made(run)
        , m_store(std::make_unique<Store>(dir, QList{madeRoot()}, keepAll,
                                          StoreIntake{m_records, m_frames, m_queries, m_values, {}},
                                          m_notices))
    {
        m_check.begin();
        m_notices.connectTo(this, [this](const std::vector<StoreNotice>& notices) {
            for (const StoreNotice& notice : notices)
                take(notice);
        });
        m_store->start();
        QCoreApplication::processEvents(); // the numbers go on where the store ends
    }
    ~Runner() override
    {
        m_store.reset();
        QCoreApplication::processEvents();
        m_notices.disconnect();
    }

    /// Hands over made-up frames; they are written when the event loop runs.
    void push(int frames)
    {
        for (; frames > 0; --frames)
            push(m_made.next());
        m_logs = m_made.responses();
    }
    void push(const MadeFrame& frame)
    {
        m_last = frame.events.constLast().seq;
        m_check.hear(toldLines(frame.events) + toldLines(frame.logs, m_last));
        for (const LogRecord& log : frame.logs)
            m_records.push(log);
        m_frames.push(frame.events);
    }
    [[nodiscard]] bool isWritten() const { return m_acknowledged >= m_last; }
    [[nodiscard]] bool isKept() const { return !states.isEmpty() && states.constLast().kept; }
    [[nodiscard]] QString problem() const
    {
        return states.isEmpty() ? QString() : states.constLast().problem;
    }

    QList<StoreState> states;
    int loaded = 0;

private:
    void take(const StoreNotice& notice)
    {
        if (const auto* begin = std::get_if<StoreLoaded>(&notice)) {
            ++loaded;
            if (begin->kept.records.empty())
                m_made.startAnew(m_logs);
            else
                m_made.startAfter(begin->lastSeq, begin->kept.records);
        } else if (const auto* ack = std::get_if<StoreAck>(&notice)) {
            m_acknowledged = ack->seq;
            m_check.hear("A " + QByteArray::number(ack->seq) + '\n');
        } else if (const auto* state = std::get_if<StoreState>(&notice)) {
            states.append(*state);
        }
    }

    StoreCheck& m_check;
    std::array<qint64, madeLogs>& m_logs;
    MadeFrames m_made;
    Handover<LogRecord> m_records;
    Handover<Events> m_frames;
    Handover<WatchQuery> m_queries;
    Handover<KeptValue> m_values;
    Handover<StoreNotice> m_notices;
    std::unique_ptr<Store> m_store;
    quint64 m_last = 0;
    quint64 m_acknowledged = 0;
};

QByteArray bytesOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool write(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

/// Runs statements on a store from outside.
class Outsider
{
public:
    explicit Outsider(const QString& dir)
    {
        m_db = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("outsider"));
        m_db.setDatabaseName(dir + QStringLiteral("/plimsoll.db"));
        m_open = m_db.open();
    }
    ~Outsider()
    {
        m_db = {};
        QSqlDatabase::removeDatabase(QStringLiteral("outsider"));
    }
    Outsider(const Outsider&) = delete;
    Outsider& operator=(const Outsider&) = delete;
    Outsider(Outsider&&) = delete;
    Outsider& operator=(Outsider&&) = delete;

    [[nodiscard]] bool run(const QString& sql)
    {
        QSqlQuery query(m_db);
        return m_open && query.exec(sql);
    }
    [[nodiscard]] QString answer(const QString& sql) const { return firstAnswer(m_db, sql); }

private:
    QSqlDatabase m_db;
    bool m_open = false;
};

} // namespace

// In place of the C library's: SQLite calls these.
extern "C" {
int fsync(int fd)
{
    return syncOrFail(fd, SYS_fsync);
}
int fdatasync(int fd)
{
    return syncOrFail(fd, SYS_fdatasync);
}
}

class TestStoreFaults : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { ::umask(077); }

    void init()
    {
        m_temp = std::make_unique<QTemporaryDir>();
        m_dir = m_temp->path() + QStringLiteral("/data");
        QVERIFY(QDir().mkpath(m_dir));
        m_check = StoreCheck();
        m_logs = {};
    }

    void cleanup()
    {
        failingSyncs = 0;
        if (::geteuid() != ::getuid())
            QCOMPARE(::seteuid(::getuid()), 0);
        if (std::exchange(m_mounted, false))
            QCOMPARE(::umount2(QFile::encodeName(m_dir).constData(), MNT_DETACH), 0);
    }

    void nothingWrong()
    {
        fill(20);
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
        fill(20);
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
        QVERIFY(m_check.acknowledged() > 100);
    }

    void folderThatMayNotBeWritten()
    {
        if (::getuid() == 0) {
            QCOMPARE(::seteuid(nobodyUid), 0); // whom the temporary folder does not let in
        } else {
            QCOMPARE(::chmod(QFile::encodeName(m_dir).constData(), 0500), 0);
        }
        Runner runner(m_dir, 1, m_check, m_logs);
        complains(runner, "the history cannot be kept");
        if (::getuid() == 0)
            QCOMPARE(::seteuid(0), 0);
        else
            QCOMPARE(::chmod(QFile::encodeName(m_dir).constData(), 0700), 0);
        recovers(runner);
    }

    void folderThatIsNotThereIsMade()
    {
        QVERIFY(QDir().rmdir(m_dir));
        fill(2);
        struct stat info = {};
        QCOMPARE(::stat(QFile::encodeName(m_dir).constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777, mode_t(0700));
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
    }

    void readOnlyMount()
    {
        if (!mountSmall("size=8m"))
            QSKIP("a file system cannot be mounted here: this takes root");
        fill(10);
        QVERIFY(remount(MS_RDONLY, ""));
        {
            Runner runner(m_dir, 2, m_check, m_logs);
            complains(runner, "Read-only file system");
            QVERIFY(remount(0, "size=8m"));
            recovers(runner, 2);
        }
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
    }

    void fullDisk()
    {
        if (!mountSmall("size=1m"))
            QSKIP("a file system cannot be mounted here: this takes root");
        {
            Runner runner(m_dir, 1, m_check, m_logs);
            runner.push(5);
            QTRY_VERIFY_WITH_TIMEOUT(runner.isWritten(), recoverMs);
            for (int i = 0; i < 200 && runner.problem().isEmpty(); ++i) {
                runner.push(20);
                QTest::qWait(110); // more than a group
            }
            QVERIFY2(runner.problem().contains(QLatin1String("full")), qUtf8Printable(runner.problem()));
            runner.push(50); // goes on in memory
            QCoreApplication::processEvents();
            QVERIFY(!runner.isWritten());
            QVERIFY(remount(0, "size=32m"));
            QTRY_VERIFY_WITH_TIMEOUT(runner.isWritten() && runner.isKept(), recoverMs);
            QCOMPARE(runner.problem(), QString());
        }
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
    }

    void garbageIsLeftAsItIs()
    {
        const QByteArray garbage = QByteArray("not a database ").repeated(1000);
        QVERIFY(write(m_dir + QStringLiteral("/plimsoll.db"), garbage));
        Runner runner(m_dir, 1, m_check, m_logs);
        complains(runner, "cannot be used");
        QCOMPARE(bytesOf(m_dir + QStringLiteral("/plimsoll.db")), garbage);
        QVERIFY(QFile::rename(m_dir + QStringLiteral("/plimsoll.db"), m_dir + QStringLiteral("/aside")));
        recovers(runner);
        QCOMPARE(bytesOf(m_dir + QStringLiteral("/aside")), garbage);
    }

    void folderInPlaceOfTheFile()
    {
        QVERIFY(QDir().mkpath(m_dir + QStringLiteral("/plimsoll.db")));
        Runner runner(m_dir, 1, m_check, m_logs);
        complains(runner, "Is a directory");
        QVERIFY(QDir().rmdir(m_dir + QStringLiteral("/plimsoll.db")));
        recovers(runner);
    }

    void linkInPlaceOfTheFile()
    {
        const QString other = m_temp->path() + QStringLiteral("/other");
        QVERIFY(QFile::link(other, m_dir + QStringLiteral("/plimsoll.db")));
        Runner runner(m_dir, 1, m_check, m_logs);
        complains(runner, "symbolic links");
        QVERIFY(!QFile::exists(other));
    }

    void corruptPages()
    {
        fill(60);
        const QByteArray good = bytesOf(m_dir + QStringLiteral("/plimsoll.db"));
        QVERIFY(good.size() > 200'000);
        int told = 0;
        for (int position = 0; position < 100; ++position) {
            const QTemporaryDir temp;
            QByteArray bad = good;
            const qsizetype at = good.size() * position / 100;
            for (qsizetype i = at; i < std::min(at + 100, bad.size()); ++i)
                bad[i] = char(~bad[i]);
            QVERIFY(write(temp.path() + QStringLiteral("/plimsoll.db"), bad));
            StoreCheck ignored;
            std::array<qint64, madeLogs> logs{};
            Runner runner(temp.path(), 2 + position, ignored, logs);
            runner.push(3);
            QTRY_VERIFY_WITH_TIMEOUT(runner.isWritten() || !runner.problem().isEmpty(), recoverMs);
            QCOMPARE(runner.loaded, 1); // the window waits for it
            told += runner.problem().isEmpty() ? 0 : 1;
        }
        QVERIFY(told > 0); // what no page header or key tells stays unseen until it is read
    }

    void secondInstanceTakesOver()
    {
        auto first = std::make_unique<Runner>(m_dir, 1, m_check, m_logs);
        StoreCheck ignored;
        std::array<qint64, madeLogs> sameLogs{};
        Runner second(m_dir, 1, ignored,
                      sameLogs); // sees the same logs: the same events, with numbers of its own
        QTRY_VERIFY(second.problem().contains(QLatin1String("another Plimsoll")));
        QCOMPARE(second.loaded, 1);
        first->push(10);
        second.push(10);
        QTRY_VERIFY(first->isWritten());
        QVERIFY(!second.isWritten());
        first.reset();
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
        second.push(10);
        QTRY_VERIFY_WITH_TIMEOUT(second.isWritten() && second.isKept(), recoverMs);
        QCOMPARE(m_check.verify(m_dir, true),
                 QStringList()); // nothing of the first is lost, nothing there twice
        const Outsider outsider(m_dir);
        QVERIFY(outsider.answer(QStringLiteral("SELECT MAX(read_offset) FROM files")).toInt() > 0);
    }

    void newerSchemaIsLeftUntouched()
    {
        fill(5);
        {
            Outsider outsider(m_dir);
            QVERIFY(outsider.run(QStringLiteral("INSERT INTO schema_version (version) VALUES (99)")));
            QVERIFY(outsider.run(QStringLiteral("PRAGMA journal_mode = DELETE"))); // it may have other ways
        }
        const QByteArray before = bytesOf(m_dir + QStringLiteral("/plimsoll.db"));
        {
            Runner runner(m_dir, 2, m_check, m_logs);
            complains(runner, "newer Plimsoll (schema 99");
        }
        QCOMPARE(bytesOf(m_dir + QStringLiteral("/plimsoll.db")), before);
        QVERIFY(!QFile::exists(m_dir + QStringLiteral("/plimsoll.db-wal")));
    }

    void migrationThatWasKilled()
    {
        NEEDS_CHILD_PROCESSES();
        for (int i = 0; i < 30; ++i) {
            QVERIFY(QDir(m_dir).removeRecursively() && QDir().mkpath(m_dir));
            QProcess child;
            child.start(QStringLiteral(INGEST_PROGRAM),
                        {QStringLiteral("record"), m_dir, QStringLiteral("1"), QStringLiteral("1000000")});
            QVERIFY(child.waitForStarted());
            // As soon as the file is there its tables are made: too soon for anything that waits in steps.
            const QDeadlineTimer late(recoverMs);
            while (!QFile::exists(m_dir + QStringLiteral("/plimsoll.db")))
                QVERIFY(!late.hasExpired());
            child.waitForReadyRead(i % 15);
            child.kill();
            QVERIFY(child.waitForFinished());
            m_check = StoreCheck();
            m_logs = {};
            fill(2);
            QCOMPARE(m_check.verify(m_dir, true), QStringList());
        }
    }

    void lockedFromOutside()
    {
        fill(5);
        {
            Runner runner(m_dir, 2, m_check, m_logs);
            QTRY_VERIFY(runner.isKept());
            Outsider outsider(m_dir);
            QVERIFY(outsider.run(QStringLiteral("BEGIN EXCLUSIVE")));
            runner.push(5);
            QTRY_VERIFY_WITH_TIMEOUT(runner.problem().contains(QLatin1String("locked")), recoverMs);
            runner.push(5);
            QVERIFY(outsider.run(QStringLiteral("COMMIT")));
            QTRY_VERIFY_WITH_TIMEOUT(runner.isWritten() && runner.isKept(), recoverMs);
            QCOMPARE(runner.problem(), QString());
        }
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
    }

    void diskThatRefusesToSync_data()
    {
        QTest::addColumn<int>("failures");
        for (const int failures : {1, 2, 4})
            QTest::addRow("%d", failures) << failures;
    }

    void diskThatRefusesToSync()
    {
        QFETCH(const int, failures);
        fill(5);
        {
            Runner runner(m_dir, 2, m_check, m_logs);
            runner.push(5);
            QTRY_VERIFY(runner.isKept() && runner.isWritten());
            failingSyncs = failures;
            runner.push(5);
            QTRY_VERIFY_WITH_TIMEOUT(!runner.problem().isEmpty(), recoverMs);
            QVERIFY(failingSyncs < failures); // it was asked
            runner.push(5);
            QTRY_VERIFY_WITH_TIMEOUT(runner.isWritten() && runner.isKept(), recoverMs);
        }
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
    }

    void clockThatJumps()
    {
        constexpr qint64 dayMs = qint64{24} * 3600 * 1000;
        const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
        const QList<qint64> times{
            nowMs, nowMs - dayMs, nowMs + dayMs, nowMs - 365 * dayMs, nowMs + 365 * dayMs, nowMs - 1,
            0,     -dayMs};
        const AgentId agent{QUuid(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)};
        Database database;
        QCOMPARE(database.open(m_dir, Database::Access::ReadWrite), QString());
        StoreBatch batch;
        for (qsizetype i = 0; i < times.size(); ++i) {
            const auto seq = quint64(batch.events.size());
            Logged line;
            line.text = QStringLiteral("line %1").arg(i);
            line.file = QStringLiteral("/recorded/a.jsonl");
            line.offset = i;
            batch.events << Event{seq + 1, times[i], agent, StateChanged{AgentState::Idle, {}, {}, times[i]}}
                         << Event{seq + 2, times[i], agent, line};
        }
        QCOMPARE(database.write(batch), QString());
        QList<StoredLine> lines;
        QCOMPARE(database.loadLines(agent, 0, 100, lines), QString());
        QCOMPARE(lines.size(), times.size());
        quint64 seq = 0;
        QCOMPARE(database.loadLastSeq(seq), QString());
        QCOMPARE(seq, quint64(2 * times.size() - 1)); // the order is that of the numbers
        // A clock that stands in the past lets nothing go.
        bool more = false;
        QCOMPARE(database.prune({30, 30, 0}, 0, more), QString());
        QCOMPARE(database.prune({30, 30, 0}, dayMs, more), QString());
        lines.clear();
        QCOMPARE(database.loadLines(agent, 0, 100, lines), QString());
        QCOMPARE(lines.size(), times.size());
    }

private:
    /// A run that ends well.
    void fill(int frames)
    {
        Runner runner(m_dir, ++m_run, m_check, m_logs);
        runner.push(frames);
        QTRY_VERIFY_WITH_TIMEOUT(runner.isWritten(), recoverMs);
    }

    void complains(Runner& runner, const char* expected)
    {
        QTRY_VERIFY2(runner.problem().contains(QLatin1String(expected)), qUtf8Printable(runner.problem()));
        QVERIFY(!runner.isKept());
        QCOMPARE(runner.loaded, 1); // the window does not wait for the disk
        runner.push(10);
    }

    void recovers(Runner& runner, int times = 1)
    {
        for (; times > 0; --times) {
            QTRY_VERIFY2_WITH_TIMEOUT(runner.isKept() && runner.isWritten(), qUtf8Printable(runner.problem()),
                                      recoverMs);
            QCOMPARE(runner.problem(), QString());
            QCOMPARE(m_check.verify(m_dir, true), QStringList());
            runner.push(2);
        }
        QTRY_VERIFY_WITH_TIMEOUT(runner.isWritten(), recoverMs);
        QCOMPARE(m_check.verify(m_dir, true), QStringList());
    }

    /// A file system of its own at the data folder, seen by this thread alone.
    [[nodiscard]] bool mountSmall(const char* options)
    {
        if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return false;
        m_mounted = ::mount("none", QFile::encodeName(m_dir).constData(), "tmpfs", 0, options) == 0;
        return m_mounted;
    }
    [[nodiscard]] bool remount(unsigned long flags, const char* options) const
    {
        return ::mount("none", QFile::encodeName(m_dir).constData(), "tmpfs", MS_REMOUNT | flags, options) ==
               0;
    }

    std::unique_ptr<QTemporaryDir> m_temp;
    QString m_dir;
    StoreCheck m_check;
    std::array<qint64, madeLogs> m_logs{};
    int m_run = 1000;
    bool m_mounted = false;
};

QTEST_GUILESS_MAIN(TestStoreFaults)
#include "tst_storefaults.moc"
