#!/bin/sh
# Before anything else starts: a password that stands in a public repository protects nothing.
set -eu
published=no
for secret in $SECRETS; do
  case $secret in lab-only-*) published=yes ;; esac
done

if [ "$NODE_ENV" = production ]; then
  if [ "$published" = yes ]; then
    echo "REFUSED: .env has passwords of the lab. Run ./secrets.sh, which puts random ones in their place." >&2
    exit 1
  fi
  case ${GATEWAY_URL:-} in
    http://gateway:*) echo "WARNING: payments go to the mock gateway, which takes no money. Set GATEWAY_URL in .env." ;;
  esac
  exit 0
fi

echo "#####################################################################################"
echo "# THIS IS A LAB: it has demo users whose password is public (waybill-demo), and an"
echo "# administrator among them. Whoever reaches port 80 can be that administrator."
[ "$published" = no ] || echo "# Its stores have passwords that are public too: ./secrets.sh makes random ones."
echo "# For anything else set NODE_ENV=production in .env, on an empty database."
echo "#####################################################################################"
