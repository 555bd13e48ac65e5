"""ignores_case.py BELOW MOUNT: a file system like that of macOS, over a directory: names keep their
case, and are found in any. Needs fusepy of PyPI and libfuse2."""

import errno
import os
import sys

from fuse import FUSE, FuseOSError, Operations


class IgnoresCase(Operations):
    def __init__(self, below):
        self.below = below

    def real(self, path):
        """The path below, each name in the spelling of what is there."""
        at = self.below
        for name in path.strip("/").split("/"):
            if name and not os.path.lexists(os.path.join(at, name)):
                try:
                    there = os.listdir(at)
                except OSError:
                    there = []
                name = next((one for one in there if one.lower() == name.lower()), name)
            at = os.path.join(at, name) if name else at
        return at

    def getattr(self, path, handle=None):
        try:
            about = os.lstat(self.real(path))
        except OSError as error:
            raise FuseOSError(error.errno)
        names = "st_mode st_ino st_dev st_nlink st_uid st_gid st_size st_atime st_mtime st_ctime st_blocks"
        return {name: getattr(about, name) for name in names.split()}

    def readdir(self, path, handle):
        return [".", "..", *os.listdir(self.real(path))]

    def readlink(self, path):
        return os.readlink(self.real(path))

    def mkdir(self, path, mode):
        os.mkdir(self.real(path), mode)

    def rmdir(self, path):
        os.rmdir(self.real(path))

    def unlink(self, path):
        os.unlink(self.real(path))

    def symlink(self, path, target):
        os.symlink(target, self.real(path))

    def link(self, path, target):
        os.link(self.real(target), self.real(path))

    def rename(self, old, new):
        old, target = self.real(old), self.real(new)
        os.rename(old, target)
        # The new name is spelled as it was asked for.
        spelled = os.path.join(os.path.dirname(target), os.path.basename(new))
        if spelled != target:
            os.rename(target, spelled)

    def chmod(self, path, mode):
        os.chmod(self.real(path), mode)

    def chown(self, path, uid, gid):
        os.chown(self.real(path), uid, gid, follow_symlinks=False)

    def utimens(self, path, times=None):
        os.utime(self.real(path), times, follow_symlinks=False)

    def truncate(self, path, length, handle=None):
        os.truncate(self.real(path), length)

    def open(self, path, flags):
        return os.open(self.real(path), flags)

    def create(self, path, mode, info=None):
        return os.open(self.real(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def read(self, path, size, offset, handle):
        return os.pread(handle, size, offset)

    def write(self, path, data, offset, handle):
        return os.pwrite(handle, data, offset)

    def release(self, path, handle):
        os.close(handle)

    def fsync(self, path, only_data, handle):
        os.fsync(handle)

    def statfs(self, path):
        about = os.statvfs(self.below)
        names = "f_bavail f_bfree f_blocks f_bsize f_favail f_ffree f_files f_flag f_frsize f_namemax"
        return {name: getattr(about, name) for name in names.split()}

    def __call__(self, operation, *arguments):
        try:
            return super().__call__(operation, *arguments)
        except FuseOSError:
            raise
        except OSError as error:
            raise FuseOSError(error.errno or errno.EIO)


FUSE(IgnoresCase(sys.argv[1]), sys.argv[2], foreground=True, nothreads=True, default_permissions=True,
     raw_fi=False, use_ino=True, allow_other=True)
