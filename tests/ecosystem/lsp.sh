#!/usr/bin/env bash
# The language server with real clients: pytest-lsp with the capabilities of Neovim, VS Code and Emacs, then Debian's
# Neovim itself. usage: lsp.sh RUSTCHAIN
set -euo pipefail
root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
export RUSTCHAIN=$(realpath "$1")
venv="$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")/peers-lsp"
if [ ! -e "$venv/ready" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check pytest-lsp==1.0.1 pytest==9.2.0
  touch "$venv/ready"
fi
"$venv/bin/pytest" -q -p no:cacheprovider "$root/tests/ecosystem/lsp"
command -v nvim >/dev/null || { apt-get update -qq && apt-get install -y -qq neovim >/dev/null; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$root/missions/triage/." "$folder"
MISSION="$folder/triage.mission" nvim --headless --clean --cmd "set runtimepath^=$root/editors/neovim" \
  -c "luafile $root/tests/ecosystem/lsp/neovim.lua"
