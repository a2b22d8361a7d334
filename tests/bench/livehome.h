// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/claudelines.h"

#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace plimsoll::bench {

/// Sessions of Claude Code in a home of their own that grow line by line; each line is a response whose
/// context says which line it is.
class LiveHome
{
public:
    /// Writes the first two lines of each session.
    LiveHome(QString home, int sessions)
        : m_home(std::move(home))
    {
        m_lines.resize(size_t(sessions), 0);
        for (int i = 0; i < sessions; ++i) {
            const QByteArray begin =
                test::promptLine(QStringLiteral("Paint boat %1").arg(i), startMs()) + lineOf(i, 0);
            m_fine = m_fine && test::writeBytes(pathOf(i), begin);
            m_files.push_back(
                ::open(QFile::encodeName(pathOf(i)).constData(), O_WRONLY | O_APPEND | O_CLOEXEC));
            m_fine = m_fine && m_files.back() >= 0;
        }
    }
    ~LiveHome()
    {
        for (const int file : m_files)
            ::close(file);
    }
    Q_DISABLE_COPY_MOVE(LiveHome)

    [[nodiscard]] bool isFine() const { return m_fine; }
    [[nodiscard]] int sessions() const { return int(m_files.size()); }
    [[nodiscard]] static QString sessionId(int session)
    {
        return QStringLiteral("%1-0000-4000-8000-000000000000").arg(session, 8, 16, QLatin1Char('0'));
    }
    [[nodiscard]] QString pathOf(int session) const
    {
        return QStringLiteral("%1/.claude/projects/-home-ann-boat%2/%3.jsonl")
            .arg(m_home)
            .arg(session % 40)
            .arg(sessionId(session));
    }

    /// Line `number` of a session is the one with this context, in tokens.
    static constexpr qint64 contextOf(qint64 number) { return 10'000 + number; }

    /// Appends the next line and returns its number; -1 if that failed.
    qint64 grow(int session)
    {
        const qint64 number = ++m_lines[size_t(session)];
        const QByteArray line = lineOf(session, number);
        return ::write(m_files[size_t(session)], line.constData(), size_t(line.size())) == line.size()
                   ? number
                   : -1;
    }

private:
    [[nodiscard]] static qint64 startMs() { return QDateTime::currentMSecsSinceEpoch(); }

    [[nodiscard]] static QByteArray lineOf(int session, qint64 number)
    {
        // As long as lines of real logs in the median.
        static const QString text = QString(700, QLatin1Char('x'));
        test::Said said;
        said.id = "msg_" + QByteArray::number(session) + '_' + QByteArray::number(number);
        said.output = 50;
        said.cacheRead = contextOf(number);
        return test::answerLine(said, startMs(), test::textBlock(text));
    }

    QString m_home;
    std::vector<int> m_files;
    std::vector<qint64> m_lines;
    bool m_fine = true;
};

} // namespace plimsoll::bench
