// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/orchestrator.h"

namespace plimsoll {

Orchestrator::Orchestrator(Catalogue catalogue, const QString& home, const AgentHomes& homes,
                           const std::optional<StorePlace>& store, QObject* parent)
    : Host(parent)
    , m_catalogue(std::move(catalogue))
    , m_homes(homes)
    , m_counter(logRoots(homes))
    , m_watcher(new Watcher(m_catalogue, home, homes, m_commands, m_events, m_watchNotices, m_intake.records))
    , m_recorder(new Recorder(m_events, store ? QList{m_frames, m_intake.frames} : QList{m_frames}))
{
    if (store) {
        m_store = new Store(store->dir, logRoots(homes), store->retention, m_intake, m_storeNotices);
        m_storeThread.setObjectName(QStringLiteral("store"));
        m_store->moveToThread(&m_storeThread);
        connect(&m_storeThread, &QThread::started, m_store, &Store::start);
        connect(&m_storeThread, &QThread::finished, m_store, &QObject::deleteLater);
    } else {
        m_intake.records.disconnect(); // nobody takes them
        m_intake.values.disconnect();
        m_intake.audit.disconnect();
    }
    m_watchThread.setObjectName(QStringLiteral("watch"));
    m_engineThread.setObjectName(QStringLiteral("engine"));
    m_watcher->moveToThread(&m_watchThread);
    m_recorder->moveToThread(&m_engineThread);
    connect(&m_watchThread, &QThread::started, m_watcher, &Watcher::start);
    connect(&m_engineThread, &QThread::started, m_recorder, &Recorder::start);
    connect(&m_counter, &TokenCounter::learned, this, [this](const TokenRatios& ratios, qint64 atMs) {
        m_intake.values.push({tokenRatiosName(), atMs, ratios.toJson()});
    });
    connect(&m_counter, &TokenCounter::counted, this,
            [this](quint64 id, const std::optional<TokenCount>& count) {
                emit replied({id, count ? toJson(*count) : QJsonObject(),
                              count ? QString() : QStringLiteral("the tokens could not be counted")});
            });
    // Objects with timers and notifiers end in the thread that they live in.
    connect(&m_watchThread, &QThread::finished, m_watcher, &QObject::deleteLater);
    connect(&m_engineThread, &QThread::finished, m_recorder, &QObject::deleteLater);
}

Orchestrator::~Orchestrator()
{
    if (!m_started) {
        delete m_watcher;
        delete m_desk;
        delete m_recorder;
        delete m_store;
        return;
    }
    m_frames.disconnect();
    m_attached.disconnect();
    m_notices.disconnect();
    m_watchNotices.disconnect();
    m_storeStates.disconnect();
    m_storeNotices.disconnect();
    // In the direction of the data: who ends last takes what the others said last.
    for (QThread* thread : {&m_watchThread, &m_engineThread, &m_storeThread}) {
        thread->quit();
        thread->wait();
    }
}

void Orchestrator::driveFrom(const DrivePlace& place)
{
    if (m_started || m_desk || place.reaper.isEmpty())
        return;
    m_desk = new DriveDesk(place, m_driveCommands, m_commands, m_events, m_notices);
    m_desk->moveToThread(&m_engineThread);
    connect(&m_engineThread, &QThread::finished, m_desk, &QObject::deleteLater);
    if (!m_store)
        connect(&m_engineThread, &QThread::started, m_desk, &DriveDesk::begin);
}

HostCapabilities Orchestrator::capabilities() const
{
    HostCapabilities capabilities;
    if (m_desk)
        capabilities.commands = DriveDesk::commands();
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
    m_storeStates.connectTo(this, [this](const std::vector<StoreNotice>& notices) {
        for (const StoreNotice& notice : notices)
            takeStoreNotice(notice);
    });
    m_attached.connectTo(this, [this](const std::vector<std::function<void()>>& attached) {
        m_frames.takeNow();
        for (const std::function<void()>& call : attached)
            call();
    });
    connectEngine();
    m_started = true;
    if (m_store)
        m_storeThread.start();
    else
        m_commands.push(BeginScan{});
    m_engineThread.start();
    m_watchThread.start();
}

/// What passes the engine thread on its way, so that nothing overtakes what was recorded before it.
void Orchestrator::connectEngine()
{
    m_watchNotices.connectTo(m_recorder, [this](std::vector<WatchNotice> notices) {
        m_events.takeNow();
        m_recorder->flush();
        for (WatchNotice& notice : notices) {
            if (const auto* lost = std::get_if<LostHistory>(&notice); lost && m_store)
                m_intake.queries.push(lost->query);
            else
                m_notices.push(std::move(notice));
        }
    });
    m_feeds.connectTo(m_recorder, [this](const std::vector<Feed>& feeds) {
        for (const Feed& feed : feeds) {
            m_recorder->addOut(feed.frames);
            m_attached.push(feed.attached);
        }
    });
    // The numbers go on where the store ends, and only then anything is read.
    m_storeNotices.connectTo(m_recorder, [this](std::vector<StoreNotice> notices) {
        for (StoreNotice& notice : notices) {
            if (auto* loaded = std::get_if<StoreLoaded>(&notice)) {
                m_recorder->startAfter(loaded->lastSeq);
                m_commands.push(std::move(loaded->kept));
                if (m_desk)
                    m_desk->begin();
            } else {
                m_storeStates.push(std::move(notice));
            }
        }
    });
}

void Orchestrator::feed(Handover<Events> frames, std::function<void()> attached)
{
    m_feeds.push({std::move(frames), std::move(attached)});
}

void Orchestrator::keepCounter(const QString& session, const QJsonObject& value, qint64 atMs)
{
    m_intake.values.push({counterPrefix() + session, atMs, value});
}

void Orchestrator::keepAudit(const AuditRow& row)
{
    m_intake.audit.push(row);
}

void Orchestrator::cancelScan()
{
    m_commands.push(CancelScan{});
}

quint64 Orchestrator::query(const QString& method, const QJsonObject& params)
{
    const quint64 id = ++m_lastQuery;
    if (method == QLatin1String("tokens"))
        countTokens(id, params);
    else if (DriveDesk::takes(method) && m_desk)
        m_driveCommands.push(WatchQuery{id, method, params});
    else if (DriveDesk::takes(method))
        refuseToAct(id);
    else
        m_commands.push(WatchQuery{id, method, params});
    return id;
}

void Orchestrator::refuseToAct(quint64 id)
{
    QMetaObject::invokeMethod(
        this,
        [this, id] {
            emit replied({id,
                          {},
                          QStringLiteral("agents cannot be started here: plimsoll-reaper is missing"),
                          QStringLiteral("unsupported")});
        },
        Qt::QueuedConnection);
}

/// Not a question for the watch thread: nothing may keep that from reading.
void Orchestrator::countTokens(quint64 id, const QJsonObject& params)
{
    constexpr qsizetype mostCharacters = qsizetype{16} * 1024 * 1024;
    const QString text = params.value(QStringLiteral("text")).toString();
    if (text.size() <= mostCharacters) {
        m_counter.count(id, text, params.value(QStringLiteral("model")).toString());
        return;
    }
    QMetaObject::invokeMethod(
        this,
        [this, id] {
            emit replied({id, {}, QStringLiteral("the text is too long to be counted here")});
        },
        Qt::QueuedConnection);
}

void Orchestrator::takeNotice(WatchNotice notice)
{
    if (const auto* progress = std::get_if<Progress>(&notice))
        emit progressed(*progress);
    else if (const auto* reply = std::get_if<Reply>(&notice))
        emit replied(*reply);
    else if (const auto* lost = std::get_if<LostHistory>(&notice))
        emit replied({lost->query.id, {}, QStringLiteral("the log is gone and no history is kept")});
    else
        emit failed(std::get<WatchFailure>(notice).text);
}

void Orchestrator::takeStoreNotice(const StoreNotice& notice)
{
    if (const auto* state = std::get_if<StoreState>(&notice))
        emit storeChanged(*state);
    else if (const auto* reply = std::get_if<Reply>(&notice))
        emit replied(*reply);
    else if (const auto* ack = std::get_if<StoreAck>(&notice))
        emit committed(ack->seq);
    else if (const auto* counter = std::get_if<KeptValue>(&notice);
             counter && counter->name.startsWith(counterPrefix()))
        emit counterLoaded(counter->name.mid(counterPrefix().size()), counter->json, counter->atMs);
    else if (const auto* value = std::get_if<KeptValue>(&notice))
        m_counter.setKnown(TokenRatios::fromJson(value->json), value->atMs);
}

} // namespace plimsoll
