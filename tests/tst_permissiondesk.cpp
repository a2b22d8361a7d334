// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/claude/claudestream.h"
#include "app/permissiondesk.h"
#include "models/masking.h"

#include <QCryptographicHash>
#include <QRandomGenerator>
#include <QtTest>

using namespace plimsoll;
using Decision = PermissionDesk::Decision;

namespace {

constexpr qint64 at = 1'000'000;
const AgentId agent{QUuid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)};

DriveQuestion question(PermissionKind kind = PermissionKind::Permission)
{
    return {QStringLiteral("r1"),
            kind,
            QStringLiteral("Bash"),
            R"({"command":"touch a"})",
            QStringLiteral("Bash(touch a)"),
            kind == PermissionKind::Question
                ? QJsonArray{QJsonObject{{QStringLiteral("question"), QStringLiteral("Which?")}}}
                : QJsonArray()};
}

QJsonObject with(const PermissionAsked& asked, const char* key, const QJsonValue& value)
{
    return {{QStringLiteral("request_id"), asked.requestId}, {QLatin1String(key), value}};
}

QString codeOf(const std::variant<Decision, Refusal>& answer)
{
    const auto* refused = std::get_if<Refusal>(&answer);
    return refused != nullptr ? refused->code : QString();
}

} // namespace

class TestPermissionDesk : public QObject
{
    Q_OBJECT

private slots:
    void firstAnswerWins()
    {
        PermissionDesk desk;
        const PermissionAsked asked = desk.open(agent, question(), QStringLiteral("/home"), at);
        QCOMPARE(asked.input.toUtf8(), question().input);
        QCOMPARE(asked.options.size(), 4);
        QJsonObject params = with(asked, "option_id", QStringLiteral("allow_session"));
        params.insert(QStringLiteral("by"), QStringLiteral("phone"));
        const auto first = desk.answer(params, at + 1);
        const auto* decision = std::get_if<Decision>(&first);
        QVERIFY(decision);
        QCOMPARE(decision->answer.input, question().input);
        QCOMPARE(decision->answer.effect, DriveAnswer::Effect::AllowSession);
        QCOMPARE(decision->told,
                 (PermissionAnswered{asked.requestId, QStringLiteral("allowed"),
                                     QStringLiteral("allow_session"), QStringLiteral("phone")}));
        const auto second = desk.answer(with(asked, "decision", QStringLiteral("deny")), at + 2);
        QCOMPARE(codeOf(second), QStringLiteral("conflict"));
        QVERIFY(std::get<Refusal>(second).text.contains(QStringLiteral("phone")));
    }

    void badAnswersLeaveItOpen()
    {
        PermissionDesk desk;
        const PermissionAsked asked = desk.open(agent, question(), {}, at);
        QCOMPARE(codeOf(desk.answer({{QStringLiteral("request_id"), QStringLiteral("x")}}, at)),
                 QStringLiteral("not_found"));
        QCOMPARE(codeOf(desk.answer(with(asked, "option_id", QStringLiteral("answer")), at)),
                 QStringLiteral("bad_request"));
        QCOMPARE(codeOf(desk.answer(with(asked, "decision", QStringLiteral("maybe")), at)),
                 QStringLiteral("bad_request"));
        QJsonObject both = with(asked, "decision", QStringLiteral("deny"));
        both.insert(QStringLiteral("option_id"), QStringLiteral("allow_once"));
        QCOMPARE(codeOf(desk.answer(both, at)), QStringLiteral("bad_request"));
        QJsonObject params = with(asked, "decision", QStringLiteral("allow"));
        params.insert(QStringLiteral("message"), QString(PermissionDesk::maxMessage + 1, QLatin1Char('x')));
        QCOMPARE(codeOf(desk.answer(params, at)), QStringLiteral("bad_request"));
        QVERIFY(codeOf(desk.answer(with(asked, "decision", QStringLiteral("allow")), at)).isEmpty());
    }

    /// One byte more or less than what was shown: refused.
    void onlyWhatWasShownIsAllowed()
    {
        PermissionDesk desk;
        const PermissionAsked asked = desk.open(agent, question(), {}, at);
        const QByteArray shown = asked.input.toUtf8();
        for (qsizetype i = 0; i < shown.size(); ++i) {
            QByteArray other = shown;
            other[i] = char(other[i] ^ 1);
            QJsonObject params = with(asked, "decision", QStringLiteral("allow"));
            params.insert(
                QStringLiteral("input_sha256"),
                QString::fromLatin1(QCryptographicHash::hash(other, QCryptographicHash::Sha256).toHex()));
            QCOMPARE(codeOf(desk.answer(params, at)), QStringLiteral("conflict"));
        }
        QJsonObject params = with(asked, "decision", QStringLiteral("allow"));
        params.insert(QStringLiteral("input_sha256"),
                      QString::fromLatin1(QCryptographicHash::hash(shown, QCryptographicHash::Sha256).toHex())
                          .toUpper());
        QVERIFY(codeOf(desk.answer(params, at)).isEmpty());
    }

