#!/bin/sh
# To be sourced: fetch_packages MARK LOG WHAT PACKAGE … has Debian's packages installed for the tests, where that is easy:
# by root, with apt-get. Its failure fails nothing, and is tried again the next day (MARK says when it failed).
# The script that sources it says by `here` whether they are there. What may hang is the download; it alone is cut off,
# for an installation that is cut off leaves dpkg in pieces.

_install() { # _install SECONDS HOW PACKAGE …: no limit where SECONDS is 0
	seconds=$1 how=$2
	shift 2
	DEBIAN_FRONTEND=noninteractive timeout "$seconds" apt-get -qq install -y --no-install-recommends \
		-o Acquire::Retries=3 -o Acquire::http::Timeout=15 -o DPkg::Lock::Timeout=60 "$how" "$@"
}

_fetch() {
	status=0
	_install 45 --download-only "$@" || status=$?
	if test "$status" != 0; then
		test "$status" != 124 || return 1 # it hung: a second try would too
		timeout 20 apt-get -qq update && _install 45 --download-only "$@" || return 1
	fi
	_install 0 --no-download "$@"
}

fetch_packages() {
	mark=$1 log=$2 what=$3
	shift 3
	if here || test "$(id -u)" != 0 || ! command -v apt-get >/dev/null || ! command -v timeout >/dev/null \
		|| test -n "$(find "$mark" -mtime -1 2>/dev/null)"; then
		return 0
	fi
	echo "Fetching $what for the tests …"
	_fetch "$@" >"$log" 2>&1 </dev/null || true
	here || touch "$mark"
	here || echo "It could not be had ($log says why); what asks for it is passed over, and says so."
}
