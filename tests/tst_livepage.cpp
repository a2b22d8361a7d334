// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "models/settings.h"
#include "tests/askedhost.h"
#include "tests/fleet.h"
#include "ui/contextplot.h"
#include "ui/eventview.h"
#include "ui/livepage.h"
#include "ui/readingpane.h"
#include "ui/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace plimsoll;
using plimsoll::test::added;
using plimsoll::test::agentOf;
using plimsoll::test::AskedHost;
using plimsoll::test::idOf;

namespace {

constexpr qint64 baseMs = 1'700'000'000'000;

struct Page
{
    Page() { page.resize(900, 700); }

    void apply(const Events& events)
    {
        agents.apply(events);
        page.apply(events);
    }

    void applyThree()
    {
        apply({added(agentOf(1, QStringLiteral("one"), AgentState::Executing, 1, baseMs)),
               added(agentOf(2, QStringLiteral("<b>two</b>"), AgentState::Executing, 1, baseMs)),
               {0, baseMs, idOf(1), Logged{LogKind::Text, QStringLiteral("hello"), {}, false, {}, -1, 0}},
               {0, baseMs + 1, idOf(2), Logged{LogKind::Text, QStringLiteral("world"), {}, false, {}, -1, 0}},
               {0, baseMs + 2, idOf(2),
                Logged{LogKind::ToolUse, QStringLiteral("ls"), QStringLiteral("Bash"), false, {}, -1, 0}}});
    }

    template <typename T>
    [[nodiscard]] T* named(const char* accessibleName) const
    {
        for (T* widget : page.findChildren<T*>()) {
            if (widget->accessibleName() == QLatin1String(accessibleName))
                return widget;
        }
        return nullptr;
    }

    [[nodiscard]] int rows() const { return page.findChild<EventView*>()->model()->rowCount(); }

    QTemporaryDir folder;
    AskedHost host;
    AgentModel agents;
    Settings settings{folder.filePath(QStringLiteral("settings.ini"))};
    LivePage page{host, agents, settings};
};

} // namespace

class TestLivePage : public QObject
{
    Q_OBJECT

private slots:
    void filtersByAgentAndKind();
    void badPatternSaysWhy();
    void rangeIsKept();
    void quietWordsAreQuiet();
    void rowOpensTheReadingPane();
    void resetForgets();
    void everyFocusableWidgetHasAName();
};

void TestLivePage::filtersByAgentAndKind()
{
    Page page;
    page.page.show();
    page.applyThree();
    QCOMPARE(page.rows(), 3);
    auto* agents = page.named<QComboBox>("Show events of");
    auto* kinds = page.named<QComboBox>("Show events of kind");
    QTRY_COMPARE(agents->count(), 3);

    agents->setCurrentIndex(agents->findText(QStringLiteral("<b>two</b>")));
    QCOMPARE(page.rows(), 2);
    kinds->setCurrentIndex(kinds->findText(QStringLiteral("tool")));
    QCOMPARE(page.rows(), 1);
    kinds->setCurrentIndex(0);
    emit page.page.findChild<EventView*>()->agentFilterWanted(idOf(1));
    QCOMPARE(page.rows(), 1);

    // A new agent does not lose the choice.
    page.apply({added(agentOf(3, QStringLiteral("aaa"), AgentState::Idle, 1, baseMs))});
    QTRY_COMPARE(agents->count(), 4);
    QCOMPARE(agents->currentText(), QStringLiteral("one"));
    QCOMPARE(page.rows(), 1);
}

void TestLivePage::badPatternSaysWhy()
{
    Page page;
    page.page.show();
    page.applyThree();
    auto* pattern = page.named<QLineEdit>("Filter events by text");
    page.named<QToolButton>("Take the filter as a regular expression")->setChecked(true);

    pattern->setText(QStringLiteral("h(ello"));
    QTRY_VERIFY(!pattern->accessibleDescription().isEmpty());
    QCOMPARE(page.rows(), 3); // as before

    pattern->setText(QStringLiteral("^hell.$"));
    QTRY_VERIFY(pattern->accessibleDescription().isEmpty());
    pattern->setText(QStringLiteral("nothing like it"));
    QTRY_COMPARE(page.rows(), 0);
    bool said = false;
    for (const QLabel* label : page.page.findChildren<QLabel*>())
        said = said || (label->isVisible() && label->text() == QLatin1String("No event passes the filter."));
    QVERIFY(said);
}

void TestLivePage::quietWordsAreQuiet()
{
    for (const bool dark : {true, false}) {
        applyTheme(dark);
        Page page;
        page.page.show();
        const QColor dim = Theme::of(QApplication::palette()).dimText;
        int seen = 0;
        for (const QLabel* label : page.page.findChildren<QLabel*>()) {
            if (!label->text().startsWith(QStringLiteral("all agents")))
                continue;
            ++seen;
            QCOMPARE(label->palette().color(label->foregroundRole()), dim);
        }
        QCOMPARE(seen, 1);
    }
}

void TestLivePage::rangeIsKept()
{
    Page page;
    auto* day = page.named<QToolButton>("Show last 24 h");
    QVERIFY(day != nullptr);

    day->click();

    QVERIFY(page.settings.plotRange.value() == PlotRange::Day);
    QVERIFY(page.page.findChild<ContextPlot*>()->range() == PlotRange::Day);
}

void TestLivePage::rowOpensTheReadingPane()
{
    Page page;
    page.page.show();
    page.applyThree();
    auto* pane = page.page.findChild<ReadingPane*>();
    QVERIFY(!pane->isVisible());
    auto* view = page.page.findChild<EventView*>();
    view->setCurrentIndex(view->model()->index(0, 0));

    QTest::keyClick(view, Qt::Key_Return);

    QVERIFY(pane->isVisible());
    QCOMPARE(pane->shownText(), QStringLiteral("ls"));
    QTest::keyClick(pane, Qt::Key_Escape);
    QVERIFY(!pane->isVisible());
}

void TestLivePage::resetForgets()
{
    Page page;
    page.page.show();
    page.applyThree();

    page.agents.reset({});
    page.page.reset();

    QCOMPARE(page.rows(), 0);
    QCOMPARE(page.named<QComboBox>("Show events of")->count(), 1);
}

void TestLivePage::everyFocusableWidgetHasAName()
{
    Page page;
    page.page.show();
    for (const QWidget* widget : page.page.findChildren<QWidget*>()) {
        const bool ours = !widget->objectName().startsWith(QLatin1String("qt_"));
        if (ours && (widget->focusPolicy() & Qt::TabFocus) != 0 && !widget->isWindow() && widget->isVisible())
            QVERIFY2(!widget->accessibleName().isEmpty(), widget->metaObject()->className());
    }
}

QTEST_MAIN(TestLivePage)
#include "tst_livepage.moc"
