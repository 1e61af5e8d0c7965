#!/bin/sh
# Makes the virtual environment: `deploy/setup.sh VENV [EXTRAS]`. Safe to run again; installs only what is missing.
# WHEEL_INDEX (optional): a package index with a built llama-cpp-python, tried before building it here.
# ACCEL (optional): cpu, cuda, metal, vulkan or rocm, what llama.cpp computes on. Another one than was built rebuilds it;
# without it what is built stays (the first time: metal on a Mac, else cpu).
set -eu
cd "$(dirname "$0")/.."
venv=$1
extras=${2:-}
llama=$(sed -n 's/.*"\(llama-cpp-python==[^"]*\)".*/\1/p' pyproject.toml)

say() { printf 'set-up: %s\n' "$*"; }
fail() { printf 'set-up: %s\n' "$*" >&2; exit 1; }

# What was built stands in the environment; ACCEL asks for something else.
built=$(cat "$venv/.accel" 2>/dev/null || true)
default=cpu
[ "$(uname -s)" != Darwin ] || default=metal
accel=${ACCEL:-${built:-$default}}

# needs TOOL WHAT: a clear word before minutes of building
needs() { command -v "$1" >/dev/null || fail "ACCEL=$accel needs $1, which is not found: install $2, or choose ACCEL=cpu"; }

case $accel in
    cpu) flags="-DGGML_METAL=OFF" ;;
    cuda) flags="-DGGML_CUDA=ON" ;;
    metal) flags="-DGGML_METAL=ON" ;;
    vulkan) flags="-DGGML_VULKAN=ON" ;;
    rocm) flags="-DGGML_HIP=ON" ;;
    *) fail "ACCEL=$accel is not known: choose cpu, cuda, metal, vulkan or rocm" ;;
esac

# only where something is to be built: a machine that runs what another built needs no compiler
check_tools() {
    case $accel in
        cuda) needs nvcc "the CUDA toolkit" ;;
        metal) [ "$(uname -s)" = Darwin ] || fail "ACCEL=metal needs a Mac: choose ACCEL=cpu, cuda, vulkan or rocm" ;;
        vulkan) needs glslc "the Vulkan SDK (on Debian: glslc libvulkan-dev)" ;;
        rocm) needs hipcc "ROCm's HIP" ;;
    esac
}

# Debian packages, by name: installed when we may, asked for when we may not.
debian() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $* with apt-get"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        fail "$* is missing. On Debian or Ubuntu: sudo apt-get install $*"
    fi
}

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if recent "$python"; then echo "$python"; return; fi
    done
}

make_venv() {
    python=$(find_python)
    if [ -z "$python" ]; then
        debian python3 python3-venv
        python=$(find_python)
        [ -n "$python" ] || fail "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3"
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv
    say "making the virtual environment $venv with $("$python" --version)"
    "$python" -m venv "$venv"
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

installed() { pip freeze 2>/dev/null | tr '_A-Z' '-a-z' | grep -qx "$1"; }

from_index() {
    [ -n "${WHEEL_INDEX:-}" ] && [ "$accel" = "$default" ] || return 1
    say "looking for a built $llama in WHEEL_INDEX"
    pip install -q --index-url "$WHEEL_INDEX" --only-binary :all: --no-deps --retries 0 --timeout 5 "$llama"
}

build() {
    check_tools
    command -v c++ >/dev/null || debian build-essential
    say "building llama.cpp for $accel (a few minutes, once; from pip's cache it takes a second)"
    # llama.cpp's AMX kernels, compiled by gcc 12, crash on q8_0 (ldtilecfg): built without them, at the same speed
    no_amx="-DCMAKE_C_FLAGS=-U__AMX_INT8__ -DCMAKE_CXX_FLAGS=-U__AMX_INT8__"
    only_library="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama.cpp_INCLUDE=$PWD/deploy/no_common.cmake"
    CMAKE_ARGS="$only_library $no_amx $flags ${CMAKE_ARGS:-}"
    CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc 2>/dev/null || echo 2)}
    export CMAKE_ARGS CMAKE_BUILD_PARALLEL_LEVEL
    "$venv/bin/python" deploy/progress.py "$venv/bin/python" -m pip --disable-pip-version-check install -v \
        $again "$llama"
}

[ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
# pip's cache of built wheels does not know what they were built for: it holds the default one, and no other
again=
[ "$accel" = "$default" ] || again=--no-cache-dir
if installed "$llama" && [ "$accel" != "${built:-$default}" ]; then
    again="$again --force-reinstall --no-deps"
    build
elif ! installed "$llama"; then
    from_index || build
fi
printf '%s' "$accel" > "$venv/.accel"
# The tests of the grown ledger start servers of their own; without them they say so and are skipped.
case ",$extras," in *,grown,*)
    missing=
    command -v redis-server >/dev/null || missing=redis-server
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null \
        || missing="$missing postgresql"
    # in a subshell: what is missing here stops no set-up
    [ -z "$missing" ] || (debian $missing) || say "going on without$missing: the tests that need it are skipped"
esac
say "installing halfpenny${extras:+ with $extras} into $venv"
pip install -e ".${extras:+[$extras]}"
"$venv/bin/python" -m providers.minilm.install || say "going on without local embeddings"
"$venv/bin/python" -m providers.tiktokens.install || say "going on without token arrays"
say "done"
