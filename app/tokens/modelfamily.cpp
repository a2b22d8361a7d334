// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tokens/modelfamily.h"

#include "app/tokens/catalogue.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace plimsoll {

namespace {

// Defaults for models without a public tokenizer, before anything is learned. Claude up to 4.6: its old
// public tokenizer, measured on prose, sources and other scripts, times 1.1 as fitted to Claude 4.5; from
// Opus 4.7 on about 30 % more, by its documentation. Gemini: as fitted to 2.0 to 3. The rest is guessed.
constexpr ModelFamily o200k{"openai-o200k", Encoding::O200k, {}};
constexpr ModelFamily cl100k{"openai-cl100k", Encoding::Cl100k, {}};
constexpr ModelFamily claude{"claude", {}, {{{1.14, 0.15, 0}, {1.24, 0.15, 0}, {1.75, 0.35, 0}}}};
constexpr ModelFamily claude47{"claude-4.7", {}, {{{1.45, 0.25, 0}, {1.60, 0.25, 0}, {2.00, 0.40, 0}}}};
constexpr ModelFamily gemini{"gemini", {}, {{{1.08, 0.15, 0}, {1.08, 0.20, 0}, {1.08, 0.30, 0}}}};
constexpr std::array<Ratio, contentKindCount> guessed{{{1.05, 0.25, 0}, {1.10, 0.25, 0}, {1.25, 0.40, 0}}};
constexpr ModelFamily grok{"grok", {}, guessed};
constexpr ModelFamily deepseek{"deepseek", {}, guessed};
constexpr ModelFamily kimi{"kimi", {}, guessed};
constexpr ModelFamily qwen{"qwen", {}, guessed};
constexpr ModelFamily glm{"glm", {}, guessed};
constexpr ModelFamily minimax{"minimax", {}, guessed};
constexpr ModelFamily mistral{"mistral", {}, guessed};
constexpr ModelFamily llama{"llama", {}, guessed};
constexpr ModelFamily unknown{"unknown", {}, guessed};

struct Rule
{
    std::string_view head; ///< of the id, ends at its end or before a sign
    const ModelFamily* family;
};

// The first that fits counts.
constexpr std::array rules{
    Rule{"gpt-4o", &o200k},
    Rule{"gpt-4.1", &o200k},
    Rule{"gpt-4.5", &o200k},
    Rule{"gpt-5", &o200k},
    Rule{"gpt-oss", &o200k},
    Rule{"chatgpt-4o", &o200k},
    Rule{"o1", &o200k},
    Rule{"o3", &o200k},
    Rule{"o4", &o200k},
    Rule{"codex", &o200k},
    Rule{"gpt-4", &cl100k},
    Rule{"gpt-3.5", &cl100k},
    Rule{"gpt-35", &cl100k},
    Rule{"text-embedding-3", &cl100k},
    Rule{"text-embedding-ada-002", &cl100k},
    Rule{"gemini", &gemini},
    Rule{"grok", &grok},
    Rule{"deepseek", &deepseek},
    Rule{"kimi", &kimi},
    Rule{"qwen", &qwen},
    Rule{"qwen2", &qwen},
    Rule{"qwen3", &qwen},
    Rule{"glm", &glm},
    Rule{"minimax", &minimax},
    Rule{"mistral", &mistral},
    Rule{"codestral", &mistral},
    Rule{"devstral", &mistral},
    Rule{"magistral", &mistral},
    Rule{"llama", &llama},
    Rule{"o200k_base", &o200k},
    Rule{"cl100k_base", &cl100k},
};

bool isWordChar(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// "claude-opus-4-7" → 407: the two numbers behind the name, or before it ("claude-3-5-sonnet"). Dates are
/// none.
int claudeVersion(std::string_view id)
{
    constexpr int longestNumber = 2; // digits
    std::array<int, 2> numbers{};
    size_t found = 0;
    for (size_t at = 0; at < id.size() && found < numbers.size(); ++at) {
        int number = 0;
        const auto [end, error] = std::from_chars(id.data() + at, id.data() + id.size(), number);
        if (error != std::errc() || id[at] == '-')
            continue;
        const ptrdiff_t digits = end - (id.data() + at);
        if (digits <= longestNumber)
            numbers[found++] = number;
        at += size_t(digits) - 1;
    }
    return numbers[0] * 100 + numbers[1];
}

} // namespace

const ModelFamily& familyOf(std::string_view model)
{
    constexpr size_t longestId = 200; // ids come from foreign logs
    std::string id(withoutProvider(model.substr(0, longestId)));
    std::transform(id.begin(), id.end(), id.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    if (id.starts_with("claude"))
        return claudeVersion(id) >= 407 ? claude47 : claude;
    for (const Rule& rule : rules) {
        if (id.starts_with(rule.head) && (id.size() == rule.head.size() || !isWordChar(id[rule.head.size()])))
            return *rule.family;
    }
    return unknown;
}

} // namespace plimsoll
