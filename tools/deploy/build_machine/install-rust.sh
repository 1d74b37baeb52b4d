#!/usr/bin/env bash
# Installs the toolchain that rust-toolchain.toml pins, on a build machine.
# CodeBuild's Arm image has rustup with another version as its default; an own image may have a cargo
# without rustup, which is taken as it is.
set -euo pipefail

RUSTUP_VERSION=1.28.2

channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
components=$(sed -n 's/^components = \[\(.*\)\]/\1/p' rust-toolchain.toml | tr -d '" ')

rustup=$(command -v rustup || echo "$HOME/.cargo/bin/rustup")
if [ ! -x "$rustup" ]; then
  if command -v cargo >/dev/null; then
    echo "install-rust: $(cargo --version) is there, without rustup"
    exit 0
  fi
  target="$(uname -m)-unknown-linux-gnu"
  source="https://static.rust-lang.org/rustup/archive/$RUSTUP_VERSION/$target"
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # The checksum comes from the same place as the file: it finds a broken download, not a forged one.
  # TLS vouches for the place.
  curl --proto '=https' --tlsv1.2 --fail --silent --show-error --retry 3 \
    --output "$folder/rustup-init" "$source/rustup-init" \
    --output "$folder/rustup-init.sha256" "$source/rustup-init.sha256"
  echo "$(cut -d' ' -f1 "$folder/rustup-init.sha256")  $folder/rustup-init" | sha256sum --check --quiet
  chmod +x "$folder/rustup-init"
  "$folder/rustup-init" -y --no-modify-path --profile minimal --default-toolchain none
fi

# In so many words: that cargo would fetch what is missing by itself is a default of rustup's. So is
# that rustup would replace itself.
"$rustup" toolchain install "$channel" --profile minimal --component "$components" --no-self-update
