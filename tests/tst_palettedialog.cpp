// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fleet.h"
#include "ui/palettedialog.h"

#include <QAction>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QTest>

using namespace plimsoll;
using plimsoll::test::agentOf;

namespace {

QStringList texts(const PaletteDialog& palette)
{
    const QAbstractItemModel* rows = palette.findChild<QListView*>()->model();
    QStringList texts;
    for (int i = 0; i < rows->rowCount(); ++i)
        texts << rows->index(i, 0).data().toString();
    return texts;
}

} // namespace

class TestPaletteDialog : public QObject
{
    Q_OBJECT

private slots:
    void wordsAreFoundInAnyOrder()
    {
        QVERIFY(paletteMatch(QStringLiteral("Compact its context"), QStringLiteral("cont comp")) > 0);
        QCOMPARE(paletteMatch(QStringLiteral("Compact its context"), QStringLiteral("delete")), 0);
        QVERIFY(paletteMatch(QStringLiteral("x"), {}) > 0);
        // The beginning of a word says more than its middle.
        QVERIFY(paletteMatch(QStringLiteral("api-server"), QStringLiteral("ser")) >
                paletteMatch(QStringLiteral("user"), QStringLiteral("ser")));
        QCOMPARE(paletteMatch(QStringLiteral("a(b"), QStringLiteral("(")), 2); // no pattern language
    }

    void keysChooseAndRun()
    {
        QStringList done;
        QList<PaletteEntry> entries;
        for (const char* name : {"alpha", "beta", "alphabet"}) {
            const QString text = QLatin1String(name);
            entries.append({text, {}, {}, {}, [&done, text] { done << text; }});
        }
        PaletteDialog palette(entries, nullptr);
        palette.show();
        QCOMPARE(texts(palette).size(), 3);
        auto* field = palette.findChild<QLineEdit*>();
        QTest::keyClicks(field, QStringLiteral("alph"));
        QCOMPARE(texts(palette), QStringList({QStringLiteral("alpha"), QStringLiteral("alphabet")}));
        QTest::keyClick(field, Qt::Key_Down);
        QTest::keyClick(field, Qt::Key_Down); // stays at the last
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(done, QStringList({QStringLiteral("alphabet")}));
        QVERIFY(!palette.isVisible());
    }

    void whatCannotBeDoneSaysWhyAndIsNot()
    {
        bool ran = false;
        PaletteDialog palette({{QStringLiteral("New agent…"),
                                {},
                                QStringLiteral("No agents can be started here."),
                                {},
                                [&ran] { ran = true; }}},
                              nullptr);
        palette.show();
        QTest::keyClick(palette.findChild<QLineEdit*>(), Qt::Key_Return);
        QVERIFY(!ran);
        QVERIFY(palette.isVisible());
        QVERIFY(palette.findChild<QListView*>()
                    ->model()
                    ->index(0, 0)
                    .data(Qt::AccessibleTextRole)
                    .toString()
                    .contains(QStringLiteral("No agents can be started here.")));
        QTest::keyClick(palette.findChild<QLineEdit*>(), Qt::Key_Escape);
        QVERIFY(!palette.isVisible());
    }

    void entriesOfMenusAndAgents()
    {
        QMenu menu;
        int triggered = 0;
        QAction* quit = menu.addAction(QStringLiteral("Quit"), [&triggered] { ++triggered; });
        quit->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Q));
        menu.addSeparator();
        QMenu* theme = menu.addMenu(QStringLiteral("Theme"));
        theme->addAction(QStringLiteral("Dark"))->setEnabled(false);
        menu.addAction(QStringLiteral("Hidden"))->setVisible(false);

        const QList<PaletteEntry> entries = actionEntries(menuActions(menu));

        QCOMPARE(entries.size(), 2);
        QVERIFY(entries.at(0).detail.contains(QLatin1Char('Q')));
        QCOMPARE(entries.at(1).text, QStringLiteral("Theme: Dark"));
        QVERIFY(!entries.at(1).refusal.isEmpty());
        entries.at(0).run();
        QCOMPARE(triggered, 1);
        const Agent named = agentOf(1, QStringLiteral("api"), AgentState::Idle, 100'000, 1'000);
        QCOMPARE(agentEntries({named, Agent()}).size(), 1);
    }
};

QTEST_MAIN(TestPaletteDialog)
#include "tst_palettedialog.moc"
