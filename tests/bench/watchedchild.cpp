// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/watchedchild.h"

#include <QDir>
#include <QFile>
#include <QThread>

#include <chrono>

namespace plimsoll::bench {

namespace {

qint64 steadyNs()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The number behind "key:" in a file of /proc, 0 = it is not there.
qint64 numberOf(const QByteArray& text, const QByteArray& key)
{
    const QList<QByteArray> lines = text.split('\n');
    for (const QByteArray& line : lines) {
        if (line.startsWith(key + ':'))
            return line.mid(key.size() + 1).simplified().split(' ').first().toLongLong();
    }
    return 0;
}

} // namespace

ProcessAccount accountOf(qint64 pid)
{
    const QString proc = QStringLiteral("/proc/%1/").arg(pid);
    ProcessAccount account;
    const QStringList threads =
        QDir(proc + QStringLiteral("task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString& thread : threads) {
        const QString task = proc + QStringLiteral("task/") + thread + QLatin1Char('/');
        account.cpuMs += contentOf(task + QStringLiteral("schedstat")).split(' ').first().toDouble() / 1e6;
        account.wakeUps += numberOf(contentOf(task + QStringLiteral("status")), "voluntary_ctxt_switches");
    }
    account.bytesRead = numberOf(contentOf(proc + QStringLiteral("io")), "rchar");
    account.residentMb =
        double(numberOf(contentOf(proc + QStringLiteral("smaps_rollup")), "Rss")) * 1024 / 1e6;
    account.peakMb = double(numberOf(contentOf(proc + QStringLiteral("status")), "VmHWM")) * 1024 / 1e6;
    return account;
}

HiddenScreen::HiddenScreen()
{
    m_server.setStandardErrorFile(QProcess::nullDevice());
    m_server.start(QStringLiteral("Xvfb"),
                   {QStringLiteral("-displayfd"), QStringLiteral("1"), QStringLiteral("-screen"),
                    QStringLiteral("0"), QStringLiteral("1920x1200x24"), QStringLiteral("-nolisten"),
                    QStringLiteral("tcp"), QStringLiteral("-noreset")});
    if (m_server.waitForStarted() && m_server.waitForReadyRead(10'000))
        m_display = QLatin1Char(':') + QString::fromLatin1(m_server.readLine().trimmed());
}

HiddenScreen::~HiddenScreen()
{
    m_server.terminate();
    m_server.waitForFinished(5000);
}

void HiddenScreen::setInto(QProcessEnvironment& environment) const
{
    environment.insert(QStringLiteral("QT_QPA_PLATFORM"),
                       m_display.isEmpty() ? QStringLiteral("offscreen") : QStringLiteral("xcb"));
    environment.insert(QStringLiteral("DISPLAY"), m_display);
}

WatchedChild::WatchedChild(const QString& program, const QStringList& arguments, const QString& home,
                           const HiddenScreen& screen)
{
    QProcessEnvironment environment;
    environment.insert(QStringLiteral("HOME"), home);
    environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
    environment.insert(QStringLiteral("PATH"), qEnvironmentVariable("PATH"));
    screen.setInto(environment);
    m_process.setProcessEnvironment(environment);
    m_process.setStandardOutputFile(QProcess::nullDevice());
    m_process.setReadChannel(QProcess::StandardError);
    m_startNs = steadyNs();
    m_process.start(program, arguments);
    m_process.waitForStarted();
}

WatchedChild::~WatchedChild()
{
    m_process.terminate();
    if (!m_process.waitForFinished(10'000)) {
        m_process.kill();
        m_process.waitForFinished();
    }
}

double WatchedChild::waitFor(const QByteArray& text, int timeoutMs)
{
    const qint64 endNs = m_startNs + qint64(timeoutMs) * 1'000'000;
    while (!m_said.contains(text)) {
        const qint64 leftMs = (endNs - steadyNs()) / 1'000'000;
        if (leftMs <= 0 || !m_process.waitForReadyRead(int(leftMs)))
            return -1;
        m_said += m_process.readAll();
    }
    return double(steadyNs() - m_startNs) / 1e6;
}

bool WatchedChild::waitUntilQuiet() const
{
    double before = account().cpuMs;
    for (int second = 0; second < 120; ++second) {
        QThread::sleep(1);
        const double now = account().cpuMs;
        if (now - before < 1)
            return isRunning();
        before = now;
    }
    return false;
}

} // namespace plimsoll::bench
