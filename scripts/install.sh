#!/bin/sh
# Puts the program, the cell, the header, LossKit, templates and Plugins under a prefix:
#   bin/lossmith  libexec/lossmith/lossmith-cell  include/loss_abi.h
#   share/lossmith/{LossKit,include,templates,Plugins,docs}
#   share/man/man1/lossmith.1, and completions for bash, zsh and fish where these shells look
set -eu
prefix="$1"
build="${LOSSMITH_BUILD:-.build/release}"
share="$prefix/share/lossmith"

[ -x "$build/lossmith" ] || { echo "There is no $build/lossmith yet: run make build first." >&2; exit 3; }

install -d "$prefix/bin" "$prefix/libexec/lossmith" "$prefix/include" "$share"
install -m 755 "$build/lossmith" "$prefix/bin/lossmith"
install -m 755 "$build/lossmith-cell" "$prefix/libexec/lossmith/lossmith-cell"
install -m 644 Sources/PluginABI/include/loss_abi.h "$prefix/include/loss_abi.h"
rm -rf "$share/LossKit" "$share/include" "$share/templates" "$share/Plugins" "$share/docs"
cp -R Sources/LossKit "$share/LossKit"
cp -R Sources/PluginABI/include "$share/include"
cp -R templates "$share/templates"
cp -R Plugins "$share/Plugins"
cp -R docs "$share/docs"

# What the program says of itself.
own() {
  install -d "$(dirname "$1")"
  file="$1"
  shift
  "$build/lossmith" "$@" >"$file"
  chmod 644 "$file"
}
own "$prefix/share/man/man1/lossmith.1" manual
own "$prefix/share/bash-completion/completions/lossmith" --generate-completion-script bash
own "$prefix/share/zsh/site-functions/_lossmith" --generate-completion-script zsh
own "$prefix/share/fish/vendor_completions.d/lossmith.fish" --generate-completion-script fish
echo "Installed $prefix/bin/lossmith"
