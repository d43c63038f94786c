#!/bin/bash
# Run by a systemd that was booted for this: an evening in the life of the units. Says what it saw as lines of KEY=VALUE.
exec > /trial/log 2>&1
set -x

saw() { echo "$1=$2" >> /trial/seen; }
# What of a unit: ActiveState, MainPID …
of() { systemctl show -P "$2" "$1"; }
# The mode of a file, and whether it belongs to a user whom systemd made up.
mode() { stat -c '%a %u' "$1" | { read -r mode uid; [ "$uid" -ge 61184 ] && echo "$mode its own" || echo "$mode $uid"; }; }
# The status of an answer to a request over plain HTTP.
status() {
    exec 3<> "/dev/tcp/127.0.0.1/$1" || return
    printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
    head -1 <&3 | cut -d' ' -f2
    exec 3>&-
}
# Waits until a command succeeds, two minutes at most.
wait_until() {
    for _ in $(seq 600); do "$@" && return; sleep 0.2; done
    saw "waited in vain for" "$*"
}
# Whether systemd has another process for the pod than this one, and it is ready.
runs_anew() {
    local pid
    pid=$(of pappus MainPID)
    [ "$pid" != 0 ] && [ "$pid" != "$1" ] && [ "$(of pappus ActiveState)" = active ]
}

cp /trial/pappus.toml /etc/pappus.toml
systemctl start pappus || { journalctl -q > /trial/journal; systemctl exit; exit; }
saw started "$(of pappus ActiveState)"
saw health "$(status 8080 /health)"
saw setup "$(status 8080 /setup)"
saw folder "$(mode /var/lib/private/pappus)"
saw database "$(mode /var/lib/private/pappus/pappus.db)"

pid=$(of pappus MainPID)
kill -KILL "$pid"
wait_until runs_anew "$pid"
saw "health after being killed" "$(status 8080 /health)"

pid=$(of pappus MainPID)
kill -STOP "$pid"
wait_until runs_anew "$pid"
saw "health after hanging" "$(status 8080 /health)"

systemctl start pappus-backup
saw backup "$(of pappus-backup Result)"
saw "backup kept" "$(mode /var/lib/private/pappus-backups/day-?.tar)"

systemctl stop pappus
saw stopped "$(of pappus Result) $(of pappus ExecMainStatus)"
saw "system calls denied" "$(journalctl -q -o cat | grep -c SECCOMP)"

# Alone on the internet: a new pod, woken by the first who comes.
rm -rf /var/lib/private/pappus/*
cp /trial/alone.toml /etc/pappus.toml
install -m 644 /trial/pappus.pem /etc/pappus.pem
systemctl start pappus-http.socket pappus-https.socket
saw "port 80" "$(status 80 /login)"
saw "port 443 in the clear" "$(status 443 /login)"
saw alone "$(of pappus ActiveState)"

journalctl -q -o short-precise -u 'pappus*' > /trial/journal
touch /trial/over
systemctl exit
