#!/bin/sh
# Makes every secret of the container deployment that does not exist yet, in ./secrets or the directory that $SECRETS
# names. `make up` runs it.
#
# A file that is there is never changed. To change a password: delete its file, run `make up`, and for a
# database password the script of deploy/postgres once more (docs/operations.md).
set -eu
cd "$(dirname "$0")/.."
secrets=${SECRETS:-secrets}
umask 077
mkdir -p "$secrets"
# The directory keeps everybody else on this machine out. The files in it are readable, because each container
# sees only its own few, as a user that the owner of this directory need not be.
chmod 700 "$secrets"

keep() { # name: writes what is on standard input, whole or not at all
  cat > "$secrets/.$1.new"
  chmod 644 "$secrets/.$1.new"
  mv -f "$secrets/.$1.new" "$secrets/$1"
}

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

make_secret() {
  [ -s "$secrets/$1" ] && return 0
  random | keep "$1"
  echo "$secrets/$1 made"
}

make_secret secret_key
make_secret postgres_password
for service in customers groups importer followup console; do
  make_secret "${service}_database_password"
done
for service in customers groups importer followup; do
  make_secret "${service}_broker_password"
done
# Yours to fill in, if the mail server wants it: its password, and the certificates it is to be known by.
for name in smtp_password smtp_ca; do
  [ -e "$secrets/$name" ] || printf '' | keep "$name"
done

# The broker's users. Each may declare and bind what all know of, write, and read its own queues alone.
everything='^(events|(customers|groups|importer|followup)([.]dead)?)$'
{
  users='' permissions='' comma=''
  for service in customers groups importer followup; do
    password=$(cat "$secrets/${service}_broker_password")
    users="$users$comma
  {\"name\": \"$service\", \"password\": \"$password\", \"tags\": []}"
    permissions="$permissions$comma
  {\"user\": \"$service\", \"vhost\": \"/\", \"configure\": \"$everything\",
   \"write\": \"^(amq[.]default)\$|$everything\", \"read\": \"^(events|$service([.]dead)?)\$\"}"
    comma=','
  done
  printf '{"users": [%s\n], "permissions": [%s\n]}\n' "$users" "$permissions"
} | keep broker_users.json
