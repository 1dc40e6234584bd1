// SPDX-License-Identifier: MPL-2.0

package localtenant

// Install is what installs modules for tests.
var Install = install
