#!/usr/bin/env bash
# What `streamfn-stack` promises, tried on the real broker and registry. `make test` runs it; about 45 seconds on two idle
# cores.
set -euo pipefail

STACK="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/streamfn-stack"
SCRATCH="$(mktemp -d)"
readonly STACK SCRATCH
unset STREAMFN_STACK STREAMFN_BOOTSTRAP_SERVERS STREAMFN_SCHEMA_REGISTRY_URL

# The process that a stack is to end with.
parent=''

clean_up() {
  local environment
  for environment in "$SCRATCH"/*/environment; do
    [[ ! -f "$environment" ]] || "$STACK" stop --dir "${environment%/*}"
  done
  [[ -z "$parent" ]] || kill "$parent"
  rm -rf "$SCRATCH"
}
trap clean_up EXIT
trap 'echo "FAILED: line $LINENO: $BASH_COMMAND" >&2' ERR

rule() { echo "streamfn-stack: $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

same() {
  [[ "$1" == "$2" ]] || fail "wanted '$2', found '$1'"
}

# A command fails, and says why in words that hold these.
refused() {
  local words="$1" said
  shift
  ! said="$("$@" 2>&1)" || fail "not refused: $*"
  [[ "$said" == *"$words"* ]] || fail "wanted '$words', found '$said'"
}

# Every process of a stack has its directory among its arguments.
nothing_left() {
  local left
  [[ ! -e "$1" ]] || return 1
  left="$(grep -lF -e "$1/" /proc/[0-9]*/cmdline 2> /dev/null || true)"
  [[ -z "$left" ]]
}

vanishes() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    ! nothing_left "$1" || return 0
    sleep 0.1
  done
  fail "left of $1 after 10 seconds: a process or the directory"
}

tool() { "$STACK" run "org.apache.kafka.tools.$1" --bootstrap-server "$STREAMFN_BOOTSTRAP_SERVERS" "${@:2}"; }
# A broker binds its port at the end of its start.
connects() { { : <> "/dev/tcp/127.0.0.1/${1#*:}"; } 2> /dev/null || fail "$1 takes no connections"; }
state() { "$STACK" status | sed -n "s/^$1\t[^\t]*\t\([a-z]*\).*/\1/p"; }
records() { tool consumer.ConsoleConsumer --topic "$1" --from-beginning --max-messages "$2" --timeout-ms 20000 2> /dev/null; }

rule 'what is wrong is said before anything starts'
refused "wanted 1 or 3, found '2'" "$STACK" start --brokers 2
refused "wanted KEY=VALUE, found 'key'" "$STACK" start --broker-config key
refused "no process '0'" "$STACK" start --parent-pid 0
refused 'set STREAMFN_STACK' "$STACK" stop
refused 'no java: install Java 17' env JAVA_HOME=/nowhere "$STACK" start
mkdir "$SCRATCH/data"
touch "$SCRATCH/data/precious"
refused 'is not empty' "$STACK" start --dir "$SCRATCH/data"
refused 'no stack in' "$STACK" stop --dir "$SCRATCH/data"
[[ -e "$SCRATCH/data/precious" ]]

rule 'what was fetched is not fetched again, and what cannot be fetched is said'
"$STACK" fetch > /dev/null
mkdir "$SCRATCH/bin"
printf '#!/bin/sh\necho no network >&2\nexit 1\n' > "$SCRATCH/bin/mvn"
chmod +x "$SCRATCH/bin/mvn"
PATH="$SCRATCH/bin:$PATH"
refused $'no network\nstreamfn-stack: Maven did not fetch the broker' env STREAMFN_CACHE="$SCRATCH/cache" "$STACK" start
same "$(cd "$SCRATCH/cache/stack" && echo */*)" "$(cd "$SCRATCH/cache/stack" && echo */broker.lock)"

rule 'one broker and the registry start'
settings="$("$STACK" start --dir "$SCRATCH/a stack" --broker-config log.cleaner.backoff.ms=100)"
eval "$settings"
connects "$STREAMFN_BOOTSTRAP_SERVERS"
curl --silent --fail "$STREAMFN_SCHEMA_REGISTRY_URL/subjects" > /dev/null
same "$STREAMFN_STACK" "$SCRATCH/a stack"
same "$(state broker-1) $(state registry)" 'running running'
grep -q '^log.cleaner.backoff.ms=100$' "$STREAMFN_STACK/broker-1/server.properties"

