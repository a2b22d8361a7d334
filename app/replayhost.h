// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

#include <QTimer>

#include <vector>

namespace plimsoll {

/// Plays a recording: JSON lines, first {"plimsoll_recording": 1, "label", "started_at"}, then events in the
/// codec's shape, each with `at`: ms relative to `started_at` (a number, may be negative) or a time (ISO
/// 8601). Touches no agent and no log. Lives in its receiver's thread; reads its file in the constructor (at
/// most maxFileBytes; bad lines are skipped and counted, see failed()). All times in it are shifted to the
/// present.
class ReplayHost : public Host
{
    Q_OBJECT

public:
    enum class Mode : quint8 {
        Live,   ///< what lies before `started_at` at once, the rest at its own speed, beginning now
        AtOnce, ///< everything at once, the last event happens now
    };

    static constexpr qint64 maxFileBytes = 64 * 1024 * 1024;
    static constexpr qint64 maxLineBytes = 1024 * 1024;

    ReplayHost(const QString& path, Mode mode, QObject* parent = nullptr);

    /// Path of the demo recording inside the program.
    [[nodiscard]] static QString demoPath();

    [[nodiscard]] quint64 lastSeq() const override { return m_next; }
    [[nodiscard]] HostCapabilities capabilities() const override;
    void start() override;
    void cancelScan() override; ///< nothing is scanned: does nothing
    quint64 query(const QString& method, const QJsonObject& params) override;

    [[nodiscard]] bool isAtEnd() const { return m_next >= m_events.size(); }

private:
    void load(const QString& path);
    [[nodiscard]] bool readHeader(const QByteArray& line);
    void readEvent(const QByteArray& line);
    void shiftTimes(qint64 byMs);
    void play();
    [[nodiscard]] Reply answer(const QString& method, const QJsonObject& params) const;
    [[nodiscard]] QJsonObject history(const QJsonObject& params) const;
    [[nodiscard]] QJsonObject curve(const QJsonObject& params) const;
    [[nodiscard]] std::optional<QString> text(const QJsonObject& params) const;

    const Mode m_mode;
    QString m_path;
    QString m_label;
    QString m_error; ///< why nothing can be played, for people
    qint64 m_startedAtMs = 0;
    qint64 m_badLines = 0;
    std::vector<Event> m_events; ///< in order of time
    size_t m_next = 0;           ///< first event not yet handed out
    quint64 m_lastQuery = 0;
    QTimer m_timer;
};

} // namespace plimsoll
