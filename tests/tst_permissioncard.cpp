// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/inputtext.h"
#include "ui/permissioncard.h"
#include "ui/questionform.h"

#include <QCryptographicHash>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace plimsoll;

namespace {

PermissionOption option(const char* effect)
{
    return {QLatin1String(effect), QLatin1String(effect), QLatin1String(effect)};
}

PermissionAsked asked(const QString& input)
{
    PermissionAsked request{QStringLiteral("r1"), PermissionKind::Permission, QStringLiteral("Bash"), input,
                            QStringLiteral("/home/ada/shop")};
    request.options = {option("allow_once"), option("allow_session"), option("deny"),
                       option("deny_and_stop")};
    return request;
}

QString longInput()
{
    QString text = QStringLiteral(R"({"command":")");
    for (int i = 0; i < 60; ++i)
        text += QStringLiteral("line %1\\n").arg(i);
    return text + QStringLiteral("\"}");
}

QPushButton* button(const QWidget& card, const char* text)
{
    for (QPushButton* candidate : card.findChildren<QPushButton*>()) {
        if (candidate->text() == QString::fromUtf8(text) && candidate->isVisible())
            return candidate;
    }
    return nullptr;
}

bool shows(const QWidget& card, const char* part)
{
    for (const QLabel* label : card.findChildren<QLabel*>()) {
        if (label->isVisible() && label->text().contains(QLatin1String(part)))
            return true;
    }
    return false;
}

QJsonObject sent(const QSignalSpy& answers)
{
    return answers.constLast().constFirst().toJsonObject();
}

} // namespace

class TestPermissionCard : public QObject
{
    Q_OBJECT

private slots:
    void everyCharacterOfAnInputStands();
    void whatCannotBeSeenIsANumber();
    void whatLooksLikeAsciiIsANumber();
    void spoofsHideNothing_data();
    void spoofsHideNothing();
    void answersWithTheHashOfWhatIsShown();
    void nothingIsAllowedAtOnce();
    void nothingIsAllowedUnseen();
    void deniesWithAMessage();
    void whoMayNotActIsToldWhy();
    void anotherRequestBeginsAnew();
    void aRefusedAnswerCanBeGivenAgain();
    void questionsAreAnswered();
    void aPlanIsReadBeforeItIsApproved();
    void keysAnswerAfterADelay();
    void observedAgentHasNothingToPress();
};

void TestPermissionCard::everyCharacterOfAnInputStands()
{
    QRandomGenerator random(1);
    const QString alphabet = QStringLiteral("{}[]\",:\\n abcé漢é<&>%1");
    for (int round = 0; round < 100'000; ++round) {
        QString input = QStringLiteral("{");
        for (quint32 i = random.bounded(40U); i > 0; --i)
            input += alphabet.at(random.bounded(int(alphabet.size())));

        QString shown = inputForReading(input);

        QCOMPARE(shown.remove(QLatin1Char('\n')), input);
    }
}

void TestPermissionCard::whatCannotBeSeenIsANumber()
{
    QStringList hidden;
    for (const char32_t c : {0x0U,    0x7U,    0x1bU,   0x7fU,   0x85U,    0xa0U,    0xadU,   0x34fU,
                             0x115fU, 0x180eU, 0x200bU, 0x200dU, 0x200eU,  0x202eU,  0x2066U, 0x2800U,
                             0x3000U, 0x3164U, 0xfe0fU, 0xfeffU, 0xe0041U, 0xe0100U, 0xf0000U})
        hidden << QStringView(QChar::fromUcs4(c)).toString();

    for (const QString& one : std::as_const(hidden)) {
        const QString shown = inputForReading(QStringLiteral("a") + one + QStringLiteral("b"));
        QVERIFY2(!shown.contains(one) && shown.contains(QLatin1String("U+")), qPrintable(shown));
    }
    QCOMPARE(inputForReading(QStringLiteral("a\u202eb")), QStringLiteral("a‹U+202E›b"));
}

