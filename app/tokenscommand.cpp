// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokenscommand.h"

#include "app/store/store.h"
#include "app/tokens/tokencount.h"
#include "app/watch/ratiosamples.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include <cstdio>
#include <tuple>

namespace plimsoll {

namespace {

constexpr qint64 maxBytes = qint64{256} * 1024 * 1024;

/// Out of the history where they are fresh there, else learned now and kept there. A history that cannot be
/// used costs the learning, nothing else.
TokenRatios ratiosFor(const QList<LogRoot>& roots, const QString& dataDir, Tokenizers& tokenizers)
{
    Database database;
    KeptValue kept{tokenRatiosName(), 0, {}};
    const bool hasHistory =
        !dataDir.isEmpty() && database.open(dataDir, Database::Access::ReadOnly).isEmpty();
    if (hasHistory && !database.loadValue(kept).isEmpty())
        kept.atMs = 0;
    const KnownRatios known{TokenRatios::fromJson(kept.json), kept.atMs};
    const std::optional<KnownRatios> fresh = refreshRatios(known, roots, tokenizers);
    if (!fresh)
        return known.ratios;
    StoreBatch batch;
    batch.values = {{kept.name, fresh->atMs, fresh->ratios.toJson()}};
    if (hasHistory && database.open(dataDir, Database::Access::ReadWrite).isEmpty())
        std::ignore = database.write(batch); // learned again next time
    return fresh->ratios;
}

} // namespace

std::optional<QByteArray> readInput(const QString& path, QString& error)
{
    QFile file(path);
    const bool isStdin = path == QLatin1String("-");
    const QString name = isStdin ? QStringLiteral("standard input") : path;
    const auto refuse = [&](const QString& reason) {
        error = name + QStringLiteral(": ") + reason;
        return std::nullopt;
    };
    if (!isStdin && QFileInfo(path).isDir())
        return refuse(QStringLiteral("is a folder"));
    const bool isOpen = isStdin ? file.open(stdin, QIODevice::ReadOnly) : file.open(QIODevice::ReadOnly);
    if (!isOpen)
        return refuse(file.errorString());
    QByteArray bytes;
    // Pipes and devices do not tell their size: read to the end, but not for ever.
    for (;;) {
        constexpr qint64 chunk = qint64{1024} * 1024;
        const QByteArray more = file.read(chunk);
        if (more.isEmpty())
            break;
        bytes += more;
        if (bytes.size() > maxBytes)
            return refuse(QStringLiteral("has more than 256 MB"));
    }
    if (file.error() != QFileDevice::NoError)
        return refuse(file.errorString());
    return bytes;
}

QByteArray tokensOutput(const QByteArray& text, const QString& model, bool json, const QList<LogRoot>& roots,
                        const QString& dataDir)
{
    Tokenizers tokenizers;
    const TokenRatios ratios = isEstimated(model) ? ratiosFor(roots, dataDir, tokenizers) : TokenRatios();
    const std::optional<TokenCount> count =
        countTokens({text.constData(), size_t(text.size())}, model, tokenizers, ratios);
    if (!count)
        return {};
    return json ? QJsonDocument(toJson(*count)).toJson() : countText(*count).toUtf8();
}

} // namespace plimsoll
