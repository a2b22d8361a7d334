// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/orchestrator.h"
#include "models/apply.h"
#include "tests/claudelines.h"

#include <QDir>

#include <fcntl.h>
#include <random>
#include <unistd.h>

// Logs that grow and are disturbed while the engine reads them, and what must have been counted in the end.
namespace plimsoll::test {

/// How many events the kernel keeps for one reader; 0 = it does not say.
[[nodiscard]] inline int inotifyQueueLength()
{
    QFile limit(QStringLiteral("/proc/sys/fs/inotify/max_queued_events"));
    return limit.open(QIODevice::ReadOnly) ? limit.readAll().trimmed().toInt() : 0;
}

/// Sessions of Claude Code. Every line is a response of one output token that no other line repeats, so the
/// sum of all output is the number of lines that ever stood there whole.
class GrowingHome
{
public:
    /// Writes one line into each session.
    GrowingHome(QString home, int sessions)
        : m_home(std::move(home))
        , m_sessions(sessions)
    {
        for (int i = 0; i < sessions; ++i)
            m_good = writeBytes(pathOf(i), nextLine()) && m_good;
    }

    [[nodiscard]] int sessions() const { return m_sessions; }
    [[nodiscard]] qint64 outputTokens() const { return m_next; }
    [[nodiscard]] QString pathOf(int session) const { return pathIn(m_home, session); }
    [[nodiscard]] static QString pathIn(const QString& home, int session)
    {
        return QStringLiteral("%1/.claude/projects/-boat-%2/%3-0000-4000-8000-000000000000.jsonl")
            .arg(home)
            .arg(session % 40)
            .arg(session, 8, 16, QLatin1Char('0'));
    }

    [[nodiscard]] bool grow(int session, int lines = 1)
    {
        QByteArray bytes;
        for (int i = 0; i < lines; ++i)
            bytes += nextLine();
        return put(session, bytes, O_APPEND);
    }

    /// A line that is too long to be read, full of zeros. It counts for nothing.
    [[nodiscard]] bool growLongLine(int session, qint64 bytes)
    {
        const QByteArray path = QFile::encodeName(pathOf(session));
        const qint64 size = QFileInfo(pathOf(session)).size();
        return ::truncate(path.constData(), size + bytes) == 0 && put(session, "\n", O_APPEND);
    }

    /// Cuts, empties, replaces or renames the log at random and writes at least one new line. All that stood
    /// in it before must have been read.
    [[nodiscard]] bool rotate(int session, std::mt19937& random)
    {
        const QString path = pathOf(session);
        const int lines = 1 + int(random() % 5);
        switch (random() % 5) {
        case 0: return grow(session, lines);
        case 1: return put(session, {}, O_TRUNC) && grow(session, lines);
        case 2: { // cut back to the end of its first line
            QFile file(path);
            if (!file.open(QIODevice::ReadWrite))
                return false;
            const qint64 end = file.readLine().size();
            return file.resize(end) && grow(session, lines);
        }
        case 3: return QFile::remove(path) && grow(session, lines);
        default: { // moved away by name, another in its place
            const QString old = path + QStringLiteral(".old");
            QFile::remove(old);
            return QFile::rename(path, old) && grow(session, lines);
        }
        }
    }

private:
    [[nodiscard]] QByteArray nextLine()
    {
        const qint64 number = ++m_next;
        return answerLine({"msg_" + QByteArray::number(number), 1, 1}, baseMs + number);
    }

    [[nodiscard]] bool put(int session, const QByteArray& bytes, int flag) const
    {
        const int file = ::open(QFile::encodeName(pathOf(session)).constData(),
                                O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0600);
        const bool good = file >= 0 && ::write(file, bytes.constData(), size_t(bytes.size())) == bytes.size();
        return file >= 0 && ::close(file) == 0 && good && m_good;
    }

    QString m_home;
    int m_sessions;
    bool m_good = true;
    qint64 m_next = 0;
};

/// The fleet as a receiver keeps it.
class Tally
{
public:
    void take(const Events& events)
    {
        for (const Event& event : events) {
            if (!event.agent.isNull())
                apply(m_agents[event.agent], event);
        }
    }
    [[nodiscard]] qint64 outputTokens() const
    {
        qint64 sum = 0;
        for (const Agent& agent : m_agents)
            sum += agent.usage.outputTokens.value_or(0);
        return sum;
    }

private:
    QHash<AgentId, Agent> m_agents;
};

/// The engine on a home, with all its threads.
class Engine
{
public:
    explicit Engine(const QString& home)
        : m_host(Catalogue::builtIn(), home, agentHomes(home, false))
    {
        QObject::connect(&m_host, &Host::recorded, &m_host,
                         [this](const Events& events) { m_tally.take(events); });
        QObject::connect(&m_host, &Host::progressed, &m_host,
                         [this](const Progress& progress) { m_scanned = m_scanned || !progress.running; });
        m_host.start();
    }
    [[nodiscard]] bool isScanned() const { return m_scanned; }
    [[nodiscard]] const Tally& tally() const { return m_tally; }

private:
    Orchestrator m_host;
    Tally m_tally;
    bool m_scanned = false;
};

} // namespace plimsoll::test