/// Commands that try to look like others.
void TestPermissionCard::spoofsHideNothing_data()
{
    QTest::addColumn<QString>("command");
    // NOLINTBEGIN(misc-misleading-bidirectional)
    const QList<const char*> spoofs{
        "rm -rf ~ # \u202Etxt.emder od\u202C",
        "ls\u200B \u200B-la\u200D",
        "cat /etc/p\u0430sswd",
        "<b>ls</b><img src=x onerror=alert(1)>",
        "ls \u2028rm -rf /\u2029",
        "echo \u00a0\u2003\u3000hidden",
        "git push\u00ad --force",
        "\ufeffls",
        "ls \u2066; rm -rf /\u2069",
        "</pre><script>alert(1)</script>",
        "&lt;b&gt; &amp; &#x202e;",
        "%s%n%1%2 \\x41 \\033[31m",
        "echo '\u061C\u200E\u200F'",
        "open file:///etc/passwd",
        "javascript:alert(1)",
        "curl http://\u0440\u0430ypal.com",
        "curl http://example.com@evil.test/",
        "ls \u115f\u1160\u3164\uffa0x",
        "ls \ufe0f\ufe0e",
        "ls \U000E0041\U000E0042 tags",
        "ls \U0001F469\u200D\U0001F4BB",
        "\u2800\u2800braille blank",
        "ls \u2011\u2011force",
        "sudo \u180erm",
        "\uff52\uff4d \uff0drf",
        "ls\u2215etc",
        "\u202dls",
        "ls\u034f",
        "a\u0085b",
        "x\u001b[2Jy",
    };
    // NOLINTEND(misc-misleading-bidirectional)
    for (const char* spoof : spoofs)
        QTest::addRow("%d", int(spoofs.indexOf(spoof))) << QString::fromUtf8(spoof);
}

void TestPermissionCard::spoofsHideNothing()
{
    QFETCH(QString, command);
    const QString shown = inputForReading(command);
    for (const QChar c : shown) {
        QVERIFY2(c == QLatin1Char('\n') || c.isPrint() || c.isSurrogate(), qPrintable(shown));
        QVERIFY2(!c.isSpace() || c == QLatin1Char(' ') || c == QLatin1Char('\n'), qPrintable(shown));
    }
    // What is left of it when the numbers are taken out stands in it, in its order.
    static const QRegularExpression number(QStringLiteral("‹U\\+[0-9A-F]+›"));
    qsizetype at = 0;
    for (const QString& part : shown.split(number, Qt::SkipEmptyParts)) {
        at = command.indexOf(part, at);
        QVERIFY2(at >= 0, qPrintable(part));
        at += part.size();
    }
}

void TestPermissionCard::whatLooksLikeAsciiIsANumber()
{
    QCOMPARE(inputForReading(QStringLiteral("p\u0430sswd")), QStringLiteral("p‹U+0430›sswd"));
    QCOMPARE(inputForReading(QStringLiteral("push \u2011\u2011force")),
             QStringLiteral("push ‹U+2011›‹U+2011›force"));
    QCOMPARE(inputForReading(QStringLiteral("\uff52\uff4d")), QStringLiteral("‹U+FF52›‹U+FF4D›"));
    // Words of another script are what they look like.
    for (const QString& text :
         {QStringLiteral("пароль"), QStringLiteral("echo 'γειά σου'"), QStringLiteral("naïve café"),
          QStringLiteral("使用git"), QStringLiteral("a – b — c")})
        QCOMPARE(inputForReading(text), text);
}

void TestPermissionCard::answersWithTheHashOfWhatIsShown()
{
    PermissionCard card;
    QSignalSpy answers(&card, &PermissionCard::answered);
    const QString input = QStringLiteral("{\"command\":\"echo \u202e é <b>&amp;</b>\"}");
    card.ask(asked(input), 0, QStringLiteral("api"));
    card.show();
    QCOMPARE(card.findChild<QPlainTextEdit*>()->toPlainText(), inputForReading(input));
    QVERIFY(shows(card, "api in /home/ada/shop"));

    QTRY_VERIFY(button(card, "Allow once")->isEnabled());
    button(card, "Allow once")->click();

    QCOMPARE(answers.size(), 1);
    QCOMPARE(sent(answers).value(QLatin1String("request_id")).toString(), QStringLiteral("r1"));
    QCOMPARE(sent(answers).value(QLatin1String("option_id")).toString(), QStringLiteral("allow_once"));
    QCOMPARE(
        sent(answers).value(QLatin1String("input_sha256")).toString(),
        QString::fromLatin1(QCryptographicHash::hash(input.toUtf8(), QCryptographicHash::Sha256).toHex()));
    QVERIFY(!button(card, "Allow once")->isEnabled()); // one answer
}

void TestPermissionCard::nothingIsAllowedAtOnce()
{
    PermissionCard card;
    card.ask(asked(QStringLiteral(R"({"command":"ls"})")), 0);
    card.show();

    QVERIFY(!button(card, "Allow once")->isEnabled());
    QVERIFY(!button(card, "Allow for session")->isEnabled());
    QVERIFY(button(card, "Deny…")->isEnabled());
    QTRY_VERIFY(button(card, "Allow for session")->isEnabled());
}