rule 'topics are made by hand, and records last through a crash'
tool TopicCommand --create --topic carts > /dev/null
tool ConsoleProducer --topic carts <<< 'a record'
same "$(records carts 1)" 'a record'
refused 'Topic cart not present' tool ConsoleProducer --topic cart --sync --command-property max.block.ms=1000 <<< 'lost'
"$STACK" kill-broker 1
refused 'broker-1	127.0.0.1:'"${STREAMFN_BOOTSTRAP_SERVERS#*:}"'	ended' "$STACK" status
refused 'wanted broker-1' "$STACK" start-broker 2
"$STACK" start-broker 1
connects "$STREAMFN_BOOTSTRAP_SERVERS"
same "$(records carts 1)" 'a record'

rule 'schemas last through a stop of the registry'
latest="$STREAMFN_SCHEMA_REGISTRY_URL/subjects/carts-value/versions/latest"
curl --silent --fail --header 'Content-Type: application/vnd.schemaregistry.v1+json' --data '{"schema": "\"string\""}' \
  "${latest%/latest}" > /dev/null
"$STACK" stop-registry
same "$(state registry)" ended
"$STACK" start-registry
curl --silent --fail "$latest" | grep -qF '"schema":"\"string\""'

rule 'a paused broker is stopped too, and nothing is left'
"$STACK" pause-broker 1
same "$(state broker-1)" paused
"$STACK" stop
nothing_left "$STREAMFN_STACK" || fail "left of $STREAMFN_STACK: a process or the directory"

rule 'three brokers start, for as long as another process lives'
sleep 1000 &
parent=$!
disown
settings="$("$STACK" start --dir "$SCRATCH/three" --brokers 3 --no-registry --tls --parent-pid "$parent")"
unset STREAMFN_SCHEMA_REGISTRY_URL
eval "$settings"
[[ -z "${STREAMFN_SCHEMA_REGISTRY_URL:-}" ]]
same "$(state broker-1) $(state broker-2) $(state broker-3)" 'running running running'

rule 'TLS, with a certificate that names the address'
"$STACK" run org.apache.kafka.tools.TopicCommand --list --bootstrap-server "$STREAMFN_TLS_BOOTSTRAP_SERVERS" --command-config <(
  printf '%s\n' security.protocol=SSL ssl.truststore.type=PEM "ssl.truststore.location=$STREAMFN_TLS_CA"
) > /dev/null

rule 'two of three answer, and take writes'
tool TopicCommand --create --topic carts > /dev/null
"$STACK" kill-broker 2
quorum="$(tool MetadataQuorumCommand describe --status)"
[[ "$quorum" =~ LeaderId:\ +[13] ]] || fail "wanted broker 1 or 3 to lead, found: $quorum"
tool ConsoleProducer --topic carts --command-property acks=all <<< 'another'
same "$(records carts 1)" another
"$STACK" start-broker 2
same "$(state broker-2)" running

rule 'the stack ends with that process, however it ends'
kill -KILL "$parent"
parent=''
vanishes "$STREAMFN_STACK"

rule 'so does one whose start is killed'
sleep 1000 &
parent=$!
"$STACK" start --dir "$SCRATCH/killed" --parent-pid "$parent" > /dev/null 2>&1 &
start=$!
disown -a
while [[ ! -s "$SCRATCH/killed/broker-1/process" ]] && kill -0 "$start"; do sleep 0.05; done
kill -KILL "$start" "$parent"
parent=''
vanishes "$SCRATCH/killed"

rule 'a start that fails says what to read, and ends what it started'
refused "read $SCRATCH/failed/broker-1/log" "$STACK" start --dir "$SCRATCH/failed" --broker-config log.retention.bytes=many
grep -q 'Invalid value many' "$SCRATCH/failed/broker-1/log"
mv "$SCRATCH/failed" "$SCRATCH/read"
nothing_left "$SCRATCH/failed" || fail "left of a failed start: a process"
