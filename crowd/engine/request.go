package engine

import (
	"strconv"
	"strings"

	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/httpurl"
	"github.com/matchday/crowd/journey"
)

// edgeRoute is one of the target's edges: an origin and what its URL has before the path of a request.
type edgeRoute struct {
	origin *origin
	// path has no slash at its end; query comes before that of a request.
	path, query string
	// basic is the Authorization that the URL's user and password stand for; empty where it has none.
	basic string
	// url is how the configuration names it, without user and password.
	url string
}

// target is what a request to this edge asks for.
func (r *edgeRoute) target(path, query string) string {
	if query = httpurl.Join(r.query, query); query != "" {
		return r.path + path + "?" + query
	}
	return r.path + path
}

// streamPath is what all clients of a stream ask for, encoded but for {client}.
type streamPath struct{ path, query string }

const clientPlace = "{client}"

func streamPathOf(reference string) streamPath {
	// A bracket would be encoded; so the place is kept by letters that mean nothing else.
	const kept = "\u2063client\u2063"
	encoded, _ := httpurl.Split(kept)
	path, query := httpurl.Split(strings.ReplaceAll(reference, clientPlace, kept))
	return streamPath{strings.ReplaceAll(path, encoded, clientPlace), strings.ReplaceAll(query, encoded, clientPlace)}
}

// targetOf is what a client's next request asks for.
func (s *shard) targetOf(c *client) string {
	if c.redirect != nil {
		return c.redirect.target
	}
	edge := &s.edgesOf(c)[c.edge]
	if c.walks() {
		return edge.target(httpurl.Split(string(c.walk.stream.Path.Append(nil, s.scopeOf(c), journey.InPath))))
	}
	p := &s.engine.paths[c.stream]
	target := edge.target(p.path, p.query)
	if s.engine.personal {
		target = strings.ReplaceAll(target, clientPlace, strconv.FormatInt(s.id(c), 10))
	}
	return target
}

// userHeaders are those that the user gives for the edges; they may lie in s.headers.
func (s *shard) userHeaders(c *client) []http1.Header {
	switch {
	case c.walks():
		s.headers = s.appendHeaders(s.headers[:0], c.walk.stream.Headers, c)
	case s.engine.personal:
		stream := s.plan.Streams[c.stream]
		replace := strings.NewReplacer(clientPlace, strconv.FormatInt(s.id(c), 10), "{match}", stream.Match, "{stream}", stream.ID)
		s.headers = s.headers[:0]
		for _, header := range s.engine.headers {
			s.headers = append(s.headers, http1.Header{Name: header.Name, Value: replace.Replace(header.Value)})
		}
	default:
		return s.engine.headers
	}
	return s.headers
}

// requestOf writes the request of a client's next connection.
func (s *shard) requestOf(dst []byte, c *client) []byte {
	to, target := s.originOf(c), s.targetOf(c)
	headers := s.userHeaders(c)
	lastEventID := c.parser.LastEventID()
	if given, at := headerOf(headers, "Last-Event-ID"); at >= 0 {
		// Where the user lets a client begin counts until its stream says where it is.
		if !c.parser.SawID() {
			lastEventID = given
		}
		s.headers = append(append(s.headers[:0], headers[:at]...), headers[at+1:]...)
		headers = s.headers
	}
	basic := s.edgesOf(c)[c.edge].basic
	if c.redirect != nil {
		basic = c.redirect.basic
		if c.redirect.foreign {
			headers = nil
		}
	}
	if _, at := headerOf(headers, "Authorization"); basic != "" && at < 0 {
		headers = s.with(headers, http1.Header{Name: "Authorization", Value: basic})
	}
	headers = s.withCookies(c, to, target, headers)
	if span := s.tracing[s.indexOf(c)]; span != nil {
		headers = s.with(headers, http1.Header{Name: traceparent, Value: traceparentOf(span)})
	}
	return http1.AppendRequest(dst, to.hostHeader, target, headers, lastEventID)
}

// with adds a header, in s.headers: those of all clients are not ours to write to.
func (s *shard) with(headers []http1.Header, header http1.Header) []http1.Header {
	s.headers = append(append(s.headers[:0], headers...), header)
	return s.headers
}

func headerOf(headers []http1.Header, name string) (value string, at int) {
	for i := range headers {
		if strings.EqualFold(headers[i].Name, name) {
			return headers[i].Value, i
		}
	}
	return "", -1
}
