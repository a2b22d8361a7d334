// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/remotehost.h"
#include "models/fleetpicture.h"
#include "tests/fakeserver.h"
#include "tests/fleetsamples.h"

#include <QTest>

#include <tuple>

// A RemoteHost on a FakeServer, for the tests of both its halves.
namespace plimsoll::test {

inline RemoteLink::Timing quick()
{
    RemoteLink::Timing timing;
    timing.retryMs = {10, 10, 10, 10, 10};
    return timing;
}

/// A host, and what a window would have made of it.
struct Desk
{
    explicit Desk(const RemotePlace& place, const RemoteLink::Timing& timing = quick())
        : host(place, timing)
    {
        QObject::connect(&host, &Host::reset, &host, [this](const QList<Agent>& agents, quint64 seq) {
            ++resets;
            picture = {};
            for (const Agent& agent : agents)
                picture.agents.insert(agent.id, agent);
            picture.seq = seq;
        });
        QObject::connect(&host, &Host::recorded, &host, [this](const Events& events) {
            for (const Event& event : events) {
                if (event.seq != 0 && event.seq != picture.seq + 1)
                    ++gaps;
                std::ignore = apply(picture, event);
                all << event;
            }
        });
        QObject::connect(&host, &Host::replied, &host, [this](const Reply& reply) { replies << reply; });
        QObject::connect(&host, &Host::failed, &host, [this](const QString& text) { said << text; });
    }

    [[nodiscard]] LinkState::Phase phase() const { return host.link().phase; }

    RemoteHost host;
    FleetPicture picture;
    Events all;
    QList<Reply> replies;
    QStringList said;
    int resets = 0;
    int gaps = 0;
};

inline RemotePlace placeOf(const QUrl& url)
{
    return {url, QStringLiteral("s3cret"), {}};
}

inline FleetPicture fleetOf(int count)
{
    FleetPicture fleet;
    for (int i = 1; i <= count; ++i)
        fleet.agents.insert(samples::idOf(i), samples::agent(i));
    return fleet;
}

inline QByteArray updateOf(int number, const QJsonObject& changes, quint64 seq)
{
    return wire::updated(samples::idOf(number), QJsonDocument(changes).toJson(QJsonDocument::Compact), seq,
                         samples::nowMs);
}

inline QByteArray tokens(int number, qint64 count, quint64 seq)
{
    return updateOf(number, {{QStringLiteral("context_tokens"), count}}, seq);
}

/// Up, with a fleet of that many.
inline void connectTo(Desk& desk, FakeServer& server, int agents = 2)
{
    desk.host.start();
    QTRY_COMPARE(server.hellos.size(), 1);
    server.sayFleet(fleetOf(agents), 100);
    QTRY_COMPARE(desk.phase(), LinkState::Phase::Connected);
}

} // namespace plimsoll::test
