//go:build !linux

package engine

import (
	"errors"
	"net/netip"
	"time"
)

// nativeSockets: elsewhere every connection is a net.Conn with a goroutine, and arrivals are stamped by the reader.
const nativeSockets = false

// poller only waits: sockets have goroutines of their own.
type poller struct {
	woken chan struct{}
	receiver
}

type readyEvent struct {
	client  int32
	attempt uint32
	ending  bool
}

const wakeClient = -1

var errNoSockets = errors.New("no native sockets on this system")

func newPoller() (*poller, error) { return &poller{woken: make(chan struct{}, 1)}, nil }
func (p *poller) close()          {}

func (p *poller) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

func (p *poller) wait(timeout time.Duration) ([]readyEvent, error) {
	if timeout <= 0 {
		return nil, nil
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.woken:
	}
	return nil, nil
}

func (p *poller) dial(netip.AddrPort, netip.Addr, int, int32, uint32) (int32, bool, error) {
	return -1, false, errNoSockets
}
func (p *poller) connectResult(int32) error { return errNoSockets }
func (p *poller) send(int32, []byte) error  { return errNoSockets }

// receiver reads nothing: connections read themselves.
type receiver struct{}

func (*receiver) receive(int32, []byte) (int, int64, error) { return 0, 0, errNoSockets }

func (p *poller) hangUp(int32)               {}
func wouldBlock(error) bool                  { return false }
func keepStamping() (stop func(), err error) { return func() {}, nil }
