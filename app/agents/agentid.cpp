// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/agentid.h"

#include "models/names.h"

namespace plimsoll {

namespace {

/// Version 5 ids of agents are made in this namespace (a random UUID, fixed for ever).
const QUuid idNamespace(0x5d0e6a0b, 0x6c1f, 0x4f6e, 0x9b, 0x0d, 0x2f, 0x2a, 0x7b, 0x9e, 0x31, 0xc4);

} // namespace

AgentId agentIdOf(AgentKind kind, const QString& home, const QString& nativePath)
{
    return {QUuid::createUuidV5(idNamespace,
                                toName(kind) + QLatin1Char('\n') + home + QLatin1Char('\n') + nativePath)};
}

} // namespace plimsoll
