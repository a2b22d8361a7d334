// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a frame of a server: read or not, and what was read of agents can be merged and applied.
#include "app/server/wireread.h"
#include "models/apply.h"

#include <QtGlobal>

#include <cstddef>
#include <cstdint>

using namespace plimsoll;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char*>(data), qsizetype(size));
    const auto messages = wire::readFrame(bytes);
    if (!messages)
        return 0;
    Agent agent;
    for (const wire::Message& message : *messages) {
        const auto* updated = std::get_if<wire::Updated>(&message);
        if (!updated)
            continue;
        Agent followed = agent;
        const Events events = wire::eventsOf(*updated, agent);
        for (const Event& event : events)
            apply(followed, event);
        if (followed != agent)
            qFatal("the events of an update do not make the new agent");
    }
    return 0;
}
