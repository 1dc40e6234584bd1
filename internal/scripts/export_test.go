// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"os"
	"strings"
	"sync"
)

// memoryDriver keeps users in the memory of the container. It shows what a driver needs: its folder, and nothing else.
var memoryDriver = driver{
	folder: "drivers/memory", heading: "The users in memory",
	files: sync.OnceValue(func() map[string]file { return readFiles(os.DirFS("testdata")) }),
	fill:  func(Operation, Options) (map[string]filling, error) { return map[string]filling{}, nil },
}

// RenderInMemory renders an operation over the driver of the tests.
func RenderInMemory(op Operation, o Options) (string, error) { return renderWith(memoryDriver, op, o) }

// portFunctions are the functions that the port's description lists.
func portFunctions() []string {
	raw, err := os.ReadFile("js/drivers/port.js")
	if err != nil {
		panic(err)
	}
	var names []string
	for line := range strings.Lines(string(raw)) {
		name, rest, ok := strings.Cut(strings.TrimPrefix(line, "// "), "(")
		if ok && strings.Contains(rest, ")  ") && !strings.Contains(name, " ") {
			names = append(names, name)
		}
	}
	return names
}
