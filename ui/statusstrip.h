// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace plimsoll {

/// "Reading 120 of 312 session files · 34 of 180 MB", "watching 312 session files"; empty where nothing is
/// known.
[[nodiscard]] QString progressText(const Progress& progress);

/// The bottom line of the window: what is watched, how far the first scan is and its end by hand, what went
/// wrong, and which host this is. GUI thread.
class StatusStrip : public QWidget
{
    Q_OBJECT

public:
    explicit StatusStrip(QWidget* parent = nullptr);

    void setProgress(const Progress& progress);
    void setHost(const HostCapabilities& host);
    void setProblem(const QString& text); ///< the last one stays until the next
    void setStore(const StoreState& state);
    /// \param text empty = not shared \param loud others than this machine can reach it
    void setSharing(const QString& text, bool loud);

signals:
    void cancelWanted();
    void sharingClicked();

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void updateLook();
    void showProblem();

    QLabel* m_text = nullptr;
    QProgressBar* m_bar = nullptr;
    QPushButton* m_cancel = nullptr;
    QLabel* m_problem = nullptr;
    QLabel* m_store = nullptr;
    QPushButton* m_sharing = nullptr;
    QLabel* m_host = nullptr;
    bool m_loud = false;
    QString m_said;         ///< the last thing that went wrong
    QString m_storeProblem; ///< what is wrong with the history now
};

} // namespace plimsoll
