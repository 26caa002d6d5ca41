#!/usr/bin/env bash
# Packs the dumps that the tests read. The tests need only what this wrote; run it again to take in more dumps.
#
#   tests/corpus/pack.sh SOURCE
#
# SOURCE holds dumps/14 … dumps/18, dumps/oldformats, dumps/damaged, real and sql, as made by pg_dump of those versions from
# sql/*.sql and from the databases named in licences/README.md. Files X.zst there are unpacked first; X.sql.gz, X.sql.lz4
# and X.sql.zstd were packed by pg_dump itself and stay so.
#
# Each archive is one tar in one zstd frame with a window that spans it (128 MiB), and dumps of one name stand side by
# side: near-identical dumps of five server versions then cost little more than one. Needs zstd, b3sum and GNU tar.
set -euo pipefail

[ $# -eq 1 ] && [ -d "$1/dumps" ] || { echo "usage: $0 SOURCE" >&2; exit 2; }
source_dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
for program in zstd b3sum tar; do
    command -v "$program" >/dev/null || { echo "$0: $program is missing; install it (Debian: zstd b3sum tar)" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lay every plain dump out under its final name.
cd "$source_dir"
find dumps real sql -type f \( -name '*.sql' -o -name '*.sql.zst' -o -name '*.sql.gz' -o -name '*.sql.lz4' -o -name '*.sql.zstd' \) |
    while IFS= read -r path; do
        name=${path#dumps/}
        name=${name/#real\/dumps\//real/}
        mkdir -p "$work/$(dirname "$name")"
        case $path in
            *.zst) zstd -dqfo "$work/${name%.zst}" "$path" ;;
            *) cp "$path" "$work/$name" && chmod u+w "$work/$name" ;;
        esac
    done

cd "$work"
find . -type f -printf '%f\t%P\n' | LC_ALL=C sort | cut -f2 >"$here/.names"

archive_of() {
    case $1 in
        sql/*) echo sources ;;
        real/*) echo real ;;
        *.gz | *.lz4 | *.zstd) echo packed ;;
        */app*) echo app ;;
        */torture.*) echo torture ;;
        *) echo others ;;
    esac
}

{
    echo "# blake3, bytes, archive, name; written by pack.sh"
    while IFS= read -r name; do
        echo "$(b3sum --no-names "$name") $(stat -c %s "$name") $(archive_of "$name") $name"
    done <"$here/.names"
} >"$here/manifest.txt"
rm "$here/.names"

for archive in sources real packed app torture others; do
    awk -v archive="$archive" '$3 == archive { print $4 }' "$here/manifest.txt" |
        tar --format=ustar --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=644 -cf - -T - |
        zstd -19 --long=27 -T1 -q -f -o "$here/$archive.tar.zst"
done
ls -l "$here"/*.tar.zst
