// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/host.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace plimsoll {

class ElidedLabel;

/// "Connected to wss://desk:7431"; "Link to wss://desk:7431 lost · what you see is from 14:32:07"; …
[[nodiscard]] QString linkTitle(const LinkState& link);

/// How the window hangs together with the machine that it shows: a line below the header, always there for a
/// host that is not near. Retries nothing itself: it is told by retryWanted(). GUI thread.
class LinkStrip : public QWidget
{
    Q_OBJECT

public:
    explicit LinkStrip(QWidget* parent = nullptr);

    void setLink(const LinkState& link);

signals:
    void retryWanted();

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void updateLook();

    LinkState m_link;
    QLabel* m_title = nullptr;
    ElidedLabel* m_text = nullptr;
    QPushButton* m_retry = nullptr;
};

} // namespace plimsoll
