// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudestream.h"

#include "app/agents/jsontext.h"
#include "models/jsonparts.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QStringDecoder>

#include <algorithm>

namespace plimsoll {

namespace {

using Kind = ClaudeFrame::Kind;

constexpr qsizetype maxWords = 500;
constexpr qsizetype maxPlan = qsizetype{64} * 1024;

QJsonObject objectIn(const QJsonObject& object, const char* key)
{
    return object.value(QLatin1String(key)).toObject();
}

void readSystem(const QJsonObject& line, ClaudeFrame& frame)
{
    const QString subtype = json::text(line, "subtype");
    if (subtype == QLatin1String("init")) {
        frame.kind = Kind::Init;
        frame.model = json::text(line, "model").left(maxWords);
        frame.mode = json::text(line, "permissionMode").left(maxWords);
    } else if (subtype == QLatin1String("session_state_changed")) {
        frame.kind = Kind::SessionState;
        frame.text = json::text(line, "state");
    } else if (subtype == QLatin1String("status")) {
        frame.kind = Kind::Status;
        frame.text = json::text(line, "status");
        frame.mode = json::text(line, "permissionMode").left(maxWords);
    } else if (subtype.startsWith(QLatin1String("task_"))) {
        frame.kind = Kind::Task;
        frame.text = subtype;
        frame.response = line;
    } else if (subtype == QLatin1String("api_retry")) {
        frame.kind = Kind::Retry;
        frame.text = QStringLiteral("attempt %1 of %2: %3")
                         .arg(line.value(QLatin1String("attempt")).toInt())
                         .arg(line.value(QLatin1String("max_retries")).toInt())
                         .arg(json::text(line, "error").left(maxWords));
    }
}

void readStreamEvent(const QJsonObject& line, ClaudeFrame& frame)
{
    if (!json::text(line, "parent_tool_use_id").isEmpty())
        return; // a subagent's: its own row, and its log tells
    const QJsonObject event = objectIn(line, "event");
    const QString type = json::text(event, "type");
    const QJsonObject delta = objectIn(event, "delta");
    if (type == QLatin1String("content_block_delta") &&
        json::text(delta, "type") == QLatin1String("text_delta")) {
        frame.kind = Kind::TextDelta;
        frame.text = json::text(delta, "text");
    } else if (type == QLatin1String("content_block_stop") || type == QLatin1String("message_stop")) {
        frame.kind = Kind::TextEnd;
    }
}

void readResult(const QJsonObject& line, ClaudeFrame& frame)
{
    frame.kind = Kind::Result;
    frame.response = objectIn(line, "modelUsage");
    const QString subtype = json::text(line, "subtype");
    frame.isError = line.value(QLatin1String("is_error")).toBool() || subtype != QLatin1String("success");
    if (!frame.isError)
        return;
    const QJsonArray errors = line.value(QLatin1String("errors")).toArray();
    frame.text = errors.isEmpty() ? json::text(line, "result") : errors.first().toString();
    // Interrupted by the operator: not a failure.
    if (json::text(line, "terminal_reason").startsWith(QLatin1String("aborted")))
        frame.isError = false;
    if (frame.text.isEmpty())
        frame.text = subtype;
    frame.text.truncate(maxWords);
}

/// Of a message only a plan: in the request for its approval the client leaves it out.
void readAssistant(const QJsonObject& line, ClaudeFrame& frame)
{
    if (!json::text(line, "parent_tool_use_id").isEmpty())
        return;
    for (const auto& value : objectIn(line, "message").value(QLatin1String("content")).toArray()) {
        const QJsonObject block = value.toObject();
        if (json::text(block, "type") != QLatin1String("tool_use") ||
            json::text(block, "name") != QLatin1String("ExitPlanMode"))
            continue;
        frame.kind = Kind::Plan;
        frame.toolUseId = json::text(block, "id");
        frame.text = json::text(objectIn(block, "input"), "plan").left(maxPlan);
    }
}

/// The input as it stands in the line, byte for byte; empty where it is no object or no UTF-8.
QByteArray rawInput(QByteArrayView line)
{
    simdjson::ondemand::parser parser;
    const simdjson::padded_string padded(line.data(), size_t(line.size()));
    simdjson::ondemand::document document;
    simdjson::ondemand::object input;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
        document["request"]["input"].get_object().get(input) != simdjson::SUCCESS)
        return {};
    std::string_view raw;
    if (input.raw_json().get(raw) != simdjson::SUCCESS)
        return {};
    QByteArray bytes(raw.data(), qsizetype(raw.size()));
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString text = decoder(bytes);
    return decoder.hasError() || text.toUtf8() != bytes ? QByteArray() : bytes;
}

PermissionKind kindOf(const QString& tool)
{
    if (tool == QLatin1String("AskUserQuestion"))
        return PermissionKind::Question;
    return tool == QLatin1String("ExitPlanMode") ? PermissionKind::Plan : PermissionKind::Permission;
}

QString ruleText(const QJsonArray& rules)
{
    QStringList texts;
    for (const auto& entry : rules) {
        const QJsonObject rule = entry.toObject();
        for (const auto& one : rule.value(QLatin1String("rules")).toArray()) {
            const QString content = json::text(one.toObject(), "ruleContent");
            texts << json::text(one.toObject(), "toolName") +
                         (content.isEmpty() ? QString() : QStringLiteral("(%1)").arg(content));
        }
        for (const auto& folder : rule.value(QLatin1String("directories")).toArray())
            texts << QStringLiteral("files in ") + folder.toString();
    }
    const QString text = texts.join(QStringLiteral(", "));
    return text.size() > maxWords ? QString() : text; // what cannot be shown whole is not offered
}

void readRequest(const QJsonObject& line, QByteArrayView bytes, ClaudeFrame& frame)
{
    frame.requestId = json::text(line, "request_id");
    const QJsonObject request = objectIn(line, "request");
    frame.text = json::text(request, "subtype");
    frame.kind = Kind::OtherRequest;
    if (frame.text != QLatin1String("can_use_tool"))
        return;
    frame.question.requestId = frame.requestId;
    frame.question.tool = json::text(request, "tool_name");
    frame.toolUseId = json::text(request, "tool_use_id");
    frame.question.kind = kindOf(frame.question.tool);
    frame.question.input = rawInput(bytes);
    if (frame.question.input.isEmpty())
        return; // nothing that could be shown as it is: refused
    frame.kind = Kind::Question;
    if (frame.question.kind == PermissionKind::Question)
        frame.question.questions = objectIn(request, "input").value(QLatin1String("questions")).toArray();
    frame.suggestions = request.value(QLatin1String("permission_suggestions")).toArray();
    if (frame.question.kind == PermissionKind::Permission)
        frame.question.sessionLabel = ruleText(sessionRules(frame.suggestions));
}

void readReply(const QJsonObject& line, ClaudeFrame& frame)
{
    const QJsonObject response = objectIn(line, "response");
    frame.kind = Kind::Reply;
    frame.requestId = json::text(response, "request_id");
    frame.isError = json::text(response, "subtype") != QLatin1String("success");
    frame.text = json::text(response, "error").left(maxWords);
    frame.response = objectIn(response, "response");
}

void readLimits(const QJsonObject& line, ClaudeFrame& frame)
{
    const QJsonObject windows = objectIn(objectIn(line, "rate_limit_info"), "unifiedWindows");
    if (windows.isEmpty())
        return;
    frame.kind = Kind::Limits;
    frame.limits.kind = AgentKind::ClaudeCode;
    frame.limits.atMs = QDateTime::currentMSecsSinceEpoch();
    for (const auto& [key, name] : {std::pair("five_hour", "5 h"), std::pair("seven_day", "7 d")}) {
        const QJsonObject window = objectIn(windows, key);
        if (window.isEmpty())
            continue;
        const double used = std::clamp(window.value(QLatin1String("utilization")).toDouble(), 0.0, 10.0);
        const qint64 resets = window.value(QLatin1String("resetsAt")).toInteger();
        frame.limits.windows.append(
            {QLatin1String(name), used * 100, std::clamp<qint64>(resets, 0, 4'000'000'000) * 1000});
    }
}

} // namespace

std::optional<ClaudeFrame> parseClaudeFrame(QByteArrayView bytes)
{
    const QJsonDocument document =
        QJsonDocument::fromJson(QByteArray::fromRawData(bytes.data(), bytes.size()));
    if (!document.isObject())
        return std::nullopt;
    const QJsonObject line = document.object();
    const QString type = json::text(line, "type");
    ClaudeFrame frame;
    frame.session = json::text(line, "session_id");
    if (type == QLatin1String("stream_event")) {
        readStreamEvent(line, frame);
    } else if (type == QLatin1String("assistant")) {
        readAssistant(line, frame);
    } else if (type == QLatin1String("system")) {
        readSystem(line, frame);
    } else if (type == QLatin1String("result")) {
        readResult(line, frame);
    } else if (type == QLatin1String("control_request")) {
        readRequest(line, bytes, frame);
    } else if (type == QLatin1String("control_response")) {
        readReply(line, frame);
    } else if (type == QLatin1String("control_cancel_request")) {
        frame.kind = Kind::Withdrawn;
        frame.requestId = json::text(line, "request_id");
    } else if (type == QLatin1String("command_lifecycle")) {
        frame.kind = Kind::Lifecycle;
        frame.requestId = json::text(line, "command_uuid");
        frame.text = json::text(line, "state");
    } else if (type == QLatin1String("rate_limit_event")) {
        readLimits(line, frame);
    }
    return frame;
}

QJsonArray sessionRules(const QJsonArray& suggestions)
{
    QJsonArray rules;
    for (const auto& value : suggestions) {
        QJsonObject rule = value.toObject();
        const QString type = json::text(rule, "type");
        const bool allows =
            type == QLatin1String("addRules") && json::text(rule, "behavior") == QLatin1String("allow");
        if (!allows && type != QLatin1String("addDirectories"))
            continue; // a change of mode would allow much more than what is shown
        rule.insert(QStringLiteral("destination"), QStringLiteral("session"));
        rules.append(rule);
    }
    return rules;
}

QByteArray permissionReply(const QString& requestId, const DriveAnswer& answer, const QJsonArray& rules)
{
    const auto compact = [](const QJsonObject& object) {
        return QJsonDocument(object).toJson(QJsonDocument::Compact);
    };
    QByteArray response;
    const bool allows =
        answer.effect == DriveAnswer::Effect::AllowOnce || answer.effect == DriveAnswer::Effect::AllowSession;
    if (allows) {
        QByteArray input = answer.input;
        if (!answer.answers.isEmpty()) {
            input.truncate(input.lastIndexOf('}')); // what stands before stays as it is
            input +=
                (input.trimmed() == "{" ? "\"answers\":" : ",\"answers\":") + compact(answer.answers) + '}';
        }
        response = R"({"behavior":"allow","updatedInput":)" + input;
        if (answer.effect == DriveAnswer::Effect::AllowSession && !rules.isEmpty())
            response += R"(,"updatedPermissions":)" + QJsonDocument(rules).toJson(QJsonDocument::Compact);
        response += '}';
    } else {
        QJsonObject denied{{QStringLiteral("behavior"), QStringLiteral("deny")},
                           {QStringLiteral("message"), answer.message}};
        if (answer.effect == DriveAnswer::Effect::DenyAndStop)
            denied.insert(QStringLiteral("interrupt"), true);
        response = compact(denied);
    }
    const QByteArray id = QJsonDocument(QJsonArray{requestId}).toJson(QJsonDocument::Compact);
    QByteArray line = R"({"type":"control_response","response":{"subtype":"success","request_id":)" +
                      id.sliced(1, id.size() - 2) + R"(,"response":)" + response + "}}";
    // Outside of texts, where JSON has none: white space, but on this wire the end of the message.
    line.replace('\n', ' ').replace('\r', ' ');
    return line + '\n';
}

} // namespace plimsoll
