// SPDX-License-Identifier: GPL-3.0-or-later
// Any JSON as an event: skipped, or taken; what is taken says the same when it is written and read once more.
#include "models/codec.h"

#include <QJsonDocument>
#include <QtGlobal>

#include <cstddef>
#include <cstdint>

using namespace plimsoll;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char*>(data), qsizetype(size));
    const std::optional<Event> event = eventFromJson(QJsonDocument::fromJson(bytes).object());
    if (!event)
        return 0;
    const QJsonObject json = toJson(*event);
    const QByteArray text = QJsonDocument(json).toJson(QJsonDocument::Compact);
    const std::optional<Event> again = eventFromJson(QJsonDocument::fromJson(text).object());
    if (!again || toJson(*again) != json)
        qFatal("an event changed on its way: %s", text.constData());
    return 0;
}
