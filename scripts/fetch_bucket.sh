#!/bin/sh
# fetch_bucket.sh VENV: Ceph's S3 server, which a few tests ask about buckets: they skip, and say so, where it is not.
# So it is only fetched where that is easy, its failure fails nothing, and is tried again the next day. What may hang
# is the download; it alone is cut off, for an installation that is cut off leaves dpkg in pieces.
set -eu
venv=$1
failed="$venv/.no-bucket"
log="$venv/bucket.log"

here() {
	for name in radosgw ceph-mon ceph-osd; do
		command -v "$name" >/dev/null || return 1
	done
}

install() { # install SECONDS HOW: no limit where SECONDS is 0
	DEBIAN_FRONTEND=noninteractive timeout "$1" apt-get -qq install -y --no-install-recommends \
		-o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o DPkg::Lock::Timeout=30 "$2" \
		radosgw ceph-mon ceph-osd
}

fetch() {
	status=0
	install 45 --download-only || status=$?
	if test "$status" != 0; then
		test "$status" != 124 || return 1 # it hung: a second try would too
		timeout 20 apt-get -qq update && install 45 --download-only || return 1
	fi
	install 0 --no-download
}

if here || test "$(id -u)" != 0 || ! command -v apt-get >/dev/null || ! command -v timeout >/dev/null \
	|| test -n "$(find "$failed" -mtime -1 2>/dev/null)"; then
	exit 0
fi
echo "Fetching an S3 server for the tests …"
fetch >"$log" 2>&1 </dev/null || true
here || {
	touch "$failed"
	echo "It could not be had ($log says why); the tests that ask it are skipped."
}
