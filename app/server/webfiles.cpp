// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/webfiles.h"

#include <QFile>

#include <algorithm>
#include <array>
#include <utility>

namespace plimsoll {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 6> types{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".webmanifest", "application/manifest+json"},
}};

/// Names of ours: no path leads out of the folder.
bool isPlainName(QByteArrayView name)
{
    const auto isPlain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    };
    return !name.isEmpty() && name.size() < 64 && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), isPlain);
}

} // namespace

std::optional<HttpReply> webFile(QByteArrayView path)
{
    const QByteArrayView name = path == "/" ? QByteArrayView("index.html") : path.sliced(1);
    if (!isPlainName(name))
        return std::nullopt;
    for (const auto& [ending, type] : types) {
        if (!name.endsWith(ending))
            continue;
        QFile file(QStringLiteral(":/web/") + QString::fromLatin1(name));
        if (!file.open(QIODevice::ReadOnly))
            return std::nullopt;
        HttpReply reply;
        reply.body = file.readAll();
        reply.contentType = type;
        reply.isCacheable = true;
        return reply;
    }
    return std::nullopt;
}

} // namespace plimsoll
