// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"
#include "models/places.h"

#include <QElapsedTimer>
#include <QList>
#include <QTimer>

#include <memory>

class QWebSocket;

namespace plimsoll {

/// The connection to another machine's event stream: opens it, notices when it is gone, opens it again, and
/// says how it stands. Knows nothing of what is said over it but `ping`. GUI thread; every call returns at
/// once.
class RemoteLink : public QObject
{
    Q_OBJECT

public:
    struct Timing
    {
        QList<int> retryMs{1000, 2000, 4000, 8000,
                           16'000}; ///< before each further attempt; then it has failed
        int pingMs = 30'000;
        int silenceMs = 60'000;   ///< without a word: lost
        int handshakeMs = 15'000; ///< from an attempt to the first word
    };

    static constexpr quint64 maxFrameBytes = 4ULL * 1024 * 1024;
    static constexpr qsizetype maxSentBytes = 64 * 1024; ///< the server drops who sends more at once
    static constexpr qsizetype maxWaiting = 200;

    RemoteLink(RemotePlace place, Timing timing, QObject* parent = nullptr);
    ~RemoteLink() override;

    [[nodiscard]] const LinkState& state() const { return m_state; }
    [[nodiscard]] bool isUp() const { return m_state.phase == LinkState::Phase::Connected; }

    void open();  ///< at once, if none is under way; the attempts are counted from 1
    void retry(); ///< the same, where the link is lost or has failed
    void wake();  ///< the same, where nobody answered; not where it was refused: that would be so again

    /// Sends when the server's limit of messages allows. \return empty, or why not, for people
    [[nodiscard]] QString send(const QByteArray& message);

    /// What is shown is true (again).
    void settle();
    /// There is no use in trying again. \param text what is wrong and what to do, for people
    void fail(const QString& text);

signals:
    void opened();
    void received(const QByteArray& frame);
    void closed(); ///< what was asked is not answered any more
    void changed();

private:
    void connectSocket();
    void onConnected();
    void onGone();
    void onCertificate();
    void onHeard(const QByteArray& frame);
    void ping();
    void pump();
    void lose(const QString& text);
    void drop();
    [[nodiscard]] bool wasRefused(QString& text) const;
    void become(LinkState::Phase phase, const QString& text, int attempt);

    const RemotePlace m_place;
    const Timing m_timing;
    LinkState m_state;
    std::unique_ptr<QWebSocket, void (*)(QWebSocket*)> m_socket;
    QTimer m_retryTimer;
    QTimer m_pingTimer;
    QTimer m_handshakeTimer;
    QTimer m_pumpTimer;
    QElapsedTimer m_heard;
    QElapsedTimer m_pumped;
    QList<QByteArray> m_waiting;
    double m_allowance = 0;  ///< messages that may be sent now
    int m_attempt = 0;       ///< since it was last up; 0 = none yet
    qsizetype m_retries = 0; ///< waits since it was last up
    bool m_wasUp = false;
    bool m_mayWake = false;
};

} // namespace plimsoll
