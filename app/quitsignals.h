// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QSocketNotifier;

namespace plimsoll {

/// Turns SIGINT and SIGTERM into a clean end of the event loop, and lets SIGPIPE pass. One per program, in
/// the main thread, while the application object lives.
class QuitSignals : public QObject
{
    Q_OBJECT

public:
    explicit QuitSignals(QObject* parent = nullptr);
    ~QuitSignals() override;

private:
    int m_fd = -1;
    QSocketNotifier* m_notifier = nullptr;
};

} // namespace plimsoll
