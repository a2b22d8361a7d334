// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agentproxy.h"
#include "ui/runlabel.h"
#include "ui/spend.h"

#include <QWidget>

#include <optional>

class QLineEdit;
class QMenu;
class QToolButton;

namespace plimsoll {

/// "7 agents · 4 working · 1 needs you · 62 finished", "no agent is running · 62 finished"; what is zero is
/// left out, and all of it where nothing is known.
[[nodiscard]] QList<Run> countRuns(const FleetCounts& counts);

/// "Today $16.26 · $5.10/h"; empty where nothing is known.
[[nodiscard]] QList<Run> spendRuns(const std::optional<Spend>& spend);

/// "Claude Code 5 h 62%, resets 16:10 · Codex 7 d 31%"; windows that have been reset since are left out.
[[nodiscard]] QList<Run> limitRuns(const QList<LimitsChanged>& limits, qint64 nowMs);

/// The top of the window: what the fleet is and costs, the search field and the menu. Computes nothing: it is
/// told. In a narrow window the limits go first, then the money. GUI thread.
class Header : public QWidget
{
    Q_OBJECT

public:
    explicit Header(QWidget* parent = nullptr);

    void setCounts(const FleetCounts& counts);
    void setSpend(const std::optional<Spend>& spend);
    void setLimits(const QList<LimitsChanged>& limits, qint64 nowMs);
    void setStale(bool isStale); ///< the numbers are pale and are said to be stale
    void setMenu(QMenu* menu);   ///< not owned
    void focusSearch();
    [[nodiscard]] QSize minimumSizeHint() const override;

signals:
    void filterChanged(const QString& text);
    void searchLeft(); ///< by Escape, Enter or Down: the list shall have the keyboard

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void updateLook();
    void fit();

    RunLabel* m_counts = nullptr;
    RunLabel* m_spend = nullptr;
    RunLabel* m_limits = nullptr;
    QWidget* m_title = nullptr;
    QLineEdit* m_search = nullptr;
    QAction* m_searchIcon = nullptr;
    QToolButton* m_menu = nullptr;
};

} // namespace plimsoll
