// SPDX-License-Identifier: MPL-2.0

package main

import "syscall"

// redirect makes the file descriptor to mean what from means. Linux on arm64 has no dup2.
func redirect(from, to int) error { return syscall.Dup3(from, to, 0) }
