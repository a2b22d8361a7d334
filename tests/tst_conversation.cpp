// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/askedhost.h"
#include "tests/fleet.h"
#include "ui/conversation.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QLabel>
#include <QScrollBar>
#include <QTest>
#include <QTreeView>

using namespace plimsoll;
using plimsoll::test::AskedHost;
using plimsoll::test::idOf;

namespace {

ConversationItem itemOf(LogKind kind, const QString& text, qint64 offset, qint64 atMs = 1'000'000)
{
    return {atMs, Logged{kind, text, QStringLiteral("Bash"), false, QStringLiteral("/log.jsonl"), offset, 0}};
}

QJsonObject jsonOf(const QString& kind, const QString& text, qint64 offset)
{
    return {{QStringLiteral("at"), 1'000'000},
            {QStringLiteral("kind"), kind},
            {QStringLiteral("text"), text},
            {QStringLiteral("tool"), QStringLiteral("Bash")},
            {QStringLiteral("file"), QStringLiteral("/log.jsonl")},
            {QStringLiteral("offset"), offset},
            {QStringLiteral("block"), 0}};
}

QJsonObject page(int count, qint64 firstOffset, bool more)
{
    QJsonArray items;
    for (int i = 0; i < count; ++i)
        items.append(jsonOf(i % 4 == 0 ? QStringLiteral("prompt") : QStringLiteral("text"),
                            QStringLiteral("line %1").arg(firstOffset + i), firstOffset + i));
    return {{QStringLiteral("items"), items},
            {QStringLiteral("file"), QStringLiteral("/log.jsonl")},
            {QStringLiteral("before_offset"), firstOffset},
            {QStringLiteral("more"), more}};
}

Event logged(int agent, const QString& text, qint64 offset)
{
    return {0, 2'000'000, idOf(agent),
            Logged{LogKind::Text, text, {}, false, QStringLiteral("/log.jsonl"), offset, 0}};
}

QTreeView* viewOf(Conversation& conversation)
{
    return conversation.findChild<QTreeView*>();
}

} // namespace

class TestConversation : public QObject
{
    Q_OBJECT

private slots:
    void modelKeepsOrderAndForgetsDoubles();
    void headsStandWhereTheSpeakerChanges();
    void modelForgetsTheOldest();
    void badItemsAreSkipped();
    void whatIsBeingSaidStandsOnce();
    void whatIsBeingSaidStaysLast();
    void ofALongSpeechTheEndStands();

    void asksForTheLastPageAndFollows();
    void answersOfAnotherAgentAreDropped();
    void scrollingToTheTopLoadsOlder();
    void aPageThatLeadsNowhereIsNotAskedTwice();
    void staysWhereTheReaderIs();
    void streamsOfItsAgentOnly();
    void refusalIsShown();
    void enterUnfoldsATool();
    void truncatedTextIsAskedFor();
    void copiesPlainText();
    void thousandsAreFast();
};

void TestConversation::modelKeepsOrderAndForgetsDoubles()
{
    ConversationModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);

    model.append({itemOf(LogKind::Text, QStringLiteral("live"), 30)});
    model.prepend({itemOf(LogKind::Prompt, QStringLiteral("old"), 10),
                   itemOf(LogKind::Text, QStringLiteral("live"), 30)});
    model.append({itemOf(LogKind::Text, QStringLiteral("live"), 30),
                  itemOf(LogKind::Text, QStringLiteral("next"), 40)});

    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.at(0).log.text, QStringLiteral("old"));
    QCOMPARE(model.at(1).log.text, QStringLiteral("live"));
    QCOMPARE(model.at(2).log.text, QStringLiteral("next"));
    model.clear();
    QCOMPARE(model.rowCount(), 0);
    model.append({itemOf(LogKind::Text, QStringLiteral("live"), 30)});
    QCOMPARE(model.rowCount(), 1);
}

