#!/bin/sh
# The container image: `sh release/container/build.sh WHEEL IMAGE.tar`, on a Debian with mmdebstrap, buildah and pip.
#
# WHEEL is the package's, IMAGE.tar the OCI archive to make, which must not be there. Debian's packages and the wheels
# of what the package needs are fetched while it is made, with apt and pip as this machine has them set up; the image
# itself is built without a network, and needs none. It runs as root.
# DEBIAN_MIRROR: where Debian's packages are, if not where mmdebstrap looks.
set -eu
if [ $# -ne 2 ] || [ ! -f "$1" ] || [ -e "$2" ]; then
  echo "usage: build.sh WHEEL IMAGE.tar, of which the second is not there yet" >&2
  exit 2
fi
here=$(dirname "$(realpath "$0")")
for program in mmdebstrap buildah unshare python3; do
  command -v "$program" >/dev/null || { echo "error: $program is not installed (apt-get install $program)" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/Dockerfile" "$work/"

# Debian 12: its Python is 3.11. Pages and translations stay out.
mmdebstrap --variant=minbase --include=python3-venv --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' bookworm "$work/root.tar" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
# The wheels for that Python, whichever this machine has.
python3 -m pip download --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none \
  --platform manylinux_2_36_x86_64 --platform manylinux_2_34_x86_64 --platform manylinux_2_28_x86_64 \
  --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
  --dest "$work/wheels" "$1"

store="--storage-driver vfs --root $work/store --runroot $work/run"
# With chroot isolation buildah takes no `--network none`: a namespace without one is made around it.
unshare --net buildah $store build --isolation chroot --tag zkcompliance "$work"
buildah $store push zkcompliance "oci-archive:$2:zkcompliance"
sha256sum "$2"
