// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format.h"

#include <QDateTime>
#include <QLocale>
#include <QRegularExpression>
#include <QStringList>

#include <cmath>

namespace plimsoll {

namespace {

constexpr qint64 picoPerDollar = 1'000'000'000'000;
constexpr qint64 picoPerCent = picoPerDollar / 100;

// Numbers are the same in every locale: they stand beside what the agents themselves print.
QString decimal(double value, int decimals)
{
    return QLocale::c().toString(value, 'f', decimals).remove(QLatin1Char(','));
}

/// Three digits that count: 1.00, 12.3, 123.
QString threeDigits(double value)
{
    if (value >= 99.95)
        return decimal(value, 0);
    return decimal(value, value >= 9.995 ? 1 : 2);
}

QString estimatedMark(Basis basis)
{
    return basis == Basis::Estimated ? QStringLiteral("~") : QString();
}

bool isInvisible(char32_t c)
{
    return (c >= 0x80 && c <= 0x9f)   // C1 controls
           || c == 0xad || c == 0x61c // soft hyphen, Arabic letter mark
           || (c >= 0x200b && c <= 0x200f &&
               c != 0x200d)                // zero width and direction marks, but the joiner of emoji
           || (c >= 0x2028 && c <= 0x202e) // separators, bidi embeddings and overrides
           || (c >= 0x2060 && c <= 0x206f) // word joiner, bidi isolates
           || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe007f); // tags: text that nobody sees
}

void appendVisible(QString& out, char32_t c)
{
    if (c < 0x20 && c != U'\n' && c != U'\t') {
        out += QChar(char16_t(0x2400 + c));
    } else if (c == 0x7f) {
        out += QChar(char16_t(0x2421));
    } else if (isInvisible(c)) {
        out += QStringLiteral("‹U+%1›").arg(uint(c), 4, 16, QLatin1Char('0')).toUpper();
    } else {
        out += QChar::fromUcs4(c);
    }
}

bool needsWork(const QString& text)
{
    for (const QChar c : text) {
        const char16_t code = c.unicode();
        if ((code < 0x20 && code != u'\n' && code != u'\t') || code == 0x7f || c.isSurrogate() ||
            isInvisible(code))
            return true;
    }
    return false;
}

} // namespace

QString dash()
{
    return QStringLiteral("–");
}

