// SPDX-License-Identifier: MPL-2.0

package scripts

import (
	"encoding/json"
	"sync"
)

// cache keeps what was computed for equal keys: hundreds of connections differ in nothing that rendering knows of, and a
// plan asks several times for each of them.
type cache[V any] struct {
	mutex  sync.Mutex
	values map[string]V
}

// cacheSize bounds the values of a cache. A full one is emptied, which costs less than to know what was used last.
const cacheSize = 512

func (c *cache[V]) get(key string, compute func() (V, error)) (V, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if value, known := c.values[key]; known {
		return value, nil
	}
	value, err := compute()
	if err != nil {
		return value, err
	}
	if c.values == nil || len(c.values) >= cacheSize {
		c.values = map[string]V{}
	}
	c.values[key] = value
	return value, nil
}

// renderings are texts by operation and options.
var renderings cache[string]

// cacheKey identifies a script by everything that it is rendered from.
func cacheKey(op Operation, o Options) (string, error) {
	key, err := json.Marshal(struct {
		Operation Operation
		Options   Options
	}{op, o})
	return string(key), err
}
