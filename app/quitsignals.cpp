// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/quitsignals.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <csignal>
#include <sys/eventfd.h>
#include <unistd.h>

namespace plimsoll {

namespace {

volatile std::sig_atomic_t wakeFd = -1;

/// Only what is safe in a signal handler: one write.
void wake(int /*signal*/)
{
    const eventfd_t one = 1;
    if (::write(wakeFd, &one, sizeof one) < 0)
        ::_exit(1); // nobody listens any more
}

void setHandler(int signal, void (*handler)(int))
{
    if (std::signal(signal, handler) == SIG_ERR)
        qWarning("signal %d keeps its default", signal);
}

} // namespace

QuitSignals::QuitSignals(QObject* parent)
    : QObject(parent)
    , m_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    setHandler(SIGPIPE, SIG_IGN);
    if (m_fd < 0)
        return; // the signals end the program at once, as they do by default
    wakeFd = m_fd;
    m_notifier = new QSocketNotifier(m_fd, QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, [this] {
        m_notifier->setEnabled(false);
        QCoreApplication::quit();
    });
    setHandler(SIGINT, wake);
    setHandler(SIGTERM, wake);
}

QuitSignals::~QuitSignals()
{
    setHandler(SIGINT, SIG_DFL);
    setHandler(SIGTERM, SIG_DFL);
    wakeFd = -1;
    if (m_fd >= 0)
        ::close(m_fd);
}

} // namespace plimsoll
