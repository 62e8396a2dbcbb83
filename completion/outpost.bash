# SPDX-License-Identifier: GPL-2.0-only
# Completion for bash. Takes commands and options from the program's --help, so
# that they are always current. To use it:  source completion/outpost.bash

# These extract the names from lines like "  command  ..." and "  -l, --letter ...".
_outpost_commands()
{
	"$@" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'
}

_outpost_options()
{
	"$@" --help 2>/dev/null | grep -o '^  \(-., \|    \)--[a-z-]*' | tr -d ,
}

_outpost()
{
	local cur=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]} command='' words='' i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-b | --board | -C | --directory | --log) ((i++)) ;;
		-*) ;;
		*) command=${COMP_WORDS[i]} && break ;;
		esac
	done
	if [[ $cur == -* ]]; then
		words=$(_outpost_options "$program" ${command:+"$command"})
	elif [[ -z $command && $i -eq $COMP_CWORD ]]; then
		words=$(_outpost_commands "$program")
	elif [[ $command == provision && ${COMP_WORDS[COMP_CWORD - 1]} == --only ]]; then
		words=$("$program" provision --help 2>/dev/null | sed -n '/^Steps:/,/[.]/p' | sed 's/Steps://; s/[.].*//; s/,/ /g')
	elif [[ $command == results ]]; then
		words="last $("$program" results -n 50 2>/dev/null | awk 'NR > 1 { print $1 }')"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

# If nothing matches, bash completes file names.
complete -o default -F _outpost outpost
