# SPDX-License-Identifier: GPL-3.0-or-later
# What makes a mistake of ours, met by a hostile log, end the program in place of obeying the log. In release builds by
# GCC; the test `hardening` reads from the program whether the flags have arrived there.
set(hardened "$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>")

set(hardening_compile
    # Checks where the program runs: buffers of known size, indices of containers, the stack.
    -U_FORTIFY_SOURCE
    -D_FORTIFY_SOURCE=3
    -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong
    -fstack-clash-protection
    # Fewer places to jump to, nothing left over to read.
    -fcf-protection=full
    -fzero-call-used-regs=used-gpr
    -ftrivial-auto-var-init=zero
    # The compiler removes no check of ours because it believes that what is checked cannot be.
    -fno-delete-null-pointer-checks
    -fno-strict-overflow
)
set(hardening_warnings
    -Wtrampolines
    -Wbidi-chars=any
    -Wformat=2
    -Wimplicit-fallthrough
    -Wnull-dereference
)
set(hardening_link
    -pie # Qt already asks for -fPIC
    -Wl,-z,relro
    -Wl,-z,now
    -Wl,-z,noexecstack
    -Wl,-z,separate-code
)

target_compile_options(plimsoll_options INTERFACE "$<${hardened}:${hardening_compile};${hardening_warnings}>")
target_link_options(plimsoll_options INTERFACE "$<${hardened}:${hardening_link}>")