QString tokens(Count count)
{
    if (!count)
        return dash();
    if (*count < 0)
        return QStringLiteral("−") + tokens(*count == INT64_MIN ? INT64_MAX : -*count);
    const auto value = double(*count);
    if (*count < 1000)
        return QString::number(*count);
    if (*count < 9950)
        return decimal(value / 1e3, 1) + QLatin1Char('k');
    if (*count < 999'500)
        return decimal(value / 1e3, 0) + QLatin1Char('k');
    if (*count < 999'500'000)
        return threeDigits(value / 1e6) + QLatin1Char('M');
    return threeDigits(value / 1e9) + QLatin1Char('B');
}

QString windowTokens(Count count)
{
    if (count && *count >= 10'000 && *count < 999'500 && *count % 1000 != 0 && *count % 100 == 0)
        return decimal(double(*count) / 1e3, 1) + QLatin1Char('k');
    return tokens(count);
}

QString fill(const Usage& usage)
{
    const QString used = estimatedMark(usage.contextTokens ? usage.contextBasis : Basis::Unknown) +
                         tokens(usage.contextTokens);
    const QString window = usage.contextWindow
                               ? estimatedMark(usage.windowBasis) + windowTokens(usage.contextWindow)
                               : QStringLiteral("?");
    return used + QStringLiteral(" / ") + window;
}

QString percent(const Usage& usage)
{
    const std::optional<double> fraction = windowFraction(usage);
    if (!fraction)
        return dash();
    const bool estimated = usage.contextBasis == Basis::Estimated || usage.windowBasis == Basis::Estimated;
    return estimatedMark(estimated ? Basis::Estimated : Basis::Reported) + decimal(*fraction * 100, 0) +
           QLatin1Char('%');
}

QString cost(Count pico)
{
    if (!pico)
        return dash();
    if (*pico < 0)
        return QStringLiteral("−") + cost(*pico == INT64_MIN ? INT64_MAX : -*pico);
    if (*pico > 0 && *pico < picoPerCent)
        return QStringLiteral("<$0.01");
    return QLatin1Char('$') + decimal(double(*pico) / double(picoPerDollar), 2);
}

QString cost(const Usage& usage)
{
    return usage.costPico ? estimatedMark(usage.costBasis) + cost(usage.costPico) : dash();
}

QString costStep(Count beforePico, Count afterPico)
{
    if (!beforePico || !afterPico || *afterPico <= *beforePico)
        return {};
    return QLatin1Char('+') + cost(*afterPico - *beforePico);
}

QString ago(qint64 ms, qint64 nowMs)
{
    if (ms <= 0)
        return dash();
    const qint64 seconds = (nowMs - ms) / 1000;
    if (seconds < 10)
        return QStringLiteral("just now");
    if (seconds < 60)
        return QStringLiteral("%1 s ago").arg(seconds);
    if (seconds < 3600)
        return QStringLiteral("%1 min ago").arg(seconds / 60);
    if (seconds < 48 * 3600)
        return QStringLiteral("%1 h ago").arg(seconds / 3600);
    return QStringLiteral("%1 d ago").arg(seconds / 86'400);
}

QString duration(qint64 ms)
{
    if (ms < 0)
        return dash();
    const qint64 seconds = ms / 1000;
    if (seconds < 60)
        return QStringLiteral("%1 s").arg(seconds);
    if (seconds < 3600)
        return QStringLiteral("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
    if (seconds < 86'400)
        return QStringLiteral("%1 h %2 min").arg(seconds / 3600).arg(seconds % 3600 / 60);
    return QStringLiteral("%1 d %2 h").arg(seconds / 86'400).arg(seconds % 86'400 / 3600);
}

QString clock(qint64 ms)
{
    return ms > 0 ? QDateTime::fromMSecsSinceEpoch(ms).time().toString(QStringLiteral("HH:mm:ss")) : dash();
}

QString moment(qint64 ms, qint64 nowMs)
{
    if (ms <= 0)
        return dash();
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(ms);
    const QDate today = QDateTime::fromMSecsSinceEpoch(nowMs).date();
    if (time.date() == today)
        return clock(ms);
    return time.toString(time.date().year() == today.year() ? QStringLiteral("MM-dd HH:mm")
                                                            : QStringLiteral("yyyy-MM-dd"));
}

QString exactTime(qint64 ms)
{
    return ms > 0 ? QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"))
                  : dash();
}

QString dateTime(qint64 ms)
{
    return ms > 0 ? QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("yyyy-MM-dd HH:mm")) : dash();
}

QString kindLabel(AgentKind kind)
{
    switch (kind) {
    case AgentKind::ClaudeCode: return QStringLiteral("Claude Code");
    case AgentKind::Codex: return QStringLiteral("Codex");
    case AgentKind::Other: break;
    }
    return QStringLiteral("Other");
}

QString stateLabel(AgentState state)
{
    switch (state) {
    case AgentState::Executing: return QStringLiteral("working");
    case AgentState::Blocked: return QStringLiteral("needs you");
    case AgentState::Waiting: return QStringLiteral("waiting");
    case AgentState::Idle: return QStringLiteral("idle");
    case AgentState::Complete: return QStringLiteral("finished");
    case AgentState::Failed: return QStringLiteral("failed");
    case AgentState::Unknown: break;
    }
    return QStringLiteral("unknown");
}

QString shortModel(const QString& model)
{
    // "us.anthropic.claude-…-v1:0" and "anthropic/claude-…" name who serves it; "@20251101" and "-2025-11-01"
    // when.
    static const QRegularExpression maker(
        QStringLiteral("^(?:.*/)?(?:[a-z]{2,6}\\.)?(?:anthropic\\.)?(?:claude-)?"));
    static const QRegularExpression date(
        QStringLiteral("(?:[-@](?:20\\d{6}|20\\d{2}-\\d{2}-\\d{2}))(?:-v\\d+(?::\\d+)?)?(?=$|\\[)"));
    QString result = model;
    result.remove(date);
    result.remove(maker);
    return result.isEmpty() ? model : result;
}

QString basisSentence(Number number, Basis basis)
{
    static const std::array<QString, 4> subjects{QStringLiteral("Context tokens"),
                                                 QStringLiteral("Context window"),
                                                 QStringLiteral("Compaction point"), QStringLiteral("Cost")};
    const QString& subject = subjects.at(size_t(number));
    switch (basis) {
    case Basis::Reported: return subject + QStringLiteral(": reported by the agent.");
    case Basis::Derived:
        switch (number) {
        case Number::Context: return subject + QStringLiteral(": computed from what the agent reported.");
        case Number::Window: return subject + QStringLiteral(": from the table of models.");
        case Number::Trigger: return subject + QStringLiteral(": by the rule of the agent's program.");
        case Number::Cost:
            return subject +
                   QStringLiteral(": computed from the tokens of each response and the price list.");
        }
        break;
    case Basis::Estimated:
        return number == Number::Trigger ? subject + QStringLiteral(": where this session compacted before.")
                                         : subject + QStringLiteral(": an estimate.");
    case Basis::Unknown: break;
    }
    return subject + QStringLiteral(": not known.");
}

QString plain(const QString& text)
{
    if (!needsWork(text))
        return text;
    QString result;
    result.reserve(text.size() + 16);
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text.at(i);
        if (!c.isSurrogate()) {
            appendVisible(result, c.unicode());
        } else if (c.isHighSurrogate() && i + 1 < text.size() && text.at(i + 1).isLowSurrogate()) {
            appendVisible(result, QChar::surrogateToUcs4(c, text.at(++i)));
        } else {
            result += QChar::ReplacementCharacter;
        }
    }
    return result;
}

QString oneLine(const QString& text, qsizetype limit)
{
    // What lies far behind the limit cannot be seen; a line of megabytes is not walked through.
    QString result = plain(text.left(limit * 4).simplified());
    if (result.size() <= limit)
        return result;
    qsizetype end = qMax<qsizetype>(0, limit - 1);
    if (end > 0 && result.at(end - 1).isHighSurrogate())
        --end;
    result.truncate(end);
    return result + QStringLiteral("…");
}

QString accessibleSentence(const Agent& agent)
{
    const Usage& usage = agent.usage;
    QStringList parts{plain(agent.info.name), kindLabel(agent.info.kind), stateLabel(agent.state)};
    if (const std::optional<double> fraction = windowFraction(usage)) {
        parts << QStringLiteral("context %1 percent").arg(decimal(*fraction * 100, 0));
        parts
            << QStringLiteral("%1 of %2").arg(tokens(usage.contextTokens), windowTokens(usage.contextWindow));
    } else if (usage.contextTokens) {
        parts << QStringLiteral("context %1, window unknown").arg(tokens(usage.contextTokens));
    } else {
        parts << QStringLiteral("context unknown");
    }
    parts << (usage.costPico ? QStringLiteral("cost ") + cost(usage.costPico)
                             : QStringLiteral("cost unknown"));
    return parts.join(QStringLiteral(", "));
}

} // namespace plimsoll
