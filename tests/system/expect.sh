# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Comparing results with the `expect` files of tests/modules/crashers. The results are
# an outpost.test/1 document in the file `out`.

# value FILE KEY: of an INI file without sections; "-" where the key is not there.
value() {
	sed -n "s/^$2 *= *//p; t end; \$!b; :end" "$1" | grep . || {
		grep -q "^$2 *=" "$1" && return
		echo -
	}
}

# crashers_of FOLDER BOOT: the folders of those that want this boot; "-": the usual one.
crashers_of() {
	local expect
	for expect in "$1"/*/expect; do
		[ "$(value "$expect" boot)" != "$2" ] || dirname "$expect"
	done
}

# same WHAT WANTED GOT: WANTED is "-", or what it may be, with "|" between
same() {
	case "-|$2|" in "-|-|" | *"|$3|"*) ;; *) wrong+=" $1 is '$3', not '$2';" ;; esac
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
	case $summary in *"$(value "$2/expect" summary | sed 's/^-$//')"*) ;; *) wrong+=" summary;" ;; esac
	[ -z "$wrong" ] || echo "$1:$wrong $summary"
}