    /// Over 10^5 inputs of all kinds of characters: what is shown, hashed and sent are the same bytes, and
    /// one that differs by a bit is refused.
    void shownHashedAndSentAreTheSame()
    {
        QRandomGenerator random(3);
        // NOLINTBEGIN(misc-misleading-bidirectional)
        const QByteArrayList pieces{"a",       "\\u202e", "\u202e", "\\n", "\\\"", "ü", "\u200b",
                                    "\\u0000", "{",       "}",      "日",  "😀",    " ", "$(x)"};
        // NOLINTEND(misc-misleading-bidirectional)
        PermissionDesk desk;
        for (int round = 0; round < 100'000; ++round) {
            DriveQuestion asks = question();
            asks.input = "{\"k\":\"";
            for (int i = random.bounded(12); i > 0; --i)
                asks.input += pieces.at(random.bounded(int(pieces.size())));
            asks.input += "\"}";
            const PermissionAsked asked = desk.open(agent, asks, {}, at);
            const QByteArray shown = asked.input.toUtf8();
            QCOMPARE(shown, asks.input);
            QByteArray other = shown;
            const int place = random.bounded(int(other.size()));
            other[place] = char(other.at(place) ^ (1 << random.bounded(8)));
            const auto hashed = [](const QByteArray& bytes) {
                return QString::fromLatin1(
                    QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
            };
            QJsonObject params = with(asked, "decision", QStringLiteral("allow"));
            params.insert(QStringLiteral("input_sha256"), hashed(other));
            QCOMPARE(codeOf(desk.answer(params, at)), QStringLiteral("conflict"));
            params.insert(QStringLiteral("input_sha256"), hashed(shown));
            const auto answer = desk.answer(params, at);
            QCOMPARE(codeOf(answer), QString());
            const QByteArray sent =
                permissionReply(QStringLiteral("r1"), std::get<Decision>(answer).answer, {});
            QVERIFY(sent.contains("\"updatedInput\":" + shown + '}'));
        }
    }

    void questionsNeedAnswers()
    {
        PermissionDesk desk;
        const PermissionAsked asked = desk.open(agent, question(PermissionKind::Question), {}, at);
        QCOMPARE(codeOf(desk.answer(with(asked, "decision", QStringLiteral("allow")), at)),
                 QStringLiteral("bad_request"));
        QJsonObject params = with(asked, "decision", QStringLiteral("allow"));
        params.insert(QStringLiteral("answers"),
                      QJsonObject{{QStringLiteral("Which?"), QStringLiteral("Red")},
                                  {QStringLiteral("more"), QStringLiteral("x")}});
        const auto answer = desk.answer(params, at);
        QCOMPARE(std::get<Decision>(answer).answer.answers,
                 (QJsonObject{{QStringLiteral("Which?"), QStringLiteral("Red")}}));
    }

    /// A viewer is told a question without its secret, and answers that.
    void aQuestionWithASecretIsAnswered()
    {
        PermissionDesk desk;
        DriveQuestion asks = question(PermissionKind::Question);
        const QString secret = QStringLiteral("Use ghp_%1?").arg(QString(36, u'b'));
        asks.questions = {QJsonObject{{QStringLiteral("question"), secret}}};
        const PermissionAsked asked = desk.open(agent, asks, {}, at);
        QVERIFY(maskSecrets(secret) != secret);
        QJsonObject params = with(asked, "decision", QStringLiteral("allow"));
        params.insert(QStringLiteral("answers"), QJsonObject{{maskSecrets(secret), QStringLiteral("Yes")}});
        const auto answer = desk.answer(params, at);
        QCOMPARE(std::get<Decision>(answer).answer.answers, (QJsonObject{{secret, QStringLiteral("Yes")}}));
    }

    void timeOutMeansDenied()
    {
        PermissionDesk desk;
        const PermissionAsked asked = desk.open(agent, question(), {}, at);
        QCOMPARE(desk.nextExpiryMs(), at + PermissionDesk::validMs);
        QVERIFY(desk.expire(at + PermissionDesk::validMs - 1).isEmpty());
        QCOMPARE(codeOf(desk.answer(with(asked, "decision", QStringLiteral("allow")), asked.expiresAtMs)),
                 QStringLiteral("conflict"));
        const QList<Decision> expired = desk.expire(at + PermissionDesk::validMs);
        QCOMPARE(expired.size(), 1);
        QCOMPARE(expired.first().answer.effect, DriveAnswer::Effect::Deny);
        QCOMPARE(expired.first().told.outcome, QStringLiteral("denied"));
        QCOMPARE(desk.nextExpiryMs(), qint64(0));
    }

    void withdrawnAndLostOnesAreGone()
    {
        PermissionDesk desk;
        const PermissionAsked asked = desk.open(agent, question(), {}, at);
        QVERIFY(!desk.withdraw(agent, QStringLiteral("other")));
        QVERIFY(!desk.withdraw({}, QStringLiteral("r1")));
        QCOMPARE(desk.withdraw(agent, QStringLiteral("r1"))->outcome, QStringLiteral("gone"));
        QCOMPARE(codeOf(desk.answer(with(asked, "decision", QStringLiteral("allow")), at)),
                 QStringLiteral("not_found"));
        std::ignore = desk.open(agent, question(), {}, at);
        QCOMPARE(desk.dropAgent(agent).size(), 1);
        QVERIFY(desk.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestPermissionDesk)
#include "tst_permissiondesk.moc"
