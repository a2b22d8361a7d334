// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/watch/pidwatch.h"

#include "app/agents/uniquefd.h"
#include "app/watch/procinfo.h"

#include <QSocketNotifier>

#include <cerrno>
#include <climits>
#include <sys/syscall.h>

namespace plimsoll {

struct PidWatch::Watched
{
    quint64 procStart = 0;
    UniqueFd fd; // outlives the notifier: members are destroyed from the last to the first
    std::unique_ptr<QSocketNotifier> notifier;
};

PidWatch::PidWatch(QObject* parent)
    : QObject(parent)
{
}

PidWatch::~PidWatch() = default;

bool PidWatch::watch(qint64 pid, quint64 procStart)
{
    const auto known = m_watched.constFind(pid);
    if (known != m_watched.cend() && (*known)->procStart == procStart)
        return true;
    if (pid <= 0 || pid > INT_MAX) {
        m_errorText = QStringLiteral("%1 is no process number.").arg(pid);
        return false;
    }
    if (known == m_watched.cend() && m_watched.size() >= maxWatched) {
        m_errorText = QStringLiteral("%1 processes are watched already.").arg(maxWatched);
        return false;
    }
    auto watched = std::make_shared<Watched>();
    watched->procStart = procStart;
    watched->fd.reset(int(::syscall(SYS_pidfd_open, pid_t(pid), 0))); // close-on-exec by itself
    const int error = watched->fd.isOpen() ? 0 : errno;
    if (error != 0 && error != ESRCH) {
        m_errorText = QStringLiteral("The end of process %1 cannot be awaited: %2")
                          .arg(pid)
                          .arg(qt_error_string(error));
        return false;
    }
    m_watched.insert(pid, watched);
    // Asked after opening: from here on the descriptor is surely that process, or it has ended.
    if (error == ESRCH || !isAlive(pid, procStart)) {
        QMetaObject::invokeMethod(
            this, [this, pid, procStart] { announce(pid, procStart); }, Qt::QueuedConnection);
        return true;
    }
    watched->notifier = std::make_unique<QSocketNotifier>(watched->fd.get(), QSocketNotifier::Read);
    connect(watched->notifier.get(), &QSocketNotifier::activated, this,
            [this, pid, procStart] { announce(pid, procStart); });
    return true;
}

void PidWatch::unwatch(qint64 pid)
{
    m_watched.remove(pid);
}

void PidWatch::announce(qint64 pid, quint64 procStart)
{
    const auto known = m_watched.constFind(pid);
    if (known == m_watched.cend() || (*known)->procStart != procStart)
        return; // unwatched meanwhile
    // We are called by the notifier that goes now: it stops at once and is deleted later.
    const std::shared_ptr<Watched> watched = m_watched.take(pid);
    if (QSocketNotifier* notifier = watched->notifier.release()) {
        notifier->setEnabled(false);
        notifier->deleteLater();
    }
    emit ended(pid);
}

} // namespace plimsoll
