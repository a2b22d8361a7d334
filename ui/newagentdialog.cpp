// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/newagentdialog.h"

#include "models/format.h"
#include "ui/theme.h"
#include "ui/widgets.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSpinBox>
#include <QVBoxLayout>

namespace plimsoll {

namespace {

constexpr int maxTurns = 100'000;
constexpr double maxUsd = 100'000;

/// Of names with patterns in brackets, which may hold commas: "Bash(git log:*), Read".
QJsonArray toolsIn(const QString& text)
{
    static const QRegularExpression pattern(QStringLiteral(R"([^,\s(]+(?:\([^)]*\))?)"));
    QJsonArray tools;
    for (auto match = pattern.globalMatch(text); match.hasNext();)
        tools.append(match.next().captured());
    return tools;
}

} // namespace

NewAgentDialog::NewAgentDialog(Host& host, QWidget* parent)
    : QDialog(parent)
    , m_host(host)
{
    setWindowTitle(tr("New agent"));
    makeFields();
    layOut();
    connect(&m_host, &Host::replied, this, &NewAgentDialog::onReplied);
    connect(m_folder, &QLineEdit::editingFinished, this, &NewAgentDialog::askForTemplates);
    connect(m_browse, &QPushButton::clicked, this, &NewAgentDialog::browse);
    // Paths of another machine cannot be browsed here.
    m_browse->setVisible(m_host.link().phase == LinkState::Phase::Near);
    m_installed = m_host.query(QStringLiteral("installed"), {});
    m_name->setFocus();
}

void NewAgentDialog::setFolder(const QString& path)
{
    if (m_folder->text().isEmpty())
        m_folder->setText(path);
    askForTemplates();
}

void NewAgentDialog::makeFields()
{
    m_name = new QLineEdit(this);
    m_name->setMaxLength(80);
    m_folder = new QLineEdit(this);
    m_folder->setPlaceholderText(tr("absolute path of the folder to work in"));
    m_browse = new QPushButton(tr("Browse…"), this);
    m_browse->setAutoDefault(false);
    m_worktree = new QCheckBox(tr("a git worktree of its own"), this);
    m_worktree->setToolTip(tr("beside the repository; Plimsoll never removes it"));
    m_branch = new QLineEdit(this);
    m_branch->setPlaceholderText(tr("branch"));
    m_branch->setAccessibleName(tr("Branch of the worktree"));
    m_branch->setEnabled(false);
    connect(m_worktree, &QCheckBox::toggled, m_branch, &QWidget::setEnabled);
    m_prompt = new QPlainTextEdit(this);
    m_prompt->setPlaceholderText(tr("what it is to do first; may be empty"));
    m_model = new QComboBox(this);
    m_model->setEditable(true);
    m_model->addItems({QString(), QStringLiteral("opus"), QStringLiteral("sonnet"), QStringLiteral("haiku")});
    m_model->lineEdit()->setPlaceholderText(tr("as Claude Code is set up"));
    m_mode = new QComboBox(this);
    m_mode->addItem(tr("as Claude Code is set up"), QString());
    m_mode->addItem(tr("ask before it changes anything"), QStringLiteral("default"));
    m_mode->addItem(tr("may edit files without asking"), QStringLiteral("acceptEdits"));
    m_mode->addItem(tr("plans only, changes nothing"), QStringLiteral("plan"));
    m_mode->addItem(tr("refuses what is not allowed, never asks"), QStringLiteral("dontAsk"));
    m_template = new QComboBox(this);
    m_template->addItem(tr("none"), QString());
    m_template->setToolTip(tr("from .claude/agents of the folder and of your own"));
    m_system = new QPlainTextEdit(this);
    m_system->setPlaceholderText(tr("added to Claude Code's own; may be empty"));
    m_tools = new QLineEdit(this);
    m_tools->setPlaceholderText(tr("Read, Bash(git log:*) … without asking"));
    m_turns = new QSpinBox(this);
    m_turns->setRange(0, maxTurns);
    m_turns->setSpecialValueText(tr("no limit"));
    m_usd = new QDoubleSpinBox(this);
    m_usd->setRange(0, maxUsd);
    m_usd->setPrefix(QStringLiteral("$"));
    m_usd->setSpecialValueText(tr("no limit"));
    for (QPlainTextEdit* edit : {m_prompt, m_system}) {
        edit->setTabChangesFocus(true);
        edit->setFixedHeight(4 * fontMetrics().lineSpacing());
    }
}

void NewAgentDialog::addRow(QGridLayout& grid, const char* key, const QString& title, QWidget* edit,
                            QWidget* beside)
{
    edit->setAccessibleName(title);
    QLabel* label = plainLabel(title, this);
    label->setBuddy(edit);
    QLabel* fault = plainLabel({}, this);
    fault->setWordWrap(true);
    fault->hide();
    tint(fault, Theme::of(palette()).dangerText);
    const int row = grid.rowCount();
    grid.addWidget(label, row, 0, Qt::AlignTop);
    grid.addWidget(edit, row, 1, 1, beside == nullptr ? 2 : 1);
    if (beside != nullptr)
        grid.addWidget(beside, row, 2);
    grid.addWidget(fault, row + 1, 1, 1, 2);
    m_rows.insert(QLatin1String(key), {edit, fault});
}

void NewAgentDialog::layOut()
{
    auto* form = new QGridLayout;
    form->setHorizontalSpacing(grid(font(), 3));
    form->setVerticalSpacing(grid(font(), 1.5));
    form->setColumnStretch(1, 1);
    addRow(*form, "name", tr("Name"), m_name);
    addRow(*form, "working_dir", tr("Folder"), m_folder, m_browse);
    addRow(*form, "worktree", tr("Worktree"), m_worktree, m_branch);
    addRow(*form, "prompt", tr("First prompt"), m_prompt);
    addRow(*form, "model", tr("Model"), m_model);
    addRow(*form, "permission_mode", tr("Permissions"), m_mode);
    addRow(*form, "allowed_tools", tr("Allowed tools"), m_tools);
    addRow(*form, "template", tr("Template"), m_template);
    addRow(*form, "system_prompt", tr("System prompt"), m_system);
    addRow(*form, "budget.turns", tr("At most turns"), m_turns);
    addRow(*form, "budget.usd", tr("At most spent"), m_usd);
    m_client = plainLabel({}, this);
    m_client->setWordWrap(true);
    tint(m_client, Theme::of(palette()).dimText);
    m_fault = plainLabel({}, this);
    m_fault->setWordWrap(true);
    m_fault->hide();
    tint(m_fault, Theme::of(palette()).dangerText);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_start = buttons->addButton(tr("Start"), QDialogButtonBox::AcceptRole);
    m_start->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &NewAgentDialog::create);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    const int side = grid(font(), 5);
    layout->setContentsMargins(side, side, side, side);
    layout->setSpacing(grid(font(), 2.5));
    layout->addLayout(form);
    layout->addWidget(m_client);
    layout->addWidget(m_fault);
    layout->addStretch(1);
    layout->addWidget(buttons);
    setMinimumWidth(grid(font(), 150));
}

