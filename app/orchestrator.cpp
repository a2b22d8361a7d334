// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"

namespace plimsoll {

Orchestrator::Orchestrator(Catalogue catalogue, const QString& home, const AgentHomes& homes, QObject* parent)
    : Host(parent)
    , m_catalogue(std::move(catalogue))
    , m_homes(homes)
    , m_watcher(std::make_unique<Watcher>(m_catalogue, home, homes, m_commands, m_events, m_watchNotices))
    , m_recorder(std::make_unique<Recorder>(m_events, m_frames))
{
    m_watchThread.setObjectName(QStringLiteral("watch"));
    m_engineThread.setObjectName(QStringLiteral("engine"));
    m_watcher->moveToThread(&m_watchThread);
    m_recorder->moveToThread(&m_engineThread);
    connect(&m_watchThread, &QThread::started, m_watcher.get(), &Watcher::start);
    connect(&m_engineThread, &QThread::started, m_recorder.get(), &Recorder::start);
    // Objects with timers and notifiers end in the thread that they live in.
    connect(
        &m_watchThread, &QThread::finished, m_watcher.get(), [this] { m_watcher.reset(); },
        Qt::DirectConnection);
    connect(
        &m_engineThread, &QThread::finished, m_recorder.get(),
        [this] {
            m_watchNotices.disconnect();
            m_recorder.reset();
        },
        Qt::DirectConnection);
}

Orchestrator::~Orchestrator()
{
    m_frames.disconnect();
    m_notices.disconnect();
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
    m_watchNotices.connectTo(m_recorder.get(), [this](std::vector<WatchNotice> notices) {
        m_events.takeNow();
        m_recorder->flush();
        for (WatchNotice& notice : notices)
            m_notices.push(std::move(notice));
    });
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
