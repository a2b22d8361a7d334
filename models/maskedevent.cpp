// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/masking.h"

#include <QJsonArray>
#include <QJsonObject>

namespace plimsoll {

namespace {

QStringList masked(QStringList list)
{
    for (QString& text : list)
        text = maskSecrets(text);
    return list;
}

// One line each, cut by the readers without a sign.
void maskInfo(AgentInfo& info)
{
    info.name = maskSecrets(info.name, TextEnd::Cut);
    info.summary = maskSecrets(info.summary, TextEnd::Cut);
    info.gitBranch = maskSecrets(info.gitBranch);
    info.role = maskSecrets(info.role);
    info.notes = masked(std::move(info.notes));
}

struct BodyMasker
{
    void operator()(AgentAdded& body) const
    {
        maskInfo(body.agent.info);
        body.agent.stateReason = maskSecrets(body.agent.stateReason);
    }
    void operator()(AgentChanged& body) const { maskInfo(body.info); }
    void operator()(StateChanged& body) const { body.reason = maskSecrets(body.reason); }
    void operator()(Logged& body) const
    {
        body.text = maskSecrets(body.text, body.truncated ? TextEnd::Cut : TextEnd::Whole);
        body.tool = maskSecrets(body.tool);
    }
    void operator()(PermissionAsked& body) const
    {
        body.tool = maskSecrets(body.tool);
        body.input = maskSecrets(body.input);
        for (PermissionOption& option : body.options)
            option.label = maskSecrets(option.label);
        body.questions = maskedTexts(body.questions).toArray();
    }
    void operator()(PermissionAnswered& body) const { body.outcome = maskSecrets(body.outcome); }
    void operator()(TextStreamed& body) const
    {
        body.chunk = maskSecrets(body.chunk, body.last ? TextEnd::Whole : TextEnd::Cut);
    }
    // No text of an agent in these.
    void operator()(AgentRemoved&) const {}
    void operator()(UsageChanged&) const {}
    void operator()(Compacted&) const {}
    void operator()(LimitsChanged&) const {}
    void operator()(AlertRaised&) const {}
    void operator()(SpendChanged&) const {}
};

} // namespace

QJsonValue maskedTexts(const QJsonValue& value)
{
    if (value.isString())
        return maskSecrets(value.toString());
    if (value.isArray()) {
        QJsonArray list;
        for (const auto& item : value.toArray())
            list.append(maskedTexts(item));
        return list;
    }
    if (!value.isObject())
        return value;
    QJsonObject object;
    const QJsonObject before = value.toObject();
    for (auto it = before.begin(); it != before.end(); ++it)
        object.insert(maskSecrets(it.key()), maskedTexts(it.value()));
    return object;
}

Event maskedEvent(Event event)
{
    std::visit(BodyMasker{}, event.body);
    return event;
}

} // namespace plimsoll
