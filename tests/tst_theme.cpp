// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme.h"

#include <QApplication>
#include <QFontMetrics>
#include <QTest>

#include <cmath>

using namespace plimsoll;

namespace {

double channel(double value)
{
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& color)
{
    return 0.2126 * channel(color.redF()) + 0.7152 * channel(color.greenF()) +
           0.0722 * channel(color.blueF());
}

/// As WCAG 2 defines it.
double contrast(const QColor& one, const QColor& other)
{
    const double a = luminance(one);
    const double b = luminance(other);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

const Theme& themeNamed(bool dark)
{
    return dark ? Theme::dark() : Theme::light();
}

} // namespace

class TestTheme : public QObject
{
    Q_OBJECT

private slots:
    void contrastIsRight()
    {
        QCOMPARE(contrast(Qt::black, Qt::white), 21.0);
        QCOMPARE(contrast(Qt::white, Qt::white), 1.0);
    }

    void textIsReadable_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::addRow("dark") << true;
        QTest::addRow("light") << false;
    }

    void textIsReadable()
    {
        QFETCH(const bool, dark);
        const Theme& theme = themeNamed(dark);
        for (const QColor& text :
             {theme.text, theme.dimText, theme.accentText, theme.goodText, theme.attentionText,
              theme.dangerText, theme.specialText, theme.tealText}) {
            for (const QColor& surface :
                 {theme.panel, theme.canvas, theme.raised, theme.hover, theme.selection}) {
                QVERIFY2(contrast(text, surface) >= 4.5, qPrintable(QStringLiteral("%1 on %2: %3")
                                                                        .arg(text.name(), surface.name())
                                                                        .arg(contrast(text, surface))));
            }
        }
        QVERIFY(contrast(theme.onButton, theme.button) >= 4.5);
        const QPalette palette = theme.palette();
        QVERIFY(contrast(palette.color(QPalette::HighlightedText), palette.color(QPalette::Highlight)) >=
                4.5);
        QVERIFY(contrast(palette.color(QPalette::PlaceholderText), theme.raised) >= 4.5);
    }

    void barsAndDotsStandOut_data() { textIsReadable_data(); }

    void barsAndDotsStandOut()
    {
        QFETCH(const bool, dark);
        const Theme& theme = themeNamed(dark);
        for (const QColor& bar : {theme.calm, theme.warning, theme.critical, theme.tick})
            QVERIFY2(contrast(bar, theme.groove) >= 3.0, qPrintable(bar.name()));
        for (const QColor& dot : {theme.working, theme.quiet, theme.warning, theme.critical, theme.accent}) {
            QVERIFY2(contrast(dot, theme.panel) >= 3.0, qPrintable(dot.name()));
            QVERIFY2(contrast(dot, theme.selection) >= 3.0, qPrintable(dot.name()));
        }
        for (int i = 0; i < 8; ++i)
            QVERIFY2(contrast(theme.series(i), theme.canvas) >= 3.0, qPrintable(theme.series(i).name()));
        QCOMPARE(theme.series(8), theme.series(0));
    }

    void levelsAndStatesHaveTheirColours()
    {
        const Theme& theme = Theme::dark();
        QCOMPARE(theme.bar(FillLevel::Calm), theme.calm);
        QCOMPARE(theme.bar(FillLevel::Warning), theme.warning);
        QCOMPARE(theme.bar(FillLevel::Critical), theme.critical);
        QCOMPARE(theme.dot(AgentState::Blocked), theme.warning);
        QCOMPARE(theme.dot(AgentState::Executing), theme.working);
        QCOMPARE(theme.dot(AgentState::Failed), theme.critical);
        QCOMPARE(theme.tag(QStringLiteral("error")), theme.dangerText);
        QCOMPARE(theme.tag(QStringLiteral("never heard of")), theme.dimText);
    }

    void aPaletteFindsItsTheme()
    {
        QCOMPARE(&Theme::of(Theme::dark().palette()), &Theme::dark());
        QCOMPARE(&Theme::of(Theme::light().palette()), &Theme::light());
    }

    void theApplicationIsSwitchedByHand()
    {
        applyTheme(true);
        QVERIFY(isDark(QApplication::palette()));
        QCOMPARE(QApplication::palette().color(QPalette::Window), Theme::dark().panel);
        applyTheme(false);
        QVERIFY(!isDark(QApplication::palette()));
        // The desktop is asked anew: our own palette must not answer for it.
        const bool before = desktopIsDark();
        applyTheme(!before);
        QCOMPARE(desktopIsDark(), before);
    }

    void sizesFollowTheFont()
    {
        QFont font;
        font.setPixelSize(13);
        QCOMPARE(grid(font, 1), 4);
        QCOMPARE(grid(font, 3.5), 14);
        QCOMPARE(grid(font, 0), 0);
        font.setPixelSize(26);
        QCOMPARE(grid(font, 1), 8);
        QVERIFY(resized(font, -1).pixelSize() < 26);
        QFont points;
        points.setPointSizeF(10);
        QCOMPARE(resized(points, 2).pointSizeF(), 12.0);
    }

    void digitsAreEquallyWide()
    {
        const QFontMetricsF metrics(numberFont(QFont(QStringLiteral("Inter"), 10)));
        for (char digit = '1'; digit <= '9'; ++digit)
            QVERIFY(std::abs(metrics.horizontalAdvance(QLatin1Char(digit)) -
                             metrics.horizontalAdvance(QLatin1Char('0'))) < 0.01);
    }

    void drawingsAreTinted()
    {
        for (int which = 0; which <= int(Glyph::Play); ++which) {
            const QImage image = glyph(Glyph(which), QColor(255, 0, 0)).pixmap(32, 32).toImage();
            int red = 0;
            int other = 0;
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    const QColor pixel = image.pixelColor(x, y);
                    if (pixel.alpha() > 200)
                        ++(pixel.red() > 200 && pixel.green() < 50 ? red : other);
                }
            }
            QVERIFY2(red > 10, qPrintable(QString::number(which)));
            QCOMPARE(other, 0);
        }
        QVERIFY(!applicationIcon().pixmap(32, 32).toImage().isNull());
    }
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
