// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/metrics.h"

#include "models/codec.h"
#include "models/names.h"

#include <array>

namespace plimsoll {

namespace {

class MetricsWriter
{
public:
    void head(const char* name, const char* type, const char* help)
    {
        m_out += QByteArray("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
    }
    void value(const QByteArray& nameAndLabels, double value)
    {
        m_out += nameAndLabels + ' ' + QByteArray::number(value, 'g', 17) + '\n';
    }
    void gauge(const char* name, const char* help, double number)
    {
        head(name, "gauge", help);
        value(name, number);
    }
    void counter(const char* name, const char* help, double number)
    {
        head(name, "counter", help);
        value(name, number);
    }
    [[nodiscard]] QByteArray text() const { return m_out; }

private:
    QByteArray m_out;
};

/// As the text format wants it.
QByteArray label(const QString& text)
{
    return text.toUtf8().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
}

} // namespace

QByteArray metricsText(const FleetPicture& fleet, const ServerCounts& counts)
{
    MetricsWriter out;
    std::array<int, 7> states{};
    for (const Agent& agent : fleet.agents)
        ++states.at(size_t(agent.state));
    out.head("plimsoll_agents", "gauge", "Agents by state.");
    for (size_t i = 0; i < states.size(); ++i)
        out.value("plimsoll_agents{state=\"" + label(toName(AgentState(i))) + "\"}", states[i]);
    for (const UsageField& field : usageFields) {
        const QByteArray name = QByteArray("plimsoll_agent_") + field.key + (field.money ? "_usd" : "");
        out.head(name.constData(), "gauge", "Of one agent; absolute.");
        for (const Agent& agent : fleet.agents) {
            const Count count = agent.usage.*field.member;
            if (!count)
                continue;
            const double value = field.money ? dollars(count).value_or(0) : double(*count);
            out.value(name + "{agent=\"" + label(agent.id.toString()) + "\",name=\"" +
                          label(agent.info.name) + "\"}",
                      value);
        }
    }
    out.gauge("plimsoll_connections", "Connections open now.", counts.connections);
    out.gauge("plimsoll_viewers", "Viewers of the event stream now.", counts.viewers);
    out.counter("plimsoll_connections_total", "WebSockets accepted.", double(counts.accepted));
    out.counter("plimsoll_refusals_total", "Requests refused by the gate.", double(counts.refused));
    out.counter("plimsoll_alerts_total", "Crossings of 80 and 90 % told.", double(counts.alerts));
    out.counter("plimsoll_messages_total", "Messages of the event stream numbered.", double(counts.lastSeq));
    return out.text();
}

} // namespace plimsoll
