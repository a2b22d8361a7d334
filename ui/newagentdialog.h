// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

#include <QDialog>
#include <QHash>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace plimsoll {

/// Asks what a new agent is to be, and has the host start it. What the host refuses stands below the field
/// that it is about, and everything that was written stays. GUI thread; the host must live longer.
class NewAgentDialog : public QDialog
{
    Q_OBJECT

public:
    explicit NewAgentDialog(Host& host, QWidget* parent = nullptr);

    /// Where an agent would work if nothing else is said. \param path absolute
    void setFolder(const QString& path);

signals:
    void created(const plimsoll::AgentId& agent);

private:
    struct Row
    {
        QWidget* edit = nullptr;
        QLabel* fault = nullptr;
    };

    void makeFields();
    void layOut();
    void addRow(QGridLayout& grid, const char* key, const QString& title, QWidget* edit,
                QWidget* beside = nullptr);
    void askForTemplates();
    void browse();
    void create();
    [[nodiscard]] QJsonObject params() const;
    void onReplied(const Reply& reply);
    void showFault(const QString& field, const QString& text);
    void clearFaults();
    void setWaiting(bool isWaiting);

    Host& m_host;
    quint64 m_creating = 0; ///< the query whose answer is awaited; 0 = none
    quint64 m_installed = 0;
    quint64 m_templates = 0; ///< the same of the templates

    QHash<QString, Row> m_rows; ///< by the name of the param
    QLineEdit* m_name = nullptr;
    QLineEdit* m_folder = nullptr;
    QPushButton* m_browse = nullptr;
    QCheckBox* m_worktree = nullptr;
    QLineEdit* m_branch = nullptr;
    QPlainTextEdit* m_prompt = nullptr;
    QComboBox* m_model = nullptr;
    QComboBox* m_mode = nullptr;
    QComboBox* m_template = nullptr;
    QPlainTextEdit* m_system = nullptr;
    QLineEdit* m_tools = nullptr;
    QSpinBox* m_turns = nullptr;
    QDoubleSpinBox* m_usd = nullptr;
    QLabel* m_client = nullptr; ///< which client is started
    QLabel* m_fault = nullptr;
    QPushButton* m_start = nullptr;
};

} // namespace plimsoll
