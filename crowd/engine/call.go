package engine

import (
	"context"
	"net/netip"
	"strings"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/coding"
	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/httpurl"
	"github.com/matchday/crowd/journey"
)

// link is a client's place at one target: the base URL that it is at, and the connection that it keeps there between its
// requests, as a browser does.
type link struct {
	conn *callConn
	// edge is one more than the place of the URL in the target's list; 0: not chosen yet.
	edge uint16
}

func (l *link) hangUp() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

func (s *shard) linkOf(c *client, to *target) *link {
	w := c.walk
	if w.links == nil {
		w.links = make([]link, len(s.engine.targets))
	}
	l := &w.links[to.place]
	if l.edge == 0 {
		l.edge = uint16(s.id(c)%int64(len(to.routes))) + 1
	}
	return l
}

// call makes an attempt of a request. It has a goroutine for as long as it is under way.
func (s *shard) call(c *client, step *journey.Request) {
	w := c.walk
	if missing := step.Missing(w.values); missing >= 0 {
		s.fail(c, w.journey.Captures[missing]+" was not captured", w.dueUs)
		return
	}
	w.attempt++
	to := s.engine.targets[step.Target]
	l := s.linkOf(c, to)
	route := &to.routes[l.edge-1]
	now := nowUs()
	// The lag of the first step is that of the release itself.
	if w.attempt == 1 && w.steps > 1 {
		s.engine.measures.record(releaseLag, w.dueUs-s.engine.startUs, max(now-w.dueUs, 0))
	}
	span := s.beginCallSpan(c, step, route, now)
	ctx, cancel := context.WithTimeout(s.engine.ctx, time.Duration(usOf(step.TimeoutMs))*time.Microsecond)
	g := &goroutineConn{cancel: cancel}
	w.exchange = g
	x := &exchange{engine: s.engine, ctx: ctx, g: g, origin: route.origin, address: route.origin.address(s.id(c) + int64(w.steps)),
		kept: l.conn, wantsBody: step.WantsBody(), wantsHead: wantsHead(step)}
	l.conn = nil
	x.request, x.target, x.repeatable = s.callRequest(c, step, route, span)
	s.tellCall(c, step, now)
	tag := w.tag
	go func() {
		answer := x.run()
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		if w.tag != tag || w.exchange != g {
			// The journey went on without it.
			if answer.conn != nil {
				answer.conn.Close()
			}
			return
		}
		w.exchange = nil
		s.endCallSpan(c, span, answer)
		s.keepCookies(c, x.origin, x.target, answer.cookies)
		s.answered(c, step, to, answer)
		s.wakeIfEarlier()
	}()
}

// callRequest writes the request; repeatable: to send it twice does no more than once.
func (s *shard) callRequest(c *client, step *journey.Request, route *edgeRoute, span *crowd.Span) (request []byte, target string, repeatable bool) {
	scope := s.scopeOf(c)
	target = route.target(httpurl.Split(string(step.Path.Append(nil, scope, journey.InPath))))
	s.headers = s.appendHeaders(s.headers[:0], step.Headers, c)
	if _, at := headerOf(s.headers, "Authorization"); route.basic != "" && at < 0 {
		s.headers = append(s.headers, http1.Header{Name: "Authorization", Value: route.basic})
	}
	s.headers = s.withCookies(c, route.origin, target, s.headers)
	if span != nil {
		s.headers = append(s.headers, http1.Header{Name: traceparent, Value: traceparentOf(span)})
	}
	var body []byte
	if step.Body != nil {
		body = step.Body.Append(nil, scope)
	}
	repeatable = step.Method != "POST"
	for _, header := range s.headers {
		repeatable = repeatable || strings.EqualFold(header.Name, "Idempotency-Key")
	}
	return http1.AppendCall(nil, step.Method, route.origin.hostHeader, []byte(target), s.headers, body), target, repeatable
}

func wantsHead(step *journey.Request) bool {
	for _, capture := range step.Captures {
		if capture.Header != "" {
			return true
		}
	}
	return false
}

// answered goes on with what an attempt has come to.
func (s *shard) answered(c *client, step *journey.Request, to *target, a *answer) {
	w := c.walk
	s.counters.Bytes += a.bytes
	l := s.linkOf(c, to)
	l.conn = a.conn
	outcome := a.failure
	if outcome == "" {
		outcome = journey.StatusOutcome(a.status)
		s.stamped(a.kernel)
		s.engine.measures.record(readLag, a.atUs-s.engine.startUs, max(nowUs()-a.atUs, 0))
		if !w.journey.Streams {
			s.firstAnswer(c, a.atUs)
		}
	} else {
		s.count("request " + step.Name + ": " + a.cause)
	}
	if a.failure != "" || a.status >= 500 {
		l.hangUp()
		l.edge = l.edge%uint16(len(to.routes)) + 1
	}
	s.tellAnswerAfter(c, step, a)
	if r := step.Retry; r != nil && r.On.Has(outcome) && int(w.attempt) < r.Attempts {
		s.walkTimer(c, a.atUs+usOf(r.BackoffMs(int(w.attempt)+1, s.draws(c))))
		return
	}
	s.recordStep(requestMeasure(step.Name), w.dueUs, a.atUs)
	next, known := step.On.Of(outcome)
	switch {
	case known:
		s.goOn(c, next, a.atUs)
	case a.failure != "":
		s.fail(c, a.cause, a.atUs)
	default:
		s.fail(c, "status "+outcome, a.atUs)
	}
}

// tellAnswerAfter takes what is captured from an answer, so that the history tells it.
func (s *shard) tellAnswerAfter(c *client, step *journey.Request, a *answer) {
	if a.failure == "" {
		s.capture(c, step, a)
	}
	s.tellAnswer(c, step, a)
}

// capture takes what an answer holds. What it does not hold stays as it was, but for a success: then it is no more.
func (s *shard) capture(c *client, step *journey.Request, a *answer) {
	w := c.walk
	for _, capture := range step.Captures {
		value, found := a.value(capture)
		if !found && a.status >= 300 {
			continue
		}
		if !w.values.Put(w.journey, capture.Slot, value) {
			s.count("request " + step.Name + ": captures are larger than 64 KiB")
			w.values.Put(w.journey, capture.Slot, journey.Value{})
		}
	}
}

// firstAnswer: a client that has no stream yet is connected once it was answered, be it by a refusal that its journey knows.
func (s *shard) firstAnswer(c *client, atUs int64) {
	if c.accepted || len(s.plan.Streams) > 0 {
		return
	}
	c.accepted = true
	s.counters.Connected++
	s.lastConnectUs = max(s.lastConnectUs, atUs-s.engine.startUs)
	s.engine.firstConnect()
}

// exchange is one attempt of one request.
type exchange struct {
	engine               *Engine
	ctx                  context.Context
	g                    *goroutineConn
	origin               *origin
	address              netip.AddrPort
	kept                 *callConn
	request              []byte
	repeatable           bool
	wantsBody, wantsHead bool
	// target is what it asks for; coding takes the answer's content coding off, where it has one and is wanted.
	target string
	coding *coding.Decoder
}
