// SPDX-License-Identifier: MPL-2.0

// Package localtenant is an Auth0 tenant on loopback, for tests and the
// demonstration: the part of the Management API and of the Authentication API
// that a custom database connection meets, with the connection's scripts run
// in Node the way the platform runs them.
package localtenant
