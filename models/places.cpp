// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/places.h"

#include "models/privatefile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUrlQuery>

#include <algorithm>

namespace plimsoll {

namespace {

constexpr qint64 maxFileBytes = 256 * 1024;
constexpr qsizetype maxUrlChars = 500;
constexpr qsizetype sha256Bytes = 32;

bool isThisMachine(const QString& host)
{
    return host == QLatin1String("localhost") || host == QLatin1String("::1") ||
           (host.startsWith(QLatin1String("127.")) && host.count(QLatin1Char('.')) == 3 &&
            std::all_of(host.begin(), host.end(),
                        [](QChar c) { return c == u'.' || (c >= u'0' && c <= u'9'); }));
}

/// "ws" or "wss"; empty for other schemes.
QString socketScheme(const QString& scheme)
{
    if (scheme == QLatin1String("wss") || scheme == QLatin1String("https"))
        return QStringLiteral("wss");
    return scheme == QLatin1String("ws") || scheme == QLatin1String("http") ? QStringLiteral("ws")
                                                                            : QString();
}

QUrl onlyPlace(const QUrl& url)
{
    QUrl place;
    place.setScheme(socketScheme(url.scheme()));
    place.setHost(url.host());
    place.setPort(url.port(defaultPlacePort));
    return place;
}

QJsonObject toJson(const RemotePlace& place)
{
    return {{QStringLiteral("url"), place.url.toString()},
            {QStringLiteral("name"), place.name},
            {QStringLiteral("token"), place.token},
            {QStringLiteral("fingerprint"), QString::fromLatin1(place.fingerprintSha256.toHex())}};
}

std::optional<RemotePlace> placeFromJson(const QJsonObject& object)
{
    const auto textIn = [&object](const char* key) { return object.value(QLatin1String(key)).toString(); };
    QString problem;
    const std::optional<QUrl> url = placeUrlFromText(textIn("url"), problem);
    if (!url)
        return std::nullopt;
    RemotePlace place{*url, textIn("token"), {}, textIn("name").left(200)};
    if (!isToken(place.token))
        place.token.clear();
    const QString fingerprint = textIn("fingerprint");
    if (fingerprint.isEmpty())
        return place;
    // A place that was pinned must never be entered unpinned because its file is damaged.
    const std::optional<QByteArray> pin = fingerprintFromText(fingerprint);
    if (!pin)
        return std::nullopt;
    place.fingerprintSha256 = *pin;
    return place;
}

} // namespace

std::optional<QUrl> placeUrlFromText(const QString& text, QString& problem)
{
    const QString trimmed = text.trimmed();
    const QUrl url(trimmed, QUrl::StrictMode);
    problem.clear();
    // No word of what was given: it may hold a token.
    if (url.hasQuery() || !url.userInfo().isEmpty())
        problem = QStringLiteral("no token belongs into the address; give it by the dialog, --token-file or "
                                 "PLIMSOLL_TOKEN");
    else if (url.hasFragment())
        problem = QStringLiteral("this is a link for pairing or for a browser; paste a pairing link into "
                                 "Connect… in the menu, or give the address alone: wss://host:port");
    else if (trimmed.size() > maxUrlChars || !url.isValid() || url.host().isEmpty() ||
             socketScheme(url.scheme()).isEmpty())
        problem = QStringLiteral("the address must look like wss://host:7431");
    else if (!url.path().isEmpty() && url.path() != QLatin1String("/") && url.path() != QLatin1String("/ws"))
        problem = QStringLiteral("the address must end with the port: wss://host:7431");
    else if (url.port() == 0)
        problem = QStringLiteral("port 0 is none to connect to");
    else if (socketScheme(url.scheme()) == QLatin1String("ws") && !isThisMachine(url.host()))
        problem = QStringLiteral("without encryption only this machine itself is connected to; use wss://%1")
                      .arg(placeText(onlyPlace(url)));
    if (!problem.isEmpty())
        return std::nullopt;
    return onlyPlace(url);
}

std::optional<PairingLink> pairingLinkFromText(const QString& text)
{
    const QUrl url(text.trimmed(), QUrl::StrictMode);
    if (text.size() > 2 * maxUrlChars || !url.isValid() || url.scheme() != QLatin1String("https") ||
        url.host().isEmpty() || !url.userInfo().isEmpty() || url.hasQuery())
        return std::nullopt;
    const QUrlQuery parts(url.fragment());
    const QString code = parts.queryItemValue(QStringLiteral("pair"));
    const auto pin = fingerprintFromText(parts.queryItemValue(QStringLiteral("fp")));
    if (!isToken(code) || !pin)
        return std::nullopt;
    return PairingLink{onlyPlace(url), code, *pin};
}

std::optional<QByteArray> fingerprintFromText(const QString& text)
{
    if (text.size() > 200)
        return std::nullopt;
    QString digits;
    for (const QChar c : text) {
        const QChar small = c.toLower();
        if ((small >= u'0' && small <= u'9') || (small >= u'a' && small <= u'f'))
            digits += small;
        else if (c != u':' && !c.isSpace())
            return std::nullopt;
    }
    const QByteArray bytes = QByteArray::fromHex(digits.toLatin1());
    return digits.size() == 2 * sha256Bytes ? std::optional(bytes) : std::nullopt;
}

QString fingerprintText(const QByteArray& sha256)
{
    const QString hex = QString::fromLatin1(sha256.toHex());
    QStringList groups;
    for (qsizetype i = 0; i < hex.size(); i += 4)
        groups << hex.mid(i, 4);
    return groups.join(QLatin1Char(' '));
}

bool isToken(const QString& text)
{
    return !text.isEmpty() && text.size() <= 512 &&
           std::all_of(text.begin(), text.end(), [](QChar c) { return c > u' ' && c < u'\x7f'; });
}

QString placeText(const QUrl& url)
{
    const QString host = url.host();
    const QString shown = host.contains(QLatin1Char(':')) ? QStringLiteral("[%1]").arg(host) : host;
    return QStringLiteral("%1:%2").arg(shown).arg(url.port(defaultPlacePort));
}

Places::Places(QString path)
    : m_path(std::move(path))
{
}

QList<RemotePlace> Places::list() const
{
    QFile file(m_path);
    if (!file.open(QIODevice::ReadOnly) || file.size() > maxFileBytes)
        return {};
    const QJsonArray array =
        QJsonDocument::fromJson(file.read(maxFileBytes)).object().value(QLatin1String("places")).toArray();
    QList<RemotePlace> places;
    for (const auto& item : array) {
        if (auto place = placeFromJson(item.toObject()); place && places.size() < maxPlaces)
            places << std::move(*place);
    }
    return places;
}

std::optional<RemotePlace> Places::find(const QUrl& url) const
{
    const QList<RemotePlace> places = list();
    for (const RemotePlace& place : places) {
        if (place.url == url)
            return place;
    }
    return std::nullopt;
}

QString Places::remember(const RemotePlace& place) const
{
    QList<RemotePlace> places = list();
    places.removeIf([&place](const RemotePlace& other) { return other.url == place.url; });
    places.prepend(place);
    if (places.size() > maxPlaces)
        places.resize(maxPlaces);
    return write(places);
}

QString Places::forget(const QUrl& url) const
{
    QList<RemotePlace> places = list();
    if (places.removeIf([&url](const RemotePlace& place) { return place.url == url; }) == 0)
        return {};
    return write(places);
}

QString Places::write(const QList<RemotePlace>& places) const
{
    QJsonArray array;
    for (const RemotePlace& place : places)
        array.append(toJson(place));
    const QByteArray bytes = QJsonDocument(QJsonObject{{QStringLiteral("places"), array}}).toJson();
    const QString folder = QFileInfo(m_path).absolutePath();
    if (!QDir().mkpath(folder))
        return QStringLiteral("the folder %1 cannot be made").arg(folder);
    return writePrivately(m_path, bytes);
}

} // namespace plimsoll
