#!/bin/sh
# Starts nginx. EDGE_TRUSTS names the reverse proxies in front of it, as addresses or networks with commas between.
set -eu
: > /tmp/trusted-real-ip.conf
: > /tmp/trusted-geo.conf
for network in $(echo "${EDGE_TRUSTS:-}" | tr ',' ' '); do
  echo "set_real_ip_from $network;" >> /tmp/trusted-real-ip.conf
  echo "$network 1;" >> /tmp/trusted-geo.conf
done
exec nginx -g 'daemon off;'
