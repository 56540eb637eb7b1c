package engine

import (
	"errors"
	"fmt"

	"github.com/matchday/crowd/httpurl"
)

// maxRedirects of one attempt, as in WHATWG Fetch (HTTP-redirect fetch).
const maxRedirects = 20

// redirection is where an attempt has been sent to.
type redirection struct {
	origin *origin
	target string
	// foreign: it has led to an origin that is none of the edges. What the user gives for those is not for it, and a way back
	// does not bring it again, as in Fetch.
	foreign bool
	basic   string
}

func isRedirect(code int) bool {
	return code == 301 || code == 302 || code == 303 || code == 307 || code == 308
}

// redirect follows one, with the same GET: an event stream has no other method, and no body.
func (s *shard) redirect(c *client) {
	location := c.response.Fields().Location
	switch {
	case location == "":
		s.finish(c, fmt.Sprintf("response: status %d without a Location", c.response.Status()))
		return
	case c.hops == maxRedirects:
		s.finish(c, fmt.Sprintf("response: more than %d redirects", maxRedirects))
		return
	}
	next, err := s.redirection(c, location)
	if err != nil {
		s.finish(c, "response: redirect to what cannot be followed: "+err.Error())
		return
	}
	s.hangUp(c)
	c.hops++
	c.redirect = next
	s.dial(c)
}

var errForeignCredentials = errors.New("another origin, with a user in its URL")

func (s *shard) redirection(c *client, location string) (*redirection, error) {
	from := s.originOf(c)
	base, err := from.url(s.targetOf(c))
	if err != nil {
		return nil, err
	}
	to, err := httpurl.Resolve(base, location)
	if err != nil {
		return nil, err
	}
	next := &redirection{target: to.RequestURI(), foreign: c.redirect != nil && c.redirect.foreign}
	next.origin = s.engine.origins.of(to)
	if next.origin.same(from) {
		// Dialled where it is already, whatever its name stands for.
		next.origin = from
	} else if httpurl.Basic(to.User) != "" {
		return nil, errForeignCredentials
	}
	edge := s.edgeAt(c, next.origin)
	next.foreign = next.foreign || edge == nil
	if !next.foreign {
		next.basic = edge.basic
	}
	if basic := httpurl.Basic(to.User); basic != "" {
		next.basic = basic
	}
	return next, nil
}

// edgeAt is the edge with this origin, the client's present one before all others; nil where it is none of them.
func (s *shard) edgeAt(c *client, o *origin) *edgeRoute {
	edges := s.edgesOf(c)
	if edges[c.edge].origin.same(o) {
		return &edges[c.edge]
	}
	for i := range edges {
		if edges[i].origin.same(o) {
			return &edges[i]
		}
	}
	return nil
}
