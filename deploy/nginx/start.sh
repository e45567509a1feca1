#!/bin/sh
# Starts nginx. EDGE_TRUSTS names the reverse proxies in front of it, as addresses or networks with commas between,
# IMPORT_MAX_MB the largest customer file.
set -eu
: > /tmp/trusted-real-ip.conf
: > /tmp/trusted-geo.conf
for network in $(echo "${EDGE_TRUSTS:-}" | tr ',' ' '); do
  echo "set_real_ip_from $network;" >> /tmp/trusted-real-ip.conf
  echo "$network 1;" >> /tmp/trusted-geo.conf
done
most="${IMPORT_MAX_MB:-200}"
echo "client_max_body_size $((most + 1))m;" > /tmp/file-size.conf
echo "map \$status \$file_limit { default $most; }" > /tmp/file-limit.conf
exec nginx -g 'daemon off;'