void NewAgentDialog::askForTemplates()
{
    m_templates = m_host.query(QStringLiteral("templates"),
                               {{QStringLiteral("working_dir"), m_folder->text().trimmed()}});
}

void NewAgentDialog::browse()
{
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder to work in"), m_folder->text());
    if (folder.isEmpty())
        return;
    m_folder->setText(folder);
    askForTemplates();
}

QJsonObject NewAgentDialog::params() const
{
    QJsonObject params{{QStringLiteral("kind"), QStringLiteral("claude-code")},
                       {QStringLiteral("name"), m_name->text()},
                       {QStringLiteral("working_dir"), m_folder->text().trimmed()}};
    const auto add = [&params](const QString& key, const QString& text) {
        if (!text.isEmpty())
            params.insert(key, text);
    };
    add(QStringLiteral("prompt"), m_prompt->toPlainText());
    add(QStringLiteral("model"), m_model->currentText().trimmed());
    add(QStringLiteral("permission_mode"), m_mode->currentData().toString());
    add(QStringLiteral("template"), m_template->currentData().toString());
    add(QStringLiteral("system_prompt"), m_system->toPlainText());
    const QJsonArray tools = toolsIn(m_tools->text());
    if (!tools.isEmpty())
        params.insert(QStringLiteral("allowed_tools"), tools);
    if (m_worktree->isChecked())
        params.insert(QStringLiteral("worktree"),
                      QJsonObject{{QStringLiteral("branch"), m_branch->text().trimmed()}});
    QJsonObject budget;
    if (m_turns->value() > 0)
        budget.insert(QStringLiteral("turns"), m_turns->value());
    if (m_usd->value() > 0)
        budget.insert(QStringLiteral("usd"), m_usd->value());
    if (!budget.isEmpty())
        params.insert(QStringLiteral("budget"), budget);
    return params;
}

void NewAgentDialog::create()
{
    clearFaults();
    setWaiting(true);
    m_creating = m_host.query(QStringLiteral("create_agent"), params());
}

void NewAgentDialog::onReplied(const Reply& reply)
{
    if (m_installed != 0 && reply.id == m_installed) {
        m_installed = 0;
        const QString hint = reply.error + reply.result.value(QLatin1String("hint")).toString();
        const QString version = reply.result.value(QLatin1String("version")).toString();
        if (!version.isEmpty())
            m_client->setText(plain(
                tr("Claude Code %1, %2").arg(version, reply.result.value(QLatin1String("path")).toString())));
        else if (reply.code != QLatin1String("not_found")) // a host elsewhere may not say
            m_client->setText(plain(hint));
        return;
    }
    if (m_templates != 0 && reply.id == m_templates) {
        m_templates = 0;
        const QString chosen = m_template->currentData().toString();
        m_template->clear();
        m_template->addItem(tr("none"), QString());
        const QJsonArray names = reply.result.value(QLatin1String("templates")).toArray();
        for (const auto& name : names)
            m_template->addItem(name.toString(), name.toString());
        m_template->setCurrentIndex(std::max(0, m_template->findData(chosen)));
        return;
    }
    if (m_creating == 0 || reply.id != m_creating)
        return;
    m_creating = 0;
    setWaiting(false);
    if (!reply.error.isEmpty())
        return showFault(reply.result.value(QLatin1String("field")).toString(), reply.error);
    emit created(AgentId::fromString(reply.result.value(QLatin1String("agent_id")).toString()));
    accept();
}

void NewAgentDialog::showFault(const QString& field, const QString& text)
{
    const Row row = m_rows.value(field, {nullptr, m_fault});
    row.fault->setText(plain(text));
    row.fault->show();
    if (row.edit != nullptr)
        row.edit->setFocus();
}

void NewAgentDialog::clearFaults()
{
    m_fault->hide();
    for (const Row& row : std::as_const(m_rows))
        row.fault->hide();
}

void NewAgentDialog::setWaiting(bool isWaiting)
{
    m_start->setEnabled(!isWaiting);
    m_start->setText(isWaiting ? tr("Starting…") : tr("Start"));
}

} // namespace plimsoll
