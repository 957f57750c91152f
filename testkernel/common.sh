# SPDX-License-Identifier: MIT
# Shared by the scripts in this folder; sourced, never run.

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname -- "$here")
cache=${DRM_DEP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/drm_dep}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# Prints the comment block at the top of the calling script: that is its help text.
help() { sed -n '3,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# only_one NAME: holds a lock until the script ends, so that two builders never share a folder.
only_one() {
	mkdir -p "$cache"
	exec {lock_fd}>"$cache/$1.lock"
	if ! flock -n "$lock_fd"; then
		say "another run is busy with '$1'; waiting for it"
		flock "$lock_fd"
	fi
}

# Keys are short on purpose: they end up in paths, and UML has a limit on socket paths.
hash_of() { sha256sum | cut -c1-16; }
