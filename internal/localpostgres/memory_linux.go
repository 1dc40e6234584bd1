// SPDX-License-Identifier: MPL-2.0

package localpostgres

import "syscall"

// memoryFolders are the folders for files that need not outlive the machine, where it has room for a few servers.
func memoryFolders() []string {
	const (
		folder = "/dev/shm"
		tmpfs  = 0x01021994
		room   = 4 << 30
	)
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil || stat.Type != tmpfs || stat.Bavail*uint64(stat.Bsize) < room {
		return nil
	}
	return []string{folder}
}
