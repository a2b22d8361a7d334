// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/settings.h"
#include "tests/fleet.h"
#include "ui/agentview.h"
#include "ui/detailspanel.h"
#include "ui/emptystate.h"
#include "ui/header.h"
#include "ui/linkstrip.h"
#include "ui/livepage.h"
#include "ui/mainwindow.h"
#include "ui/newagentdialog.h"
#include "ui/palettedialog.h"
#include "ui/screenshots.h"
#include "ui/theme.h"
#include "ui/veil.h"

#include <QAccessible>
#include <QApplication>
#include <QDateTime>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

struct Desk
{
    QTemporaryDir folder;
    Settings settings{folder.filePath(QStringLiteral("options.ini"))};
    FakeHost host;
    qint64 nowMs = QDateTime::currentMSecsSinceEpoch();

    [[nodiscard]] Events fleet() const
    {
        return {added(agentOf(1, QStringLiteral("asks"), AgentState::Blocked, 171'000, nowMs)),
                added(agentOf(2, QStringLiteral("works"), AgentState::Executing, 50'000, nowMs)),
                added(agentOf(3, QStringLiteral("rests"), AgentState::Idle, 50'000, nowMs))};
    }
};

template <typename T>
T* child(QWidget& window)
{
    return window.findChild<T*>();
}

QString headerText(QWidget& window)
{
    QString result;
    const auto labels = child<Header>(window)->findChildren<RunLabel*>();
    for (const RunLabel* label : labels)
        result += label->text();
    return result;
}

bool isPale(QWidget& window)
{
    return child<Veil>(window)->isVisible();
}

} // namespace

class TestMainWindow : public QObject
{
    Q_OBJECT

private slots:
    void withoutAgentsItSaysWhatIsWatched()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        const QSignalSpy demo(&window, &MainWindow::demoWanted);
        window.show();
        auto* empty = child<EmptyState>(window);
        QTRY_VERIFY(empty->isVisible());
        bool told = false;
        const auto labels = empty->findChildren<QLabel*>();
        for (const QLabel* label : labels)
            told = told || label->text().contains(QStringLiteral("/home/ada/.claude/projects"));
        QVERIFY(told);
        for (QPushButton* button : empty->findChildren<QPushButton*>()) {
            const bool starts = button->text().startsWith(QStringLiteral("New agent"));
            QCOMPARE(button->isVisible(), !starts); // this host starts none
            if (!starts)
                QTest::mouseClick(button, Qt::LeftButton);
        }
        QCOMPARE(demo.size(), 1);

        desk.host.send(desk.fleet());
        QTRY_VERIFY(!empty->isVisible());
        QVERIFY(child<AgentView>(window)->isVisible());
    }

    void theMostUrgentAgentIsSelectedFirst()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        desk.host.send(desk.fleet());
        QTRY_COMPARE(child<DetailsPanel>(window)->agent(), idOf(1));
        auto* list = child<AgentView>(window);
        QVERIFY(list->selectionModel()->isSelected(list->currentIndex()));
        QCOMPARE(headerText(window), QStringLiteral("3 agents · 1 working · 1 needs you"));
        QCOMPARE(window.shownSeq(), desk.host.lastSeq());
    }

    void aHomeOfOldSessionsIsNotEmpty()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        const qint64 thenMs = desk.nowMs - 90LL * 24 * 3'600'000;
        emit desk.host.progressed({true, false, 0, 2, 0, 2});
        desk.host.send({added(agentOf(2, QStringLiteral("older"), AgentState::Unknown, 1, thenMs)),
                        added(agentOf(1, QStringLiteral("newer"), AgentState::Unknown, 1, thenMs))});
        emit desk.host.progressed({false, false, 2, 2, 2, 2});
        QTRY_COMPARE(child<DetailsPanel>(window)->agent(), idOf(1));
        QCOMPARE(headerText(window), QStringLiteral("no agent is running · 2 finished"));
        // Who reads there is not disturbed by one that comes to life.
        desk.host.send({added(agentOf(3, QStringLiteral("new"), AgentState::Blocked, 1, desk.nowMs))});
        QTRY_COMPARE(headerText(window), QStringLiteral("1 agent · 1 needs you · 2 finished"));
        QCOMPARE(child<AgentView>(window)->currentAgent(), idOf(1));
        QCOMPARE(child<DetailsPanel>(window)->agent(), idOf(1));
        window.close();
        QVERIFY(desk.settings.finishedCollapsed.value());
    }

    void selectingGoesToTheDetails()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        desk.host.send(desk.fleet());
        auto* list = child<AgentView>(window);
        QTRY_COMPARE(list->currentAgent(), idOf(1));
        QTest::keyClick(list, Qt::Key_Down);
        QCOMPARE(child<DetailsPanel>(window)->agent(), idOf(2));
        // What is chosen by hand stays when another agent becomes more urgent.
        desk.host.send({added(agentOf(4, QStringLiteral("new"), AgentState::Blocked, 1000, desk.nowMs))});
        QTRY_COMPARE(headerText(window), QStringLiteral("4 agents · 1 working · 2 need you"));
        QCOMPARE(list->currentAgent(), idOf(2));
    }

    void moneyAndLimitsComeFromTheHost()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.resize(1440, 900);
        window.show();
        const qint64 slot = desk.nowMs / spendSlotMs * spendSlotMs;
        desk.host.send({{0, desk.nowMs, {}, SpendChanged{{{slot, 5'100'000'000'000}}}},
                        {0,
                         desk.nowMs,
                         {},
                         LimitsChanged{AgentKind::Codex, {}, {{QStringLiteral("7 d"), 31, 0}}, desk.nowMs}}});
        QTRY_VERIFY(headerText(window).contains(QStringLiteral("$5.10/h")));
        QVERIFY(headerText(window).contains(QStringLiteral("Codex 7 d 31%")));
    }

    void resetForgetsEverything()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        desk.host.send(desk.fleet());
        QTRY_COMPARE(child<DetailsPanel>(window)->agent(), idOf(1));
        emit desk.host.reset({agentOf(9, QStringLiteral("other"), AgentState::Idle, 1, desk.nowMs)}, 77);
        QTRY_COMPARE(child<DetailsPanel>(window)->agent(), idOf(9));
        QCOMPARE(window.shownSeq(), quint64(77));
        QCOMPARE(headerText(window), QStringLiteral("1 agent"));
    }

