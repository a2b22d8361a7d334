// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QJsonObject>

// What those share that read JSON: the codec, the wire, the commands.
namespace plimsoll::json {

inline constexpr qsizetype maxListItems = 10'000; ///< more of a list is not read

[[nodiscard]] inline QJsonValue value(const QJsonObject& object, const char* key)
{
    return object.value(QLatin1String(key));
}

[[nodiscard]] inline QString text(const QJsonObject& object, QLatin1String key)
{
    return object.value(key).toString();
}

[[nodiscard]] inline QString text(const QJsonObject& object, const char* key)
{
    return text(object, QLatin1String(key));
}

[[nodiscard]] inline QJsonValue textOrNull(const QString& value)
{
    return value.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(value);
}

[[nodiscard]] inline QJsonValue idToJson(const AgentId& id)
{
    return id.isNull() ? QJsonValue(QJsonValue::Null) : QJsonValue(id.toString());
}

[[nodiscard]] inline AgentId idFromJson(const QJsonObject& object, const char* key)
{
    return AgentId::fromString(text(object, key));
}

/// Names and summaries stand on screen for ever: what a peer sends is bounded.
[[nodiscard]] inline QString shortText(const QJsonObject& object, const char* key)
{
    return text(object, key).left(maxLogBytes);
}

} // namespace plimsoll::json