void TestPermissionCard::nothingIsAllowedUnseen()
{
    PermissionCard card;
    card.resize(400, 300);
    card.ask(asked(longInput()), 0);
    card.show();
    QTRY_VERIFY(shows(card, "Scroll through"));
    QScrollBar* bar = card.findChild<QPlainTextEdit*>()->verticalScrollBar();
    QTRY_VERIFY(bar->maximum() > bar->pageStep());

    // The delay is over when a card with a short input would work.
    PermissionCard other;
    other.ask(asked(QStringLiteral("{}")), 0);
    other.show();
    QTRY_VERIFY(button(other, "Allow once")->isEnabled());
    QVERIFY(!button(card, "Allow once")->isEnabled());
    bar->setValue(bar->maximum()); // past the middle
    QVERIFY(!button(card, "Allow once")->isEnabled());
    for (int line = 0; line <= bar->maximum(); ++line)
        bar->setValue(line);
    QVERIFY(button(card, "Allow once")->isEnabled());
    QVERIFY(!shows(card, "Scroll through"));
}

void TestPermissionCard::deniesWithAMessage()
{
    PermissionCard card;
    QSignalSpy answers(&card, &PermissionCard::answered);
    card.ask(asked(longInput()), 0);
    card.show();

    button(card, "Deny…")->click();
    QVERIFY(button(card, "Allow once") == nullptr);
    card.findChild<QLineEdit*>()->setText(QStringLiteral("use the copy"));
    button(card, "Deny")->click();

    QCOMPARE(sent(answers).value(QLatin1String("option_id")).toString(), QStringLiteral("deny"));
    QCOMPARE(sent(answers).value(QLatin1String("message")).toString(), QStringLiteral("use the copy"));
    QVERIFY(!sent(answers).contains(QLatin1String("input_sha256")));
}

void TestPermissionCard::whoMayNotActIsToldWhy()
{
    PermissionCard card;
    card.setRefusal(QStringLiteral("This link has the role viewer"));
    card.ask(asked(QStringLiteral("{}")), 0);
    card.show();

    QVERIFY(shows(card, "the role viewer"));
    for (const char* text : {"Allow once", "Deny…", "Allow for session"}) {
        QVERIFY(!button(card, text)->isEnabled());
        QVERIFY(button(card, text)->toolTip().contains(QLatin1String("the role viewer")));
    }
}

void TestPermissionCard::anotherRequestBeginsAnew()
{
    PermissionCard card;
    card.ask(asked(QStringLiteral("{}")), 0);
    card.show();
    QTRY_VERIFY(button(card, "Allow once")->isEnabled());
    PermissionAsked next = asked(QStringLiteral(R"({"command":"rm"})"));
    next.requestId = QStringLiteral("r2");

    card.ask(next, 0);

    QVERIFY(!button(card, "Allow once")->isEnabled());
    QTRY_VERIFY(button(card, "Allow once")->isEnabled());
}

void TestPermissionCard::aRefusedAnswerCanBeGivenAgain()
{
    PermissionCard card;
    QSignalSpy answers(&card, &PermissionCard::answered);
    card.ask(asked(QStringLiteral("{}")), 0);
    card.show();
    QTRY_VERIFY(button(card, "Allow once")->isEnabled());
    button(card, "Allow once")->click();

    card.answerFailed(QStringLiteral("there is no link"));

    QVERIFY(shows(card, "Not answered: there is no link"));
    button(card, "Allow once")->click();
    QCOMPARE(answers.size(), 2);
}

