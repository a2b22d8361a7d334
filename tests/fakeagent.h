// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/claudelines.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <tuple>

namespace plimsoll::test {

/// Prints one line of the stream, and it is on its way.
inline void sayLine(const QByteArray& line)
{
    std::ignore = std::fwrite(line.constData(), 1, size_t(line.size()), stdout);
    std::ignore = std::fputc('\n', stdout);
    std::ignore = std::fflush(stdout);
}

inline void sayState(const char* state)
{
    sayLine(QByteArray(R"({"type":"system","subtype":"session_state_changed","state":")") + state + "\"}");
}

[[nodiscard]] inline QString argumentAfter(const QStringList& arguments, const char* option)
{
    const qsizetype at = arguments.indexOf(QLatin1String(option));
    return at < 0 ? QString() : arguments.value(at + 1);
}

/// A stand-in for Claude Code: answers its prompts as their first word says, and writes its log.
class FakeAgent
{
public:
    explicit FakeAgent(const QStringList& arguments)
        : m_session(argumentAfter(arguments, "--session-id"))
    {
        if (m_session.isEmpty())
            m_session = argumentAfter(arguments, "--resume");
        const QString folder = qEnvironmentVariable("HOME") + QStringLiteral("/.claude/projects/-boat");
        QDir().mkpath(folder);
        m_log = folder + QLatin1Char('/') + m_session + QStringLiteral(".jsonl");
    }

    int run()
    {
        std::string text;
        while (m_exit < 0 && std::getline(std::cin, text))
            take(QJsonDocument::fromJson(QByteArray::fromStdString(text)).object());
        return std::max(m_exit, 0);
    }

private:
    void take(const QJsonObject& line)
    {
        const QString type = line.value(QStringLiteral("type")).toString();
        if (type == QLatin1String("control_request"))
            reply(line);
        else if (type == QLatin1String("control_response"))
            answered(line.value(QStringLiteral("response")).toObject());
        else
            prompted(line.value(QStringLiteral("uuid")).toString(),
                     line.value(QStringLiteral("message")).toObject().value(QStringLiteral("content")));
    }

    void prompted(const QString& uuid, const QJsonValue& content)
    {
        const QJsonArray parts = content.toArray();
        const QString text = parts.isEmpty()
                                 ? content.toString()
                                 : parts.last().toObject().value(QStringLiteral("text")).toString() +
                                       QStringLiteral(" with %1 pictures").arg(parts.size() - 1);
        if (text.startsWith(QLatin1String("later"))) {
            m_waiting = uuid; // until somebody withdraws it
            return;
        }
        sayLine(R"({"type":"command_lifecycle","state":"started","command_uuid":")" + uuid.toUtf8() + "\"}");
        turn(text);
    }

