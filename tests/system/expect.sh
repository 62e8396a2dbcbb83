# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Compares results with the `expect` files of tests/modules/crashers. The results are an
# outpost.test/1 document in the file `out`.

# value FILE KEY: prints the key's value in an INI file without sections, or "-" if the key is missing.
value() {
	sed -n "s/^$2 *= *//p; t end; \$!b; :end" "$1" | grep . || {
		grep -q "^$2 *=" "$1" && return
		echo -
	}
}

# crashers_of FOLDER BOOT: prints the folders of the crashers that need this boot; "-" is the normal one.
crashers_of() {
	local expect
	for expect in "$1"/*/expect; do
		[ "$(value "$expect" boot)" != "$2" ] || dirname "$expect"
	done
}

# same WHAT EXPECTED GOT: EXPECTED is "-" (anything) or the allowed values, separated by "|".
same() {
	case "-|$2|" in "-|-|" | *"|$3|"*) ;; *) wrong+=" $1: expected '$2', got '$3';" ;; esac
}

compare() { # MODULE FOLDER
	local verdict phase kind function summary
	wrong=
	verdict=$(jq -r ".results[] | select(.module == \"$1\") | .verdict" out)
	phase=$(jq -r ".results[] | select(.module == \"$1\") | .phase // \"\"" out)
	kind=$(jq -r ".results[] | select(.module == \"$1\") | .reports[0].kind // \"\"" out)
	function=$(jq -r ".results[] | select(.module == \"$1\") | .reports[0].function // \"\"" out)
	summary=$(jq -r ".results[] | select(.module == \"$1\") | .summary" out)
	same verdict "$(value "$2/expect" verdict)" "$verdict"
	same phase "$(value "$2/expect" phase)" "$phase"
	same kind "$(value "$2/expect" kind)" "$kind"
	same function "$(value "$2/expect" function)" "$function"
	case $summary in *"$(value "$2/expect" summary | sed 's/^-$//')"*) ;; *) wrong+=" summary: expected '$(value "$2/expect" summary)';" ;; esac
	[ -z "$wrong" ] || echo "$1:$wrong $summary"
}
