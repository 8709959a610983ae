#!/bin/sh
# Installs what Lossmith needs from Debian's packages and is not there yet.
# Says in one sentence what to do when it cannot.
#   --tests   a headless browser too, which the tests of pages open (100 MB to fetch, 300 MB on the disk)
set -eu

packages="
  libffi-dev:ffi.h
  libcurl4-openssl-dev:curl/curl.h
  libopenblas-dev:cblas.h
  libsqlite3-dev:sqlite3.h
  libseccomp-dev:seccomp.h
  libssl-dev:openssl/sha.h
  zlib1g-dev:zlib.h
  pkg-config:=pkg-config
  bubblewrap:=bwrap
  gcc:=cc
  git:=git
"

have() {
  case "$1" in
    =*) command -v "${1#=}" >/dev/null 2>&1 ;;
    *)
      for root in /usr/include /usr/local/include "/usr/include/$(uname -m)-linux-gnu"; do
        [ -e "$root/$1" ] && return 0
      done
      return 1
      ;;
  esac
}

browser=chromium-headless-shell
if [ "${1:-}" = --tests ]; then
  # Any of these will do; the one that is installed is the smallest.
  for program in $browser chromium chromium-browser google-chrome; do
    if have "=$program"; then browser=""; break; fi
  done
  if [ -n "$browser" ]; then
    # A distribution without it goes on without these tests, which say so.
    if command -v apt-get >/dev/null 2>&1; then
      if [ "$(id -u)" -eq 0 ]; then apt-get update -qq >/dev/null 2>&1 || true; fi
      apt-cache show "$browser" >/dev/null 2>&1 && packages="$packages $browser:=$browser"
    fi
  fi
fi

missing=""
for entry in $packages; do
  have "${entry#*:}" || missing="$missing ${entry%%:*}"
done

if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "Lossmith needs these Debian packages or their like:$missing. Install them with your system's package manager and run make again." >&2
    exit 3
  fi
  if [ "$(id -u)" -eq 0 ]; then
    root=""
  elif command -v sudo >/dev/null 2>&1; then
    root="sudo"
  else
    echo "Lossmith needs these packages:$missing. You are not root and there is no sudo: ask an administrator to run 'apt-get install$missing'." >&2
    exit 3
  fi
  echo "Installing:$missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  if ! { $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends $missing; } >/dev/null; then
    echo "The packages$missing could not be installed (apt-get failed, see above). Install them by hand and run make again." >&2
    exit 3
  fi
fi

if ! command -v swift >/dev/null 2>&1; then
  echo "Lossmith needs a Swift 6.3 toolchain with swift on PATH; see https://www.swift.org/install/linux/." >&2
  exit 3
fi
