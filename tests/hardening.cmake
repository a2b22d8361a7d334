# SPDX-License-Identifier: GPL-3.0-or-later
# Reads from programs whether the flags of packaging/hardening.cmake have arrived in them:
# cmake -DREADELF=readelf -DPROGRAMS=FILE,FILE -P hardening.cmake
cmake_minimum_required(VERSION 3.25)

function(wants what pattern)
    if(NOT seen MATCHES "${pattern}")
        list(APPEND missing "${what}")
        set(missing "${missing}" PARENT_SCOPE)
    endif()
endfunction()

function(check program)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${READELF}" --wide --file-header --program-headers --dynamic
        --dyn-syms "${program}" OUTPUT_VARIABLE seen ERROR_VARIABLE said RESULT_VARIABLE code)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${program} cannot be read: ${said}")
    endif()
    set(missing "")
    wants("loaded anywhere in memory (-pie)" "Type: +DYN \\(Position-Independent Executable file\\)")
    wants("tables of addresses read-only (-z relro)" "GNU_RELRO")
    wants("all of them filled at the start (-z now)" "\\(FLAGS_1\\) +Flags: NOW")
    wants("a stack that does not run (-z noexecstack)" "GNU_STACK +[x0-9a-f ]+ RW +0x")
    wants("a guarded stack (-fstack-protector-strong)" "__stack_chk_fail")
    wants("buffers of known size (-D_FORTIFY_SOURCE)" " __(mem|str|f?read|sn?printf|fd|poll|v?f?printf)[a-z]*_chk")
    wants("containers that check (-D_GLIBCXX_ASSERTIONS)" "glibcxx_assert_fail")
    if(seen MATCHES "LOAD +[x0-9a-f ]+ RWE ")
        list(APPEND missing "memory either written or run")
    endif()
    if(missing)
        list(JOIN missing "\n  " missing)
        message(FATAL_ERROR "${program} lacks:\n  ${missing}")
    endif()
endfunction()

string(REPLACE "," ";" programs "${PROGRAMS}")
foreach(program IN LISTS programs)
    check("${program}")
endforeach()
