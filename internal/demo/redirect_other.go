// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package main

import "syscall"

// redirect makes the file descriptor to mean what from means.
func redirect(from, to int) error { return syscall.Dup2(from, to) }
