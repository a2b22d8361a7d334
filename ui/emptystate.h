// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace plimsoll {

/// What the window shows while there is no agent: what is watched and where, how far the first scan is, and
/// the way to the demo recording. GUI thread.
class EmptyState : public QWidget
{
    Q_OBJECT

public:
    explicit EmptyState(QWidget* parent = nullptr);

    void setHost(const HostCapabilities& host);
    void setScanning(bool scanning);
    void setLink(const LinkState& link);

    /// \param refusal why no agent can be started here, for people; empty = one can
    void setNewAgentRefusal(const QString& refusal);

signals:
    void demoWanted();
    void newAgentWanted();

protected:
    void changeEvent(QEvent* event) override;

private:
    void updateLook();
    void updateText();

    LinkState m_link;
    bool m_isScanning = false;
    QLabel* m_mark = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_text = nullptr;
    QLabel* m_folders = nullptr;
    QPushButton* m_newAgent = nullptr;
    QPushButton* m_demo = nullptr;
    QLabel* m_demoText = nullptr;
};

} // namespace plimsoll
