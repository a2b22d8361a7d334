// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "models/eventmodel.h"
#include "models/eventproxy.h"
#include "tests/askedhost.h"
#include "tests/fleet.h"
#include "ui/eventview.h"
#include "ui/readingpane.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace plimsoll;
using plimsoll::test::added;
using plimsoll::test::agentOf;
using plimsoll::test::AskedHost;
using plimsoll::test::idOf;

namespace {

constexpr qint64 baseMs = 1'700'000'000'000;

Event textOf(int agent, const QString& text, qint64 atMs)
{
    return {0, atMs, idOf(agent), Logged{LogKind::Text, text, {}, false, QStringLiteral("/l.jsonl"), 7, 1}};
}

Events texts(int first, int count)
{
    Events events;
    for (int i = 0; i < count; ++i)
        events.append(textOf(1 + i % 2, QStringLiteral("text %1").arg(first + i), baseMs + first + i));
    return events;
}

/// A view on a model and a proxy, as the page has it.
struct Stream
{
    Stream()
    {
        agents.apply({added(agentOf(1, QStringLiteral("one"), AgentState::Executing, 1, baseMs)),
                      added(agentOf(2, QStringLiteral("two"), AgentState::Executing, 1, baseMs))});
        view.setModel(&proxy);
        view.resize(600, 300);
        view.show();
    }

    void apply(const Events& events)
    {
        view.holdPlace();
        model.apply(events, agents);
        view.keepPlace();
    }

    [[nodiscard]] QString textAt(const QPoint& spot) const
    {
        return view.indexAt(spot).data(EventModel::TextRole).toString();
    }

    AgentModel agents;
    EventModel model;
    EventProxy proxy{model};
    EventView view;
};

} // namespace

class TestEventView : public QObject
{
    Q_OBJECT

private slots:
    void newestIsOnTop();
    void staysWhereTheReaderIs();
    void enterAsksForTheWhole();
    void controlCCopiesRows();
    void menuNarrowsToTheAgent();
    void paneAsksForTheRest();
    void paneShowsARefusal();
    void textStaysPlain();
    void manyEventsAFrame();
};

void TestEventView::newestIsOnTop()
{
    Stream stream;
    const QAbstractItemModelTester tester(&stream.proxy,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);

    stream.apply(texts(0, 5));

    QCOMPARE(stream.textAt({5, 5}), QStringLiteral("text 4"));
    stream.apply(texts(5, 1));
    QCOMPARE(stream.textAt({5, 5}), QStringLiteral("text 5"));
    QVERIFY(!stream.view.accessibleName().isEmpty());
}

void TestEventView::staysWhereTheReaderIs()
{
    Stream stream;
    stream.apply(texts(0, 200));
    QCoreApplication::processEvents();
    stream.view.verticalScrollBar()->setValue(1000);
    const QString seen = stream.textAt({5, 5});

    for (int i = 0; i < 10; ++i)
        stream.apply(texts(200 + 20 * i, 20));

    QCOMPARE(stream.textAt({5, 5}), seen);
    stream.view.verticalScrollBar()->setValue(0);
    stream.apply(texts(400, 3));
    QCoreApplication::processEvents();
    QCOMPARE(stream.textAt({5, 5}), QStringLiteral("text 402"));
}

void TestEventView::enterAsksForTheWhole()
{
    Stream stream;
    stream.apply(texts(0, 3));
    QSignalSpy wanted(&stream.view, &EventView::readingWanted);
    stream.view.setCurrentIndex(stream.proxy.index(1, 0));

    QTest::keyClick(&stream.view, Qt::Key_Return);

    QCOMPARE(wanted.size(), 1);
    const auto text = wanted.first().first().value<ReadingText>();
    QCOMPARE(text.text, QStringLiteral("text 1"));
    QVERIFY(text.title.startsWith(QStringLiteral("two · text · ")));
    QCOMPARE(text.offset, 7);
    QCOMPARE(text.block, 1);
    const QRect row = stream.view.visualRect(stream.proxy.index(0, EventModel::TextColumn));
    QTest::mouseClick(stream.view.viewport(), Qt::LeftButton, {}, row.center());
    QCOMPARE(wanted.size(), 2);
}

void TestEventView::controlCCopiesRows()
{
    Stream stream;
    stream.apply(texts(0, 3));
    stream.view.selectAll();

    QTest::keyClick(&stream.view, Qt::Key_C, Qt::ControlModifier);

    const QStringList lines = QApplication::clipboard()->text().split(QLatin1Char('\n'));
    QCOMPARE(lines.size(), 3);
    QVERIFY(lines.first().endsWith(QLatin1String("one\ttext\ttext 2")));
}

