// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QList>
#include <QObject>
#include <QString>

#include <memory>

namespace plimsoll {

/// Tells when processes end, by pidfd: without polling and without being their parent. Does not end any.
/// Belongs to one thread with an event loop; one open file per process watched.
class PidWatch : public QObject
{
    Q_OBJECT

public:
    static constexpr qsizetype maxWatched = 1024;

    explicit PidWatch(QObject* parent = nullptr);
    ~PidWatch() override;

    /// Waits for the end of the process `pid` that began at `procStart` (ProcessStat::startTicks). Again for
    /// the same process: nothing happens; for a new process of that number: the old one is forgotten. If it
    /// has ended already, ended() comes from the event loop. False: it cannot be watched, errorText() says
    /// why.
    [[nodiscard]] bool watch(qint64 pid, quint64 procStart);
    void unwatch(qint64 pid);

    [[nodiscard]] QList<qint64> pids() const { return m_watched.keys(); }
    [[nodiscard]] const QString& errorText() const { return m_errorText; }

signals:
    /// Once per process; it is unwatched then.
    void ended(qint64 pid);

private:
    struct Watched;

    void announce(qint64 pid, quint64 procStart);

    QHash<qint64, std::shared_ptr<Watched>> m_watched;
    QString m_errorText;
};

} // namespace plimsoll
