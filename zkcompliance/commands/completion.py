"""`zkcompliance completion bash|zsh|fish`: a script for the shell, which asks the verb `complete` for words.

Nothing is asked through the environment: a variable that made every verb print a script and leave with 0 would make a
refused proof look accepted.
"""

from __future__ import annotations

import click

from zkcompliance.commands.console import print_json
from zkcompliance.commands.options import json_option

SCRIPTS = {
    "bash": """\
_zkcompliance_completion() {
  local kind word
  COMPREPLY=()
  while IFS=$'\\t' read -r kind word _; do
    if [ "$kind" = file ]; then compopt -o default; else COMPREPLY+=("$word"); fi
  done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -o nosort -F _zkcompliance_completion zkcompliance
""",
    "zsh": """\
#compdef zkcompliance
_zkcompliance_completion() {
  local kind word help
  local -a found
  while IFS=$'\\t' read -r kind word help; do
    if [[ $kind == file ]]; then _files; else found+=("${word//:/\\\\:}:$help"); fi
  done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( ${#found} )); then _describe -V unsorted found -U; fi
}
compdef _zkcompliance_completion zkcompliance
""",
    "fish": """\
function __zkcompliance_completion
  set -l given (commandline -opc)
  set -l last (commandline -ct)
  for line in ($given[1] complete -- $given[2..-1] "$last" 2> /dev/null)
    set -l parts (string split \\t -- $line)
    if test $parts[1] = file
      __fish_complete_path $last
    else
      printf '%s\\t%s\\n' $parts[2] $parts[3]
    end
  end
end
complete --no-files --command zkcompliance --arguments '(__zkcompliance_completion)'
""",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
@json_option
def command(shell: str, as_json: bool) -> None:
    """Print a script that completes words in SHELL.

    bash: eval "$(zkcompliance completion bash)" in ~/.bashrc; zsh: the same in ~/.zshrc; fish: zkcompliance completion
    fish > ~/.config/fish/completions/zkcompliance.fish
    """
    if as_json:
        print_json({"shell": shell, "script": SCRIPTS[shell]})
    else:
        click.echo(SCRIPTS[shell], nl=False)
