// SPDX-License-Identifier: MPL-2.0

package scripts_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// proxy passes connections on to the server, as long as it is neither silenced,
// slowed down nor told to cut a connection at the next word of the client.
type proxy struct {
	silent, cut atomic.Bool
	delay       atomic.Int64           // of the server's words, in nanoseconds
	target      atomic.Value           // where connections go
	refusal     atomic.Pointer[[]byte] // the answer to what the client says next, which goes no further
	lastWords   atomic.Value           // a func that makes of the server's words the last ones that the client gets, or nil for not yet
	addr        string
}

// last tells the proxy once what the client gets last, made of what the server says; nil passes that on.
func (p *proxy) last(words func(fromServer []byte) []byte) { p.lastWords.Store(words) }

// pending is what last was told and has not happened yet.
func (p *proxy) pending() func([]byte) []byte {
	words, _ := p.lastWords.Load().(func([]byte) []byte)
	return words
}

// instead returns the last words for these, if any.
func (p *proxy) instead(fromServer []byte) []byte {
	words := p.pending()
	if words == nil {
		return nil
	}
	last := words(fromServer)
	if last != nil {
		p.last(nil)
	}
	return last
}

// isStarted tells whether the server says that a connection is ready for its first statement.
func isStarted(fromServer []byte) bool {
	return bytes.HasSuffix(fromServer, []byte("Z\x00\x00\x00\x05I")) && bytes.Contains(fromServer, []byte("server_version"))
}

// fatal is what a server or a pooler says before it ends a connection.
func fatal(code, message string) []byte {
	body := "SFATAL\x00VFATAL\x00C" + code + "\x00M" + message + "\x00\x00"
	return append(binary.BigEndian.AppendUint32([]byte{'E'}, uint32(len(body)+4)), body...)
}

func newProxy(t *testing.T, listen, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &proxy{addr: listener.Addr().String()}
	p.target.Store(target)
	pass := func(to, from net.Conn, fromServer bool) {
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil || !fromServer && p.cut.Swap(false) {
				_, _ = to.Close(), from.Close()
				return
			}
			if !fromServer {
				if refusal := p.refusal.Swap(nil); refusal != nil {
					_, _ = from.Write(*refusal)
					_, _ = to.Close(), from.Close()
					return
				}
			}
			if fromServer {
				time.Sleep(time.Duration(p.delay.Load()))
				if last := p.instead(buffer[:n]); last != nil {
					_, _ = to.Write(last)
					_, _ = to.Close(), from.Close()
					return
				}
			}
			if !p.silent.Load() {
				_, _ = to.Write(buffer[:n])
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", p.target.Load().(string))
			if err != nil {
				_ = client.Close()
				continue
			}
			go pass(client, server, true)
			go pass(server, client, false)
		}
	}()
	return p
}

// behindProxy sends the bench's connections through a proxy.
func (b *bench) behindProxy(t *testing.T) *proxy {
	t.Helper()
	p := newProxy(t, "127.0.0.1:0", net.JoinHostPort(b.db.Server.Host(), strconv.Itoa(b.db.Server.Port())))
	b.at(withQuery(t, b.url, "disable", p.addr))
	return p
}

// silentHost accepts connections, answers each with the given bytes and then never again.
func silentHost(t *testing.T, answer string) (address string) {
	t.Helper()
	address, _ = countingHost(t, answer)
	return address
}

// countingHost is a silentHost that counts the connections.
func countingHost(t *testing.T, answer string) (address string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_, _ = io.WriteString(conn, answer)
		}
	}()
	return listener.Addr().String(), connections
}
