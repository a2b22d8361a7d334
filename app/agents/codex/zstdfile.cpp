// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/agents/codex/zstdfile.h"

#include <cerrno>
#include <memory>
#include <unistd.h>
#include <vector>
#include <zstd.h>

namespace plimsoll {

namespace {

struct FreeStream
{
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

ssize_t readSome(int fd, std::vector<char>& buffer)
{
    ssize_t got = -1;
    do {
        got = ::read(fd, buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    return got;
}

} // namespace

bool readZst(int fd, const std::function<bool(std::string_view)>& take, int64_t maxBytes)
{
    constexpr int largestWindowLog = 27; // 128 MiB, what `zstd` itself accepts
    const std::unique_ptr<ZSTD_DStream, FreeStream> stream(ZSTD_createDStream());
    if (!stream || ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, largestWindowLog)))
        return false;
    std::vector<char> packed(ZSTD_DStreamInSize());
    std::vector<char> unpacked(ZSTD_DStreamOutSize());
    int64_t total = 0;
    size_t wanted = 1; // 0 = a frame has ended
    for (;;) {
        const ssize_t got = readSome(fd, packed);
        if (got <= 0)
            return got == 0 && wanted == 0;
        ZSTD_inBuffer in{packed.data(), static_cast<size_t>(got), 0};
        bool isFull = false; // the output was: more of it may wait inside
        while (in.pos < in.size || isFull) {
            ZSTD_outBuffer out{unpacked.data(), unpacked.size(), 0};
            wanted = ZSTD_decompressStream(stream.get(), &out, &in);
            if (ZSTD_isError(wanted))
                return false;
            total += static_cast<int64_t>(out.pos);
            if (total > maxBytes || (out.pos > 0 && !take({unpacked.data(), out.pos})))
                return false;
            isFull = out.pos == out.size && wanted != 0;
        }
    }
}

} // namespace plimsoll
