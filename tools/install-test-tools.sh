#!/bin/sh
# Installs, from Debian's packages, the programs that the tests use and a bare machine may lack:
#   iproute2        ip and tc: network namespaces, links, qdiscs
#   nftables        nft: drops in netfilter hooks
#   iptables        iptables-legacy and ip6tables-legacy: the same by the old tables
#   tcpdump         the reference for filters
#   util-linux      setpriv: running without rights
#   perl-base       system calls that Node lacks, in a few tests
#   gcc             its preprocessor, for the constants of C headers
#   libc6-dev, linux-libc-dev  those headers
#   qemu-system-x86, busybox-static, cpio, kmod, xz-utils   other kernels, and what goes into their root
set -eu
packages="iproute2 nftables iptables tcpdump util-linux perl-base gcc libc6-dev linux-libc-dev
qemu-system-x86 busybox-static cpio kmod xz-utils"
missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "Installing:$missing"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
