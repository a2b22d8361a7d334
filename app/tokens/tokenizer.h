// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tokens/charclasses.h"
#include "app/tokens/pretokens.h"
#include "app/tokens/vocabulary.h"

#include <QString>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace plimsoll {

/// "o200k_base" or "cl100k_base".
[[nodiscard]] QString encodingName(Encoding encoding);

/// Splits text into tokens exactly as OpenAI's tokenizer of that encoding does. Text that looks like a
/// special token ("<|endoftext|>") is text like any other; broken UTF-8 is read as U+FFFD. Immutable, any
/// thread.
class Tokenizer
{
public:
    /// From the resources of the program; some 20 ms and 15 MB. Null if they are damaged.
    [[nodiscard]] static std::shared_ptr<const Tokenizer> load(Encoding encoding);

    [[nodiscard]] std::vector<uint32_t> encode(std::string_view text) const;

    /// How many tokens encode() gives, without making the list. Nothing if it was cancelled.
    /// \param cancelled looked at every some KB; may be null
    [[nodiscard]] std::optional<int64_t> count(std::string_view text,
                                               const std::atomic<bool>* cancelled = nullptr) const;

private:
    Tokenizer(Encoding encoding, CharClasses classes, Vocabulary vocabulary);

    /// Calls take(tokens of a piece) for each piece; false if it was cancelled.
    template <typename Take>
    [[nodiscard]] bool forEachPiece(std::string_view text, const std::atomic<bool>* cancelled,
                                    const Take& take) const;

    const Encoding m_encoding;
    const CharClasses m_classes;
    const Vocabulary m_vocabulary;
};

/// Loads each tokenizer when it is first asked for. Any thread; the first ones wait for the loading.
class Tokenizers
{
public:
    /// Null if the resources of the program are damaged.
    [[nodiscard]] std::shared_ptr<const Tokenizer> get(Encoding encoding);

private:
    std::mutex m_mutex;
    std::shared_ptr<const Tokenizer> m_cl100k; // guarded by m_mutex
    std::shared_ptr<const Tokenizer> m_o200k;  // guarded by m_mutex
};

} // namespace plimsoll
