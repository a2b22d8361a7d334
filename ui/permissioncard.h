// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QFrame>

class QLabel;
class QPlainTextEdit;

namespace plimsoll {

/// What an agent waits for. The command stands there whole and plain, to be read before it is answered, which
/// for an observed agent happens in its own terminal: there is nothing to press. GUI thread.
class PermissionCard : public QFrame
{
    Q_OBJECT

public:
    explicit PermissionCard(QWidget* parent = nullptr);

    /// \param askedMs ms UTC since when it waits, 0 = unknown
    void ask(const PermissionAsked& asked, qint64 askedMs);

    /// Says again how long it has been waiting.
    void setNow(qint64 nowMs);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void fitCommand();
    void updateLook();

    QLabel* m_title = nullptr;
    QLabel* m_when = nullptr;
    QPlainTextEdit* m_command = nullptr;
    QLabel* m_folder = nullptr;
    QLabel* m_advice = nullptr;
    QString m_tool;
    qint64 m_askedMs = 0;
};

} // namespace plimsoll
