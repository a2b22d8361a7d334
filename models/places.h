// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QMetaType>
#include <QString>
#include <QUrl>

#include <optional>

namespace plimsoll {

/// Another machine's Plimsoll and what opens it.
struct RemotePlace
{
    QUrl url;                     ///< "ws(s)://host:port" and nothing more
    QString token;                ///< empty = none is known
    QByteArray fingerprintSha256; ///< of its certificate, 32 bytes; empty = any that a known authority signed
    QString name{};               ///< as it calls itself, for people; empty = not known yet
    bool operator==(const RemotePlace&) const = default;
};

/// A link by which a device is let in: where to ask, by what, and whom to trust.
struct PairingLink
{
    QUrl url; ///< "wss://host:port"
    QString code;
    QByteArray fingerprintSha256; ///< 32 bytes
    bool operator==(const PairingLink&) const = default;
};

inline constexpr int defaultPlacePort = 7431;

/// "wss://desk:7431", "https://desk", "ws://127.0.0.1:7431", "http://localhost:7431". A token in it is
/// refused: a URL is shown and kept in too many places. Plain ws only to this machine itself. \param problem
/// why it is none and what to write in its place, for people
[[nodiscard]] std::optional<QUrl> placeUrlFromText(const QString& text, QString& problem);

/// "https://ADDRESS:PORT/#pair=CODE&fp=SHA256HEX"; nothing where it is none.
[[nodiscard]] std::optional<PairingLink> pairingLinkFromText(const QString& text);

/// 64 hex digits, with or without colons or spaces between them, as 32 bytes; nothing where it is none.
[[nodiscard]] std::optional<QByteArray> fingerprintFromText(const QString& text);

/// In groups that can be compared by eye: "ab12 cd34 …"; empty for none.
[[nodiscard]] QString fingerprintText(const QByteArray& sha256);

/// What a token looks like, so that no newline gets into a request: 1 to 512 visible ASCII characters.
[[nodiscard]] bool isToken(const QString& text);

/// "desk:7431"
[[nodiscard]] QString placeText(const QUrl& url);

/// The places that the operator has connected to, in one file (0600: it holds tokens) that is replaced as a
/// whole. Reads the file at each call: another window may have written it. Does not connect. Any thread,
/// blocks on the disk.
class Places
{
public:
    static constexpr int maxPlaces = 100;

    /// \param path of the file; its folder is made where it is missing
    explicit Places(QString path);

    /// Last used first. A damaged file holds none.
    [[nodiscard]] QList<RemotePlace> list() const;
    [[nodiscard]] std::optional<RemotePlace> find(const QUrl& url) const;

    /// Puts it first, in place of the one with its URL. \return empty, or what is wrong, for people
    [[nodiscard]] QString remember(const RemotePlace& place) const;
    [[nodiscard]] QString forget(const QUrl& url) const;

private:
    [[nodiscard]] QString write(const QList<RemotePlace>& places) const;

    QString m_path;
};

} // namespace plimsoll

Q_DECLARE_METATYPE(plimsoll::PairingLink)
Q_DECLARE_METATYPE(plimsoll::RemotePlace)
