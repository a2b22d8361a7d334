// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/status.h"

#include "models/codec.h"
#include "models/format.h"
#include "models/jsonwriter.h"

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

constexpr int contractVersion = 1;

/// Sums a number over all rows; unknown ones are left out.
qint64 sumOf(const QList<Agent>& agents, Count Usage::*member)
{
    qint64 sum = 0;
    for (const Agent& agent : agents)
        sum = saturatingSum(sum, (agent.usage.*member).value_or(0));
    return sum;
}

/// Those numbers whose sum over rows means something.
constexpr std::array<Count Usage::*, 11> summable{
    &Usage::inputTokens,        &Usage::outputTokens,    &Usage::cacheReadTokens, &Usage::cacheWrite5mTokens,
    &Usage::cacheWrite1hTokens, &Usage::reasoningTokens, &Usage::costPico,        &Usage::turns,
    &Usage::toolCalls,          &Usage::compactionCount, &Usage::freedTokens,
};

void writeTotals(JsonWriter& out, const QList<Agent>& agents)
{
    out.beginObject();
    out.key(QLatin1String("agents"));
    out.number(qint64(agents.size()));
    for (const UsageField& field : usageFields) {
        if (std::find(summable.begin(), summable.end(), field.member) == summable.end())
            continue;
        const qint64 sum = sumOf(agents, field.member);
        out.key(QLatin1String(field.key));
        field.money ? out.number(*dollars(sum)) : out.number(sum);
    }
    out.endObject();
}

/// One column of the table for people.
struct Column
{
    QString head;
    bool right = false; ///< numbers stand to the right
    QStringList cells;
};

QString shortened(const QString& text, qsizetype limit)
{
    return text.size() > limit ? text.left(limit - 1) + QChar(0x2026) : text;
}

QList<Column> tableOf(const QList<Agent>& agents, qint64 nowMs)
{
    QList<Column> columns{{QStringLiteral("AGENT"), false, {}},  {QStringLiteral("KIND"), false, {}},
                          {QStringLiteral("STATE"), false, {}},  {QStringLiteral("FULL"), true, {}},
                          {QStringLiteral("CONTEXT"), true, {}}, {QStringLiteral("MODEL"), false, {}},
                          {QStringLiteral("COST"), true, {}},    {QStringLiteral("CHANGED"), true, {}}};
    for (const Agent& agent : agents) {
        const QString indent = agent.info.parentId.isNull() ? QString() : QStringLiteral("  ");
        columns[0].cells << indent + shortened(oneLine(plain(agent.info.name)), 44);
        columns[1].cells << kindLabel(agent.info.kind);
        columns[2].cells << stateLabel(agent.state);
        columns[3].cells << percent(agent.usage);
        columns[4].cells << fill(agent.usage);
        columns[5].cells << (agent.info.model.isEmpty() ? dash()
                                                        : shortened(shortModel(agent.info.model), 20));
        columns[6].cells << cost(agent.usage);
        columns[7].cells << (agent.info.updatedAtMs > 0 ? ago(agent.info.updatedAtMs, nowMs) : dash());
    }
    return columns;
}

/// Newest first, subagents below their parent.
QList<Agent> arranged(QList<Agent> agents)
{
    QHash<AgentId, qint64> updated;
    for (const Agent& agent : agents) {
        const AgentId family = agent.info.parentId.isNull() ? agent.id : agent.info.parentId;
        updated[family] = std::max(updated.value(family), agent.info.updatedAtMs);
    }
    std::sort(agents.begin(), agents.end(), [&](const Agent& a, const Agent& b) {
        const AgentId familyA = a.info.parentId.isNull() ? a.id : a.info.parentId;
        const AgentId familyB = b.info.parentId.isNull() ? b.id : b.info.parentId;
        if (familyA != familyB) {
            const qint64 left = updated.value(familyA);
            const qint64 right = updated.value(familyB);
            return left != right ? left > right : familyA < familyB;
        }
        if (a.info.parentId.isNull() != b.info.parentId.isNull())
            return a.info.parentId.isNull();
        return a.info.createdAtMs != b.info.createdAtMs ? a.info.createdAtMs < b.info.createdAtMs
                                                        : a.id < b.id;
    });
    return agents;
}

} // namespace

QByteArray statusJson(const QList<Agent>& agents, const ScanTotals& scan, qint64 elapsedMs)
{
    constexpr qsizetype usualBytes = 1600; // of an agent
    QByteArray text;
    text.reserve((agents.size() + 1) * usualBytes);
    JsonWriter out(text);
    out.beginObject();
    out.key(QLatin1String("version"));
    out.number(qint64(contractVersion));
    out.key(QLatin1String("scan"));
    out.beginObject();
    const std::array<std::pair<const char*, qint64>, 5> numbers{{{"files", scan.files},
                                                                 {"bytes", scan.bytes},
                                                                 {"bytes_parsed", scan.bytesParsed},
                                                                 {"bad_lines", scan.badLines},
                                                                 {"elapsed_ms", elapsedMs}}};
    for (const auto& [key, number] : numbers) {
        out.key(QLatin1String(key));
        out.number(number);
    }
    out.endObject();
    out.key(QLatin1String("totals"));
    writeTotals(out, agents);
    out.key(QLatin1String("agents"));
    out.beginArray();
    for (const Agent& agent : agents) {
        out.newLine();
        write(out, agent);
    }
    out.newLine();
    out.endArray();
    out.endObject();
    return text += '\n';
}

QString statusText(const QList<Agent>& agents, const ScanTotals& scan, qint64 nowMs)
{
    if (agents.isEmpty())
        return QStringLiteral("No Claude Code or Codex sessions were found (%1 files).\n").arg(scan.files);
    const QList<Column> columns = tableOf(arranged(agents), nowMs);
    QString out;
    for (qsizetype row = -1; row < agents.size(); ++row) {
        QString line;
        for (const Column& column : columns) {
            qsizetype width = column.head.size();
            for (const QString& cell : column.cells)
                width = std::max(width, cell.size());
            const QString& cell = row < 0 ? column.head : column.cells.at(row);
            line += column.right ? cell.rightJustified(width) : cell.leftJustified(width);
            line += QStringLiteral("  ");
        }
        out += line.trimmed().isEmpty() ? QString() : line;
        while (out.endsWith(QLatin1Char(' ')))
            out.chop(1);
        out += QLatin1Char('\n');
    }
    out += QStringLiteral("\n%1 agents, %2 in %3 files, all together %4\n")
               .arg(QString::number(agents.size()),
                    QStringLiteral("%1 MB").arg(double(scan.bytes) / 1e6, 0, 'f', 1),
                    QString::number(scan.files), cost(Count(sumOf(agents, &Usage::costPico))));
    return out;
}

QString agentLine(const Agent& agent)
{
    QStringList parts{oneLine(plain(agent.info.name), 60),
                      QStringLiteral("[%1]").arg(kindLabel(agent.info.kind)),
                      stateLabel(agent.state),
                      percent(agent.usage),
                      fill(agent.usage),
                      cost(agent.usage)};
    if (!agent.info.summary.isEmpty())
        parts << oneLine(plain(agent.info.summary), 120);
    return parts.join(QStringLiteral("  "));
}

} // namespace plimsoll
