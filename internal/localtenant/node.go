// SPDX-License-Identifier: MPL-2.0

package localtenant

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hashicorp/go-version"
)

//go:embed runtime/node/package.json
var nodePackage []byte

//go:embed runtime/node/package-lock.json
var nodeLock []byte

// NodeMajor is the major version of the Node.js in which Auth0 runs scripts.
const NodeMajor = 22

// node is a program that runs scripts.
type node struct {
	path    string
	version *version.Version
	// warning says how it differs from the platform's, empty where it does not.
	warning string
}

var (
	nodeMu    sync.Mutex
	foundNode *node
)

// findNode is the Node of a path or, where that is empty, the first that there is: one of the
// platform's major version on PATH, one that npm installs into the build folder, and
// whatever is on PATH, with a warning.
func findNode(ctx context.Context, path string) (*node, error) {
	if path != "" {
		return askNode(ctx, path)
	}
	nodeMu.Lock()
	defer nodeMu.Unlock()
	if foundNode != nil {
		return foundNode, nil
	}
	onPath, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("the scripts run in Node.js, which is not on PATH: %w", err)
	}
	found, err := askNode(ctx, onPath)
	if err != nil {
		return nil, err
	}
	if found.version.Segments()[0] != NodeMajor {
		if installed, err := installNode(ctx); err == nil {
			found = installed
		} else if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	foundNode = found
	return found, nil
}

// installNode installs the platform's Node from npm, which has it for the common systems.
func installNode(ctx context.Context) (*node, error) {
	modules, err := install(ctx, "script-node", nodePackage, nodeLock)
	if err != nil {
		return nil, err
	}
	programs, err := filepath.Glob(filepath.Join(modules, "node-*", "bin", "node*"))
	if err != nil || len(programs) == 0 {
		return nil, fmt.Errorf("npm has no Node.js %d for this machine", NodeMajor)
	}
	return askNode(ctx, programs[0])
}

func askNode(ctx context.Context, path string) (*node, error) {
	output, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", path, err)
	}
	at, err := version.NewVersion(strings.TrimSpace(string(output)))
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", path, err)
	}
	found := &node{path: path, version: at}
	if at.Segments()[0] != NodeMajor {
		found.warning = fmt.Sprintf(
			"The scripts run in Node.js %s, Auth0's in %d: what the one has and the other lacks shows only there", at, NodeMajor)
		if len(found.arguments()) == 0 {
			found.warning += ", and writing files is not refused"
		}
	}
	return found, nil
}

// permissions let scripts read files, load native modules and start threads, and nothing else:
// writing a file or starting a process is refused, as on the platform.
var permissions = []string{"--permission", "--allow-fs-read=*", "--allow-addons", "--allow-worker"}

// arguments are the flags with which the program runs scripts. Node has the permission model
// as something finished since 22.13.
func (n *node) arguments() []string {
	if n.version.LessThan(version.Must(version.NewVersion("22.13.0"))) {
		return nil
	}
	return permissions
}
