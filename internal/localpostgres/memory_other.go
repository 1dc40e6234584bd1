// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package localpostgres

func memoryFolders() []string { return nil }
