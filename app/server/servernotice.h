// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/server/counters.h"
#include "app/store/auditrow.h"
#include "models/fleetpicture.h"
#include "models/host.h"
#include "models/sharing.h"

#include <variant>

// What crosses between the server thread and its owner's: values alone.
namespace plimsoll {

/// A question to the host; answered by HostReply with the same id.
struct HostQuestion
{
    quint64 id = 0;
    QString method;
    QJsonObject params;
};

struct CounterKept
{
    QString session;
    ContextValue value;
};
struct LinkMade
{
    QString link; ///< empty: `fault` says why
    bool isPairing = false;
    QString fault;
};
struct TokenMade
{
    QString name;
    QString secret;
};
struct ServerFailure
{
    QString text;
};
/// Wants SeedFleet, with all up to this event in it: those went by while it was off.
struct SeedWanted
{
    quint64 seq = 0;
};
/// It listens. `tokenFile` holds the operator's token and nothing else.
struct ServerListens
{
    QString url;
    QString tokenFile;
};
using ServerNotice = std::variant<SharingState, HostQuestion, AuditRow, CounterKept, LinkMade, TokenMade,
                                  ServerFailure, SeedWanted, ServerListens>;

struct SwitchOn
{
    SharingPlace place;
};
struct SwitchOff
{
};
/// What there was before the first event; nothing is told before it came.
struct SeedFleet
{
    FleetPicture picture;
};
struct HostFacts
{
    HostCapabilities capabilities;
};
struct HostReply
{
    Reply reply;
};
struct MakeLink
{
    bool isPairing = false;
};
struct AddToken
{
    QString name;
    AccessRole role = AccessRole::Viewer;
    QStringList origins;
};
struct SetRole
{
    QString tokenId;
    AccessRole role = AccessRole::Viewer;
};
struct RevokeToken
{
    QString tokenId;
};
struct DecidePairing
{
    QString pairingId;
    bool accepted = false;
    AccessRole role = AccessRole::Viewer;
};
/// Posted in an earlier run.
struct KeptCounter
{
    QString session;
    ContextValue value;
};
/// Something that people at viewers should know, too.
struct SayToAll
{
    QString level;
    QString text;
};
using ServerCommand = std::variant<SwitchOn, SwitchOff, SeedFleet, HostFacts, HostReply, MakeLink, AddToken,
                                   SetRole, RevokeToken, DecidePairing, KeptCounter, SayToAll>;

} // namespace plimsoll
