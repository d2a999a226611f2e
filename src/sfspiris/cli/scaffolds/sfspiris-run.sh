#!/bin/sh
# Runs one command of sfspiris for cron, and is silent unless a person is needed. Made by `sfspiris scaffold cron`.
set -u

HOME=/var/lib/sfspiris
SFSPIRIS_CONFIG=/etc/sfspiris/sfspiris.toml
SFSPIRIS_STATE=/var/lib/sfspiris/sfspiris.db
export HOME SFSPIRIS_CONFIG SFSPIRIS_STATE

# Secrets by reference: sfspiris.toml says "env:SPIRIS_CLIENT_SECRET", and this file (mode 600) sets it.
if [ -r /etc/sfspiris/secrets.env ]; then
    set -a
    . /etc/sfspiris/secrets.env
    set +a
fi

cd "$HOME" || exit 2
umask 077
said=$(/opt/sfspiris/bin/sfspiris "$@" --no-color --report "$HOME/last-$1.html" 2>&1)
code=$?

case $code in
    0 | 6) exit 0 ;; # done, or another run is at work
    3) echo "Deals are held or items failed. The report is $HOME/last-$1.html" ;;
    5) echo "Sign in again; the message names the command." ;;
    7) echo "A safety stop: nothing goes on before somebody has looked." ;;
    8) echo "A system could not be reached. Nothing is lost; the next run goes on." ;;
    *) echo "sfspiris $1 ended with exit code $code." ;;
esac
printf '%s\n' "$said"
exit "$code"
