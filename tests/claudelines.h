// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <sys/stat.h>

// Lines of Claude Code transcripts, as small as the reader allows, and the files that hold them.
namespace plimsoll::test {

inline constexpr qint64 baseMs = 1'767'000'000'000; ///< ms UTC, a round time in the past

/// What one response says of its tokens, and which one it is.
struct Said
{
    QByteArray id;
    qint64 input = 0;
    qint64 output = 0;
    qint64 cacheRead = 0;
    const char* stop = "end_turn"; ///< "" = null
    const char* model = "claude-opus-4-5-20251101";
};

[[nodiscard]] inline QJsonObject lineOf(const char* type, qint64 atMs)
{
    return {{QStringLiteral("type"), QLatin1String(type)},
            {QStringLiteral("timestamp"),
             QDateTime::fromMSecsSinceEpoch(atMs, Qt::UTC).toString(Qt::ISODateWithMs)},
            {QStringLiteral("cwd"), QStringLiteral("/home/ann/boat")},
            {QStringLiteral("gitBranch"), QStringLiteral("main")},
            {QStringLiteral("version"), QStringLiteral("2.1.150")}};
}

[[nodiscard]] inline QByteArray jsonLine(const QJsonObject& object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
}

[[nodiscard]] inline QJsonObject promptObject(const QString& text, qint64 atMs)
{
    QJsonObject line = lineOf("user", atMs);
    line.insert(QStringLiteral("message"), QJsonObject{{QStringLiteral("role"), QStringLiteral("user")},
                                                       {QStringLiteral("content"), text}});
    return line;
}

[[nodiscard]] inline QByteArray promptLine(const QString& text, qint64 atMs)
{
    return jsonLine(promptObject(text, atMs));
}

[[nodiscard]] inline QJsonObject textBlock(const QString& text)
{
    return {{QStringLiteral("type"), QStringLiteral("text")}, {QStringLiteral("text"), text}};
}

[[nodiscard]] inline QJsonObject toolBlock(const QString& tool, const QString& command)
{
    return {{QStringLiteral("type"), QStringLiteral("tool_use")},
            {QStringLiteral("id"), QStringLiteral("toolu_1")},
            {QStringLiteral("name"), tool},
            {QStringLiteral("input"), QJsonObject{{QStringLiteral("command"), command}}}};
}

[[nodiscard]] inline QJsonObject messageOf(const Said& said, const QJsonObject& block)
{
    return {{QStringLiteral("id"), QString::fromLatin1(said.id)},
            {QStringLiteral("role"), QStringLiteral("assistant")},
            {QStringLiteral("model"), QLatin1String(said.model)},
            {QStringLiteral("stop_reason"),
             *said.stop != '\0' ? QJsonValue(QLatin1String(said.stop)) : QJsonValue(QJsonValue::Null)},
            {QStringLiteral("content"), QJsonArray{block}},
            {QStringLiteral("usage"), QJsonObject{{QStringLiteral("input_tokens"), said.input},
                                                  {QStringLiteral("output_tokens"), said.output},
                                                  {QStringLiteral("cache_read_input_tokens"), said.cacheRead},
                                                  {QStringLiteral("cache_creation_input_tokens"), 0}}}};
}

[[nodiscard]] inline QJsonObject answerObject(const Said& said, qint64 atMs,
                                              const QJsonObject& block = textBlock(QStringLiteral("done")))
{
    QJsonObject line = lineOf("assistant", atMs);
    line.insert(QStringLiteral("requestId"), QStringLiteral("req_") + QString::fromLatin1(said.id));
    line.insert(QStringLiteral("message"), messageOf(said, block));
    return line;
}

[[nodiscard]] inline QByteArray answerLine(const Said& said, qint64 atMs,
                                           const QJsonObject& block = textBlock(QStringLiteral("done")))
{
    return jsonLine(answerObject(said, atMs, block));
}

[[nodiscard]] inline QByteArray compactionLine(const QString& uuid, qint64 before, qint64 after, qint64 atMs)
{
    QJsonObject line = lineOf("system", atMs);
    line.insert(QStringLiteral("subtype"), QStringLiteral("compact_boundary"));
    line.insert(QStringLiteral("uuid"), uuid);
    line.insert(QStringLiteral("compactMetadata"),
                QJsonObject{{QStringLiteral("trigger"), QStringLiteral("auto")},
                            {QStringLiteral("preTokens"), before},
                            {QStringLiteral("postTokens"), after}});
    return jsonLine(line);
}

/// An answer of a subagent nested in its parent's log, as builds up to 2.1.62 wrote it.
[[nodiscard]] inline QByteArray nestedLine(const QString& agentId, const Said& said, qint64 atMs)
{
    QJsonObject inner = answerObject(said, atMs);
    inner.remove(QStringLiteral("cwd"));
    QJsonObject line = lineOf("progress", atMs);
    line.insert(QStringLiteral("data"),
                QJsonObject{{QStringLiteral("type"), QStringLiteral("agent_progress")},
                            {QStringLiteral("agentId"), agentId},
                            {QStringLiteral("prompt"), QStringLiteral("look around")},
                            {QStringLiteral("message"), inner}});
    return jsonLine(line);
}

/// Writes with the folders that are missing. False if it failed.
[[nodiscard]] inline bool writeBytes(const QString& path, const QByteArray& bytes,
                                     QIODevice::OpenMode mode = QIODevice::Truncate)
{
    for (qsizetype at = path.indexOf(QLatin1Char('/'), 1); at > 0;
         at = path.indexOf(QLatin1Char('/'), at + 1))
        ::mkdir(QFile::encodeName(path.left(at)).constData(), 0755);
    QFile file(path);
    return file.open(QIODevice::WriteOnly | mode) && file.write(bytes) == bytes.size();
}

[[nodiscard]] inline bool appendBytes(const QString& path, const QByteArray& bytes)
{
    return writeBytes(path, bytes, QIODevice::Append);
}

} // namespace plimsoll::test
