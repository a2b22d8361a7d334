// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as text: the tokens are those that merging pairs by rank gives, and what is broken counts as its
// replacement.
#include "app/tokens/contentkind.h"
#include "tests/mergebyrank.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <tuple>

using namespace plimsoll;
using namespace plimsoll::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

struct Pair
{
    explicit Pair(Encoding encoding)
        : tokenizer(Tokenizer::load(encoding))
        , definition(encoding)
    {
    }
    const std::shared_ptr<const Tokenizer> tokenizer;
    const MergeByRank definition;
};

void check(const Pair& pair, std::string_view text)
{
    const std::vector<uint32_t> tokens = pair.tokenizer->encode(text);
    require(pair.tokenizer->count(text) == int64_t(tokens.size()));
    constexpr size_t mostForTheDefinition = 300; // it is slow
    if (text.size() <= mostForTheDefinition)
        require(tokens == pair.definition.encode(text));
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    static const Pair o200k(Encoding::O200k);
    static const Pair cl100k(Encoding::Cl100k);
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const std::string repaired = repairedUtf8(text);
    require(repairedUtf8(repaired) == repaired);
    std::ignore = contentKindOf(text);
    check(o200k, text);
    check(cl100k, text);
    return 0;
}
