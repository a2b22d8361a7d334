// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/codexkind.h"
#include "app/agents/codex/codexline.h"
#include "app/agents/jsontext.h"

#include <bit>
#include <charconv>

namespace plimsoll {

namespace {

/// Bytes that are zero have their highest bit set, and none below the first of them has.
constexpr uint64_t zeroBytes(uint64_t bits)
{
    return (bits - 0x0101010101010101ULL) & ~bits & 0x8080808080808080ULL;
}

/// Where the first quote or backslash stands; the size if there is none. Eight bytes at a time:
/// find_first_of() would call memchr for each one.
size_t stringEnd(std::string_view text)
{
    constexpr uint64_t quotes = 0x2222222222222222ULL;
    constexpr uint64_t backslashes = 0x5C5C5C5C5C5C5C5CULL;
    size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        const auto bits = textBits<uint64_t>(text.data() + at);
        const uint64_t found = zeroBytes(bits ^ quotes) | zeroBytes(bits ^ backslashes);
        if (found != 0)
            return at + static_cast<size_t>(std::countr_zero(found)) / 8;
    }
    while (at < text.size() && text[at] != '"' && text[at] != '\\')
        ++at;
    return at;
}

/// Walks over the start of a JSON text and takes plain keys and values: strings without escapes, whole
/// numbers. Stops for good at anything else, so that it never has to look at a large value.
class HeadScanner
{
public:
    explicit HeadScanner(std::string_view text)
        : m_rest(text.substr(0, longestHead))
    {
    }

    [[nodiscard]] bool take(char c)
    {
        skipBlanks();
        if (m_rest.empty() || m_rest.front() != c)
            return false;
        m_rest.remove_prefix(1);
        return true;
    }

    [[nodiscard]] bool takeString(std::string_view& out)
    {
        if (!take('"'))
            return false;
        const size_t end = stringEnd(m_rest);
        if (end == m_rest.size() || m_rest[end] != '"')
            return false;
        out = m_rest.substr(0, end);
        m_rest.remove_prefix(end + 1);
        return true;
    }

    [[nodiscard]] bool takeNumber(int64_t& out)
    {
        skipBlanks();
        const auto [end, error] = std::from_chars(m_rest.data(), m_rest.data() + m_rest.size(), out);
        if (error != std::errc())
            return false;
        m_rest.remove_prefix(static_cast<size_t>(end - m_rest.data()));
        skipBlanks();
        return !m_rest.empty() && (m_rest.front() == ',' || m_rest.front() == '}');
    }

private:
    static constexpr size_t longestHead = 1024;

    void skipBlanks()
    {
        while (!m_rest.empty() && (m_rest.front() == ' ' || m_rest.front() == '\t'))
            m_rest.remove_prefix(1);
    }

    std::string_view m_rest;
};

struct Head
{
    std::string_view type;
    std::string_view payloadType;
    std::string_view role;
    std::string_view itemType;
    CodexLine* line = nullptr;
};

CodexKind kindOf(const Head& head)
{
    return codexKind(head.type, head.payloadType, head.role, head.itemType);
}

/// True if nothing behind the head can matter.
bool isEnough(const Head& head)
{
    if (head.type.empty() || head.line->timestamp.empty())
        return false;
    if (head.type == "response_item" && head.payloadType == "message" && head.role.empty())
        return false;
    if (head.type == "event_msg" && head.payloadType == "item_completed" && head.itemType.empty())
        return false;
    const bool hasPayload = head.type == "response_item" || head.type == "event_msg";
    if (hasPayload && head.payloadType.empty())
        return false;
    switch (kindOf(head)) {
    case CodexKind::Ignored:
    case CodexKind::Compacted:
    case CodexKind::Reasoning: return true;
    case CodexKind::ToolOutput: return !head.line->callId.empty();
    default: return false;
    }
}

enum class Level { Root, Payload, Item };

bool takeText(HeadScanner& scanner, Level level, std::string_view key, Head& head)
{
    std::string_view value;
    if (!scanner.takeString(value))
        return false;
    if (key == "type")
        (level == Level::Root      ? head.type
         : level == Level::Payload ? head.payloadType
                                   : head.itemType) = value;
    else if (key == "timestamp" && level == Level::Root)
        head.line->timestamp = value;
    else if (key == "call_id" && level == Level::Payload)
        head.line->callId = value;
    else if (key == "role" && level == Level::Payload)
        head.role = value;
    return true;
}

bool takeField(HeadScanner& scanner, Level& level, Head& head)
{
    std::string_view key;
    if (!scanner.takeString(key) || !scanner.take(':'))
        return false;
    if (key == "ordinal" && level == Level::Root)
        return scanner.takeNumber(head.line->ordinal);
    const bool down =
        (key == "payload" && level == Level::Root) || (key == "item" && level == Level::Payload);
    if (!down)
        return takeText(scanner, level, key, head);
    level = level == Level::Root ? Level::Payload : Level::Item;
    return scanner.take('{');
}

} // namespace

bool scanCodexHead(std::string_view text, CodexLine& line)
{
    clearCodexLine(line);
    HeadScanner scanner(text);
    Head head;
    head.line = &line;
    if (!scanner.take('{'))
        return false;
    Level level = Level::Root;
    bool atStart = true; // of an object: no comma in front
    while (atStart || scanner.take(',')) {
        const Level before = level;
        if (!takeField(scanner, level, head))
            return false;
        atStart = level != before;
        if (isEnough(head)) {
            line.kind = kindOf(head);
            return true;
        }
    }
    return false;
}

} // namespace plimsoll
