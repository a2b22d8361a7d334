// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/theme.h"

#include <QWidget>

namespace plimsoll {

/// A piece of a line: its text (plain, never rich), its colour by name, its weight.
struct Run
{
    QString text;
    QColor Theme::*color = &Theme::text;
    bool bold = false;

    bool operator==(const Run&) const = default;
};

/// One line of differently coloured words, in tabular figures. Reads itself out as one sentence. GUI thread.
class RunLabel : public QWidget
{
    Q_OBJECT

public:
    explicit RunLabel(QWidget* parent = nullptr);

    void setRuns(const QList<Run>& runs);
    [[nodiscard]] QString text() const; ///< all runs joined
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QFont fontOf(const Run& run) const;

    QList<Run> m_runs;
};

} // namespace plimsoll
