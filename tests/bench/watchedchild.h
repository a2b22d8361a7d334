// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

#include <memory>

namespace plimsoll::bench {

/// What a process has used so far, all its living threads together.
struct ProcessAccount
{
    double cpuMs = 0;
    qint64 wakeUps = 0;    ///< times that a thread slept and was woken
    qint64 bytesRead = 0;  ///< by read() and its like, from whatever
    double residentMb = 0; ///< 10^6 bytes, shared pages included
    double peakMb = 0;
};

[[nodiscard]] ProcessAccount accountOf(qint64 pid);

/// A screen that nobody sees: Xvfb, or where that is not installed Qt's offscreen platform.
class HiddenScreen
{
public:
    HiddenScreen();
    ~HiddenScreen();

    /// For the names of results: "xvfb" or "offscreen".
    [[nodiscard]] const char* name() const { return m_display.isEmpty() ? "offscreen" : "xvfb"; }
    void setInto(QProcessEnvironment& environment) const;

private:
    QProcess m_server;
    QString m_display; ///< such as ":99"; empty = offscreen
};

/// A program that is looked at while it runs. Ended by the destructor.
class WatchedChild
{
public:
    /// \param home the child's HOME; no variable of ours but PATH reaches the child
    WatchedChild(const QString& program, const QStringList& arguments, const QString& home,
                 const HiddenScreen& screen);
    ~WatchedChild();

    /// Waits for a line of its standard error that holds `text`. Milliseconds since it was started, -1 = it
    /// did not come.
    [[nodiscard]] double waitFor(const QByteArray& text, int timeoutMs = 60'000);

    /// Waits until it has used no processor for a whole second. False: not within two minutes.
    [[nodiscard]] bool waitUntilQuiet() const;

    [[nodiscard]] ProcessAccount account() const { return accountOf(m_process.processId()); }
    [[nodiscard]] bool isRunning() const { return m_process.state() == QProcess::Running; }

private:
    QProcess m_process;
    qint64 m_startNs = 0; ///< of the steady clock
    QByteArray m_said;
};

} // namespace plimsoll::bench
