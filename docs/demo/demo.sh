#!/usr/bin/env bash
# `make demo`: filters the dump that lies beside this script, shows rows before and after, cuts the input in half, and
# restores both dumps into a server of its own where this machine has PostgreSQL. All that it makes lies in one temporary
# directory, which it removes.
set -euo pipefail

demo=$(cd "$(dirname "$0")" && pwd)
cd "$demo/../.."
dump=docs/demo/app.sql.zst
rules=docs/demo/rules.toml
# Widths below are counted in characters.
if locale -a 2>/dev/null | grep -qix 'C\.utf-\{0,1\}8'; then export LC_ALL=C.UTF-8; else export LC_ALL=en_US.UTF-8; fi
# A secret of the demo's own, so that everybody sees the same pseudonyms.
export PGVEIL_SECRET='the demo keeps no secret from anybody'

work=$(mktemp -d "${TMPDIR:-/tmp}/pgveil-demo-XXXXXX")
server=
clean() {
    if [ -n "$server" ]; then as_server "$bin/pg_ctl" stop -s -m immediate -D "$work/server/data" || true; fi
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
title() { printf '\n%s== %s%s\n\n' "$bold" "$1" "$plain"; }
command_line() { printf '    %s$ %s%s\n' "$bold" "$1" "$plain"; }
indent() { sed 's/^/    /'; }

# A text cut to a number of characters, and padded to it.
fit() { if [ ${#1} -le "$2" ]; then printf '%s' "$1"; else printf '%s…' "${1:0:$2-1}"; fi; }
cell() {
    local text
    text=$(fit "$1" "$2")
    printf '%s%*s' "$text" $(($2 - ${#text})) ''
}
line() { printf '    %s %s %s %s\n' "$(cell "$1" 22)" "$2" "$(cell "$3" 38)" "$(fit "$4" 50)"; }
heading() { printf '%s%s%s\n' "$bold" "$(line "$1" ' ' before after)" "$plain"; }

# The rows of a table in a dump.
rows() { awk -v head="COPY public.$2 (" 'inside && $0 == "\\." { exit } inside; index($0, head) == 1 { inside = 1 }' "$1"; }
count() { rows "$1" "$2" | wc -l | tr -d ' '; }

# One row of a table in a dump, as lines of a column's name and its value.
fields() {
    awk -v head="COPY public.$2 (" -v wanted="$3" '
        inside && ++row == wanted { for (i = 1; i <= split($0, value, "\t"); i++) print name[i] "\037" value[i]; exit }
        index($0, head) == 1 { sub(/^[^(]*\(/, ""); sub(/\) FROM stdin;$/, ""); gsub(/"/, ""); split($0, name, ", "); inside = 1 }' "$1"
}

# Columns of one row before and after, one a line: side_by_side TABLE ROW COLUMN…
side_by_side() {
    local table=$1 row=$2 name before after mark
    shift 2
    heading "$table, row $row"
    paste -d $'\037' <(fields "$work/before.sql" "$table" "$row") <(fields "$work/after.sql" "$table" "$row") |
        while IFS=$'\037' read -r name before _ after; do
            case " $* " in *" $name "*) ;; *) continue ;; esac
            if [ "$before" = "$after" ]; then mark='='; else mark=' '; fi
            line "  $name" "$mark" "$before" "$after"
        done
    echo
}

title 'Build'
command_line 'cargo build --release'
echo '    (the first time takes some minutes: PostgreSQL'"'"'s own parser is compiled)'
cargo build --release --locked --quiet
pgveil=${CARGO_TARGET_DIR:-target}/release/pgveil

title 'Filter'
command_line "pgveil filter -r $rules $dump > after.sql"
"$pgveil" filter -r "$rules" "$dump" 2>"$work/messages" >"$work/after.sql"
indent <"$work/messages"
# With rules that name nothing, the dump comes out as it went in: this also unpacks it.
echo 'version = 1' >"$work/nothing.toml"
"$pgveil" filter -q -r "$work/nothing.toml" "$dump" >"$work/before.sql"
if command -v zstd >/dev/null && zstd -dqc "$dump" | cmp -s - "$work/before.sql"; then
    printf '\n    With rules that name nothing, the output is the input, byte for byte: %s bytes.\n' "$(wc -c <"$work/before.sql" | tr -d ' ')"
fi

title 'Before and after'
echo '    All people here are invented. "=" marks what stayed; \N is NULL. An address becomes the same pseudonym in every'
printf '    table, so joins and foreign keys hold.\n\n'
side_by_side users 6 id firstName lastName email phone birthDate address lastIp lang notes preferences
side_by_side memberships 5 user_email organization_id since
side_by_side organizations 3 name contactName contact_email contact_phone
side_by_side sessions 1 id userId token ip userAgent
heading 'rows'
for table in users memberships organizations sessions logins_2024 answers '"knowledge-elements"'; do
    before=$(count "$work/before.sql" "$table") after=$(count "$work/after.sql" "$table")
    if [ "$before" = "$after" ]; then mark='='; else mark=' '; fi
    line "  $table" "$mark" "$before" "$after"
done

title 'The input breaks off in the middle'
half=$(($(wc -l <"$work/before.sql") / 2))
command_line "head -n $half before.sql | pgveil filter -r $rules > cut.sql"
status=0
head -n "$half" "$work/before.sql" >"$work/half.sql"
"$pgveil" filter -r "$rules" <"$work/half.sql" >"$work/cut.sql" 2>"$work/messages" || status=$?
indent <"$work/messages"
printf '    exit status %s; the output ends in what no restore accepts:\n\n' "$status"
tail -n 4 "$work/cut.sql" | indent

# Where this machine's PostgreSQL is, if it has one.
bin=${PGVEIL_PG_BIN:-}
if [ -z "$bin" ] && command -v pg_config >/dev/null; then bin=$(pg_config --bindir); fi
if [ ! -x "$bin/initdb" ]; then
    bin=
    for folder in /usr/lib/postgresql/*/bin; do [ -x "$folder/initdb" ] && bin=$folder; done
fi
title 'Restore'
if [ -z "$bin" ]; then
    echo '    No PostgreSQL server is installed here, so nothing is restored. Install one (make setup) to see it.'
    exit 0
fi

# The server refuses to run as root.
user=
if [ "$(id -u)" = 0 ]; then
    for name in postgres nobody; do if id "$name" >/dev/null 2>&1; then user=$name && break; fi; done
fi
as_server() {
    if [ -z "$user" ]; then
        (cd "$work/server" && "$@")
    elif command -v setpriv >/dev/null; then
        (cd "$work/server" && setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups "$@")
    else
        (cd "$work/server" && runuser -u "$user" -- "$@")
    fi
}
mkdir "$work/server"
chmod 711 "$work"
[ -z "$user" ] || chown "$user" "$work/server"
as_server "$bin/initdb" -N -U postgres -A trust -E UTF8 --locale="$LC_ALL" -D "$work/server/data" >/dev/null
as_server "$bin/pg_ctl" start -s -w -D "$work/server/data" -l "$work/server/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$work/server' -c fsync=off"
server=running
for variable in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do unset "$variable"; done
export PGHOST=$work/server PGUSER=postgres
"$bin/postgres" --version | sed 's/^/    A server of its own, gone when the demo ends: /'
echo
for database in production staging alone filtered; do "$bin/createdb" "$database"; done
psql() { "$bin/psql" -X "$@"; }
psql -qAt -v ON_ERROR_STOP=1 -1 -f "$work/before.sql" production >/dev/null
command_line 'psql -1 -v ON_ERROR_STOP=1 -f after.sql staging'
psql -qAt -v ON_ERROR_STOP=1 -1 -f "$work/after.sql" staging >/dev/null
printf '    exit status 0: every constraint, key and index of the schema holds\n\n'

# One query, in both databases, side by side.
ask() {
    local question=$1 sql=$2
    printf '    %s %s %s\n' "$(cell "$question" 66)" "$(cell "$(psql -qAt -c "$sql" production)" 12)" "$(psql -qAt -c "$sql" staging)"
}
printf '    %s%s %s %s%s\n' "$bold" "$(cell '' 66)" "$(cell production 12)" staging "$plain"
ask 'users' 'SELECT count(*) FROM users'
ask 'different e-mail addresses' 'SELECT count(DISTINCT lower(email)) FROM users'
ask 'memberships that find their user by the address' 'SELECT count(*) FROM memberships m JOIN users u ON u.email = m.user_email'
ask 'logins that find their user by the address' 'SELECT count(*) FROM logins l JOIN users u USING (email)'
pairs="SELECT md5(string_agg(u.id || '-' || m.organization_id, ',' ORDER BY u.id, m.organization_id)) FROM memberships m JOIN users u ON u.email = m.user_email"
ask 'the pairs that this join gives, as a checksum' "SELECT left(($pairs), 8)"
ask 'users without a telephone number' 'SELECT count(*) FROM users WHERE phone IS NULL'
ask 'sessions from the address last seen of their user' 'SELECT count(*) FROM sessions s JOIN users u ON u.id = s."userId" WHERE s.ip = u."lastIp"'
ask 'answers' 'SELECT count(*) FROM answers'
psql -qAt -c 'SELECT email FROM users' production | sort >"$work/emails"
psql -qAt -c 'SELECT email FROM users' staging | sort >"$work/pseudonyms"
printf '    %s %s %s\n' "$(cell 'addresses of production' 66)" "$(cell "$(wc -l <"$work/emails" | tr -d ' ')" 12)" "$(comm -12 "$work/emails" "$work/pseudonyms" | wc -l | tr -d ' ')"

query='SELECT organization, "lastName", "firstName", email FROM members ORDER BY since, email LIMIT 5'
echo
command_line "psql staging -c '$query'"
psql -P border=0 -P footer=off -c "$query" staging | indent

title 'Restore what broke off'
restore() {
    local status=0 tables answers=0 users=0
    psql -qAt -v ON_ERROR_STOP=1 -1 -f "$2" "$1" >/dev/null 2>&1 || status=$?
    tables=$(psql -qAt -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" "$1")
    if [ "$tables" != 0 ]; then
        answers=$(psql -qAt -c 'SELECT count(*) FROM answers' "$1") users=$(psql -qAt -c 'SELECT count(*) FROM users' "$1")
    fi
    printf '    exit status %s; in the database: %s tables, %s answers, %s users\n' "$status" "$tables" "$answers" "$users"
}
command_line 'psql -1 -v ON_ERROR_STOP=1 -f half.sql       # without pgveil'
restore alone "$work/half.sql"
printf '    psql takes the end of the input for the end of the data, and commits a part.\n\n'
command_line 'psql -1 -v ON_ERROR_STOP=1 -f cut.sql        # through pgveil'
restore filtered "$work/cut.sql"