void TestEventView::menuNarrowsToTheAgent()
{
    Stream stream;
    stream.apply(texts(0, 3));
    QSignalSpy agentWanted(&stream.view, &EventView::agentFilterWanted);
    QSignalSpy tagWanted(&stream.view, &EventView::tagFilterWanted);
    const QPoint spot = stream.view.visualRect(stream.proxy.index(1, 0)).center();
    QContextMenuEvent event(QContextMenuEvent::Mouse, spot, stream.view.viewport()->mapToGlobal(spot));

    QApplication::sendEvent(stream.view.viewport(), &event);

    const auto* menu = stream.view.findChild<QMenu*>();
    QVERIFY(menu != nullptr);
    for (QAction* action : menu->actions()) {
        if (action->text().startsWith(QLatin1String("Only")))
            action->trigger();
    }
    QCOMPARE(agentWanted.size(), 1);
    QCOMPARE(agentWanted.first().first().value<AgentId>(), idOf(2));
    QCOMPARE(tagWanted.first().first().toString(), QStringLiteral("text"));
}

void TestEventView::paneAsksForTheRest()
{
    AskedHost host;
    ReadingPane pane(host);
    pane.show();

    pane.read({QStringLiteral("t"), QStringLiteral("begin"), true, QStringLiteral("/l.jsonl"), 7, 1});

    QCOMPARE(host.asked.size(), 1);
    QCOMPARE(host.asked.first().method, QStringLiteral("text"));
    QCOMPARE(host.asked.first().params.value(QLatin1String("file")).toString(), QStringLiteral("/l.jsonl"));
    QCOMPARE(host.asked.first().params.value(QLatin1String("block")).toInt(), 1);
    QCOMPARE(pane.shownText(), QStringLiteral("begin"));
    host.answer(host.asked.first().id + 1, {{QStringLiteral("text"), QStringLiteral("another's")}});
    QCOMPARE(pane.shownText(), QStringLiteral("begin"));
    host.answer(host.asked.first().id, {{QStringLiteral("text"), QStringLiteral("begin and end")}});
    QCOMPARE(pane.shownText(), QStringLiteral("begin and end"));
    QCOMPARE(pane.findChild<QPlainTextEdit*>()->toPlainText(), QStringLiteral("begin and end"));
}

void TestEventView::paneShowsARefusal()
{
    AskedHost host;
    ReadingPane pane(host);
    pane.show();
    pane.read({QStringLiteral("t"), QStringLiteral("begin"), true, QStringLiteral("/l.jsonl"), 7, 1});

    host.refuse(host.asked.first().id, QStringLiteral("the file is gone"));

    bool found = false;
    for (const QLabel* label : pane.findChildren<QLabel*>())
        found = found || (label->isVisible() && label->text().contains(QLatin1String("the file is gone")));
    QVERIFY(found);
    QCOMPARE(pane.shownText(), QStringLiteral("begin"));
}

void TestEventView::textStaysPlain()
{
    AskedHost host;
    ReadingPane pane(host);
    const QString hostile = QStringLiteral("<b>bold</b> <img src='file:///etc/passwd'>\u202e");

    pane.read({hostile, hostile, false, {}, -1, 0});

    const QString shown = pane.findChild<QPlainTextEdit*>()->toPlainText();
    QVERIFY(shown.contains(QLatin1String("<b>bold</b> <img")));
    QVERIFY(!shown.contains(QChar(0x202e))); // made visible
    for (const QLabel* label : pane.findChildren<QLabel*>()) {
        QCOMPARE(label->textFormat(), Qt::PlainText);
        QVERIFY(label->toolTip().isEmpty() || !label->toolTip().contains(QLatin1String("<img")));
    }
}

void TestEventView::manyEventsAFrame()
{
    Stream stream;
    stream.apply(texts(0, 10'000));
    stream.view.grab();
    QElapsedTimer watch;
    watch.start();
    constexpr int frames = 30;

    for (int i = 0; i < frames; ++i) {
        stream.apply(texts(10'000 + 300 * i, 300));
        QCoreApplication::processEvents();
    }

    const double frameMs = double(watch.nsecsElapsed()) / 1e6 / frames;
    qInfo("300 events a frame, 10,000 rows: %.2f ms a frame", frameMs);
    QVERIFY2(frameMs < 60, qPrintable(QString::number(frameMs)));
}

QTEST_MAIN(TestEventView)
#include "tst_eventview.moc"