void TestPermissionCard::questionsAreAnswered()
{
    PermissionCard card;
    QSignalSpy answers(&card, &PermissionCard::answered);
    PermissionAsked request = asked(QStringLiteral("{}"));
    request.kind = PermissionKind::Question;
    request.options = {option("answer"), option("deny")};
    const QJsonArray choices{QJsonObject{{QStringLiteral("label"), QStringLiteral("Red & <b>blue</b>")},
                                         {QStringLiteral("description"), QStringLiteral("both")}},
                             QJsonObject{{QStringLiteral("label"), QStringLiteral("Green")}}};
    request.questions = {QJsonObject{{QStringLiteral("question"), QStringLiteral("Which colour?")},
                                     {QStringLiteral("header"), QStringLiteral("Colour")},
                                     {QStringLiteral("options"), choices}},
                         QJsonObject{{QStringLiteral("question"), QStringLiteral("And which?")},
                                     {QStringLiteral("multiSelect"), true},
                                     {QStringLiteral("options"), choices}}};
    card.ask(request, 0);
    card.show();
    QVERIFY(shows(card, "Which colour?"));
    QVERIFY(shows(card, "Red & <b>blue</b>"));
    const auto* form = card.findChild<QuestionForm*>();

    form->findChildren<QRadioButton*>().constFirst()->click();
    QVERIFY(form->answers().isEmpty()); // one is missing
    for (QAbstractButton* box : form->findChildren<QAbstractButton*>()) {
        if (qobject_cast<QRadioButton*>(box) == nullptr)
            box->click();
    }
    QTRY_VERIFY(button(card, "Answer")->isEnabled());
    button(card, "Answer")->click();

    const QJsonObject given = sent(answers).value(QLatin1String("answers")).toObject();
    QCOMPARE(given.value(QLatin1String("Which colour?")).toString(), QStringLiteral("Red & <b>blue</b>"));
    QCOMPARE(given.value(QLatin1String("And which?")).toString(), QStringLiteral("Red & <b>blue</b>, Green"));
}

/// The client leaves the plan out of the input: what is hashed is the input, what must be seen is both.
void TestPermissionCard::aPlanIsReadBeforeItIsApproved()
{
    PermissionCard card;
    QSignalSpy answers(&card, &PermissionCard::answered);
    PermissionAsked request = asked(QStringLiteral("{}"));
    request.kind = PermissionKind::Plan;
    request.options = {option("allow_once"), option("deny")};
    request.questions = {
        QJsonObject{{QStringLiteral("plan"), QStringLiteral("1. Raise the <b>anchor</b>.\u202e")}}};

    card.ask(request, 0);
    card.show();

    const QString shown = card.findChild<QPlainTextEdit*>()->toPlainText();
    QCOMPARE(shown, inputForReading(QStringLiteral("1. Raise the <b>anchor</b>.\u202e")));
    auto* approve = button(card, "Approve the plan");
    QTRY_VERIFY(approve->isEnabled());
    approve->click();
    QCOMPARE(answers.size(), 1);
    const QByteArray hash = QCryptographicHash::hash("{}", QCryptographicHash::Sha256).toHex();
    QCOMPARE(answers.at(0).at(0).toJsonObject().value(QStringLiteral("input_sha256")),
             QJsonValue(QLatin1String(hash)));

    request.requestId = QStringLiteral("long");
    request.questions = {QJsonObject{{QStringLiteral("plan"), QStringLiteral("step\n").repeated(200)}}};
    card.ask(request, 0);
    QTest::qWait(PermissionCard::confirmDelayMs + 100);
    QVERIFY(!approve->isEnabled()); // its end was not on screen
}

void TestPermissionCard::keysAnswerAfterADelay()
{
    QWidget window;
    PermissionCard card(&window);
    QLineEdit other(&window);
    QSignalSpy answers(&card, &PermissionCard::answered);
    card.ask(asked(QStringLiteral("{}")), 0);
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    card.setFocus();
    QTest::keyClick(&card, Qt::Key_Y); // it has just come: nobody has read it
    QVERIFY(!shows(card, "Allowing"));
    QTRY_VERIFY(button(card, "Allow once")->isEnabled());

    QTest::keyClick(&card, Qt::Key_Y);
    QVERIFY(shows(card, "Allowing"));
    QTest::keyClick(&card, Qt::Key_Escape);
    QVERIFY(!shows(card, "Allowing"));
    QTest::keyClick(&card, Qt::Key_N);
    QVERIFY(shows(card, "Denying"));
    other.setFocus(); // a key that was meant for something else
    QTRY_VERIFY(!shows(card, "Denying"));
    QVERIFY(answers.isEmpty());
    card.setFocus();
    QTest::keyClick(&card, Qt::Key_Y);
    QTRY_COMPARE(answers.size(), 1);
    QCOMPARE(sent(answers).value(QStringLiteral("option_id")), QJsonValue(QStringLiteral("allow_once")));
}

void TestPermissionCard::observedAgentHasNothingToPress()
{
    PermissionCard card;
    PermissionAsked request = asked(QStringLiteral("rm -rf build\nls"));
    request.options.clear();
    card.ask(request, 0);
    card.show();

    QVERIFY(shows(card, "own terminal"));
    QCOMPARE(card.findChild<QPlainTextEdit*>()->toPlainText(), request.input);
    for (const QPushButton* one : card.findChildren<QPushButton*>())
        QVERIFY(!one->isVisible());
}

QTEST_MAIN(TestPermissionCard)
#include "tst_permissioncard.moc"