    void theScanCanBeCancelled()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        emit desk.host.progressed({true, false, 1, 3, 10, 30});
        QPushButton* cancel = nullptr;
        const auto buttons = window.findChildren<QPushButton*>();
        for (QPushButton* button : buttons)
            cancel = button->accessibleName().startsWith(QStringLiteral("Stop reading")) ? button : cancel;
        if (!cancel)
            QFAIL("there is no button that stops the scan");
        QTRY_VERIFY(cancel->isVisible());
        QTest::mouseClick(cancel, Qt::LeftButton);
        QCOMPARE(desk.host.cancels, 1);
        emit desk.host.progressed({false, false, 3, 3, 30, 30});
        QVERIFY(!cancel->isVisible());
    }

    void theLinkIsAlwaysInSight()
    {
        Desk desk;
        const QString place = QStringLiteral("wss://desk:7431");
        desk.host.about.label = QStringLiteral("Desk · desk:7431");
        desk.host.state = {LinkState::Phase::Connecting, place, {}, 1, 0};
        MainWindow window(desk.host, desk.settings);
        window.show();
        auto* strip = child<LinkStrip>(window);
        QVERIFY(strip->isVisible());
        QCOMPARE(window.windowTitle(), QStringLiteral("Plimsoll – Desk · desk:7431"));
        desk.host.send(desk.fleet());
        desk.host.setLink({LinkState::Phase::Connected, place, {}, 0, 0});
        QVERIFY(strip->isVisible());
        QCOMPARE(strip->accessibleName(), QStringLiteral("Connected to wss://desk:7431"));
        auto* retry = strip->findChild<QPushButton*>();
        QVERIFY(!retry->isVisible());
        auto* list = child<AgentView>(window);
        QTRY_VERIFY(list->currentIndex().isValid());
        const auto sentence = [list] { return list->currentIndex().data(Qt::AccessibleTextRole).toString(); };
        QVERIFY(!sentence().startsWith(QStringLiteral("stale")));

        desk.host.setLink({LinkState::Phase::Lost, place, QStringLiteral("<b>cut</b>"), 0, desk.nowMs});
        QVERIFY(strip->accessibleName().contains(QStringLiteral("stale, from")));
        QVERIFY(sentence().startsWith(QStringLiteral("stale: ")));
        QVERIFY(isPale(window));
        QTest::mouseClick(retry, Qt::LeftButton);
        QCOMPARE(desk.host.retries, 1);
        desk.host.setLink({LinkState::Phase::Connected, place, {}, 0, 0});
        QVERIFY(!sentence().startsWith(QStringLiteral("stale")));
        QVERIFY(!isPale(window));
    }

    void aNearHostHasNoLink()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        QVERIFY(!child<LinkStrip>(window)->isVisible());
        QCOMPARE(window.windowTitle(), QStringLiteral("Plimsoll"));
        desk.host.about.label = QStringLiteral("Other");
        emit desk.host.capabilitiesChanged();
        bool told = false;
        const auto labels = window.findChildren<QLabel*>();
        for (const QLabel* label : labels)
            told = told || label->text() == QStringLiteral("Other");
        QVERIFY(told);
    }

    void withoutALinkTheEmptyWindowSaysWhy()
    {
        Desk desk;
        desk.host.about.watched.clear();
        MainWindow window(desk.host, desk.settings);
        window.show();
        desk.host.setLink({LinkState::Phase::Failed, QStringLiteral("wss://desk:7431"),
                           QStringLiteral("The token was revoked."), 0, 0});
        QStringList texts;
        const auto labels = child<EmptyState>(window)->findChildren<QLabel*>();
        for (const QLabel* label : labels)
            texts << label->text();
        QVERIFY(texts.contains(QStringLiteral("Not connected")));
        QVERIFY(texts.contains(QStringLiteral("The token was revoked.")));
    }

    void aRecordingIsLabelled()
    {
        Desk desk;
        desk.host.about.label = QStringLiteral("Demo recording");
        desk.host.about.recording = true;
        MainWindow window(desk.host, desk.settings);
        window.show();
        bool told = false;
        const auto labels = window.findChildren<QLabel*>();
        for (const QLabel* label : labels)
            told =
                told || (label->isVisible() && label->text().startsWith(QStringLiteral("Demo recording:")));
        QVERIFY(told);
        QVERIFY(!child<EmptyState>(window)->findChild<QPushButton*>()->isVisible());
    }

    void aNewAgentIsAskedForWhereItCanBeStarted()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QTest::keyClick(&window, Qt::Key_N, Qt::ControlModifier);
        QVERIFY(!window.findChild<NewAgentDialog*>()); // this host starts none
        desk.host.about.commands = {QStringLiteral("create_agent")};
        emit desk.host.capabilitiesChanged();
        QTest::keyClick(&window, Qt::Key_N, Qt::ControlModifier);
        auto* dialog = window.findChild<NewAgentDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        dialog->reject();
        QTest::keyClick(&window, Qt::Key_Q, Qt::ControlModifier);
        QVERIFY(!window.isVisible());
    }

    void theSearchFieldIsAtHand()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        desk.host.send(desk.fleet());
        auto* list = child<AgentView>(window);
        QTRY_VERIFY(list->hasFocus()); // arrows move among the agents at once
        QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
        auto* field = child<Header>(window)->findChild<QLineEdit*>();
        QTRY_VERIFY(field->hasFocus());
        QTest::keyClicks(field, QStringLiteral("rests"));
        QTRY_COMPARE(list->model()->rowCount(), 1);
        QTest::keyClick(field, Qt::Key_Escape);
        QTRY_COMPARE(list->model()->rowCount(), 3);
        QVERIFY(list->hasFocus());
    }

    void thePaletteLeadsToAnAgent()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        desk.host.send(desk.fleet());
        auto* list = child<AgentView>(window);
        QTRY_VERIFY(list->hasFocus());
        const AgentId before = list->currentAgent();
        QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
        auto* palette = window.findChild<PaletteDialog*>();
        QVERIFY(palette && palette->isVisible());
        auto* field = palette->findChild<QLineEdit*>();
        QTest::keyClicks(field, QStringLiteral("rests"));
        QTest::keyClick(field, Qt::Key_Return);
        QTRY_VERIFY(list->currentAgent() != before);
        QVERIFY(list->currentIndex().data(AgentModel::NameRole).toString().contains(QStringLiteral("rests")));
    }

    void panesAreReachedByKeyboard()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        desk.host.send(desk.fleet());
        auto* list = child<AgentView>(window);
        QTRY_VERIFY(list->isVisible());
        QTest::keyClick(&window, Qt::Key_1, Qt::ControlModifier);
        QTRY_VERIFY(list->hasFocus());
        QTest::keyClick(&window, Qt::Key_F6);
        QTRY_VERIFY(child<LivePage>(window)->isAncestorOf(window.focusWidget()));
        QTest::keyClick(&window, Qt::Key_F6);
        QTRY_VERIFY(child<DetailsPanel>(window)->isAncestorOf(window.focusWidget()));
        QTest::keyClick(&window, Qt::Key_F6, Qt::ShiftModifier);
        QTRY_VERIFY(child<LivePage>(window)->isAncestorOf(window.focusWidget()));
    }

    void everyFocusableWidgetHasAName()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        desk.host.send(desk.fleet());
        QTRY_COMPARE(child<DetailsPanel>(window)->agent(), idOf(1));
        int walked = 0;
        const auto widgets = window.findChildren<QWidget*>();
        for (QWidget* widget : widgets) {
            // A combo box's list is a window of its own that Qt names by its box.
            if ((widget->focusPolicy() & Qt::TabFocus) == 0 || widget->window() != &window)
                continue;
            ++walked;
            const QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            const QString name = interface ? interface->text(QAccessible::Name) : widget->accessibleName();
            QVERIFY2(!name.isEmpty(),
                     qPrintable(QStringLiteral("%1 in %2")
                                    .arg(QLatin1String(widget->metaObject()->className()),
                                         QLatin1String(widget->parentWidget()->metaObject()->className()))));
        }
        QVERIFY(walked >= 6);
    }

    void theWindowComesBackAsItWas()
    {
        Desk desk;
        {
            MainWindow window(desk.host, desk.settings);
            window.show();
            window.resize(1111, 777);
            window.close();
        }
        MainWindow again(desk.host, desk.settings);
        QCOMPARE(again.size(), QSize(1111, 777));
    }

    void itFitsASmallScreen()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        desk.host.send(desk.fleet());
        QTRY_VERIFY(child<AgentView>(window)->isVisible());
        window.resize(1024, 640);
        QCoreApplication::processEvents();
        QCOMPARE(window.size(), QSize(1024, 640));
        QVERIFY(window.rect().contains(child<DetailsPanel>(window)->mapTo(&window, QPoint(0, 0))));
    }

    void theThemeIsSwitchedByHand()
    {
        Desk desk;
        desk.settings.theme.set(ThemeChoice::Dark);
        MainWindow window(desk.host, desk.settings);
        window.show();
        QCOMPARE(QApplication::palette().color(QPalette::Window), Theme::dark().panel);
        desk.settings.theme.set(ThemeChoice::Light);
        window.applyLook();
        QCOMPARE(QApplication::palette().color(QPalette::Window), Theme::light().panel);
        QCOMPARE(window.palette().color(QPalette::Window), Theme::light().panel);
        // Colours that widgets set for themselves follow.
        int attentive = 0;
        const auto labels = window.findChildren<QLabel*>();
        for (const QLabel* label : labels)
            attentive += label->palette().color(QPalette::WindowText) == Theme::light().attentionText ? 1 : 0;
        QVERIFY(attentive >= 2);
    }

    void quietWordsStayQuiet()
    {
        Desk desk;
        MainWindow window(desk.host, desk.settings);
        window.show();
        desk.host.send(desk.fleet());
        QTRY_VERIFY(child<AgentView>(window)->isVisible());
        int seen = 0;
        const auto labels = window.findChildren<QLabel*>();
        for (const QLabel* label : labels) {
            if (!label->text().startsWith(QStringLiteral("all agents")))
                continue;
            ++seen;
            QCOMPARE(label->palette().color(label->foregroundRole()), Theme::of(window.palette()).dimText);
        }
        QCOMPARE(seen, 1);
    }

    void picturesAreWritten()
    {
        Desk desk;
        FakeHost& host = desk.host;
        QString error;
        const QString folder = desk.folder.filePath(QStringLiteral("pictures"));
        QVERIFY2(writeScreenshots(host, folder, &error), qPrintable(error));
        QCOMPARE(host.starts, 1);
        QCOMPARE(QImage(folder + QStringLiteral("/main-dark.png")).size(), QSize(1440, 900));
        QCOMPARE(QImage(folder + QStringLiteral("/main-dark-200.png")).size(), QSize(2880, 1800));
        QCOMPARE(QImage(folder + QStringLiteral("/empty.png")).size(), QSize(1440, 900));
        QVERIFY(desk.settings.theme.value() == ThemeChoice::System);
        QVERIFY(!writeScreenshots(host, QStringLiteral("/proc/nowhere"), &error));
        QVERIFY(error.contains(QStringLiteral("/proc/nowhere")));
    }
};

QTEST_MAIN(TestMainWindow)
#include "tst_mainwindow.moc"
