// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/durability/made.h"

#include "models/apply.h"
#include "models/codec.h"

#include <QJsonDocument>

namespace plimsoll::test {

namespace {

constexpr qint64 firstMs = 1'767'000'000'000;
constexpr qint64 runMs = 100'000'000; ///< between the clocks of two runs: more than a run makes things
constexpr qint64 responseMs = 600'000;

AgentId agentId(int number)
{
    return {QUuid(uint(number), 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)};
}

bool mustBeKept(const Body& body)
{
    return std::holds_alternative<StateChanged>(body) || std::holds_alternative<Compacted>(body) ||
           std::holds_alternative<PermissionAsked>(body) ||
           std::holds_alternative<PermissionAnswered>(body) || std::holds_alternative<LimitsChanged>(body) ||
           std::holds_alternative<AlertRaised>(body) || std::holds_alternative<Logged>(body);
}

} // namespace

QByteArray madeRootPath()
{
    return QByteArrayLiteral("/recorded");
}

LogRoot madeRoot()
{
    return {AgentKind::ClaudeCode, QString::fromLatin1(madeRootPath()), 1, nullptr, nullptr};
}

Response madeResponse(int log, qint64 index)
{
    Response response;
    response.key = uint64_t(log + 1) << 32 | uint64_t(index + 1);
    response.atMs = firstMs + index * responseMs;
    response.tokens.output = index + 1;
    return response;
}

QString madeText(const QString& file, qint64 offset)
{
    const auto bits = quint64(offset) * 0x9e37'79b9'7f4a'7c15U;
    const QString head = QStringLiteral("%1 %2 ").arg(bits, toldTextLength, 16, QLatin1Char('0')).arg(file);
    return head.repeated(1 + int(bits % 150));
}

MadeFrames::MadeFrames(int run)
    : m_random(quint32(run))
    , m_clock(firstMs + run * runMs)
{
}

void MadeFrames::startAfter(quint64 seq, const std::vector<LogRecord>& logs)
{
    m_seq = seq;
    for (const LogRecord& log : logs) {
        m_responses.at(size_t(log.identity.inode)) = log.position.offset;
        m_isTold.at(size_t(log.identity.inode)) = true;
    }
}

void MadeFrames::startAnew(const std::array<qint64, madeLogs>& responses)
{
    m_responses = responses;
}

MadeFrame MadeFrames::next()
{
    MadeFrame frame;
    for (int i = 0; m_agents.isEmpty() && i < madeAgents; ++i) {
        Agent agent;
        agent.id = agentId(i);
        agent.info.name = QStringLiteral("made %1").arg(i);
        agent.info.updatedAtMs = ++m_clock;
        frame.events.append({0, m_clock, agent.id, AgentAdded{agent}});
    }
    for (int left = 1 + int(m_random.bounded(12)); left > 0; --left) {
        const AgentId id = agentId(int(m_random.bounded(madeAgents)));
        ++m_clock;
        Body body = makeBody();
        frame.events.append({0, m_clock, std::holds_alternative<LimitsChanged>(body) ? AgentId() : id, body});
    }
    frame.events.append({0, ++m_clock, agentId(0), Compacted{{m_clock, m_clock % 1000, 7, {}}}});
    QSet<AgentId> changed;
    for (Event& event : frame.events) {
        event.seq = ++m_seq;
        if (!event.agent.isNull()) {
            plimsoll::apply(m_agents[event.agent], event);
            changed.insert(event.agent);
        }
    }
    for (const AgentId& id : std::as_const(changed))
        frame.agents.append(m_agents.value(id));
    for (int log = 0; log < madeLogs; ++log) {
        if (m_random.bounded(3) == 0)
            frame.logs.push_back(makeRecord(log));
    }
    return frame;
}

Body MadeFrames::makeBody()
{
    const QString number = QString::number(m_clock);
    switch (m_random.bounded(10)) {
    case 0: return StateChanged{AgentState(m_random.bounded(7)), StateSource::Log, {}, m_clock};
    case 1: return Compacted{{m_clock, 150'000, m_clock % 20'000, QStringLiteral("auto")}};
    case 2:
        return PermissionAsked{number, PermissionKind::Question, QStringLiteral("Bash"),
                               QStringLiteral("ls ") + number, QStringLiteral("/home/ann")};
    case 3: return PermissionAnswered{number, QStringLiteral("gone")};
    case 4:
        return LimitsChanged{
            AgentKind::Codex, QStringLiteral("pro"), {{QStringLiteral("5 h"), 1, 2}}, m_clock};
    case 5: return AlertRaised{FillLevel::Calm, double(m_clock % 1000) / 1000};
    case 6: {
        UsageChanged changed;
        changed.usage.turns = m_clock;
        return changed;
    }
    default: return makeLine();
    }
}

Logged MadeFrames::makeLine()
{
    Logged line;
    line.kind = LogKind::Text;
    line.file = QStringLiteral("/recorded/%1.jsonl").arg(m_random.bounded(madeLogs));
    line.offset = m_clock;
    line.text = madeText(line.file, line.offset);
    return line;
}

LogRecord MadeFrames::makeRecord(int log)
{
    qint64& count = m_responses.at(size_t(log));
    LogRecord record;
    record.isWhole = !std::exchange(m_isTold.at(size_t(log)), true);
    // The last one is told again, as logs do.
    qint64 next = record.isWhole ? 0 : std::max<qint64>(0, count - 1);
    count += 1 + qint64(m_random.bounded(3));
    std::vector<Response> news;
    for (; next < count; ++next)
        news.push_back(madeResponse(log, next));
    record.kind = AgentKind::ClaudeCode;
    record.root = madeRootPath();
    record.relative = QByteArray::number(log) + ".jsonl";
    record.identity.inode = quint64(log);
    record.position.offset = count;
    record.reader = std::string(200, char('a' + log));
    record.samples = packSamples(news);
    return record;
}

QByteArray toldLines(const Events& events)
{
    QByteArray lines;
    for (const Event& event : events) {
        if (!mustBeKept(event.body))
            continue;
        Event told = event;
        if (auto* line = std::get_if<Logged>(&told.body))
            line->text.truncate(toldTextLength);
        lines += "E " + QJsonDocument(toJson(told)).toJson(QJsonDocument::Compact) + '\n';
    }
    return lines;
}

QByteArray toldLines(const std::vector<LogRecord>& logs, quint64 seq)
{
    QByteArray lines;
    for (const LogRecord& log : logs)
        lines += "L " + QByteArray::number(seq) + ' ' + QByteArray::number(log.identity.inode) + ' ' +
                 QByteArray::number(qint64(log.position.offset)) + '\n';
    return lines;
}

} // namespace plimsoll::test
