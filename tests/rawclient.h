// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/servedfleet.h"

namespace plimsoll::test {

/// A WebSocket without a library: it says whatever it is told.
class RawClient
{
public:
    RawClient(const ServedFleet& fleet, const QByteArray& token)
    {
        socket.connectToHost(QHostAddress::LocalHost, fleet.port());
        socket.write(fleet.head("GET /ws", token,
                                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    }

    [[nodiscard]] bool isOpen()
    {
        return QTest::qWaitFor([this] { return socket.peek(12) == "HTTP/1.1 101"; }, 5000);
    }
    [[nodiscard]] bool isGone(int ms = 8000)
    {
        return QTest::qWaitFor([this] { return socket.state() == QAbstractSocket::UnconnectedState; }, ms);
    }

    /// A masked frame with a mask of zeros. \param claimed bytes that its head speaks of; -1 = as it is
    [[nodiscard]] static QByteArray frame(int opcode, const QByteArray& payload, qint64 claimed = -1)
    {
        const quint64 size = claimed < 0 ? quint64(payload.size()) : quint64(claimed);
        QByteArray out(1, char(0x80 | opcode));
        if (size < 126) {
            out += char(0x80U | size);
        } else {
            out += char(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8)
                out += char((size >> unsigned(shift)) & 0xffU);
        }
        return out + QByteArray(4, '\0') + payload;
    }

    QTcpSocket socket;
};

} // namespace plimsoll::test
