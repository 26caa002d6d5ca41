#!/usr/bin/env bash
# Archives beside PostgreSQL's own tools, in turns on one machine: wall and CPU seconds, medians.
#
#   benches/archives.sh [RUNS] [ROWS]
#
# RUNS: counted turns, default 3. ROWS: rows of "users", default 700000 (500 MB of tables). Starts a PostgreSQL of its own,
# loads the tables of benches/generate.py, and dumps them. Needs python3, GNU time, zstd, and a PostgreSQL of version 16 or
# later for zstd archives (PGVEIL_PG_BIN, as fetched by `make test-matrix`, or that of the system).
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-3}
users=${2:-700000}
work=$PWD/target/bench
mkdir -p "$work"
[ -n "${PGVEIL:-}" ] || cargo build --release --quiet
pgveil=${PGVEIL:-$PWD/target/release/pgveil}
export PGVEIL_SECRET=benchmark-secret-of-32-characters PGUSER=postgres PGDATABASE=bench

bin=${PGVEIL_PG_BIN:-}
for folder in .cache/postgres/18/bin /usr/lib/postgresql/*/bin; do
  [ -n "$bin" ] || { [ -x "$folder/initdb" ] && bin=$(cd "$folder" && pwd); }
done
[ -n "$bin" ] || { echo 'no PostgreSQL is here: make setup' >&2; exit 1; }

six=$work/six.toml
[ -s "$six" ] || benches/side_by_side.sh 0 1000 >/dev/null
dump=$work/bench-$users.sql
[ -s "$dump" ] || { echo "generating $dump" >&2; python3 benches/generate.py "$users" >"$dump.part" && mv "$dump.part" "$dump"; }

# The server refuses to run as root.
cluster=$(mktemp -d)
as_server() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi; }
[ "$(id -u)" != 0 ] || chown nobody "$cluster"
trap 'cd /; as_server "$bin/pg_ctl" stop -s -m immediate -D "$cluster/data" || true; rm -rf "$cluster"' EXIT
(cd "$cluster" && as_server "$bin/initdb" -N -U postgres -A trust -E UTF8 --locale=C.UTF-8 -D "$cluster/data" >/dev/null)
(cd "$cluster" && as_server "$bin/pg_ctl" start -s -w -D "$cluster/data" -l "$cluster/log" -o "-k $cluster -c listen_addresses= -c fsync=off -c max_wal_size=8GB")
export PGHOST=$cluster
"$bin/createdb" bench
"$bin/psql" -qX -v ON_ERROR_STOP=1 -f "$dump" >/dev/null
packings=(gzip)
case $("$bin/pg_dump" --version) in *' 1'[6-9].*|*' 1'[6-9]) packings+=(zstd) ;; esac

# name|command, run by bash; what is timed is the whole of it.
commands=()
for packing in "${packings[@]}"; do
  in=$work/bench-$users.$packing.dump
  option=-Z6
  [ "$packing" = gzip ] || option=-Z$packing
  commands+=("pg_dump -Fc $packing|$bin/pg_dump -Fc $option -f $in")
  commands+=("custom to custom, six masks, $packing|$pgveil filter -q -r $six -Fc -f $work/out.dump $in")
  commands+=("custom to custom, no rule, $packing|$pgveil filter -q -Fc -f $work/out.dump $in")
  commands+=("custom to custom, packed anew, $packing|$pgveil filter -q -Fc -Z $packing -r $six --report $work/report.json -f $work/out.dump $in")
  commands+=("pg_restore -f - piped to zstd, $packing|$bin/pg_restore -f - $in | zstd -q -c >$work/out.zst")
  commands+=("custom to plain, $packing|$pgveil filter -q $in >/dev/null")
  commands+=("custom to plain, six masks, $packing|$pgveil filter -q -r $six $in >/dev/null")
  commands+=("pg_restore -f -, $packing|$bin/pg_restore -f - $in >/dev/null")
done
commands+=("plain to custom, six masks|$pgveil filter -q -r $six -Fc -f $work/out.dump $dump")

rm -f "$work"/archives.*.times
for turn in $(seq 1 "$runs"); do
  for index in "${!commands[@]}"; do
    /usr/bin/time -o "$work/one" -f '%e %U %S %M' bash -o pipefail -c "${commands[$index]#*|}"
    cat "$work/one" >>"$work/archives.$index.times"
  done
done
printf '%s\n' "${commands[@]%%|*}" >"$work/archives.names"
python3 - "$work" "$runs" <<'PYTHON'
import statistics, sys
work, turns = sys.argv[1:]
names = open(f"{work}/archives.names").read().splitlines()
print(f"medians of {turns} turns")
print(f"{'command':46} {'wall s':>7} {'cpu s':>6} {'MiB':>5}")
for index, name in enumerate(names):
    rows = [list(map(float, line.split())) for line in open(f"{work}/archives.{index}.times")]
    wall, cpu = statistics.median(r[0] for r in rows), statistics.median(r[1] + r[2] for r in rows)
    print(f"{name:46} {wall:7.2f} {cpu:6.2f} {max(r[3] for r in rows) / 1024:5.0f}")
PYTHON
