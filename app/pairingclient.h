// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/places.h"

#include <QNetworkAccessManager>
#include <QObject>
#include <QPointer>

class QNetworkReply;

namespace plimsoll {

/// Asks another machine's Plimsoll to let this one in, by a pairing link: the server there answers when its
/// operator has. Talks to nobody but the holder of the certificate that the link names. Keeps nothing. GUI
/// thread.
class PairingClient : public QObject
{
    Q_OBJECT

public:
    explicit PairingClient(QObject* parent = nullptr);

    /// Asks; what was asked before is given up. \param deviceName what the operator there is shown
    void pair(const PairingLink& link, const QString& deviceName);
    void cancel(); ///< silently

signals:
    void paired(const plimsoll::RemotePlace& place);
    void failed(const QString& text); ///< why not and what to do, for people

private:
    void onAnswered(QNetworkReply& reply);

    QNetworkAccessManager m_network;
    QPointer<QNetworkReply> m_reply;
    PairingLink m_link;
    QString m_certificateProblem;
};

} // namespace plimsoll
