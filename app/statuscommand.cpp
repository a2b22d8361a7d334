// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/statuscommand.h"

#include "app/status.h"
#include "app/store/database.h"
#include "app/watch/coldscan.h"
#include "app/watch/liveness.h"

#include <QDateTime>
#include <QElapsedTimer>
#include <QFile>

#include <optional>

namespace plimsoll {

namespace {

/// Agents whose rows say something else, or are not there yet.
QString keepAgents(Database& database, const QList<Agent>& agents)
{
    QHash<AgentId, Agent> known;
    const QString fault = database.loadAgents(known);
    StoreBatch batch;
    for (const Agent& agent : agents) {
        const auto before = known.constFind(agent.id);
        if (before == known.constEnd() || stampOf(*before) != stampOf(agent))
            batch.agents.append(agent);
    }
    return fault.isEmpty() ? database.add(batch) : fault;
}

/// Where another Plimsoll keeps the history, it is at least read. Not open where none is kept.
QString openHistory(Database& database, const QString& dir, bool& keeps)
{
    keeps = false;
    if (dir.isEmpty())
        return {};
    QString fault = database.open(dir, Database::Access::ReadWrite);
    keeps = fault.isEmpty();
    if (keeps || database.open(dir, Database::Access::ReadOnly).isEmpty())
        return {};
    return fault;
}

/// Every agent of the home, as its logs and registries say now.
QList<Agent> scanFleet(const Options& options, const Catalogue& catalogue, std::vector<LogRecord> records,
                       const std::function<void(LogRecord)>& takeNews, ScanTotals& scan)
{
    const AgentHomes homes = agentHomes(options.home, !options.homeGiven);
    Fleet fleet(catalogue, options.home);
    scan = scanAll(logRoots(homes), fleet, std::move(records), takeNews);
    Liveness liveness(QFile::encodeName(homes.claude), QFile::encodeName(homes.codex));
    liveness.start();
    for (const LiveSession& session : liveness.sessions())
        fleet.setLive(session);
    return fleet.agents(QDateTime::currentMSecsSinceEpoch());
}

/// Writes records as a scan hands them over: to gather them all first would cost their memory.
class NewsWriter
{
public:
    explicit NewsWriter(Database& database)
        : m_database(database)
    {
    }

    void take(LogRecord record)
    {
        constexpr size_t atOnce = 64;
        m_batch.logs.push_back(std::move(record));
        if (m_batch.logs.size() >= atOnce)
            write();
    }

    /// Empty where all has been written.
    [[nodiscard]] QString finish()
    {
        write();
        return m_fault;
    }

private:
    void write()
    {
        if (m_fault.isEmpty())
            m_fault = m_database.add(m_batch);
        m_batch = {};
    }

    Database& m_database;
    StoreBatch m_batch;
    QString m_fault;
};

} // namespace

QByteArray statusOf(const Options& options, const Catalogue& catalogue,
                    const std::function<void(const QString&)>& complain)
{
    QElapsedTimer timer;
    timer.start();
    Database database;
    bool keeps = false;
    std::vector<LogRecord> records;
    QString fault = openHistory(database, options.historyDir, keeps);
    if (fault.isEmpty() && database.isOpen())
        fault = database.loadLogs(rootPaths(logRoots(agentHomes(options.home, !options.homeGiven))), records);
    complain(fault);

    ScanTotals scan;
    std::optional<QList<Agent>> agents;
    if (keeps && fault.isEmpty()) {
        complain(database.inTransaction([&] {
            NewsWriter news(database);
            agents = scanFleet(
                options, catalogue, std::move(records),
                [&](LogRecord record) { news.take(std::move(record)); }, scan);
            const QString wrong = news.finish();
            return wrong.isEmpty() ? keepAgents(database, *agents) : wrong;
        }));
    }
    if (!agents)
        agents = scanFleet(options, catalogue, std::move(records), {}, scan);
    return options.json ? statusJson(*agents, scan, timer.elapsed())
                        : statusText(*agents, scan, QDateTime::currentMSecsSinceEpoch()).toUtf8();
}

} // namespace plimsoll