void TestConversation::headsStandWhereTheSpeakerChanges()
{
    ConversationModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setAgentName(QStringLiteral("api"));
    model.append(
        {itemOf(LogKind::Text, QStringLiteral("b"), 2), itemOf(LogKind::ToolUse, QStringLiteral("c"), 3)});
    QCOMPARE(model.index(0).data(ConversationModel::HeadRole).toString(), QStringLiteral("api"));
    QCOMPARE(model.index(1).data(ConversationModel::HeadRole).toString(), QString());

    model.prepend(
        {itemOf(LogKind::Prompt, QStringLiteral("p"), 0), itemOf(LogKind::Thinking, QStringLiteral("a"), 1)});

    const QStringList expected{QStringLiteral("You"), QStringLiteral("api"), QString(), QString()};
    for (int row = 0; row < 4; ++row)
        QCOMPARE(model.index(row).data(ConversationModel::HeadRole).toString(), expected.at(row));
    QVERIFY(
        model.index(3).data(Qt::AccessibleTextRole).toString().startsWith(QLatin1String("api, tool Bash")));
}

void TestConversation::modelForgetsTheOldest()
{
    ConversationModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QList<ConversationItem> items;
    for (int i = 0; i < 20'500; ++i)
        items.append(itemOf(LogKind::Text, QString::number(i), i));

    model.append(items);

    QVERIFY(model.rowCount() <= 20'000);
    QCOMPARE(model.at(model.rowCount() - 1).log.text, QStringLiteral("20499"));
}

/// Streamed first, then told by the log: one row, never two.
void TestConversation::whatIsBeingSaidStandsOnce()
{
    ConversationModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.append({itemOf(LogKind::Prompt, QStringLiteral("say it"), 10)});

    model.stream(QStringLiteral("It is "), false, 1'000'100);
    model.stream(QStringLiteral("said."), true, 1'000'200);
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.at(1).log.text, QStringLiteral("It is said."));
    QVERIFY(model.index(1).data(ConversationModel::LiveRole).toBool());
    model.append({itemOf(LogKind::Text, QStringLiteral("It is said."), 20)});

    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.at(1).log.offset, 20);
    QVERIFY(!model.isStreaming());
    QVERIFY(model.index(1).data(ConversationModel::ExpandedRole).toBool()); // as it was read
    model.stream({}, true, 1'000'300);                                      // an end without a beginning
    QCOMPARE(model.rowCount(), 2);
}

void TestConversation::whatIsBeingSaidStaysLast()
{
    ConversationModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.stream(QStringLiteral("one"), false, 1'000'000);
    model.append({itemOf(LogKind::Thinking, QStringLiteral("hm"), 10)});
    QCOMPARE(model.at(0).log.kind, LogKind::Thinking);
    QCOMPARE(model.at(1).log.text, QStringLiteral("one"));

    // Interrupted: the log tells nothing of it, and the next prompt is told.
    model.append({itemOf(LogKind::Prompt, QStringLiteral("go on"), 20)});
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.at(1).log.kind, LogKind::Prompt);
    // Two texts, and the log is slow.
    model.stream(QStringLiteral("two"), true, 1'000'000);
    model.stream(QStringLiteral("three"), false, 1'000'000);
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.at(2).log.text, QStringLiteral("three"));
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void TestConversation::ofALongSpeechTheEndStands()
{
    ConversationModel model;
    for (int i = 0; i < 10'000; ++i)
        model.stream(QStringLiteral("line %1\n").arg(i), false, 1'000'000);

    const QString text = model.at(0).log.text;
    QVERIFY(text.size() <= 12'000);
    QVERIFY(text.startsWith(QLatin1String("line ")));
    QVERIFY(text.endsWith(QLatin1String("line 9999\n")));
}

void TestConversation::badItemsAreSkipped()
{
    const QJsonArray items{42,
                           QJsonObject(),
                           QStringLiteral("x"),
                           QJsonArray(),
                           QJsonObject{{QStringLiteral("kind"), 7}, {QStringLiteral("text"), QJsonArray()}},
                           jsonOf(QStringLiteral("tool_use"), QStringLiteral("ls"), 5)};

    const QList<ConversationItem> read = conversationItems(items);

    QCOMPARE(read.size(), 2);
    QCOMPARE(read.at(1), itemOf(LogKind::ToolUse, QStringLiteral("ls"), 5));
}

void TestConversation::asksForTheLastPageAndFollows()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(340, 300);
    conversation.show();

    conversation.setAgent(idOf(1), QStringLiteral("api"));
    QCOMPARE(host.asked.size(), 1);
    QCOMPARE(host.asked.first().method, QStringLiteral("history"));
    QVERIFY(!host.asked.first().params.contains(QLatin1String("before_offset")));
    conversation.apply(
        {logged(1, QStringLiteral("live one"), 119), logged(2, QStringLiteral("not mine"), 500)});
    host.answer(host.asked.first().id, page(20, 100, false)); // 119 stands in the page too
    conversation.apply({logged(1, QStringLiteral("live two"), 130)});

    QCOMPARE(conversation.model().rowCount(), 21);
    QCOMPARE(conversation.model().at(20).log.text, QStringLiteral("live two"));
    const QScrollBar* bar = viewOf(conversation)->verticalScrollBar();
    QTRY_VERIFY(bar->maximum() > 0);
    QTRY_COMPARE(bar->value(), bar->maximum());
    QVERIFY(conversation.followsEnd());
    QCOMPARE(host.asked.size(), 1);
}

void TestConversation::answersOfAnotherAgentAreDropped()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.setAgent(idOf(1), QStringLiteral("one"));
    conversation.setAgent(idOf(2), QStringLiteral("two"));

    host.answer(host.asked.at(0).id, page(5, 0, false));

    QCOMPARE(conversation.model().rowCount(), 0);
    host.answer(host.asked.at(1).id, page(3, 0, false));
    QCOMPARE(conversation.model().rowCount(), 3);
    conversation.setAgent({}, {});
    QCOMPARE(conversation.model().rowCount(), 0);
}

