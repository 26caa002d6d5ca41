#!/usr/bin/env bash
# Packs the archives of pg_dump that the tests read, and what pg_restore makes of them. The tests need only what this wrote;
# run it again to take in more archives.
#
#   tests/corpus/pack-archives.sh SOURCE
#
# SOURCE is what pack.sh takes, with dumps/14 … dumps/18, dumps/oldformats and real/dvdrental.pg11.*. Small archives are
# taken in every format and compression, large ones where they differ. Writes archives.tar.zst and archives.txt: for each
# archive the BLAKE3 hash and the size of the script that pg_restore of its version prints (oldformats: 15), without the
# lines of \restrict and \unrestrict, which differ from run to run. Needs .cache/postgres (tests/fetch-postgres.sh), zstd,
# b3sum and GNU tar.
set -euo pipefail

[ $# -eq 1 ] && [ -d "$1/dumps" ] || { echo "usage: $0 SOURCE" >&2; exit 2; }
source_dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
for program in zstd b3sum tar; do
    command -v "$program" >/dev/null || { echo "$0: $program is missing; install it (Debian: zstd b3sum tar)" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

shopt -s extglob
wanted() {
    case $1 in
        1[4-8]/*.toc.txt) false ;;
        1[4-8]/torture_@(latin1|ascii|eucjp|gucs|ext|seclabel).F*) ;;
        1[4-8]/torture_ja.E-SJIS.F* | 1[4-8]/weirddb?.F*) ;;
        1[4-8]/torture_lo.Fc-@(Z0|gzip|lz4|zstd).dump?(.zst) | 1[4-8]/torture_lo.Ft.tar.zst | 1[58]/torture_lo.Fd-*) ;;
        1[4-8]/torture.Fc-Z0.dump.zst | 18/torture.Fc-@(lz4|zstd-statistics|none-statistics).dump.zst) ;;
        15/torture.Fc-@(gzip|partition-root).dump.zst | 1[58]/torture.Ft.tar.zst | 18/torture.Fd-zstd.tar.zst | 14/torture.Ft-inserts.tar.zst) ;;
        18/cross.pgdump18-server14.torture.Fc-zstd.dump.zst) ;;
        oldformats/torture.v1.1[23].Fc-gzip.dump) ;;
        oldformats/app.v1.12.Fc-gzip.dump | oldformats/app.v1.13.int4-off4.Fc-gzip.dump) ;;
        *) false ;;
    esac
}

# Lay every archive out under its final name: directories as folders.
mkdir -p "$work/in"
for path in "$source_dir"/dumps/{14,15,16,17,18,oldformats}/*; do
    name=${path#"$source_dir"/dumps/}
    wanted "$name" || continue
    mkdir -p "$work/in/${name%%/*}"
    case $name in
        *.Fd-*.tar.zst) zstd -dqc "$path" | tar -C "$work/in/${name%%/*}" -xf - ;;
        *.zst) zstd -dqfo "$work/in/${name%.zst}" "$path" ;;
        *) cp -r "$path" "$work/in/$name" ;;
    esac
done
mkdir -p "$work/in/real"
zstd -dqfo "$work/in/real/dvdrental.pg11.v1.13.tar" "$source_dir/real/dvdrental.pg11.v1.13.rebuilt.tar.zst"

cd "$work/in"
{
    echo "# blake3 and bytes of the script, name of the archive; written by pack-archives.sh"
    for name in */*; do
        version=${name%%/*}
        case $version in oldformats | real) version=15 ;; esac
        "$here/../../.cache/postgres/$version/bin/pg_restore" -f "$work/script" "$name"
        sed -z -E 's/\n\\restrict [A-Za-z0-9]+\n\n/\n/; s/\n\\unrestrict [A-Za-z0-9]+\n\n$/\n/' "$work/script" >"$work/plain"
        echo "$(b3sum --no-names "$work/plain") $(stat -c %s "$work/plain") $name"
    done
} >"$here/archives.txt"

# Archives of one name stand side by side.
find . -type f -printf '%P\n' | awk -F/ '{ print $2 "\t" $0 }' | LC_ALL=C sort | cut -f2 |
    tar --format=ustar --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=644 -cf - -T - |
    zstd -19 --long=27 -T1 -q -f -o "$here/archives.tar.zst"
ls -l "$here"/archives.*
