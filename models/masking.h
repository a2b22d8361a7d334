// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/event.h"

#include <QJsonValue>
#include <QString>

// Takes keys, tokens and passwords out of text that is stored, logged or sent to viewers. Pure functions, any
// thread, linear in the length of the text whatever it holds. Secrets are known by the prefix of their
// issuer, by their form (PEM, JWT, passwords in URLs, webhooks) or by the name before them where the value
// looks random. Not found: a secret without any of these, one that is encoded once more, and one that is
// split over several texts.
namespace plimsoll {

enum class TextEnd : quint8 {
    Whole,
    Cut, ///< the text goes on where it came from: the beginning of a secret at its end is masked, too
};

/// "export GH_TOKEN=[masked: github-token]"; the rest stays as it is. The text itself where there is no
/// secret. An ellipsis is taken for a cut. Masking what is masked changes nothing.
[[nodiscard]] QString maskSecrets(const QString& text, TextEnd end = TextEnd::Whole);

/// Every text in it masked, keys included.
[[nodiscard]] QJsonValue maskedTexts(const QJsonValue& value);

/// The event with every text that people or agents wrote masked. Ids, paths and models stay: they lead to
/// things. Chunks of streamed text are masked one by one, so gather them before where a secret may span two.
[[nodiscard]] Event maskedEvent(Event event);

} // namespace plimsoll
