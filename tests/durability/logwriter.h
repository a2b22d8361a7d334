// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QRandomGenerator>
#include <QString>
#include <QStringList>

#include <vector>

namespace plimsoll::test {

/// Writes logs of Claude Code and Codex into a home, line by line, and knows what they add up to.
class LogWriter
{
public:
    explicit LogWriter(QString home);

    /// Appends something to one of the logs. False if it cannot be written.
    [[nodiscard]] bool grow();
    /// Deletes the oldest log and begins another; what it told counts on. False if that failed.
    [[nodiscard]] bool replaceOne();
    /// Where agents and the truth differ; empty = nowhere.
    [[nodiscard]] QStringList compare(const QList<Agent>& agents) const;

private:
    struct Session
    {
        bool isCodex = false;
        bool gone = false;
        QString id;
        QString path;
        qint64 responses = 0;
        qint64 input = 0; ///< uncached
        qint64 output = 0;
        qint64 cacheRead = 0;
        qint64 compactions = 0;
    };

    [[nodiscard]] bool begin(bool isCodex);
    [[nodiscard]] QByteArray claudeLines(Session& session);
    [[nodiscard]] QByteArray codexLine(Session& session);

    const QString m_home;
    QRandomGenerator m_random{1};
    qint64 m_clockMs; ///< no two lines have the same time
    std::vector<Session> m_sessions;
};

} // namespace plimsoll::test
