// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme.h"

#include <QApplication>
#include <QEvent>
#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QIconEngine>
#include <QLoggingCategory>
#include <QPainter>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QWidget>

#include <algorithm>
#include <cmath>

// A macro of Qt that must stand outside of any namespace. The library is static: nothing else loads its
// resources.
static void loadIcons()
{
    Q_INIT_RESOURCE(icons);
}

namespace plimsoll {

namespace {

Q_LOGGING_CATEGORY(lcTheme, "plimsoll.ui.theme")

constexpr QColor rgb(unsigned value)
{
    return {int(value >> 16U & 0xffU), int(value >> 8U & 0xffU), int(value & 0xffU)};
}

// The style sheet holds only what Fusion draws dated; all colours come in as %1…%9.
constexpr const char* sheet = R"(
QHeaderView::section { background: %1; color: %2; border: 0; border-bottom: 1px solid %3; padding: 4px 8px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: %3; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: %2; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QPushButton { background: %4; border: 1px solid %3; border-radius: 6px; padding: 5px 13px; }
QPushButton:hover { background: %5; }
QPushButton:focus { border-color: %6; }
QPushButton:default { background: %7; color: %8; border-color: %7; }
QPushButton:default:focus { border-color: %9; }
QPushButton:disabled { color: %2; }
QPushButton:default:disabled { background: %4; color: %2; border-color: %3; }
QCheckBox::indicator, QRadioButton::indicator { background: %4; border: 1px solid %2; width: 12px; height: 12px; }
QCheckBox::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 7px; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked { background: %6; border-color: %6; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: %6; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton:hover, QToolButton:checked { background: %4; }
QToolButton:focus { border-color: %6; }
QToolButton::menu-indicator { image: none; }
QLineEdit { background: %4; border: 1px solid %3; border-radius: 6px; padding: 4px 8px; }
QLineEdit:focus { border-color: %6; }
QPlainTextEdit#field { background: %4; border: 1px solid %3; border-radius: 6px; padding: 2px 4px; }
QPlainTextEdit#field:focus { border-color: %6; }
QProgressBar { background: %5; border: 0; border-radius: 2px; }
QProgressBar::chunk { background: %6; border-radius: 2px; }
QSplitter::handle { background: %3; }
)";

QString styleSheet(const Theme& theme)
{
    return QString::fromLatin1(sheet).arg(theme.panel.name(), theme.dimText.name(), theme.border.name(),
                                          theme.raised.name(), theme.hover.name(), theme.accent.name(),
                                          theme.button.name(), theme.onButton.name(), theme.text.name());
}

QString resourceOf(Glyph which)
{
    switch (which) {
    case Glyph::Search: return QStringLiteral(":/icons/search.svg");
    case Glyph::Menu: return QStringLiteral(":/icons/menu.svg");
    case Glyph::Close: return QStringLiteral(":/icons/close.svg");
    case Glyph::Folder: return QStringLiteral(":/icons/folder.svg");
    case Glyph::Copy: return QStringLiteral(":/icons/copy.svg");
    case Glyph::Play: return QStringLiteral(":/icons/play.svg");
    }
    return {};
}

QByteArray readResource(const QString& path)
{
    loadIcons();
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        qCWarning(lcTheme, "missing drawing %s", qPrintable(path));
        return {};
    }
    return file.readAll();
}

/// Draws one SVG at whatever size is asked for, so that an icon is sharp at every scale.
class SvgEngine : public QIconEngine
{
public:
    explicit SvgEngine(QByteArray svg)
        : m_svg(std::move(svg))
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State /*state*/) override
    {
        QSvgRenderer renderer(m_svg);
        const qreal before = painter->opacity();
        painter->setOpacity(mode == QIcon::Disabled ? before * 0.5 : before);
        renderer.render(painter, rect);
        painter->setOpacity(before);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap result(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return result;
    }

    [[nodiscard]] QIconEngine* clone() const override { return new SvgEngine(m_svg); }

private:
    QByteArray m_svg;
};

bool digitsAreTabular(const QFont& font)
{
    const QFontMetricsF metrics(font);
    const qreal zero = metrics.horizontalAdvance(QLatin1Char('0'));
    for (char digit = '1'; digit <= '9'; ++digit) {
        if (std::abs(metrics.horizontalAdvance(QLatin1Char(digit)) - zero) > 0.01)
            return false;
    }
    return true;
}

QString tabularFamily(const QFont& font)
{
    if (digitsAreTabular(font))
        return font.family();
    for (const auto& family :
         {QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans"), QStringLiteral("Liberation Sans")}) {
        QFont candidate(font);
        candidate.setFamily(family);
        if (QFontInfo(candidate).family() == family && digitsAreTabular(candidate))
            return family;
    }
    return font.family();
}

} // namespace

const Theme& Theme::dark()
{
    static const Theme theme{
        .panel = rgb(0x161c23),
        .canvas = rgb(0x0f1419),
        .raised = rgb(0x1f2831),
        .hover = rgb(0x26303a),
        .selection = rgb(0x1d2732),
        .border = rgb(0x26303a),
        .text = rgb(0xe6ebf0),
        .dimText = rgb(0x97a3b0),
        .accentText = rgb(0x4c9be8),
        .goodText = rgb(0x4fbf8b),
        .attentionText = rgb(0xf0a03c),
        .dangerText = rgb(0xf47272),
        .specialText = rgb(0xa78bfa),
        .tealText = rgb(0x3dbdb0),
        .accent = rgb(0x4c9be8),
        .button = rgb(0x2a72c6),
        .onButton = rgb(0xffffff),
        .groove = rgb(0x26303a),
        .tick = rgb(0xe6ebf0),
        .calm = rgb(0x4c9be8),
        .warning = rgb(0xf0a03c),
        .critical = rgb(0xef5f5f),
        .working = rgb(0x4fbf8b),
        .quiet = rgb(0x8d9aa8),
        .seriesColors = {rgb(0x4c9be8), rgb(0xf0a03c), rgb(0x4fbf8b), rgb(0xef5f5f), rgb(0xa78bfa),
                         rgb(0x3dbdb0), rgb(0xe58fc5), rgb(0xc9b458)},
    };
    return theme;
}

const Theme& Theme::light()
{
    static const Theme theme{
        .panel = rgb(0xffffff),
        .canvas = rgb(0xf4f6f8),
        .raised = rgb(0xeef1f5),
        .hover = rgb(0xe6eaef),
        .selection = rgb(0xeaf2fb),
        .border = rgb(0xdfe4ea),
        .text = rgb(0x16202a),
        .dimText = rgb(0x5a6776),
        .accentText = rgb(0x2069ba),
        .goodText = rgb(0x19744a),
        .attentionText = rgb(0x9c5408),
        .dangerText = rgb(0xc22f2f),
        .specialText = rgb(0x6f4ecc),
        .tealText = rgb(0x146e68),
        .accent = rgb(0x2b7bd6),
        .button = rgb(0x2470c8),
        .onButton = rgb(0xffffff),
        .groove = rgb(0xe6eaef),
        .tick = rgb(0x16202a),
        .calm = rgb(0x2b7bd6),
        .warning = rgb(0xc06a12),
        .critical = rgb(0xd13c3c),
        .working = rgb(0x26885b),
        .quiet = rgb(0x5d6b7a),
        .seriesColors = {rgb(0x2b7bd6), rgb(0xc06a12), rgb(0x26885b), rgb(0xd13c3c), rgb(0x7c5cd6),
                         rgb(0x1a7f78), rgb(0xb8458f), rgb(0x857215)},
    };
    return theme;
}

const Theme& Theme::of(const QPalette& palette)
{
    return isDark(palette) ? dark() : light();
}

QPalette Theme::palette() const
{
    QPalette result;
    result.setColor(QPalette::Window, panel);
    result.setColor(QPalette::WindowText, text);
    result.setColor(QPalette::Base, canvas);
    result.setColor(QPalette::AlternateBase, panel);
    result.setColor(QPalette::Text, text);
    result.setColor(QPalette::PlaceholderText, dimText);
    result.setColor(QPalette::Button, raised);
    result.setColor(QPalette::ButtonText, text);
    result.setColor(QPalette::BrightText, dangerText);
    result.setColor(QPalette::ToolTipBase, raised);
    result.setColor(QPalette::ToolTipText, text);
    result.setColor(QPalette::Highlight, button);
    result.setColor(QPalette::HighlightedText, onButton);
    result.setColor(QPalette::Link, accentText);
    result.setColor(QPalette::LinkVisited, specialText);
    result.setColor(QPalette::Light, hover);
    result.setColor(QPalette::Midlight, raised);
    result.setColor(QPalette::Mid, border);
    result.setColor(QPalette::Dark, border);
    result.setColor(QPalette::Shadow, canvas.darker(160));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        result.setColor(QPalette::Disabled, role, dimText);
    return result;
}

QColor Theme::bar(FillLevel level) const
{
    switch (level) {
    case FillLevel::Critical: return critical;
    case FillLevel::Warning: return warning;
    case FillLevel::Calm:
    case FillLevel::Unknown: break;
    }
    return calm;
}

QColor Theme::dot(AgentState state) const
{
    switch (state) {
    case AgentState::Blocked:
    case AgentState::Waiting: return warning;
    case AgentState::Executing: return working;
    case AgentState::Failed: return critical;
    case AgentState::Idle:
    case AgentState::Complete:
    case AgentState::Unknown: break;
    }
    return quiet;
}

QColor Theme::series(int index) const
{
    return seriesColors[size_t(std::max(0, index)) % seriesColors.size()];
}

QColor Theme::tag(const QString& name) const
{
    struct Entry
    {
        const char* name;
        QColor Theme::*color;
    };
    static constexpr std::array<Entry, 10> entries{{
        {"permission", &Theme::attentionText},
        {"compaction", &Theme::attentionText},
        {"tool", &Theme::tealText},
        {"usage", &Theme::accentText},
        {"prompt", &Theme::text},
        {"text", &Theme::goodText},
        {"result", &Theme::goodText},
        {"thinking", &Theme::specialText},
        {"error", &Theme::dangerText},
        {"state", &Theme::dimText},
    }};
    for (const Entry& entry : entries) {
        if (name == QLatin1String(entry.name))
            return this->*entry.color;
    }
    return dimText;
}

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::WindowText).lightness() > palette.color(QPalette::Window).lightness();
}

