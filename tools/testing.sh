# SPDX-License-Identifier: MIT
# Shared by the parts of the test run (tools/test.d); sourced, never run.
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
set -euo pipefail

# record pass|fail|skip NAME [WHY]: one result. tools/test counts them.
record() { printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$RESULTS"; }

# check NAME COMMAND...: the command is one test.
check() {
	local name=$1 log status=0
	shift
	mkdir -p "$top/build/logs"
	log=$top/build/logs/$name.txt
	mkdir -p "$(dirname -- "$log")"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" = 0 ]; then
		record pass "$name"
	else
		tail -n 40 "$log"
		record fail "$name" "exit status $status; log: build/logs/$name.txt"
	fi
}

# boot NAME FLAVOUR SECONDS [--append ARGS] COMMAND...: runs a command in a test kernel, or in the one of flavour "stock". The kernel's log is one test, and so is the command
# unless it leaves results of its own: then pass the kind and the file after the name, as in NAME:gtest:device.json.
boot() {
	local name kind file flavour=$2 seconds=$3 modules status=0 log options=()
	IFS=: read -r name kind file <<<"$1"
	shift 3
	while [[ $1 = --* ]]; do
		options+=("$1" "$2")
		shift 2
	done
	log=$top/build/logs/$name
	local start=("$top/testkernel/boot" --flavour "$flavour")
	if [ "$flavour" = stock ]; then
		start=("$top/testkernel/stock-boot")
	else
		"$top/testkernel/build" "$flavour" >/dev/null
	fi
	modules=$("$tools/modules" "$flavour" | tail -n 1)
	rm -rf "$log"
	"${start[@]}" --quiet --name "$name" --timeout "$seconds" --modules "$modules" "${options[@]}" -- "$@" || status=$?

	if [ -n "$kind" ] && [ -e "$log/$file" ]; then
		"$tools/results" "$kind" "$name" "$log/$file" >>"$RESULTS"
	fi
	case $status in
	124) record fail "$name" "took more than $seconds s" ;;
	125) record fail "$name" "the kernel crashed; log: build/logs/$name" ;;
	0 | 126) [ -n "$kind" ] || record pass "$name" ;;
	*) grep -qP "^fail\t$name" "$RESULTS" || record fail "$name" "exit status $status; log: build/logs/$name/console.log" ;;
	esac
	[ -z "$kind" ] || [ -e "$log/$file" ] || record fail "$name: results" "it left none; log: build/logs/$name/console.log"
	"$tools/results" verdict "$name" "$log/verdict.json" >>"$RESULTS"
}

# at_once N FUNCTION ARGUMENT...: calls the function with each of the arguments, up to N calls at a time. A test kernel mostly
# waits, so more than one keep the machine busy.
at_once() {
	local most=$1 call=$2 argument
	shift 2
	at_once_groups=()
	trap at_once_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	# Each in a process group of its own, so that all of it can be stopped.
	set -m
	for argument in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "$most" ]; do
			wait -n || true
		done
		"$call" "$argument" &
		at_once_groups+=($!)
	done
	wait
	set +m
	trap - EXIT INT TERM HUP
}
at_once_stop() {
	local group
	for group in "${at_once_groups[@]}"; do
		kill -TERM -- "-$group" 2>/dev/null || true
	done
	wait
}
