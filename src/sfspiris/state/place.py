"""What kind of place the state file lies in: whether its locks keep other runs away, and whether it is still there tomorrow.

One run at a time, and commits that outlive a power cut, are promises of the file system. A share over the network makes
them only where its server keeps the locks for all machines; a container's own layer and memory are gone with the container
or the machine. The state uses a rollback journal everywhere, so that a write-ahead log, which needs shared memory, is never
on a share.

Sources: https://www.sqlite.org/lockingv3.html (section 6) and …/wal.html; proc_pid_mountinfo(5), nfs(5) for `nolock` and
`local_lock`, mount.cifs(8) for `nobrl`; read November 2026.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from sfspiris.errors import ConfigError
from sfspiris.sentences import say

MOUNTS: Path = Path("/proc/self/mountinfo")
"""Where Linux tells what is mounted; elsewhere nothing is known, and nothing is said."""

_NETWORK: Final = frozenset(
    {
        *(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "ncpfs",
            "afs",
            "ceph",
            "fuse.ceph",
            "lustre",
            "gfs2",
            "ocfs2",
        ),
        *("fuse.glusterfs", "9p", "virtiofs", "fuse.grpcfuse", "fuse.osxfs", "vboxsf", "fuse.vmhgfs-fuse"),
    }
)
_WITHOUT_LOCKS: Final = frozenset(
    {
        *(
            "fuse.sshfs",
            "fuse.rclone",
            "fuse.s3fs",
            "fuse.goofys",
            "fuse.gcsfuse",
            "fuse.blobfuse",
            "fuse.blobfuse2",
        ),
        *("fuse.davfs", "fuse.davfs2", "davfs", "fuse.gvfsd-fuse", "fuse.curlftpfs", "fuse.mount-s3"),
    }
)
"""Shares that keep no locks for other machines, and say that a file is synced before it has left."""
_OWN_LOCKS: Final = frozenset(
    {"nolock", "nobrl", "local_lock=all", "local_lock=posix", "local_lock=flock", "localflocks"}
)
"""Options by which each machine keeps its own locks."""
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_IN_LAYERS: Final = frozenset({"overlay", "aufs", "fuse.fuse-overlayfs"})
_OCTAL: Final = re.compile(rb"\\([0-7]{3})")


class Kind(Enum):
    """What may be expected of the place."""

    LOCAL = "a local disk"
    UNKNOWN = "unknown"
    FLEETING = "gone with the container or the machine"
    SHARED = "a network share that keeps locks"
    UNLOCKED = "a network share without locks"


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system, where it is mounted, and all options that it is mounted with."""

    type: str
    point: str
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """The verdict on one file's place: what it is, and the two sentences for people, empty when all is well."""

    kind: Kind
    message: str = ""
    remedy: str = ""


def of(file: Path) -> Place:
    """Where the file lies, or will lie, as this machine has it mounted now."""
    try:
        told = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return Place(Kind.UNKNOWN)
    return judge(file, mount_of(file.parent.resolve() / file.name, told))


def check(file: Path) -> None:
    """Raise ConfigError for a place in which two machines could be at work at once."""
    place = of(file)
    if place.kind is Kind.UNLOCKED:
        raise ConfigError(place.message, remedy=place.remedy)


def mount_of(file: Path, told: str) -> Mount | None:
    """The mount that an absolute path without links lies on; `told` is the text of mountinfo. None when it tells of none.

    The longest mount point counts; of two at the same point the later one, which hides the earlier.
    """
    found: Mount | None = None
    for line in told.splitlines():
        mount = _read(line)
        if mount is None or not file.is_relative_to(mount.point):
            continue
        if found is None or len(mount.point) >= len(found.point):
            found = mount
    return found


def judge(file: Path, mount: Mount | None) -> Place:
    """What to expect of a state file on this mount."""
    if mount is None:
        return Place(Kind.UNKNOWN)
    told: dict[str, object] = {"file": file, "kind": mount.type, "point": mount.point}
    own_locks = sorted(mount.options & _OWN_LOCKS)
    if mount.type in _WITHOUT_LOCKS or (mount.type in _NETWORK and own_locks):
        if own_locks:
            told["point"] = say("%(point)s, mounted with %(option)s", point=mount.point, option=own_locks[0])
        return Place(
            Kind.UNLOCKED,
            say(
                "The state file %(file)s lies on a network share (%(kind)s at %(point)s) that keeps no locks for other "
                "machines: two runs could be at work at once, and what was written may not have arrived.",
                **told,
            ),
            say(
                "Name a file on a local disk in [state] url (or --state). If several machines must share it, use a share that "
                "keeps locks, such as NFS version 4, without nolock, local_lock or nobrl."
            ),
        )
    if mount.type in _NETWORK:
        return Place(
            Kind.SHARED,
            say(
                "The state file %(file)s lies on a network share (%(kind)s at %(point)s): one run at a time holds only as far "
                "as its server keeps locks for all machines.",
                **told,
            ),
            say(
                "A local disk is safer: name a file there in [state] url (or --state). On a share, see that locks are kept by "
                "the server, and let one machine run sfspiris."
            ),
        )
    if mount.type in _IN_MEMORY:
        return Place(
            Kind.FLEETING,
            say(
                "The state file %(file)s lies on memory (%(kind)s at %(point)s) and is gone when the machine restarts.",
                **told,
            ),
            say(
                "Name a file on a disk in [state] url (or --state). Until then each restart is a lost memory, which costs a "
                "wait."
            ),
        )
    if mount.type in _IN_LAYERS:
        return Place(
            Kind.FLEETING,
            say(
                "The state file %(file)s lies on a container's own layer (%(kind)s at %(point)s) and is gone when the "
                "container is.",
                **told,
            ),
            say(
                "Mount a volume and name a file on it in [state] url (or --state). Until then each new container is a lost "
                "memory, which costs a wait."
            ),
        )
    return Place(Kind.LOCAL)


def _read(line: str) -> Mount | None:
    """One line: ids, root, mount point, options, optional fields, a hyphen, type, source, options of the file system."""
    before, hyphen, after = line.partition(" - ")
    mounted, of_type = before.split(" "), after.split(" ")
    if not hyphen or len(mounted) < 6 or len(of_type) < 3:  # noqa: PLR2004 - the fields above
        return None
    options = frozenset(mounted[5].split(",")) | frozenset(of_type[2].split(","))
    point = _OCTAL.sub(lambda code: bytes([int(code[1], 8)]), os.fsencode(mounted[4]))
    return Mount(of_type[0], os.fsdecode(point), options)
