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

# boot NAME FLAVOUR SECONDS COMMAND...: runs a command in a test kernel. The kernel's log is one test, and so is the command
# unless it leaves results of its own: then pass the kind and the file after the name, as in NAME:gtest:device.json.
boot() {
	local name kind file flavour=$2 seconds=$3 modules status=0 log
	IFS=: read -r name kind file <<<"$1"
	shift 3
	log=$top/build/logs/$name
	"$top/testkernel/build" "$flavour" >/dev/null
	modules=$("$tools/modules" "$flavour" | tail -n 1)
	rm -rf "$log"
	"$top/testkernel/boot" --quiet --flavour "$flavour" --name "$name" --timeout "$seconds" --modules "$modules" -- "$@" || status=$?

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
