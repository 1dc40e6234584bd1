// SPDX-License-Identifier: MPL-2.0

// Package api holds the contract that an API in front of the users keeps, as a file.
package api

import _ "embed"

// UsersV1 is the contract web_service in its first version, OpenAPI 3.1 as YAML.
//
//go:embed users-api.v1.yaml
var UsersV1 []byte
