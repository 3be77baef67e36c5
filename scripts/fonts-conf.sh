#!/usr/bin/env bash
# Writes a fontconfig file that adds the font of this repository to those of the system, and prints its path:
# a machine without a Japanese font then shows Japanese all the same.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build/fonts-cache
cat >build/fonts.conf <<XML
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>$PWD/platform/mypage/static/fonts</dir>
  <cachedir>$PWD/build/fonts-cache</cachedir>
</fontconfig>
XML
echo "$PWD/build/fonts.conf"
