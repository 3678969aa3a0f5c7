#!/bin/sh
# fetch_bucket.sh VENV: Ceph's S3 server, which a few tests ask about buckets: they skip, and say so, where it is not.
set -eu
# shellcheck source=scripts/fetch_packages.sh
. "$(dirname "$0")/fetch_packages.sh"

here() {
	for name in radosgw ceph-mon ceph-osd; do
		command -v "$name" >/dev/null || return 1
	done
}

fetch_packages "$1/.no-bucket" "$1/bucket.log" "an S3 server" radosgw ceph-mon ceph-osd
