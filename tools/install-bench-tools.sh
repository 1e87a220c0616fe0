#!/bin/sh
# Installs, from Debian's packages, what `npm run bench` compares with:
#   iproute2, nftables   the hosts' links, and their random drops
#   iperf3               the victim's traffic
#   util-linux           unshare: a mount namespace with tracefs, for the tools that look for it; taskset: the victim's one CPU
#   bpftrace, linux-perf, bpfcc-tools
# What is not to be had is told; the bench leaves it out and says so.
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
# One after another, so that one that fails does not keep the others away.
for package in $missing; do
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null || echo "Not installed: $package" >&2
done
