#!/bin/sh
# Installs, from Debian's packages, the programs that `npm run bench` uses and compares with:
#   iproute2, nftables   the hosts' links, and random drops
#   iperf3               the victim's traffic
#   util-linux           unshare: a mount namespace with tracefs, for tools that need it; taskset: the one CPU
#   bpftrace, linux-perf, bpfcc-tools
# Packages that cannot be installed are reported; the bench skips them and says so.
set -u
packages="iproute2 nftables iperf3 util-linux bpftrace linux-perf bpfcc-tools"
installed() {
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}
missing=""
for package in $packages; do
  installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "Installing:$missing"
apt-get update -qq || exit 1
# One by one, so that a failure does not affect the others.
for package in $missing; do
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
    echo "Not installed: $package" >&2
done
