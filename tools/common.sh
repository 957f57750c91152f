# SPDX-License-Identifier: MIT
# Shared by the scripts in this folder; sourced, never run.

tools=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname -- "$tools")

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# Prints the comment block at the top of the calling script: that is its help text.
help() { sed -n '3,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }
