// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/agentmodel.h"
#include "models/agentproxy.h"
#include "tests/fleet.h"
#include "ui/agentdelegate.h"
#include "ui/barmotion.h"
#include "ui/theme.h"

#include <QDateTime>
#include <QPainter>
#include <QTest>

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr int rowWidth = 320;

qint64 now()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QFont plainFont()
{
    QFont font(QStringLiteral("DejaVu Sans"));
    font.setPixelSize(13);
    return font;
}

/// One agent, its models and a way to paint its row.
struct Bench
{
    AgentModel agents;
    AgentProxy rows{agents};
    BarMotion motion;
    AgentDelegate delegate{agents, rows, motion};
    QStyleOptionViewItem option;

    explicit Bench(const Agent& agent)
    {
        agents.reset({agent});
        option.font = plainFont();
        option.palette = Theme::light().palette();
        option.rect = QRect(0, 0, rowWidth, delegate.sizeHint(option, index()).height());
    }

    [[nodiscard]] QModelIndex index() const { return rows.index(0, 0); }
    [[nodiscard]] AgentLayout layout() const { return delegate.layout(option, index()); }

    [[nodiscard]] QImage paint() const
    {
        QImage image(option.rect.size(), QImage::Format_RGB32);
        image.fill(Theme::light().panel);
        QPainter painter(&image);
        delegate.paint(&painter, option, index());
        return image;
    }

    /// The colour in the middle of the bar's height, `part` of the way along it from the left.
    [[nodiscard]] QColor barAt(double part) const
    {
        const QRect bar = layout().bar;
        return paint().pixelColor(bar.left() + int(bar.width() * part), bar.center().y());
    }
};

Agent sample(qint64 context = 100'000)
{
    return agentOf(1, QStringLiteral("api-migration"), AgentState::Executing, context, now());
}

} // namespace

class TestAgentDelegate : public QObject
{
    Q_OBJECT

private slots:
    void layoutAndHeightAgree_data()
    {
        QTest::addColumn<bool>("heading");
        QTest::addColumn<bool>("collapsed");
        QTest::addColumn<int>("depth");
        QTest::addRow("plain") << false << false << 0;
        QTest::addRow("first of its group") << true << false << 0;
        QTest::addRow("collapsed") << true << true << 0;
        QTest::addRow("subagent") << false << false << 1;
        QTest::addRow("deep") << false << false << 9;
    }

    void layoutAndHeightAgree()
    {
        QFETCH(const bool, heading);
        QFETCH(const bool, collapsed);
        QFETCH(const int, depth);
        const AgentMetrics metrics(plainFont());
        const AgentRow shown{heading, collapsed, depth};
        const QRect row(0, 100, rowWidth, AgentLayout::height(metrics, shown));
        const AgentLayout rects(metrics, row, shown, Qt::LeftToRight);
        QCOMPARE(!rects.heading.isEmpty(), heading);
        QCOMPARE(rects.body.isEmpty(), collapsed);
        QCOMPARE(rects.heading.height() + rects.body.height(), row.height());
        if (collapsed)
            return;
        QCOMPARE(rects.body.bottom(), row.bottom());
        QList<QRect> lines{rects.title, rects.bar, rects.numbers, rects.activity};
        for (int i = 0; i < lines.size(); ++i) {
            QVERIFY(rects.body.contains(lines.at(i)));
            QVERIFY(i == 0 || lines.at(i).top() > lines.at(i - 1).bottom());
        }
        QVERIFY(rects.dot.right() < rects.title.left());
        QVERIFY(rects.bar.width() > 100);
    }

    void barIsNinePixelsAtThirteen()
    {
        QCOMPARE(AgentMetrics(plainFont()).barHeight, 9);
        QFont large = plainFont();
        large.setPixelSize(26);
        QCOMPARE(AgentMetrics(large).barHeight, 18);
    }

    void rightToLeftIsMirrored()
    {
        const AgentMetrics metrics(plainFont());
        const AgentRow shown{true, false, 1};
        const QRect row(0, 0, rowWidth, AgentLayout::height(metrics, shown));
        const AgentLayout left(metrics, row, shown, Qt::LeftToRight);
        const AgentLayout right(metrics, row, shown, Qt::RightToLeft);
        QCOMPARE(right.bar.width(), left.bar.width());
        QCOMPARE(right.bar.left(), row.right() - left.bar.right());
        QCOMPARE(right.dot.right(), row.right() - left.dot.left());
        QVERIFY(right.stripe.right() == row.right());
    }

    void activitySaysWhatMatters_data()
    {
        QTest::addColumn<AgentState>("state");
        QTest::addColumn<QString>("summary");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QString>("line");
        const QString edit = QStringLiteral("Edit a.cpp");
        QTest::addRow("works") << AgentState::Executing << edit << QStringLiteral("busy") << edit;
        QTest::addRow("asks") << AgentState::Blocked << edit << QStringLiteral("permission prompt")
                              << QStringLiteral("Asks: Edit a.cpp");
        QTest::addRow("asks, nothing known")
            << AgentState::Blocked << QString() << QStringLiteral("permission prompt")
            << QStringLiteral("Asks: permission prompt");
        QTest::addRow("failed") << AgentState::Failed << edit << QStringLiteral("API error 529")
                                << QStringLiteral("API error 529");
        QTest::addRow("idle") << AgentState::Idle << QString() << QStringLiteral("waits for a prompt")
                              << QStringLiteral("waits for a prompt");
        QTest::addRow("hostile") << AgentState::Executing << QStringLiteral("a\nb") << QString()
                                 << QStringLiteral("a b");
    }

