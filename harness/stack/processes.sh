# shellcheck shell=bash
# Processes of a stack and their ports, whatever they are: each has a folder, with a file `process` that holds its id and
# when it began, so that no signal goes to another that got the same id. A part of `harness/streamfn-stack`.

# Seconds until a process answers. A whole stack starts in 5 on two cores.
readonly PATIENCE=60

# When a process began, which with its id names it for good. A zombie has ended.
birth() {
  local stat
  { stat="$(< "/proc/$1/stat")"; } 2> /dev/null || return 1
  # After the name, which may hold anything: the state first, the time as the twentieth.
  read -ra stat <<< "${stat##*) }"
  [[ "${stat[0]}" != Z ]] && printf '%s\n' "${stat[19]}"
}

# Starts a command as a session of its own, so that no Ctrl-C for the starter reaches it and a signal reaches its children.
launch() {
  local folder="$1"
  shift
  setsid "$@" < /dev/null >> "$folder/log" 2>&1 9>&- &
  disown
  printf '%s %s\n' "$!" "$(birth "$!")" > "$folder/process"
}

# The id of a folder's process, if that one still runs.
running() {
  local pid began
  { read -r pid began < "$1/process"; } 2> /dev/null && [[ -n "$began" && "$(birth "$pid")" == "$began" ]] &&
    printf '%s\n' "$pid"
}

signal() {
  local pid
  # It has no group yet in its first moment.
  if pid="$(running "$2")"; then { kill -s "$1" -- "-$pid" || kill -s "$1" "$pid" || true; } 2> /dev/null; fi
}

# Waits until a command succeeds, for as many seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

ended() {
  local folder
  for folder; do ! running "$folder" > /dev/null || return 1; done
}

# Ends the processes of some folders: as they like in the first seconds, then without asking.
end() {
  local grace="$1" folder
  shift
  for folder; do
    signal TERM "$folder"
    signal CONT "$folder"
  done
  within "$grace" ended "$@" || end_now "$@"
}

end_now() {
  local folder
  for folder; do signal KILL "$folder"; done
  within 10 ended "$@" || die "a process does not end, though killed: see $*"
}

# Waits until a folder's process answers, which a command finds out, and says what to read when it does not.
await() {
  local folder="$1"
  within "$PATIENCE" answers_or_ended "$@" || die "${folder##*/} did not answer within $PATIENCE seconds: read $folder/log"
  ! ended "$folder" || die "${folder##*/} ended instead of starting: read $folder/log"
}

answers_or_ended() {
  ended "$1" || "${@:2}"
}

## Ports: below those that the kernel gives to outgoing connections, and a stack's own until it is stopped

free_port() {
  local port owner reserved="$CACHE/ports"
  mkdir -p "$reserved"
  while true; do
    port=$((20000 + RANDOM % 12000))
    owner="$(readlink "$reserved/$port" || true)"
    [[ -z "$owner" || -d "$owner" ]] || rm -f "$reserved/$port"
    if ! grep -qi "$(printf ':%04X ' "$port")" /proc/net/tcp* && ln -s "$DIR" "$reserved/$port" 2> /dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
}

release_ports() {
  local link
  for link in "$CACHE"/ports/*; do
    [[ "$(readlink "$link")" != "$DIR" ]] || rm -f "$link"
  done
}

# Sends bytes to a port and prints the first that come back, in hex.
exchange() {
  local port="$1" bytes="$2" limit="$3"
  { timeout 2 bash -c "exec 3<> /dev/tcp/127.0.0.1/$port && printf '$bytes' >&3 && dd bs=$limit count=1 status=none <&3"; } 2> /dev/null |
    od -An -v -tx1 | tr -d ' \n'
}