    /// What a request of its host gives; an error text where it refuses.
    QJsonObject responseTo(const QJsonObject& request, QString& error)
    {
        const auto text = [&request](const char* key) {
            return request.value(QLatin1String(key)).toString();
        };
        const QString subtype = text("subtype");
        if (subtype == QLatin1String("get_context_usage"))
            return {{QStringLiteral("rawMaxTokens"), 123'456},
                    {QStringLiteral("autoCompactThreshold"), 100'000}};
        if (subtype == QLatin1String("initialize"))
            return {
                {QStringLiteral("commands"),
                 QJsonArray{QJsonObject{{QStringLiteral("name"), QStringLiteral("compact")},
                                        {QStringLiteral("description"), QStringLiteral("Frees the window")},
                                        {QStringLiteral("argumentHint"), QStringLiteral("[hint]")}}}},
                {QStringLiteral("models"),
                 QJsonArray{QJsonObject{{QStringLiteral("value"), QStringLiteral("opus")},
                                        {QStringLiteral("displayName"), QStringLiteral("Opus")}}}},
                {QStringLiteral("claude_code_version"), QStringLiteral("2.1.330")},
                {QStringLiteral("current_permission_mode"), QStringLiteral("default")}};
        if (subtype == QLatin1String("set_model"))
            return {{QStringLiteral("model"), text("model") + QStringLiteral("-resolved")}};
        if (subtype == QLatin1String("set_permission_mode") && text("mode") == QLatin1String("auto"))
            error = QStringLiteral("auto is not for you");
        if (subtype == QLatin1String("set_permission_mode"))
            return {{QStringLiteral("mode"), text("mode")}};
        if (subtype == QLatin1String("get_task_output"))
            return {{QStringLiteral("output"), QStringLiteral("tick")}, {QStringLiteral("total_bytes"), 4}};
        if (subtype == QLatin1String("stop_task"))
            sayLine(
                R"({"type":"system","subtype":"task_updated","task_id":"t1","patch":{"status":"killed"}})");
        if (subtype == QLatin1String("cancel_async_message")) {
            const bool isWaiting = text("message_uuid") == m_waiting;
            if (isWaiting)
                sayLine(R"({"type":"command_lifecycle","state":"cancelled","command_uuid":")" +
                        m_waiting.toUtf8() + "\"}");
            return {{QStringLiteral("cancelled"), isWaiting}};
        }
        return {};
    }

    void reply(const QJsonObject& line)
    {
        const QString subtype =
            line.value(QStringLiteral("request")).toObject().value(QStringLiteral("subtype")).toString();
        QString error;
        const QJsonObject response = responseTo(line.value(QStringLiteral("request")).toObject(), error);
        QJsonObject told{{QStringLiteral("subtype"),
                          error.isEmpty() ? QStringLiteral("success") : QStringLiteral("error")},
                         {QStringLiteral("request_id"), line.value(QStringLiteral("request_id"))},
                         {QStringLiteral("response"), response}};
        if (!error.isEmpty())
            told.insert(QStringLiteral("error"), error);
        sayLine(QJsonDocument(QJsonObject{{QStringLiteral("type"), QStringLiteral("control_response")},
                                          {QStringLiteral("response"), told}})
                    .toJson(QJsonDocument::Compact));
        if (subtype == QLatin1String("interrupt"))
            finish(
                R"({"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming"})");
    }

    void turn(const QString& text)
    {
        ++m_turn;
        sayState("running");
        sayLine(R"({"type":"system","subtype":"init","session_id":")" + m_session.toUtf8() + "\"}");
        append(promptLine(text, baseMs + m_turn * 10));
        if (text.startsWith(QLatin1String("die"))) {
            std::ignore = std::fputs("out of paint\n", stderr);
            m_exit = 3;
        } else if (text.startsWith(QLatin1String("ask"))) {
            sayState("requires_action");
            sayLine(
                R"({"type":"control_request","request_id":"q1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"touch  a"},"permission_suggestions":[]}})");
        } else if (text.startsWith(QLatin1String("task"))) {
            sayLine(
                R"({"type":"system","subtype":"task_started","task_id":"t1","task_type":"local_bash","description":"Tick"})");
            finish(R"({"type":"result","subtype":"success"})");
        } else if (text.startsWith(QLatin1String("withdraw"))) {
            sayLine(
                R"({"type":"control_request","request_id":"q2","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{}}})");
            sayLine(R"({"type":"control_cancel_request","request_id":"q2"})");
            finish(R"({"type":"result","subtype":"success"})");
        } else if (text.startsWith(QLatin1String("garbage"))) {
            sayLine("no json \x00\xff\xfe");
            sayLine(QByteArray(2'000'000, 'x'));
            std::ignore = std::fputs("half a line", stdout);
            std::ignore = std::fflush(stdout);
            m_exit = 1;
        } else if (!text.startsWith(QLatin1String("hang"))) {
            for (const char* piece : {"all ", "well"})
                sayLine(
                    QByteArray(
                        R"({"type":"stream_event","parent_tool_use_id":null,"event":{"type":"content_block_delta","delta":{"type":"text_delta","text":")") +
                    piece + "\"}}}");
            sayLine(R"({"type":"stream_event","parent_tool_use_id":null,"event":{"type":"message_stop"}})");
            const int answers = text.startsWith(QLatin1String("rapid")) ? 300 : 1;
            const int input = text.startsWith(QLatin1String("zero"))   ? 0
                              : text.startsWith(QLatin1String("huge")) ? 150'000
                                                                       : m_turn * 1000;
            for (int i = 0; i < answers; ++i)
                append(answerLine(
                    {m_session.toUtf8() + QByteArray::number(m_turn * 1000 + i), input, input == 0 ? 0 : 7},
                    baseMs + m_turn * 10 + 1));
            finish(R"({"type":"result","subtype":"success","is_error":false})");
        }
    }

    void answered(const QJsonObject& response)
    {
        // What it was told, for the test to see: as the words of its answer.
        const QJsonObject answer = response.value(QStringLiteral("response")).toObject();
        append(jsonLine(promptObject(
            QStringLiteral("told ") + QString::fromUtf8(QJsonDocument(answer).toJson(QJsonDocument::Compact)),
            baseMs + 500)));
        finish(R"({"type":"result","subtype":"success","is_error":false})");
    }

    static void finish(const char* result)
    {
        sayLine(result);
        sayState("idle");
    }

    void append(const QByteArray& line) { QVERIFY(appendBytes(m_log, line)); }

    QString m_session;
    QString m_log;
    QString m_waiting; ///< a message that it does not take
    int m_turn = 0;
    int m_exit = -1;
};

} // namespace plimsoll::test
