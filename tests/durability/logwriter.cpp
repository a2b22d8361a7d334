// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/durability/logwriter.h"

#include "tests/claudelines.h"

#include <algorithm>

namespace plimsoll::test {

namespace {

constexpr int claudeSessions = 5;
constexpr int codexSessions = 2;

QByteArray codexLineOf(const char* type, const QJsonObject& payload, qint64 atMs)
{
    return jsonLine({{QStringLiteral("timestamp"),
                      QDateTime::fromMSecsSinceEpoch(atMs, Qt::UTC).toString(Qt::ISODateWithMs)},
                     {QStringLiteral("type"), QLatin1String(type)},
                     {QStringLiteral("payload"), payload}});
}

QJsonObject codexUsage(qint64 input, qint64 cached, qint64 output)
{
    return {{QStringLiteral("input_tokens"), input + cached},
            {QStringLiteral("cached_input_tokens"), cached},
            {QStringLiteral("output_tokens"), output},
            {QStringLiteral("reasoning_output_tokens"), 0},
            {QStringLiteral("total_tokens"), input + cached + output}};
}

} // namespace

LogWriter::LogWriter(QString home)
    : m_home(std::move(home))
    , m_clockMs(baseMs)
{
}

bool LogWriter::begin(bool isCodex)
{
    Session session;
    session.isCodex = isCodex;
    const auto number = qlonglong(m_sessions.size()) + 1;
    session.id = QStringLiteral("%1-0000-7000-8000-000000000000").arg(number, 8, 16, QLatin1Char('0'));
    session.path = isCodex
                       ? QStringLiteral("%1/.codex/sessions/2026/05/04/rollout-2026-05-04T10-00-00-%2.jsonl")
                       : QStringLiteral("%1/.claude/projects/-home-ann-boat/%2.jsonl");
    session.path = session.path.arg(m_home, session.id);
    QByteArray head;
    if (isCodex) {
        head = codexLineOf("session_meta",
                           {{QStringLiteral("id"), session.id},
                            {QStringLiteral("cwd"), QStringLiteral("/home/ann/boat")},
                            {QStringLiteral("cli_version"), QStringLiteral("0.142.0")}},
                           ++m_clockMs);
        head +=
            codexLineOf("turn_context", {{QStringLiteral("model"), QStringLiteral("gpt-5.5")}}, ++m_clockMs);
    } else {
        head = promptLine(QStringLiteral("Paint the line"), ++m_clockMs);
    }
    m_sessions.push_back(session);
    return writeBytes(session.path, head);
}

bool LogWriter::grow()
{
    while (m_sessions.size() < claudeSessions + codexSessions) {
        if (!begin(m_sessions.size() % 3 == 1))
            return false;
    }
    Session* session = nullptr;
    do
        session = &m_sessions[m_random.bounded(quint32(m_sessions.size()))];
    while (session->gone);
    return appendBytes(session->path, session->isCodex ? codexLine(*session) : claudeLines(*session));
}

QByteArray LogWriter::claudeLines(Session& session)
{
    const qint64 atMs = ++m_clockMs;
    const auto kind = int(m_random.bounded(10));
    if (kind == 0)
        return promptLine(QStringLiteral("More paint at %1").arg(atMs), atMs);
    if (kind == 1) {
        ++session.compactions;
        return compactionLine(session.id + QString::number(session.compactions), 150'000, atMs % 30'000,
                              atMs);
    }
    Said said;
    said.id = "msg_" + session.id.toLatin1() + QByteArray::number(++session.responses);
    said.input = 1 + qint64(m_random.bounded(1000));
    said.cacheRead = qint64(m_random.bounded(100'000));
    // A response is told on several lines; the last one has all of its output.
    said.output = 1;
    said.stop = "";
    const QByteArray firstLine = answerLine(said, atMs, textBlock(QStringLiteral("working at %1").arg(atMs)));
    said.output = 2 + qint64(m_random.bounded(1000));
    said.stop = kind < 5 ? "end_turn" : "tool_use";
    session.input += said.input;
    session.cacheRead += said.cacheRead;
    session.output += said.output;
    const qint64 doneMs = ++m_clockMs;
    return firstLine + answerLine(said, doneMs, toolBlock(QStringLiteral("Bash"), QString::number(doneMs)));
}

QByteArray LogWriter::codexLine(Session& session)
{
    const qint64 input = 1 + qint64(m_random.bounded(1000));
    const auto cached = qint64(m_random.bounded(100'000));
    const qint64 output = 1 + qint64(m_random.bounded(1000));
    session.input += input;
    session.cacheRead += cached;
    session.output += output;
    const QJsonObject info{
        {QStringLiteral("total_token_usage"), codexUsage(session.input, session.cacheRead, session.output)},
        {QStringLiteral("last_token_usage"), codexUsage(input, cached, output)},
        {QStringLiteral("model_context_window"), 258'400}};
    const qint64 atMs = ++m_clockMs;
    const QJsonObject window{{QStringLiteral("used_percent"), double(atMs % 100)},
                             {QStringLiteral("window_minutes"), 300},
                             {QStringLiteral("resets_at"), atMs / 1000 + 3600}};
    return codexLineOf("event_msg",
                       {{QStringLiteral("type"), QStringLiteral("token_count")},
                        {QStringLiteral("info"), info},
                        {QStringLiteral("rate_limits"), QJsonObject{{QStringLiteral("primary"), window}}}},
                       atMs);
}

bool LogWriter::replaceOne()
{
    const auto oldest = std::find_if(m_sessions.begin(), m_sessions.end(),
                                     [](const Session& session) { return !session.gone; });
    if (oldest == m_sessions.end())
        return true;
    oldest->gone = true;
    const bool isCodex = oldest->isCodex;
    return QFile::remove(oldest->path) && begin(isCodex);
}

QStringList LogWriter::compare(const QList<Agent>& agents) const
{
    QHash<QString, Usage> found;
    for (const Agent& agent : agents)
        found.insert(agent.info.sessionId, agent.usage);
    QStringList wrong;
    for (const Session& session : m_sessions) {
        const Usage usage = found.value(session.id);
        const bool same = usage.inputTokens.value_or(0) == session.input &&
                          usage.outputTokens.value_or(0) == session.output &&
                          usage.cacheReadTokens.value_or(0) == session.cacheRead &&
                          usage.compactionCount.value_or(0) == session.compactions;
        if (same && found.contains(session.id))
            continue;
        wrong << QStringLiteral("%1%2: %3 in, %4 out, %5 cached, %6 compactions; the truth: %7, %8, %9, %10")
                     .arg(session.id, session.gone ? QStringLiteral(" (gone)") : QString())
                     .arg(usage.inputTokens.value_or(-1))
                     .arg(usage.outputTokens.value_or(-1))
                     .arg(usage.cacheReadTokens.value_or(-1))
                     .arg(usage.compactionCount.value_or(-1))
                     .arg(session.input)
                     .arg(session.output)
                     .arg(session.cacheRead)
                     .arg(session.compactions);
    }
    return wrong;
}

} // namespace plimsoll::test
