// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/promptedit.h"

#include <QJsonArray>
#include <QWidget>

class QVBoxLayout;

namespace plimsoll {

/// What stands above the field of a message: the pictures that go with it, and messages that the agent has
/// not taken yet. A press takes one away. Hidden where there is neither. GUI thread.
class PromptChips : public QWidget
{
    Q_OBJECT

public:
    explicit PromptChips(QWidget* parent = nullptr);

    void setImages(const QList<PromptImage>& images);
    /// \param messages [{message_id, text, mode}] \param refusal why they cannot be withdrawn, for people;
    /// empty = can
    void setWaiting(const QJsonArray& messages, const QString& refusal);

signals:
    void imageRemoved(int index);
    void withdrawn(const QString& messageId);

private:
    void rebuild();

    QVBoxLayout* m_rows;
    QList<PromptImage> m_images;
    QJsonArray m_waiting;
    QString m_refusal;
};

} // namespace plimsoll
