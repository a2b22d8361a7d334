// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"

namespace plimsoll {

Orchestrator::Orchestrator(Catalogue catalogue, const QString& home, const AgentHomes& homes, QObject* parent)
    : Host(parent)
    , m_catalogue(std::move(catalogue))
    , m_homes(homes)
    , m_watcher(new Watcher(m_catalogue, home, homes, m_commands, m_events, m_watchNotices))
    , m_recorder(new Recorder(m_events, m_frames))
{
    m_watchThread.setObjectName(QStringLiteral("watch"));
    m_engineThread.setObjectName(QStringLiteral("engine"));
    m_watcher->moveToThread(&m_watchThread);
    m_recorder->moveToThread(&m_engineThread);
    connect(&m_watchThread, &QThread::started, m_watcher, &Watcher::start);
    connect(&m_engineThread, &QThread::started, m_recorder, &Recorder::start);
    // Objects with timers and notifiers end in the thread that they live in.
    connect(&m_watchThread, &QThread::finished, m_watcher, &QObject::deleteLater);
    connect(&m_engineThread, &QThread::finished, m_recorder, &QObject::deleteLater);
}

Orchestrator::~Orchestrator()
{
    if (!m_started) {
        delete m_watcher;
        delete m_recorder;
        return;
    }
    m_frames.disconnect();
    m_notices.disconnect();
    m_watchNotices.disconnect();
    for (QThread* thread : {&m_watchThread, &m_engineThread}) {
        thread->quit();
        thread->wait();
    }
}

HostCapabilities Orchestrator::capabilities() const
{
    HostCapabilities capabilities;
    capabilities.label = QStringLiteral("This machine");
    for (const LogRoot& root : logRoots(m_homes))
        capabilities.watched.append(root.path);
    return capabilities;
}

void Orchestrator::start()
{
    m_frames.connectTo(this, [this](const std::vector<Events>& frames) {
        for (const Events& frame : frames) {
            m_lastSeq = frame.constLast().seq;
            emit recorded(frame);
        }
    });
    // No notice overtakes the events before it: the end of a scan comes after all that it found.
    m_notices.connectTo(this, [this](std::vector<WatchNotice> notices) {
        m_frames.takeNow();
        for (WatchNotice& notice : notices)
            takeNotice(std::move(notice));
    });
    m_watchNotices.connectTo(m_recorder, [this](std::vector<WatchNotice> notices) {
        m_events.takeNow();
        m_recorder->flush();
        for (WatchNotice& notice : notices)
            m_notices.push(std::move(notice));
    });
    m_started = true;
    m_engineThread.start();
    m_watchThread.start();
}

void Orchestrator::cancelScan()
{
    m_commands.push(CancelScan{});
}

quint64 Orchestrator::query(const QString& method, const QJsonObject& params)
{
    m_commands.push(WatchQuery{++m_lastQuery, method, params});
    return m_lastQuery;
}

void Orchestrator::takeNotice(WatchNotice notice)
{
    if (const auto* progress = std::get_if<Progress>(&notice))
        emit progressed(*progress);
    else if (const auto* reply = std::get_if<Reply>(&notice))
        emit replied(*reply);
    else
        emit failed(std::get<WatchFailure>(notice).text);
}

} // namespace plimsoll
