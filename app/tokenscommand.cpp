// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokenscommand.h"

#include "app/tokens/tokencount.h"
#include "app/watch/ratiosamples.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include <cstdio>

namespace plimsoll {

namespace {

constexpr qint64 maxBytes = qint64{256} * 1024 * 1024;

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

QByteArray tokensOutput(const QByteArray& text, const QString& model, bool json, const QList<LogRoot>& roots)
{
    Tokenizers tokenizers;
    const TokenRatios ratios = isEstimated(model) ? learnRatios(roots, tokenizers) : TokenRatios();
    const std::optional<TokenCount> count =
        countTokens({text.constData(), size_t(text.size())}, model, tokenizers, ratios);
    if (!count)
        return {};
    return json ? QJsonDocument(toJson(*count)).toJson() : countText(*count).toUtf8();
}

} // namespace plimsoll