void TestConversation::scrollingToTheTopLoadsOlder()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(340, 300);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    host.answer(host.asked.first().id, page(100, 1000, true));
    QCOMPARE(host.asked.size(), 1); // at the end: nothing older is needed

    QTreeView* view = viewOf(conversation);
    view->verticalScrollBar()->setValue(0);

    QCOMPARE(host.asked.size(), 2);
    QCOMPARE(host.asked.at(1).params.value(QLatin1String("before_offset")).toInteger(), 1000);
    QCOMPARE(host.asked.at(1).params.value(QLatin1String("file")).toString(), QStringLiteral("/log.jsonl"));
    host.answer(host.asked.at(1).id, page(100, 900, false));
    QCOMPARE(conversation.model().rowCount(), 200);
    QCOMPARE(conversation.model().at(0).log.text, QStringLiteral("line 900"));
    // What the reader saw is still there.
    QCOMPARE(view->indexAt({10, view->visualRect(view->model()->index(100, 0)).center().y()}).row(), 100);
    QVERIFY(view->viewport()->rect().intersects(view->visualRect(view->model()->index(100, 0))));
    QVERIFY(!conversation.followsEnd());
}

void TestConversation::aPageThatLeadsNowhereIsNotAskedTwice()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(340, 300);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    host.answer(host.asked.first().id, page(1, 50, true)); // fits the view: asks on at once
    QCOMPARE(host.asked.size(), 2);

    host.answer(host.asked.at(1).id, page(0, 50, true));

    QCOMPARE(host.asked.size(), 2);
}

void TestConversation::staysWhereTheReaderIs()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(340, 300);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    host.answer(host.asked.first().id, page(100, 1000, false));
    QScrollBar* bar = viewOf(conversation)->verticalScrollBar();
    QTRY_VERIFY(bar->maximum() > 500);
    bar->setValue(bar->maximum() / 2);
    const int value = bar->value();

    conversation.apply({logged(1, QStringLiteral("new"), 5000)});
    QCoreApplication::processEvents();

    QCOMPARE(bar->value(), value);
    QVERIFY(!conversation.followsEnd());
    bar->setValue(bar->maximum());
    QVERIFY(conversation.followsEnd());
}

