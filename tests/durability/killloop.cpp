// SPDX-License-Identifier: GPL-3.0-or-later
// Kills a program that fills a store, again and again, and looks each time whether something is lost or
// doubled:
//
//   durability_killloop CYCLES [SEED]
//
// One cycle: a real watcher on logs that grow, or made-up events at full speed; SIGKILL at a random moment;
// then the store is opened as Plimsoll opens it and compared with what was answered for and with what the
// logs add up to.
#include "app/store/database.h"
#include "app/watch/coldscan.h"
#include "app/watch/fleet.h"
#include "tests/durability/logwriter.h"
#include "tests/durability/storecheck.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

#include <cstdio>
#include <tuple>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int wholeEvery = 50; ///< cycles between two looks at everything
constexpr int replaceEvery = 20;
constexpr int endless = 1'000'000'000;
constexpr int paceMs = 2; ///< between two lines of a log
constexpr int waitMs = 20'000;

/// ms until the kill: while it starts, while it writes, and at times long enough for records of logs.
int lifeMs(QRandomGenerator& random)
{
    const quint32 kind = random.bounded(20U);
    if (kind < 5)
        return int(random.bounded(80U));
    return int(kind < 17 ? random.bounded(400U) : 900 + random.bounded(800U));
}

class KillLoop
{
public:
    explicit KillLoop(quint32 seed)
        : m_random(seed)
        , m_writer(m_temp.path() + QStringLiteral("/home"))
        , m_dir(m_temp.path() + QStringLiteral("/data"))
    {
        QDir().mkpath(m_dir);
    }

    [[nodiscard]] QStringList cycle(int number)
    {
        QStringList wrong;
        if (number % replaceEvery == 0 && !m_writer.replaceOne())
            wrong << QStringLiteral("a log cannot be replaced");
        QProcess child;
        child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        const QString program = QCoreApplication::applicationDirPath() + QStringLiteral("/durability_ingest");
        if (m_random.bounded(3) != 0)
            child.start(program, {QStringLiteral("watch"), m_temp.path() + QStringLiteral("/home"), m_dir});
        else
            child.start(program,
                        {QStringLiteral("record"), m_dir, QString::number(number), QString::number(endless)});
        m_check.begin();
        if (!child.waitForStarted(waitMs) || !runFor(child, lifeMs(m_random)))
            wrong << QStringLiteral("the program ended by itself");
        child.kill(); // SIGKILL
        child.waitForFinished(waitMs);
        m_check.hear(child.readAllStandardOutput());
        wrong << m_check.problems();
        m_check.clearProblems();
        wrong << reopen() << m_check.verify(m_dir, number % wholeEvery == 0);
        return wrong;
    }

    /// The last look, at everything.
    [[nodiscard]] QStringList finish() { return m_check.verify(m_dir, true); }
    [[nodiscard]] qint64 acknowledged() const { return m_check.acknowledged(); }

private:
    /// Logs grow while it runs. False if it has ended.
    [[nodiscard]] bool runFor(QProcess& child, int ms)
    {
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < ms) {
            if (!m_writer.grow())
                return false;
            child.waitForReadyRead(paceMs);
            m_check.hear(child.readAllStandardOutput());
            if (child.state() != QProcess::Running)
                return false;
        }
        return true;
    }

    /// As `plimsoll status` does after a start.
    [[nodiscard]] QStringList reopen()
    {
        const AgentHomes homes = agentHomes(m_temp.path() + QStringLiteral("/home"), false);
        const QList<LogRoot> roots = logRoots(homes);
        QSet<QByteArray> paths;
        for (const LogRoot& root : roots)
            paths.insert(QFile::encodeName(root.path));
        Database database;
        std::vector<LogRecord> records;
        QString fault = database.open(m_dir, Database::Access::ReadWrite);
        if (fault.isEmpty())
            fault = database.loadLogs(paths, records);
        if (!fault.isEmpty())
            return {fault};
        Fleet fleet(m_catalogue, m_temp.path() + QStringLiteral("/home"));
        StoreBatch news;
        (void)scanAll(roots, fleet, std::move(records),
                      [&](LogRecord log) { news.logs.push_back(std::move(log)); });
        // A log that goes before the store has heard of its end would take that with it.
        fault = database.write(news);
        if (!fault.isEmpty())
            return {fault};
        return m_writer.compare(fleet.agents(QDateTime::currentMSecsSinceEpoch()));
    }

    QTemporaryDir m_temp;
    QRandomGenerator m_random;
    const Catalogue m_catalogue = Catalogue::builtIn();
    LogWriter m_writer;
    StoreCheck m_check;
    const QString m_dir;
};

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const int cycles = arguments.value(1).toInt();
    if (cycles <= 0) {
        std::ignore = std::fputs("usage: durability_killloop CYCLES [SEED]\n", stderr);
        return 2;
    }
    KillLoop loop(arguments.value(2, QStringLiteral("1")).toUInt());
    QElapsedTimer timer;
    timer.start();
    for (int i = 1; i <= cycles; ++i) {
        const QStringList wrong = i == cycles ? loop.cycle(i) + loop.finish() : loop.cycle(i);
        for (const QString& text : wrong)
            std::ignore = std::fprintf(stderr, "cycle %d: %s\n", i, qUtf8Printable(text));
        if (!wrong.isEmpty())
            return 1;
    }
    std::ignore = std::printf(
        "cycles %d count\nacknowledged %lld events\nlost 0 events\ndoubled 0 events\ncycle %lld ms\n", cycles,
        loop.acknowledged(), timer.elapsed() / cycles);
    return 0;
}