    void activitySaysWhatMatters()
    {
        QFETCH(const AgentState, state);
        QFETCH(const QString, summary);
        QFETCH(const QString, reason);
        Agent agent = sample();
        agent.state = state;
        agent.info.summary = summary;
        agent.stateReason = reason;
        QTEST(activityLine(agent), "line");
    }

    void barShowsTheFill()
    {
        const Theme& theme = Theme::light();
        const Bench half(sample(100'000));
        QCOMPARE(half.barAt(0.10), theme.calm);
        QCOMPARE(half.barAt(0.48), theme.calm);
        QCOMPARE(half.barAt(0.52), theme.groove);
        QCOMPARE(half.barAt(0.95), theme.groove);
    }

    void barColourIsRelativeToThePlimsollLine()
    {
        const Theme& theme = Theme::light();
        // 137k of 200k is 69 % of the window, but 82 % of the line at 167k.
        QCOMPARE(Bench(sample(137'000)).barAt(0.3), theme.warning);
        QCOMPARE(Bench(sample(160'000)).barAt(0.3), theme.critical);
        Agent noLine = sample(137'000);
        noLine.usage.compactAtTokens.reset();
        QCOMPARE(Bench(noLine).barAt(0.3), theme.calm);
    }

    void tickStandsAtTheLine()
    {
        const Theme& theme = Theme::light();
        const Bench bench(sample(20'000));
        const QImage image = bench.paint();
        const QRect bar = bench.layout().bar;
        const int x = bar.left() + int(bar.width() * 0.835);
        QCOMPARE(image.pixelColor(x, bar.center().y()), theme.tick);
        QCOMPARE(image.pixelColor(x, bar.top() - 2), theme.tick);
        Agent noLine = sample(20'000);
        noLine.usage.compactAtTokens.reset();
        QCOMPARE(Bench(noLine).barAt(0.835), theme.groove);
    }

    void unknownWindowIsAnEmptyGroove()
    {
        Agent agent = sample(171'000);
        agent.usage.contextWindow.reset();
        const Bench bench(agent);
        for (const double part : {0.05, 0.5, 0.835, 0.95})
            QCOMPARE(bench.barAt(part), Theme::light().groove);
    }

    void moreThanFullIsFull()
    {
        Agent agent = sample(260'000);
        agent.usage.compactAtTokens.reset();
        const Bench bench(agent);
        QCOMPARE(bench.barAt(0.97), Theme::light().critical);
        const QRect bar = bench.layout().bar;
        QCOMPARE(bench.paint().pixelColor(bar.right() + 5, bar.center().y()), Theme::light().panel);
    }

    void barGrowsFromTheRightInArabic()
    {
        Bench bench(sample(60'000));
        bench.option.direction = Qt::RightToLeft;
        QCOMPARE(bench.barAt(0.9), Theme::light().calm);
        QCOMPARE(bench.barAt(0.3), Theme::light().groove);
    }

    void selectionIsATintAndAStripe()
    {
        Bench bench(sample());
        bench.option.state |= QStyle::State_Selected;
        const QImage image = bench.paint();
        const AgentLayout rects = bench.layout();
        QCOMPARE(image.pixelColor(rects.stripe.center()), Theme::light().accent);
        QCOMPARE(rects.stripe.width(), 3);
        QCOMPARE(image.pixelColor(rects.body.left() + 8, rects.body.top() + 2), Theme::light().selection);
        QCOMPARE(image.pixelColor(rects.heading.left() + 1, rects.heading.top() + 1), Theme::light().panel);
    }

    void longNamesLeaveThePercentAlone()
    {
        Agent agent = sample();
        Bench shortName(agent);
        agent.info.name = QStringLiteral("an-agent-whose-name-never-comes-to-an-end-whatever-happens-to-it");
        Bench longName(agent);
        QRect percent = shortName.layout().title;
        percent.setLeft(percent.right() - 30);
        QCOMPARE(longName.paint().copy(percent), shortName.paint().copy(percent));
        QVERIFY(longName.paint() != shortName.paint());
    }

    void statesDifferInShape()
    {
        // Told apart without colour: the drawings as black and white.
        QList<QImage> seen;
        for (const AgentState state :
             {AgentState::Executing, AgentState::Blocked, AgentState::Waiting, AgentState::Failed}) {
            Agent agent = sample();
            agent.state = state;
            const Bench bench(agent);
            QImage dot = bench.paint().copy(bench.layout().dot);
            for (int y = 0; y < dot.height(); ++y) {
                for (int x = 0; x < dot.width(); ++x)
                    dot.setPixelColor(x, y, dot.pixelColor(x, y).lightness() < 200 ? Qt::black : Qt::white);
            }
            QVERIFY(!seen.contains(dot));
            seen.append(dot);
        }
    }

    void tipsNameTheBasis()
    {
        const Agent agent = sample();
        const Bench bench(agent);
        const AgentLayout rects = bench.layout();
        const auto tipAt = [&](const QPoint& at) { return bench.delegate.tip(agent, rects, at); };
        QVERIFY(tipAt(rects.bar.center()).contains(QStringLiteral("100k / 200k")));
        QVERIFY(tipAt(rects.bar.center()).contains(QStringLiteral("167k")));
        QVERIFY(tipAt(rects.bar.center()).count(QLatin1Char('\n')) >= 3);
        QVERIFY(tipAt(rects.numbers.topRight() - QPoint(2, -2)).contains(QStringLiteral("$4.18")));
        QVERIFY(tipAt(rects.numbers.topLeft() + QPoint(2, 2))
                    .contains(QStringLiteral("claude-opus-4-5-20251101")));
        QVERIFY(tipAt(rects.title.topLeft() + QPoint(2, 2)).contains(QStringLiteral("working")));
        QVERIFY(tipAt(rects.heading.center()).isEmpty());
    }
};

QTEST_MAIN(TestAgentDelegate)
#include "tst_agentdelegate.moc"
