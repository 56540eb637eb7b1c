package engine

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// origin is where a connection goes to: scheme, host and port, with the addresses that its name stands for.
type origin struct {
	https bool
	// hostHeader is host:port as the URL said it; name is the host alone, for TLS.
	hostHeader string
	name       string
	port       uint16
	addresses  atomic.Pointer[[]netip.AddrPort]
	// fixed: the URL named an address; there is nothing to look up.
	fixed bool
	// source is the local address to connect from: it reaches only addresses of its own family.
	source netip.Addr
}

// route is an origin and a path on it.
type route struct {
	origin *origin
	// path is empty for the target's own, and set by a redirect.
	path string
}

// address is one of the origin's addresses; clients spread over them, and take another at each attempt. The zero AddrPort: not known.
func (o *origin) address(spread int64) netip.AddrPort {
	addresses := o.addresses.Load()
	if addresses == nil || len(*addresses) == 0 {
		return netip.AddrPort{}
	}
	return (*addresses)[int(spread%int64(len(*addresses)))]
}

func (o *origin) lookUp(ctx context.Context) error {
	if o.fixed {
		return nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", o.name)
	if err != nil {
		return err
	}
	addresses := make([]netip.AddrPort, 0, len(found))
	for _, ip := range found {
		if o.source.IsValid() && o.source.Is4() != ip.Unmap().Is4() {
			continue
		}
		addresses = append(addresses, netip.AddrPortFrom(ip.Unmap(), o.port))
	}
	o.addresses.Store(&addresses)
	return nil
}

// origins holds each origin once. Safe for concurrent use.
type origins struct {
	source netip.Addr
	mu     sync.Mutex
	byName map[string]*origin
}

func (o *origins) of(u *url.URL) *origin {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := u.Scheme + "://" + u.Host
	if known := o.byName[key]; known != nil {
		return known
	}
	fresh := &origin{https: u.Scheme == "https", hostHeader: u.Host, name: u.Hostname(), port: 80, source: o.source}
	if fresh.https {
		fresh.port = 443
	}
	if port, err := net.LookupPort("tcp", u.Port()); err == nil && u.Port() != "" {
		fresh.port = uint16(port)
	}
	if ip, err := netip.ParseAddr(fresh.name); err == nil {
		fresh.fixed = true
		fresh.addresses.Store(&[]netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), fresh.port)})
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
