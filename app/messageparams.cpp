// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/messageparams.h"

#include "models/jsonparts.h"

#include <QByteArray>
#include <QUuid>

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr qsizetype maxText = qsizetype{1024} * 1024;
constexpr qsizetype maxImages = 8;
constexpr qsizetype maxImageBytes = 5'000'000; // of the API
constexpr qsizetype maxAllBytes = 20'000'000;

Refusal wrong(const char* field, const QString& text)
{
    return {QStringLiteral("bad_request"), text, QLatin1String(field)};
}

/// The media type that the first bytes tell; empty = none that an agent takes.
QLatin1String typeOf(const QByteArray& bytes)
{
    if (bytes.startsWith("\x89PNG\r\n\x1a\n"))
        return QLatin1String("image/png");
    if (bytes.startsWith("\xff\xd8\xff"))
        return QLatin1String("image/jpeg");
    if (bytes.startsWith("GIF87a") || bytes.startsWith("GIF89a"))
        return QLatin1String("image/gif");
    return bytes.startsWith("RIFF") && bytes.mid(8, 4) == "WEBP" ? QLatin1String("image/webp")
                                                                 : QLatin1String();
}

/// Empty = good.
QString readImages(const QJsonValue& value, QList<DriveImage>& images)
{
    if (value.isUndefined() || value.isNull())
        return {};
    if (!value.isArray() || value.toArray().size() > maxImages)
        return QStringLiteral("must be a list of at most %1 pictures").arg(maxImages);
    qsizetype all = 0;
    for (const auto& entry : value.toArray()) {
        const QJsonObject image = entry.toObject();
        const QString data = json::text(image, "data");
        const auto decoded =
            QByteArray::fromBase64Encoding(data.toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded || decoded.decoded.isEmpty())
            return QStringLiteral("\"data\" of a picture is not base64");
        all += decoded.decoded.size();
        if (decoded.decoded.size() > maxImageBytes || all > maxAllBytes)
            return QStringLiteral("a picture may have at most 5 MB, all together 20 MB");
        if (typeOf(decoded.decoded).isEmpty() || typeOf(decoded.decoded) != json::text(image, "media_type"))
            return QStringLiteral("a picture must be a PNG, JPEG, GIF or WebP, as its \"media_type\" says");
        images.append({json::text(image, "media_type"), data});
    }
    return {};
}

} // namespace

std::variant<DriveMessage, Refusal> readMessage(const QJsonObject& params)
{
    DriveMessage message;
    message.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    message.text = json::text(params, "text");
    const QString mode = json::text(params, "mode");
    if (message.text.trimmed().isEmpty() || message.text.size() > maxText)
        return wrong("text", QStringLiteral("\"text\" must have 1 to %1 characters").arg(maxText));
    if (!mode.isEmpty() && mode != QLatin1String("queue") && mode != QLatin1String("steer"))
        return wrong("mode", QStringLiteral("\"mode\" must be queue or steer"));
    message.mode = mode == QLatin1String("steer") ? SendMode::Steer : SendMode::Queue;
    const QString fault = readImages(params.value(QLatin1String("images")), message.images);
    if (!fault.isEmpty())
        return wrong("images", fault);
    return message;
}

} // namespace plimsoll
