// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QString>

namespace plimsoll {

// Whom to trust behind a TLS connection: the one certificate that was pinned, whoever signed it; without a
// pin those that this machine's authorities signed. Pure functions, any thread.

/// What to connect with. With a pin no authority is known: every certificate raises sslErrors(), and the pin
/// alone decides there.
[[nodiscard]] QSslConfiguration pinnedConfiguration(const QByteArray& pinSha256);

[[nodiscard]] bool isPinned(const QSslCertificate& certificate, const QByteArray& pinSha256);

/// Why it is not trusted and what to do, with both fingerprints; for people.
[[nodiscard]] QString certificateProblem(const QSslCertificate& certificate, const QByteArray& pinSha256,
                                         const QString& place);

} // namespace plimsoll
