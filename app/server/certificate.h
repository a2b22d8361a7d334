// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace plimsoll {

/// A certificate that was made here, for devices that pin it.
struct ServerCertificate
{
    QByteArray certificatePem;
    QByteArray keyPem;
    QByteArray fingerprint; ///< SHA-256 of the DER, lower-case hex
};

/// The certificate of this data folder (`tls-certificate.pem`, `tls-key.pem`, both 0600): the one that is
/// there, or a new one (P-256, 397 days) where there is none or it ends within 30 days. Blocks on the disk.
/// \param names DNS names and numeric addresses that stand in it \return empty, or what is wrong
[[nodiscard]] QString loadCertificate(const QString& dir, const QStringList& names,
                                      ServerCertificate& certificate);

/// A new one, in memory alone; PEMs are empty where OpenSSL refuses.
[[nodiscard]] ServerCertificate makeCertificate(const QStringList& names);

} // namespace plimsoll
