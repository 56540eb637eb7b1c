package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/matchday/crowd/httpurl"
)

// origin is where a connection goes to: scheme, host and port, with the addresses that its name stands for.
type origin struct {
	https bool
	// hostHeader is the host as URLs and Host headers have it, with the port unless it is the scheme's own; name is the host
	// alone, for TLS.
	hostHeader string
	name       string
	// dialled is the host that is looked up, which is another one where the crowd was told a server name.
	dialled   string
	port      uint16
	addresses atomic.Pointer[[]netip.AddrPort]
	// fixed: the URL named an address; there is nothing to look up.
	fixed bool
	// source is the local address to connect from: it reaches only addresses of its own family.
	source netip.Addr
	// skipped: it has addresses that source does not reach.
	skipped atomic.Bool
}

// same origin as a browser sees it (RFC 6454): wherever it is dialled.
func (o *origin) same(other *origin) bool {
	return o.https == other.https && o.hostHeader == other.hostHeader
}

// url is the origin with the target of a request to it.
func (o *origin) url(target string) (*url.URL, error) {
	scheme := "http"
	if o.https {
		scheme = "https"
	}
	return httpurl.Parse(scheme + "://" + o.hostHeader + target)
}

// address is one of the origin's addresses; clients spread over them, and take another at each attempt. The zero AddrPort: not known.
func (o *origin) address(spread int64) netip.AddrPort {
	addresses := o.addresses.Load()
	if addresses == nil || len(*addresses) == 0 {
		return netip.AddrPort{}
	}
	return (*addresses)[int(spread%int64(len(*addresses)))]
}

var errNoAddress = errors.New("no address for the host")

// lookUp finds the addresses that can be connected to; an error where there is none.
func (o *origin) lookUp(ctx context.Context) error {
	if o.fixed {
		if len(*o.addresses.Load()) == 0 {
			return o.unreached()
		}
		return nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", o.dialled)
	if err != nil {
		return err
	}
	if addresses := o.reached(found); len(addresses) > 0 {
		o.addresses.Store(&addresses)
		return nil
	}
	if len(found) > 0 {
		return o.unreached()
	}
	return errNoAddress
}

// reached leaves out what the source address does not reach.
func (o *origin) reached(found []netip.Addr) []netip.AddrPort {
	addresses := make([]netip.AddrPort, 0, len(found))
	for _, ip := range found {
		if o.source.IsValid() && o.source.Is4() != ip.Unmap().Is4() {
			o.skipped.Store(true)
			continue
		}
		addresses = append(addresses, netip.AddrPortFrom(ip.Unmap(), o.port))
	}
	return addresses
}

func family(ip netip.Addr) string {
	if ip.Is4() {
		return "IPv4"
	}
	return "IPv6"
}

func (o *origin) unreached() error {
	return fmt.Errorf("%s has no %s address, which the source %s needs", o.dialled, family(o.source), o.source)
}

// origins holds each origin once. Safe for concurrent use.
type origins struct {
	source netip.Addr
	mu     sync.Mutex
	byName map[string]*origin
}

// of is the origin of a URL, dialled where it says.
func (o *origins) of(u *url.URL) *origin { return o.at(u, u) }

// at is the origin of a URL that is dialled at another.
func (o *origins) at(u, dialled *url.URL) *origin {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := u.Scheme + "://" + u.Host + " " + dialled.Host
	if known := o.byName[key]; known != nil {
		return known
	}
	fresh := &origin{https: u.Scheme == "https", hostHeader: u.Host, name: u.Hostname(), dialled: dialled.Hostname(),
		port: httpurl.Port(dialled), source: o.source}
	if ip, err := netip.ParseAddr(fresh.dialled); err == nil {
		fresh.fixed = true
		addresses := fresh.reached([]netip.Addr{ip})
		fresh.addresses.Store(&addresses)
	}
	if o.byName == nil {
		o.byName = map[string]*origin{}
	}
	o.byName[key] = fresh
	return fresh
}

// refreshEvery is how often names are looked up again: a balancer in the cloud changes its addresses within minutes.
const refreshEvery = 30 * time.Second

// keepFresh looks names up until ctx ends. A look-up that fails leaves the addresses that were known.
func (o *origins) keepFresh(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		o.mu.Lock()
		var named []*origin
		for _, origin := range o.byName {
			if !origin.fixed {
				named = append(named, origin)
			}
		}
		o.mu.Unlock()
		for _, origin := range named {
			_ = origin.lookUp(ctx)
		}
	}
}
