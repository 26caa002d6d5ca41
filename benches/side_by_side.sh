#!/usr/bin/env bash
# The whole program beside what else does the job, in turns on one machine: wall and CPU seconds, medians and ratios.
#
#   benches/side_by_side.sh [RUNS] [ROWS] [FORM]
#
# RUNS: counted turns, default 5. ROWS: rows of "users", default 700000 (500 MB). FORM: an option that turns the dump into
# INSERT first, as --rows-per-insert=100; the hand-made filters, which know COPY only, stay out then.
#
# Needs mawk, perl, python3 and GNU time. The dump is generated once and kept under target/bench.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5}
users=${2:-700000}
form=${3:-}
work=target/bench
dump=$work/bench-$users.sql
mkdir -p "$work"
[ -n "${PGVEIL:-}" ] || cargo build --release --quiet
pgveil=${PGVEIL:-target/release/pgveil}
export PGVEIL_SECRET=benchmark-secret-of-32-characters

[ -s "$dump" ] || { echo "generating $dump" >&2; python3 benches/generate.py "$users" >"$dump.part" && mv "$dump.part" "$dump"; }

cat >"$work/none.toml" <<'RULES'
version = 1
[defaults]
unlisted = "keep"
[tables.users]
data = "keep"
RULES
cat >"$work/six.toml" <<'RULES'
version = 1
[defaults]
locale = "fr_FR"
unlisted = "keep"
[tables.users.columns]
firstName = "first_name"
lastName = "last_name"
email = "email"
phone = { mask = "phone", country = "FR" }
birthDate = { mask = "date_shift", days = 30 }
lastIp = "ip"
RULES
cat >"$work/skip.toml" <<'RULES'
version = 1
[defaults]
unlisted = "keep"
[tables.answers]
data = "skip"
RULES
# The hand-made ones mask the same six columns of thirteen, know no escapes and no types, and do not notice a cut.
cat >"$work/mask.awk" <<'AWK'
BEGIN { FS = OFS = "\t" }
/^COPY public\.users / { inside = 1; print; next }
inside && $0 == "\\." { inside = 0 }
inside {
  if ($2 != "\\N") $2 = "P" ($1 % 997); if ($3 != "\\N") $3 = "N" ($1 % 991)
  if ($4 != "\\N") $4 = "user" $1 "@example.org"; if ($5 != "\\N") $5 = "06399" sprintf("%05d", $1 % 100000)
  if ($6 != "\\N") $6 = substr($6, 1, 8) "01"; if ($8 != "\\N") $8 = "192.0.2." ($1 % 256)
}
{ print }
AWK
cat >"$work/mask.pl" <<'PERL'
my $in = 0;
while (<STDIN>) {
  if ($in) {
    if ($_ eq "\\.\n") { $in = 0 } else {
      my @f = split /\t/, $_, -1;
      $f[1] = "P" . ($f[0] % 997) if $f[1] ne "\\N"; $f[2] = "N" . ($f[0] % 991) if $f[2] ne "\\N";
      $f[3] = "user$f[0]\@example.org" if $f[3] ne "\\N"; $f[4] = sprintf("06399%05d", $f[0] % 100000) if $f[4] ne "\\N";
      $f[5] = substr($f[5], 0, 8) . "01" if $f[5] ne "\\N"; $f[7] = "192.0.2." . ($f[0] % 256) if $f[7] ne "\\N";
      $_ = join "\t", @f;
    }
  } elsif (/^COPY public\.users /) { $in = 1 }
  print;
}
PERL

names=(cat none six skip)
if [ -n "$form" ]; then
  inserts=$work/bench-$users$form.sql
  [ -s "$inserts" ] || "$pgveil" filter -q "$form" -f "$inserts" "$dump"
  dump=$inserts
else
  names+=(mawk perl)
fi
declare -A command=(
  [cat]="cat"
  [none]="$pgveil filter -q -r $work/none.toml"
  [six]="$pgveil filter -q -r $work/six.toml"
  [skip]="$pgveil filter -q -r $work/skip.toml"
  [mawk]="mawk -f $work/mask.awk"
  [perl]="perl $work/mask.pl"
)
rm -f "$work"/*.times
cat "$dump" >/dev/null
for turn in $(seq 0 "$runs"); do
  for name in "${names[@]}"; do
    # Wall time of the pipe; CPU seconds and peak memory of the second process alone.
    start=$(date +%s.%N)
    cat "$dump" | /usr/bin/time -o "$work/one" -f '%U %S %M' ${command[$name]} >/dev/null
    end=$(date +%s.%N)
    # The first turn warms up.
    [ "$turn" = 0 ] || echo "$(echo "$end - $start" | bc) $(cat "$work/one")" >>"$work/$name.times"
  done
done
python3 - "$work" "$(stat -c %s "$dump")" "${names[@]}" <<'PYTHON'
import statistics, sys
work, size, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
rows = {n: [list(map(float, l.split())) for l in open(f"{work}/{n}.times")] for n in names}
print(f"{size / 1e6:.0f} MB, medians of {len(rows['cat'])} turns; each: cat dump | COMMAND >/dev/null")
print(f"{'command':8} {'wall s':>7} {'MB/s':>6} {'x cat':>6} {'cpu s':>6} {'user':>6} {'sys':>6} {'MiB':>6}")
for n in names:
    r = rows[n]
    wall = statistics.median(x[0] for x in r)
    ratio = statistics.median(x[0] / c[0] for x, c in zip(r, rows["cat"]))
    user, system = statistics.median(x[1] for x in r), statistics.median(x[2] for x in r)
    cpu = statistics.median(x[1] + x[2] for x in r)
    print(f"{n:8} {wall:7.2f} {size / 1e6 / wall:6.0f} {ratio:6.2f} {cpu:6.2f} {user:6.2f} {system:6.2f} {max(x[3] for x in r) / 1024:6.0f}")
PYTHON
