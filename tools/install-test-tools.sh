#!/bin/sh
# Installs, from Debian's packages, what the tests use and a bare machine may lack:
#   iproute2        ip and tc: network namespaces, links, qdiscs
#   nftables        nft: drops in netfilter hooks
#   util-linux      setpriv: running without rights
#   linux-libc-dev  headers that constants are compared with
#   libc6-dev       the same, for those of the C library
set -eu
packages="iproute2 nftables util-linux linux-libc-dev libc6-dev"
missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "Installing:$missing"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
