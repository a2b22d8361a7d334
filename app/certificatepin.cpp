// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/certificatepin.h"

#include "models/places.h"

#include <QCryptographicHash>
#include <QSslSocket>

namespace plimsoll {

QSslConfiguration pinnedConfiguration(const QByteArray& pinSha256)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setPeerVerifyMode(QSslSocket::VerifyPeer);
    configuration.setProtocol(QSsl::TlsV1_2OrLater);
    if (!pinSha256.isEmpty())
        configuration.setCaCertificates({});
    return configuration;
}

bool isPinned(const QSslCertificate& certificate, const QByteArray& pinSha256)
{
    return !certificate.isNull() && !pinSha256.isEmpty() &&
           certificate.digest(QCryptographicHash::Sha256) == pinSha256;
}

QString certificateProblem(const QSslCertificate& certificate, const QByteArray& pinSha256,
                           const QString& place)
{
    const QString shown = certificate.isNull()
                              ? QStringLiteral("none")
                              : fingerprintText(certificate.digest(QCryptographicHash::Sha256));
    if (pinSha256.isEmpty())
        return QStringLiteral(
                   "The certificate of %1 is not known here. Its fingerprint is %2. Compare it with the "
                   "one that the other machine shows, and give it with the address.")
            .arg(place, shown);
    return QStringLiteral(
               "%1 is not who it was: its certificate has the fingerprint %2, expected was %3. If the "
               "other machine has made a new certificate, pair with it again; else somebody stands "
               "between.")
        .arg(place, shown, fingerprintText(pinSha256));
}

} // namespace plimsoll
