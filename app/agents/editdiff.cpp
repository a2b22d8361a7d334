// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/editdiff.h"

#include "app/agents/reader.h"

#include <algorithm>
#include <cstdint>
#include <simdjson.h>
#include <vector>

namespace plimsoll {

namespace {

constexpr size_t maxDiffering = 500; ///< lines of both texts together
constexpr size_t contextLines = 3;
constexpr size_t maxEdits = 100;

using Lines = std::vector<std::string_view>;

Lines linesOf(std::string_view text)
{
    Lines lines;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

void put(std::string& out, std::string_view mark, std::string_view line)
{
    out += mark;
    out += line;
    out += '\n';
}

void putAll(std::string& out, std::string_view mark, const Lines& lines, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; ++i)
        put(out, mark, lines[i]);
}

/// What differs between [begin, oldEnd) and [begin, newEnd), by their longest common subsequence.
void putDiffering(std::string& out, const Lines& before, const Lines& after, size_t begin, size_t oldEnd,
                  size_t newEnd)
{
    const size_t rows = oldEnd - begin;
    const size_t columns = newEnd - begin;
    if (rows + columns > maxDiffering) {
        putAll(out, "- ", before, begin, oldEnd);
        putAll(out, "+ ", after, begin, newEnd);
        return;
    }
    // common[i][j]: of what follows line i of the one and line j of the other.
    std::vector<std::vector<uint16_t>> common(rows + 1, std::vector<uint16_t>(columns + 1));
    for (size_t i = rows; i-- > 0;) {
        for (size_t j = columns; j-- > 0;)
            common[i][j] = before[begin + i] == after[begin + j]
                               ? static_cast<uint16_t>(common[i + 1][j + 1] + 1)
                               : std::max(common[i + 1][j], common[i][j + 1]);
    }
    size_t i = 0;
    size_t j = 0;
    while (i < rows || j < columns) {
        if (i < rows && j < columns && before[begin + i] == after[begin + j]) {
            put(out, "  ", before[begin + i]);
            ++i;
            ++j;
        } else if (j >= columns || (i < rows && common[i + 1][j] >= common[i][j + 1])) {
            put(out, "- ", before[begin + i++]);
        } else {
            put(out, "+ ", after[begin + j++]);
        }
    }
}

/// "old_string" and "new_string" of an edit; false where it is none.
bool putEdit(std::string& out, const simdjson::dom::object& edit)
{
    std::string_view before;
    std::string_view after;
    if (edit["old_string"].get(before) != simdjson::SUCCESS ||
        edit["new_string"].get(after) != simdjson::SUCCESS)
        return false;
    out += lineDiff(before, after);
    return true;
}

bool putEdits(std::string& out, const simdjson::dom::array& edits)
{
    size_t count = 0;
    for (const simdjson::dom::element entry : edits) {
        simdjson::dom::object edit;
        if (entry.get(edit) != simdjson::SUCCESS || count++ == maxEdits)
            break;
        if (count > 1)
            out += "…\n";
        if (!putEdit(out, edit))
            return false;
    }
    return count > 0;
}

} // namespace

std::string lineDiff(std::string_view before, std::string_view after)
{
    const Lines old = linesOf(before);
    const Lines now = linesOf(after);
    const size_t shorter = std::min(old.size(), now.size());
    size_t same = 0;
    while (same < shorter && old[same] == now[same])
        ++same;
    size_t sameAtEnd = 0;
    while (sameAtEnd < shorter - same && old[old.size() - 1 - sameAtEnd] == now[now.size() - 1 - sameAtEnd])
        ++sameAtEnd;
    std::string out;
    const size_t first = same > contextLines ? same - contextLines : 0;
    if (first > 0)
        out += "…\n";
    putAll(out, "  ", old, first, same);
    putDiffering(out, old, now, same, old.size() - sameAtEnd, now.size() - sameAtEnd);
    const size_t last = old.size() - sameAtEnd + std::min(sameAtEnd, contextLines);
    putAll(out, "  ", old, old.size() - sameAtEnd, last);
    if (last < old.size())
        out += "…\n";
    return out;
}

std::string editText(std::string_view rawJson, size_t limit, bool* truncated)
{
    if (rawJson.find("\"file_path\"") == std::string_view::npos)
        return {}; // most inputs: not parsed a second time
    const simdjson::padded_string json(rawJson);
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    std::string_view path;
    if (parser.parse(json).get(object) != simdjson::SUCCESS ||
        object["file_path"].get(path) != simdjson::SUCCESS || path.empty())
        return {};
    std::string out(path);
    out += '\n';
    simdjson::dom::array edits;
    std::string_view content;
    bool isEdit = false;
    if (object["edits"].get(edits) == simdjson::SUCCESS) {
        isEdit = putEdits(out, edits);
    } else if (object["content"].get(content) == simdjson::SUCCESS) {
        out += lineDiff({}, content);
        isEdit = true;
    } else {
        isEdit = putEdit(out, object);
    }
    if (!isEdit)
        return {};
    out.pop_back(); // the last line break
    if (truncated)
        *truncated = out.size() > limit;
    return clippedUtf8(out, limit);
}

} // namespace plimsoll
