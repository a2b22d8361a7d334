// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/tokenizer.h"

#include "app/tokens/utf8.h"

#include <QFile>

#include <simdjson.h>
#include <tuple>

// Must stand outside every namespace: the resource of a static library is only there once it is asked for.
static void initTokensResource()
{
    Q_INIT_RESOURCE(tokens);
}

namespace plimsoll {

namespace {

QByteArray resource(const QString& name)
{
    QFile file(QStringLiteral(":/tokens/") + name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

QString encodingName(Encoding encoding)
{
    return encoding == Encoding::O200k ? QStringLiteral("o200k_base") : QStringLiteral("cl100k_base");
}

Tokenizer::Tokenizer(Encoding encoding, CharClasses classes, Vocabulary vocabulary)
    : m_encoding(encoding)
    , m_classes(std::move(classes))
    , m_vocabulary(std::move(vocabulary))
{
}

std::shared_ptr<const Tokenizer> Tokenizer::load(Encoding encoding)
{
    initTokensResource();
    std::optional<CharClasses> classes = CharClasses::parse(resource(QStringLiteral("charclasses.txt")));
    std::optional<Vocabulary> vocabulary =
        Vocabulary::parse(resource(encodingName(encoding) + QStringLiteral(".vocabulary")));
    if (!classes || !vocabulary)
        return nullptr;
    return std::shared_ptr<const Tokenizer>(
        new Tokenizer(encoding, std::move(*classes), std::move(*vocabulary)));
}

template <typename Take>
bool Tokenizer::forEachPiece(std::string_view text, const std::atomic<bool>* cancelled,
                             const Take& take) const
{
    constexpr size_t bytesBetweenLooks = size_t{64} * 1024;
    std::string repaired;
    if (!simdjson::validate_utf8(text.data(), text.size())) {
        repaired = repairedUtf8(text);
        text = repaired;
    }
    EncodeScratch scratch;
    size_t look = bytesBetweenLooks;
    for (size_t at = 0; at < text.size();) {
        const size_t end = pieceEnd(text, at, m_encoding, m_classes);
        if (!m_vocabulary.encode(text.substr(at, end - at), scratch, cancelled))
            return false;
        take(scratch.tokens);
        at = end;
        if (at < look)
            continue;
        if (cancelled && *cancelled)
            return false;
        look = at + bytesBetweenLooks;
    }
    return true;
}

std::vector<uint32_t> Tokenizer::encode(std::string_view text) const
{
    std::vector<uint32_t> all;
    std::ignore = forEachPiece(text, nullptr, [&](const std::vector<uint32_t>& tokens) {
        all.insert(all.end(), tokens.begin(), tokens.end());
    });
    return all;
}

std::optional<int64_t> Tokenizer::count(std::string_view text, const std::atomic<bool>* cancelled) const
{
    int64_t sum = 0;
    const bool isDone = forEachPiece(text, cancelled, [&](const std::vector<uint32_t>& tokens) {
        sum += static_cast<int64_t>(tokens.size());
    });
    return isDone ? std::optional(sum) : std::nullopt;
}

std::shared_ptr<const Tokenizer> Tokenizers::get(Encoding encoding)
{
    const std::lock_guard lock(m_mutex);
    std::shared_ptr<const Tokenizer>& tokenizer = encoding == Encoding::O200k ? m_o200k : m_cl100k;
    if (!tokenizer)
        tokenizer = Tokenizer::load(encoding);
    return tokenizer;
}

} // namespace plimsoll