void TestConversation::streamsOfItsAgentOnly()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(400, 300);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    host.answer(host.asked.constLast().id, page(40, 100, false));
    const int rows = conversation.model().rowCount();

    conversation.apply({{0, 2'000'000, idOf(2), TextStreamed{QStringLiteral("other"), false}}});
    QCOMPARE(conversation.model().rowCount(), rows);
    conversation.apply({{0, 2'000'000, idOf(1), TextStreamed{QStringLiteral("mine"), false}}});
    QCOMPARE(conversation.model().rowCount(), rows + 1);
    for (int i = 0; i < 50; ++i)
        conversation.apply({{0, 2'000'000, idOf(1), TextStreamed{QStringLiteral("\nmore"), false}}});
    const QScrollBar* bar = viewOf(conversation)->verticalScrollBar();
    QTRY_COMPARE(bar->value(), bar->maximum()); // it follows what grows
    conversation.apply({logged(1, QStringLiteral("mine"), 900)});
    QCOMPARE(conversation.model().rowCount(), rows + 1);
}

void TestConversation::refusalIsShown()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));

    host.refuse(host.asked.first().id, QStringLiteral("<b>gone</b>"));

    bool found = false;
    for (const QLabel* label : conversation.findChildren<QLabel*>()) {
        found = found || (label->isVisible() && label->text().contains(QLatin1String("<b>gone</b>")) &&
                          label->textFormat() == Qt::PlainText);
    }
    QVERIFY(found);
}

void TestConversation::enterUnfoldsATool()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(340, 400);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    const QJsonArray items{jsonOf(QStringLiteral("tool_use"), QStringLiteral("a\nb\nc\nd"), 0)};
    host.answer(host.asked.first().id, {{QStringLiteral("items"), items}});
    QTreeView* view = viewOf(conversation);
    const QModelIndex index = view->model()->index(0, 0);
    view->setCurrentIndex(index);
    const int folded = view->visualRect(index).height();

    QTest::keyClick(view, Qt::Key_Return);

    QVERIFY(index.data(ConversationModel::ExpandedRole).toBool());
    QVERIFY(view->visualRect(index).height() > folded + 2 * view->fontMetrics().height());
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(view->visualRect(index).height(), folded);
}

void TestConversation::truncatedTextIsAskedFor()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    QJsonObject item = jsonOf(QStringLiteral("text"), QStringLiteral("begin"), 77);
    item.insert(QStringLiteral("truncated"), true);
    host.answer(host.asked.first().id, {{QStringLiteral("items"), QJsonArray{item}}});
    QTreeView* view = viewOf(conversation);
    view->setCurrentIndex(view->model()->index(0, 0));

    QTest::keyClick(view, Qt::Key_Return); // all that is here
    QTest::keyClick(view, Qt::Key_Return); // the whole

    QCOMPARE(host.askedFor(QStringLiteral("text")).size(), 1);
    QCOMPARE(host.askedFor(QStringLiteral("text")).first().params.value(QLatin1String("offset")).toInteger(),
             77);
}

void TestConversation::copiesPlainText()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(340, 400);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    host.answer(host.asked.first().id, page(2, 0, false));
    QTreeView* view = viewOf(conversation);
    view->selectAll();

    QTest::keyClick(view, Qt::Key_C, Qt::ControlModifier);

    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("line 0\n\nline 1"));
}

void TestConversation::thousandsAreFast()
{
    AskedHost host;
    Conversation conversation(host);
    conversation.resize(340, 600);
    conversation.show();
    conversation.setAgent(idOf(1), QStringLiteral("api"));
    host.answer(host.asked.first().id, page(5000, 0, false));
    QCoreApplication::processEvents();
    QElapsedTimer watch;
    watch.start();

    for (int i = 0; i < 20; ++i) {
        conversation.apply(
            {logged(1, QStringLiteral("more text of some length, as agents write it"), 10'000 + i)});
        conversation.grab();
    }

    const qint64 frameMs = watch.elapsed() / 20;
    qInfo("5,000 items: %lld ms a frame", static_cast<long long>(frameMs));
    QVERIFY2(frameMs < 100, qPrintable(QString::number(frameMs)));
}

QTEST_MAIN(TestConversation)
#include "tst_conversation.moc"
