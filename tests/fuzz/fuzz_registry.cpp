// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as what Claude Code, Codex and the kernel tell of running sessions: no crash, and what is taken
// is sound.
#include "app/agents/claude/registry.h"
#include "app/agents/codex/locks.h"
#include "app/watch/procinfo.h"

#include <QtGlobal>

#include <cstddef>
#include <cstdint>

using namespace plimsoll;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char*>(data), qsizetype(size));
    if (const std::optional<RegistryEntry> entry = parseRegistryEntry(bytes)) {
        if (entry->pid <= 0 || entry->sessionId.isEmpty() || entry->sessionId.contains(u'/') ||
            entry->startedAtMs < 0)
            qFatal("an entry that makes no sense was taken");
    }
    if (const std::optional<JobState> job = parseJobState(bytes); job && job->sessionId.isEmpty())
        qFatal("a job without a session was taken");
    if (isRegistryName(bytes) && bytes.contains('/'))
        qFatal("a path was taken for a name");
    if (const auto threadId = threadOfLockName(bytes); threadId && threadId->contains('/'))
        qFatal("a path was taken for a thread");
    const QList<FlockHolder> holders = parseFlocks(bytes);
    for (const FlockHolder& holder : holders) {
        if (holder.pid <= 0)
            qFatal("a lock without a holder was taken");
    }
    if (const std::optional<ProcessStat> stat = parseProcessStat(bytes); stat && stat->state == '\0')
        qFatal("a state that is none was taken");
    return 0;
}
