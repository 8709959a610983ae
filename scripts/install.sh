#!/bin/sh
# Puts the program, the cell, the header, LossKit, templates and Plugins under a prefix:
#   bin/lossmith  libexec/lossmith/lossmith-cell  include/loss_abi.h
#   share/lossmith/{LossKit,include,templates,Plugins,docs}
set -eu
prefix="$1"
build=".build/release"
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
echo "Installed $prefix/bin/lossmith"
