// SPDX-License-Identifier: GPL-3.0-or-later
// Fills a store until it is killed, and says on standard output what it has handed over and what the store
// has answered for (tests/durability/storecheck.h reads it).
//
//   durability_ingest watch HOME DIR            the logs of a home, as Plimsoll does it
//   durability_ingest record DIR RUN COMMITS [abrupt]  made-up events and records through the Store; in the
//   end it
//                                               leaves all open
//   durability_ingest plain DIR RUN COMMITS SYNC  the same on a connection with another PRAGMA synchronous
#include "app/orchestrator.h"
#include "app/store/store.h"
#include "tests/durability/made.h"

#include <QCoreApplication>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QThread>

#include <sys/stat.h>
#include <unistd.h>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int exitUsage = 2;
constexpr int exitProblem = 3;

/// What is made up has times long ago.
constexpr Retention keepAll{0, 0, 0};

/// Straight to the pipe: what was said before the kill has been said.
void say(const QByteArray& text)
{
    for (qsizetype at = 0; at < text.size();) {
        const ssize_t written = ::write(STDOUT_FILENO, text.constData() + at, size_t(text.size() - at));
        if (written <= 0)
            ::_exit(exitProblem);
        at += written;
    }
}

void sayState(const StoreState& state)
{
    if (!state.problem.isEmpty())
        say("X " + state.problem.toUtf8() + '\n');
}

int watch(const QString& home, const QString& dir)
{
    Orchestrator host(Catalogue::builtIn(), home, agentHomes(home, false), StorePlace{dir, keepAll});
    QObject::connect(&host, &Host::recorded, &host, [](const Events& events) { say(toldLines(events)); });
    QObject::connect(&host, &Orchestrator::committed, &host,
                     [](quint64 seq) { say("A " + QByteArray::number(seq) + '\n'); });
    QObject::connect(&host, &Host::storeChanged, &host, sayState);
    host.start();
    return QCoreApplication::exec();
}

/// Hands the next frame over as soon as the store has answered for the last one.
class Feeder : public QObject
{
public:
    Feeder(const QString& dir, int run, int commits, bool endsAbruptly)
        : m_made(run)
        , m_endsAbruptly(endsAbruptly)
        , m_left(commits)
        , m_store(new Store(dir, {madeRoot()}, keepAll, {m_records, m_frames, m_queries, m_values, {}},
                            m_notices))
    {
        m_notices.connectTo(this, [this](const std::vector<StoreNotice>& notices) {
            for (const StoreNotice& notice : notices)
                take(notice);
        });
        m_store->moveToThread(&m_thread);
        connect(&m_thread, &QThread::started, m_store, &Store::start);
        connect(&m_thread, &QThread::finished, m_store, &QObject::deleteLater);
        m_thread.start();
    }

    ~Feeder() override
    {
        m_thread.quit();
        m_thread.wait();
        m_notices.disconnect();
    }

private:
    void take(const StoreNotice& notice)
    {
        if (const auto* loaded = std::get_if<StoreLoaded>(&notice)) {
            m_made.startAfter(loaded->lastSeq, loaded->kept.records);
            next();
        } else if (const auto* ack = std::get_if<StoreAck>(&notice)) {
            say("A " + QByteArray::number(ack->seq) + '\n');
            if (ack->seq >= m_made.lastSeq())
                next();
        } else if (const auto* state = std::get_if<StoreState>(&notice)) {
            sayState(*state);
        }
    }

    void next()
    {
        if (m_left-- <= 0) {
            if (m_endsAbruptly)
                ::_exit(0);
            QCoreApplication::quit();
            return;
        }
        MadeFrame frame = m_made.next();
        say(toldLines(frame.events) + toldLines(frame.logs, m_made.lastSeq()));
        for (LogRecord& log : frame.logs)
            m_records.push(std::move(log));
        m_frames.push(frame.events);
        if (m_left % 8 != 0) // else it waits for its group
            m_queries.push({1, QStringLiteral("history"), {}});
    }

    MadeFrames m_made;
    const bool m_endsAbruptly;
    int m_left;
    Handover<LogRecord> m_records;
    Handover<Events> m_frames;
    Handover<WatchQuery> m_queries;
    Handover<KeptValue> m_values;
    Handover<StoreNotice> m_notices;
    Store* m_store; ///< lives and ends in m_thread
    QThread m_thread;
};

int plain(const QString& dir, int run, int commits, const QString& sync)
{
    Database database;
    QSqlDatabase connection = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), sync);
    connection.setDatabaseName(dir + QStringLiteral("/plimsoll.db"));
    bool good = connection.open();
    for (const QString& pragma :
         {QStringLiteral("journal_mode = WAL"), QStringLiteral("synchronous = ") + sync}) {
        QSqlQuery query(connection);
        good = good && query.exec(QStringLiteral("PRAGMA ") + pragma);
    }
    std::vector<LogRecord> kept;
    quint64 seq = 0;
    if (!good || !database.attach(connection).isEmpty() ||
        !database.loadLogs({madeRootPath()}, kept).isEmpty() || !database.loadLastSeq(seq).isEmpty())
        return exitProblem;
    MadeFrames made(run);
    made.startAfter(seq, kept);
    for (; commits > 0; --commits) {
        const MadeFrame frame = made.next();
        say(toldLines(frame.events) + toldLines(frame.logs, made.lastSeq()));
        if (!database.write({frame.logs, frame.agents, frame.events}).isEmpty())
            return exitProblem;
        say("A " + QByteArray::number(made.lastSeq()) + '\n');
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    ::umask(077);
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments().mid(1);
    const QString mode = arguments.value(0);
    if (mode == QLatin1String("watch") && arguments.size() == 3)
        return watch(arguments[1], arguments[2]);
    if (mode == QLatin1String("record") && arguments.size() >= 4) {
        const Feeder feeder(arguments[1], arguments[2].toInt(), arguments[3].toInt(), arguments.size() > 4);
        return QCoreApplication::exec();
    }
    if (mode == QLatin1String("plain") && arguments.size() == 5)
        return plain(arguments[1], arguments[2].toInt(), arguments[3].toInt(), arguments[4]);
    return exitUsage;
}
