# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A stand-in for podman or docker, which runs the builder on this machine.

make_engine() { # NAME
	cat >"$WORK/bin/$1" <<-'END'
		#!/bin/bash
		# An image is a file, the container a process.
		echo "${0##*/} $*" >>"$WORK/calls"
		[ -e "$WORK/${0##*/}-down" ] && { echo "no daemon answers" >&2; exit 125; }
		name() { echo "$WORK/image-${1//\//_}"; }
		case $1 in
		info) ;;
		pull)
			[ -e "$WORK/registry" ] || { echo "no route to host" >&2; exit 125; }
			;;
		import) cp "$2" "$(name "$3")" ;;
		image)
			[ -e "$(name "${*: -1}")" ] || { echo "no such image" >&2; exit 1; }
			[ "$2" = rm ] && rm "$(name "${*: -1}")"
			[ "$2 $3" = 'inspect --format' ] && echo 0123456789abcdef
			exit 0
			;;
		build)
			[ -e "$WORK/build-fails" ] && { echo "STEP 4"; echo "E: no package" >&2; exit 1; }
			while [ "$1" != --tag ]; do shift; done
			: >"$(name "$2")"
			;;
		run)
			for word; do
				case $word in
				*,target=/outpost/run) run=${word%,target*} run=${run#*source=} ;;
				*,target=/outpost/builder,*) builder=${word%,target*} builder=${builder#*source=} ;;
				esac
				[ "$last" != --name ] || name=$word
				last=$word
			done
			"$builder" "$run/socket" >/dev/null 2>&1 </dev/null &
			echo $! >"$WORK/container-$name"
			echo id
			;;
		rm)
			[ -e "$WORK/container-$3" ] && kill "$(<"$WORK/container-$3")"
			rm -f "$WORK/container-$3"
			;;
		*) echo "what is $1?" >&2 && exit 125 ;;
		esac
	END
	chmod +x "$WORK/bin/$1"
}

make_engines() {
	mkdir -p "$WORK/bin"
	for engine in "$@"; do make_engine "$engine"; done
	cat >"$WORK/bin/mmdebstrap" <<-'END'
		#!/bin/sh
		cat >"$WORK/sources"
		echo base >"$4"
	END
	cat >"$WORK/bin/apt-get" <<-'END'
		#!/bin/sh
		printf 'http://mirror.test/debian/\tbookworm\tmain\tDebian\n'
	END
	chmod +x "$WORK/bin/mmdebstrap" "$WORK/bin/apt-get"
	PATH=$WORK/bin:$PATH
}