bool desktopIsDark()
{
    QApplication::setPalette(QPalette());
    return isDark(QApplication::palette());
}

void applyTheme(bool dark)
{
    const Theme& theme = dark ? Theme::dark() : Theme::light();
    loadIcons();
    // A new style sheet gives widgets back the colours they had before it: it comes before the palette, on
    // whose change they set theirs, and never without a change.
    if (const QString wanted = styleSheet(theme); qApp->styleSheet() != wanted) {
        QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
        qApp->setStyleSheet(wanted);
    }
    QApplication::setPalette(theme.palette());
    // Qt tells the widgets only while its event loop runs, which is not so for pictures and tests.
    QEvent changed(QEvent::ApplicationPaletteChange);
    const auto widgets = QApplication::allWidgets();
    for (QWidget* widget : widgets)
        QCoreApplication::sendEvent(widget, &changed);
}

int grid(const QFont& font, double steps)
{
    const double unit = 4.0 * QFontInfo(font).pixelSize() / 13.0;
    return std::max(steps > 0 ? 1 : 0, int(std::lround(unit * steps)));
}

QFont numberFont(const QFont& font)
{
    // Measuring ten digits in four families is not for every paint: the last answer is kept.
    static QString askedFamily;
    static QString answer;
    if (answer.isEmpty() || askedFamily != font.family()) {
        askedFamily = font.family();
        answer = tabularFamily(font);
    }
    if (answer == font.family())
        return font;
    QFont result(font);
    result.setFamily(answer);
    return result;
}

QFont resized(const QFont& font, double by)
{
    QFont result(font);
    const double factor = 1.0 + by / 10.0;
    if (font.pointSizeF() > 0)
        result.setPointSizeF(font.pointSizeF() * factor);
    else
        result.setPixelSize(std::max(1, int(std::lround(font.pixelSize() * factor))));
    return result;
}

QIcon glyph(Glyph which, const QColor& color)
{
    QByteArray svg = readResource(resourceOf(which));
    svg.replace("#000", color.name().toLatin1());
    return QIcon(new SvgEngine(svg));
}

QIcon applicationIcon()
{
    return QIcon(new SvgEngine(readResource(QStringLiteral(":/icons/plimsoll.svg"))));
}

} // namespace plimsoll
