// SPDX-License-Identifier: MPL-2.0

// Package docs has no code: its tests keep the examples, the module, the guides and the README true.
package docs
