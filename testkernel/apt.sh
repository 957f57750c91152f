# SPDX-License-Identifier: MIT
# Debian packages of suites that this machine does not use; sourced by the scripts in this folder, never run.
#
# The machine's apt configuration is only read: these suites have an apt state of their own. Who sources this has set
# $apt_state, the folder for that, and $suites.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The archive that this machine itself uses for its own release: never security, updates or a third party.
machine_mirror() {
	local release
	# shellcheck disable=SC1091
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	apt-get indextargets --format '$(CODENAME)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(REPO_URI)' 'Created-By: Packages' |
		awk -F'|' -v want="$release" '
			($1 == want || $2 == want) && $3 == "main" && ($4 == "Debian" || $4 == "") { print $5; exit }'
}

private_apt() {
	local tool=$1
	shift
	"$tool" -q \
		-o Dir::State="$apt_state/state" -o Dir::State::Lists="$apt_state/lists" \
		-o Dir::State::status="$apt_state/status" -o Dir::Cache="$apt_state/cache" \
		-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$apt_state/sources" \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o APT::Default-Release= -o APT::Sandbox::User=root "$@"
}

refresh_lists() {
	local mirror
	[ -r "$keyring" ] || die "cannot check signatures: $keyring is missing (package debian-archive-keyring)"
	mirror=$(machine_mirror)
	[ -n "$mirror" ] || die "found no Debian main archive in this machine's apt configuration"
	rm -rf "$apt_state"
	mkdir -p "$apt_state"/{state,lists/partial,cache/archives/partial,sources}
	: >"$apt_state/status"
	cat >"$apt_state/sources/kernel.sources" <<-END
		Types: deb
		URIs: $mirror
		Suites: $suites
		Components: main
		Signed-By: $keyring
	END
	say "reading the package lists of ${suites// / and }"
	private_apt apt-get update -o APT::Get::List-Cleanup=false -o Acquire::Languages=none >"$apt_state/update.log" 2>&1 ||
		die "could not read the package lists: $(tail -n 3 "$apt_state/update.log")"
}
