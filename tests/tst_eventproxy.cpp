// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "models/eventproxy.h"
#include "tests/fleetsamples.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::samples;

namespace {

QStringList shown(const EventProxy& proxy)
{
    QStringList lines;
    for (int row = 0; row < proxy.rowCount(); ++row)
        lines << proxy.index(row, EventModel::TextColumn).data().toString();
    return lines;
}

Event said(int number, const QString& text, LogKind kind = LogKind::Text)
{
    return about(number, Logged{kind, text, {}, false, {}, -1, 0});
}

} // namespace

class TestEventProxy : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void newestFirst();
    void byAgentAndTag();
    void byText();
    void byExpression();
    void badExpressionsAreExplained();
    void evilExpressionsEnd();

private:
    void apply(const Events& events) { m_model->apply(events, m_agents); }

    AgentModel m_agents;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
    std::unique_ptr<EventProxy> m_proxy;
    std::unique_ptr<EventModel> m_model;
};

void TestEventProxy::init()
{
    m_tester.reset();
    m_proxy.reset();
    m_agents.reset({agent(1, AgentState::Idle, QStringLiteral("api")),
                    agent(2, AgentState::Idle, QStringLiteral("web"))});
    m_model = std::make_unique<EventModel>(32);
    m_proxy = std::make_unique<EventProxy>(*m_model);
    m_tester = std::make_unique<QAbstractItemModelTester>(
        m_proxy.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    apply({said(1, QStringLiteral("one")), said(2, QStringLiteral("Two\nlines"), LogKind::Error),
           said(1, QStringLiteral("three"), LogKind::Prompt)});
}

void TestEventProxy::newestFirst()
{
    QCOMPARE(shown(*m_proxy),
             (QStringList{QStringLiteral("three"), QStringLiteral("Two lines"), QStringLiteral("one")}));
    for (int i = 0; i < 100; ++i)
        apply({said(1, QString::number(i)), said(2, QStringLiteral("x"))});
    QCOMPARE(m_proxy->rowCount(), m_model->rowCount());
    QCOMPARE(shown(*m_proxy).first(), QStringLiteral("x"));
    QCOMPARE(shown(*m_proxy).at(1), QStringLiteral("99"));
    QCOMPARE(shown(*m_proxy).at(3), QStringLiteral("98"));
}

void TestEventProxy::byAgentAndTag()
{
    m_proxy->setAgent(idOf(1));
    QCOMPARE(shown(*m_proxy), (QStringList{QStringLiteral("three"), QStringLiteral("one")}));

    m_proxy->setTags({QStringLiteral("prompt"), QStringLiteral("error")});
    QCOMPARE(shown(*m_proxy), (QStringList{QStringLiteral("three")}));

    m_proxy->setAgent({});
    QCOMPARE(shown(*m_proxy), (QStringList{QStringLiteral("three"), QStringLiteral("Two lines")}));

    apply({said(2, QStringLiteral("four")),
           said(2, QStringLiteral("five"), LogKind::Error)}); // new ones are looked at too
    QCOMPARE(shown(*m_proxy).first(), QStringLiteral("five"));
    QCOMPARE(m_proxy->rowCount(), 3);

    m_proxy->setTags({});
    QCOMPARE(m_proxy->rowCount(), 5);
}

void TestEventProxy::byText()
{
    QVERIFY(m_proxy->setPattern(QStringLiteral("TWO"), false).isEmpty());
    QCOMPARE(shown(*m_proxy), (QStringList{QStringLiteral("Two lines")}));
    QVERIFY(m_proxy->setPattern(QStringLiteral("api"), false).isEmpty()); // the agent's name
    QCOMPARE(m_proxy->rowCount(), 2);
    QVERIFY(m_proxy->setPattern(QStringLiteral("o.e"), false).isEmpty()); // a dot is a dot
    QCOMPARE(m_proxy->rowCount(), 0);
    QVERIFY(m_proxy->setPattern({}, false).isEmpty());
    QCOMPARE(m_proxy->rowCount(), 3);
}

void TestEventProxy::byExpression()
{
    QVERIFY(m_proxy->setPattern(QStringLiteral("o.e|^web .*L.NES"), true).isEmpty());
    QCOMPARE(shown(*m_proxy), (QStringList{QStringLiteral("one")}));
    QVERIFY(m_proxy->setPattern(QStringLiteral("(?s)o.e|^web .*L.NES"), true).isEmpty());
    QCOMPARE(shown(*m_proxy), (QStringList{QStringLiteral("Two lines"), QStringLiteral("one")}));
    QVERIFY(m_proxy->setPattern({}, true).isEmpty());
    QCOMPARE(m_proxy->rowCount(), 3);
}

void TestEventProxy::badExpressionsAreExplained()
{
    QVERIFY(m_proxy->setPattern(QStringLiteral("one"), true).isEmpty());
    const QString error = m_proxy->setPattern(QStringLiteral("ab(c"), true);
    QVERIFY2(error.startsWith(QLatin1String("Character 5: ")), qPrintable(error));
    QCOMPARE(shown(*m_proxy), (QStringList{QStringLiteral("one")})); // the one before stays
    QVERIFY(!m_proxy->setPattern(QString(501, QLatin1Char('a')), true).isEmpty());
    QVERIFY(!m_proxy->setPattern(QString(501, QLatin1Char('a')), false).isEmpty());
    QCOMPARE(m_proxy->rowCount(), 1);
}

void TestEventProxy::evilExpressionsEnd()
{
    Events events;
    for (int i = 0; i < 32; ++i)
        events << said(1, QString(8000, QLatin1Char('a')) + QLatin1Char('!'));
    apply(events);
    const QStringList patterns{QStringLiteral("(a+)+$"), QStringLiteral("(a|aa)+$"), QStringLiteral("(.*)*x"),
                               QStringLiteral("(a*)*b\\1"),
                               QStringLiteral("(*LIMIT_MATCH=4000000000)(a+)+$")};
    for (const QString& pattern : patterns) {
        QElapsedTimer timer;
        timer.start();
        QVERIFY(m_proxy->setPattern(pattern, true).isEmpty());
        // Without the limit one row alone takes minutes.
        QVERIFY2(timer.elapsed() < 2000, qPrintable(pattern));
    }
}

QTEST_GUILESS_MAIN(TestEventProxy)
#include "tst_eventproxy.moc"
