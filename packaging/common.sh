# SPDX-License-Identifier: GPL-3.0-or-later
# What the commands of this folder share; sourced by them. Leaves the caller at the root of the tree.
# What is said goes to stderr: stdout belongs to the program (packaging/run status --json | …).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Another clone of the same sources finds what this one compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

build_packages=(
    ccache cmake g++ ninja-build pkg-config
    fonts-dejavu-core libqcustomplot-dev libqt6sql6-sqlite libsimdjson-dev libssl-dev libzstd-dev qt6-base-dev qt6-svg-dev
    qt6-websockets-dev
)
format_packages=(clang-format)
package_packages=(appstream desktop-file-utils dpkg-dev file)
tidy_packages=(clang-tidy git)
sanitizer_packages=(clang libclang-rt-14-dev llvm-14)

say() { printf '== %s\n' "$*" >&2; }

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Installs the packages that are missing; without the network, and at once, when there are none.
need() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system; these must be there: $*"
        return
    fi
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
    as_root "${apt[@]}" update >&2
    as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2
}

# build PRESET [TARGET…]: configures where needed and builds.
build() {
    local preset=$1
    shift
    if [[ ! build/$preset/build.ninja -nt CMakePresets.json ]]; then
        say "configuring $preset"
        cmake --preset "$preset" >&2
    fi
    say "building $preset"
    cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"} >&2
}

sources() { find app models packaging tests ui \( -name '*.h' -o -name '*.cpp' \) | sort; }

# The whole output of ctest stays in a file; on screen: a line per test, why a test or a part of it was skipped, all
# that a failed test said, and ctest's own closing lines.
run_tests() {
    local preset=$1 log=build/$1/tests.log
    shift
    say "testing $preset (all output: $log)"
    ctest --preset "$preset" --verbose "$@" 2>&1 | tee "$log" | awk '
        /^[0-9]+: / {
            test = $1
            sub(":", "", test)
            said[test] = said[test] $0 "\n"
            if ($2 ~ /^SKIP/) print
            next
        }
        / Test +#[0-9]+:/ {
            print
            match($0, "#[0-9]+")
            if ($0 !~ /Passed|Skipped/) printf "%s", said[substr($0, RSTART + 1, RLENGTH - 1)]
            fflush()
            next
        }
        /^The following tests passed/ { quiet = 1 }
        / tests passed, / { quiet = 0 }
        quiet { next }
        / tests passed, |^Total Test time|^The following tests|^\t|^Errors while|^No tests/
    '
}

# make_deb BUILD_FOLDER FOLDER: packs what is built there; prints the path of the package in FOLDER.
make_deb() {
    local epoch log=$2/cpack.log
    mkdir -p "$2"
    # The time of the commit in place of now: the same sources give the same bytes.
    epoch=$(git log -1 --format=%ct 2>/dev/null || true)
    if ! env ${epoch:+SOURCE_DATE_EPOCH="$epoch"} cpack --config "$1/CPackConfig.cmake" -B "$2" >"$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
    sed -n 's/^CPack: - package: \(.*\) generated\.$/\1/p' "$log"
}
