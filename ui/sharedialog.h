// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/sharing.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QGroupBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QTreeWidget;
class QVBoxLayout;

namespace plimsoll {

/// "Shared on 127.0.0.1:7431 · 2 viewers"; empty while it is off.
[[nodiscard]] QString sharingText(const SharingState& state);

/// The switch of the server, who watches, who may, and the devices that ask to. Shows and asks; what comes of
/// it comes from Sharing, which must live longer. GUI thread.
class ShareDialog : public QDialog
{
    Q_OBJECT

public:
    ShareDialog(Sharing& sharing, QWidget* parent);

private:
    void build();
    QWidget* buildPlace();
    QWidget* buildLinks();
    QWidget* buildTokens();
    void show(const SharingState& state);
    void showTokens(const SharingState& state);
    void showPairings(const SharingState& state);
    void toggle(bool on);
    void addToken();
    void revokeSelected();
    void showSecret(const QString& label, const QString& secret);

    Sharing& m_sharing;
    QCheckBox* m_on = nullptr;
    QLineEdit* m_address = nullptr;
    QCheckBox* m_tls = nullptr;
    QLabel* m_state = nullptr;
    QLabel* m_fault = nullptr;
    QPushButton* m_open = nullptr;
    QPushButton* m_pair = nullptr;
    QLabel* m_secretLabel = nullptr;
    QLineEdit* m_secret = nullptr;
    QGroupBox* m_watching = nullptr;
    QListWidget* m_viewers = nullptr;
    QTreeWidget* m_tokens = nullptr;
    QLineEdit* m_name = nullptr;
    QLineEdit* m_origins = nullptr;
    QComboBox* m_role = nullptr;
    QPushButton* m_add = nullptr;
    QPushButton* m_revoke = nullptr;
    QVBoxLayout* m_pairings = nullptr;
    SharingState m_shown; ///< what has not changed is not built anew below somebody's hands
};

} // namespace plimsoll
