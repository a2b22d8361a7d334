// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/agent.h"

#include <QDialog>
#include <QList>

#include <functional>

class QAction;
class QLineEdit;
class QListView;
class QMenu;
class QStandardItemModel;

namespace plimsoll {

/// One thing that the palette can do.
struct PaletteEntry
{
    QString text;      ///< plain
    QString detail{};  ///< said beside it: a shortcut, a state
    QString refusal{}; ///< why it cannot be done now; empty = it can
    AgentId agent{};   ///< of an agent's entry
    std::function<void()> run{};
};

/// One of each agent that has a name, with its state and fill; `run` is the caller's.
[[nodiscard]] QList<PaletteEntry> agentEntries(const QList<Agent>& agents);
/// One of each action, with its shortcut; what is disabled says why in its tool tip. The actions must live
/// longer.
[[nodiscard]] QList<PaletteEntry> actionEntries(const QList<QAction*>& actions);
/// The visible actions of a menu and its submenus, without separators.
[[nodiscard]] QList<QAction*> menuActions(const QMenu& menu);

/// Whether all words of a pattern stand in a text, and how well: 0 = no, more = better. Words that begin a
/// word of the text count more than those inside of one.
[[nodiscard]] int paletteMatch(const QString& text, const QString& pattern);

/// Agents and commands by a few letters (Ctrl+K). Shows what cannot be done, with the reason, and does not do
/// it. Closes when something is done, by Escape, or when it loses the keyboard. GUI thread.
class PaletteDialog : public QDialog
{
    Q_OBJECT

public:
    PaletteDialog(QList<PaletteEntry> entries, QWidget* parent);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void filter();
    void step(int rows);
    void run();

    QList<PaletteEntry> m_entries;
    QLineEdit* m_field = nullptr;
    QListView* m_list = nullptr;
    QStandardItemModel* m_rows = nullptr;
};

} // namespace plimsoll
