// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QPalette>

#include <array>

namespace plimsoll {

/// Every colour of the program, named once, in a dark and a light set. Text colours have a contrast of at
/// least 4.5:1 on every surface, bars and dots 3:1 against the groove and the surfaces. Views take the set
/// that fits the palette they paint with, so there is no current theme to keep in step. GUI thread.
struct Theme
{
    // Surfaces, from the frame inwards.
    QColor panel;     ///< header, agent list, details, status strip
    QColor canvas;    ///< behind plot and events, and inside fields
    QColor raised;    ///< buttons, tags, tool tips
    QColor hover;     ///< a raised thing under the pointer
    QColor selection; ///< tint of the selected row; never loud, since bars lie on it
    QColor border;

    // Text.
    QColor text;
    QColor dimText;
    QColor accentText;
    QColor goodText;
    QColor attentionText;
    QColor dangerText;
    QColor specialText;
    QColor tealText;

    // Filled shapes.
    QColor accent;   ///< stripe of the selection, focus, underline of a tab
    QColor button;   ///< background of the one suggested button
    QColor onButton; ///< text on it
    QColor groove;
    QColor tick; ///< the Plimsoll line on a bar
    QColor calm;
    QColor warning;
    QColor critical;
    QColor working; ///< dot of an agent at work
    QColor quiet;   ///< dot of an idle or finished agent
    std::array<QColor, 8> seriesColors;

    /// The set that fits a palette: dark where its text is lighter than its window.
    [[nodiscard]] static const Theme& of(const QPalette& palette);
    [[nodiscard]] static const Theme& dark();
    [[nodiscard]] static const Theme& light();

    [[nodiscard]] QPalette palette() const;
    [[nodiscard]] QColor bar(FillLevel level) const;
    [[nodiscard]] QColor dot(AgentState state) const;
    [[nodiscard]] QColor series(int index) const;        ///< for curves; repeats after eight
    [[nodiscard]] QColor tag(const QString& name) const; ///< text of a tag of the event stream
};

/// Whether a palette's text is lighter than its window.
[[nodiscard]] bool isDark(const QPalette& palette);

/// Whether the desktop's own palette is dark. Sets the application's palette back to it: call applyTheme
/// after.
[[nodiscard]] bool desktopIsDark();

/// Gives the application Fusion, our palette and the small style sheet for what Fusion draws dated.
void applyTheme(bool dark);

/// `steps` of the 4 px grid, scaled by the font: 4 px a step at 13 px text. Device-independent pixels.
[[nodiscard]] int grid(const QFont& font, double steps);

/// The font for numbers: the given one where all its digits are equally wide, else a family that is tabular.
[[nodiscard]] QFont numberFont(const QFont& font);

/// A copy one step smaller (for second lines) or larger; `by` in points of a 10 pt font.
[[nodiscard]] QFont resized(const QFont& font, double by);

enum class Glyph : quint8 { Search, Menu, Close, Folder, Copy, Play };

/// One of our drawings, tinted; sharp at every size and scale.
[[nodiscard]] QIcon glyph(Glyph which, const QColor& color);

/// The program's icon for windows and launchers, in its own colours.
[[nodiscard]] QIcon applicationIcon();

} // namespace plimsoll
