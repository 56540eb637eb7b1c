package engine

import (
	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/journey"
)

type walkState uint8

const (
	// deciding: what comes next is known, and is walked when what is being read has been read.
	deciding walkState = iota
	// opening: its stream has not been accepted yet.
	opening
	// calling: a request is under way, or its next attempt waits for its time.
	calling
	waiting
	thinking
	walked
)

// walk is a client on its journey. It lives under its shard's lock, and has no goroutine but while a request is under way.
type walk struct {
	journey *journey.Journey
	values  journey.Values
	// stream is the step whose stream is the client's; nil before the first.
	stream *journey.Stream
	// links are the connections of its requests, by target; nil before the first request.
	links []link
	// exchange is the request that is under way.
	exchange *goroutineConn
	trace    *walkTrace
	// unread are events that a wait may still ask for.
	unread []unreadEvent
	// next is where it goes on, from when, while it is deciding.
	next   journey.Next
	nextUs int64
	// dueUs is when the present step was due, by this machine's clock.
	dueUs int64
	// visits counts how often each step was come to.
	visits []uint16
	step   int32
	// tag names one state of the walk: a timer or an answer of an earlier one is void.
	tag uint32
	// attempt of the present request.
	attempt uint32
	// steps walked so far, and values drawn at random.
	steps, randoms uint32
	state          walkState
	givesUp        bool
}

// release lets a client come, at its planned instant.
func (s *shard) release(c *client, plannedUs int64) {
	if len(s.engine.journeys.all) == 0 {
		s.begin(c)
		return
	}
	j := s.engine.journeys.of(s.id(c))
	c.walk = &walk{journey: j, visits: make([]uint16, len(j.Steps))}
	if len(s.plan.Streams) > 0 {
		s.begin(c)
	}
	s.goOn(c, journey.Next{}, plannedUs)
}

// goOn walks until there is something to wait for. The step that comes next is due at dueUs.
func (s *shard) goOn(c *client, next journey.Next, dueUs int64) {
	w := c.walk
	for {
		w.tag++
		if next.End != nil {
			s.endWalk(c, *next.End, dueUs)
			return
		}
		w.step, w.dueUs, w.attempt = int32(next.Step), dueUs, 0
		w.steps++
		w.visits[w.step]++
		switch step := w.journey.Steps[w.step].(type) {
		case *journey.Finish:
			next = journey.Next{End: &step.Ending}
		case *journey.Branch:
			next = step.Next(w.values)
		case *journey.Think:
			var delayMs float64
			delayMs, w.givesUp = step.Decide(s.draws(c))
			w.state = thinking
			s.walkTimer(c, dueUs+usOf(delayMs))
			return
		case *journey.Request:
			w.state = calling
			s.call(c, step)
			return
		case *journey.Wait:
			if found, atUs := s.takeUnread(c, step); found {
				next, dueUs = w.next, max(dueUs, atUs)
				continue
			}
			s.endTrace(c)
			w.state = waiting
			s.walkTimer(c, dueUs+usOf(step.TimeoutMs))
			return
		case *journey.Stream:
			s.endTrace(c)
			s.dropStream(c)
			w.state = opening
			w.stream = step
			c.edge = uint16(s.id(c) % int64(len(s.edgesOf(c))))
			s.begin(c)
			return
		}
	}
}

// walkTimer sets a timer for the walk's present state.
func (s *shard) walkTimer(c *client, atUs int64) {
	s.timers.push(timer{atUs: atUs, client: s.indexOf(c), attempt: c.walk.tag, kind: walkTimer})
}

// walkTimeUp: the time of a thought, a wait or a backoff is over.
func (s *shard) walkTimeUp(c *client, dueUs int64) {
	w := c.walk
	switch step := w.journey.Steps[w.step].(type) {
	case *journey.Think:
		if w.givesUp {
			s.goOn(c, journey.Next{End: &journey.Ending{End: journey.Abandoned, Cause: step.Abandon.Cause}}, dueUs)
		} else {
			s.goOn(c, step.Then, dueUs)
		}
	case *journey.Wait:
		if w.state == waiting {
			s.goOn(c, step.OnTimeout, dueUs)
		}
	case *journey.Request:
		s.call(c, step)
	}
}

// decide notes where the walk goes on, while its stream is being read.
func (w *walk) decide(next journey.Next, atUs int64) {
	w.tag++
	w.state, w.next, w.nextUs = deciding, next, atUs
}

// settle goes on with what was decided while bytes were read.
func (s *shard) settle(c *client) {
	if w := c.walk; w != nil && w.state == deciding {
		s.goOn(c, w.next, w.nextUs)
	}
}

// fail ends a journey by what must not be.
func (s *shard) fail(c *client, cause string, atUs int64) {
	step := c.walk.journey.Steps[c.walk.step].Label()
	s.goOn(c, journey.Next{End: &journey.Ending{End: journey.Failed, Cause: step + ": " + cause}}, atUs)
}

// endWalk: the journey is over, and the client hangs up.
func (s *shard) endWalk(c *client, how journey.Ending, atUs int64) {
	w := c.walk
	s.endTrace(c)
	w.state = walked
	if w.exchange != nil {
		w.exchange.hangUp()
		w.exchange = nil
	}
	for i := range w.links {
		w.links[i].hangUp()
	}
	s.dropStream(c)
	s.tellEnd(c, how, atUs)
	counted := ending{w.journey, how}
	if _, known := s.ends[counted]; !known && len(s.ends) >= maxCauses {
		counted.Cause = "other"
	}
	s.ends[counted]++
	switch how.End {
	case journey.Completed:
		s.counters.JourneysCompleted++
		planned := s.plan.plannedUs(s.id(c))
		s.engine.measures.recordWalked(journeyMeasure, planned, max(atUs-s.engine.startUs-planned, 0))
	case journey.Rejected:
		s.counters.JourneysRejected++
	case journey.Abandoned:
		s.counters.JourneysAbandoned++
	case journey.Failed:
		s.counters.JourneysFailed++
		s.count("journey " + w.journey.ID + ": " + how.Cause)
	}
	// What it has kept is of no more use to anybody.
	w.values, w.links, w.unread, w.visits = nil, nil, nil, nil
}

// runEnded is the cause of journeys that the end of the run has cut short.
const runEnded = "the run ended"

// cutShort ends the journey of a client that leaves before it is through.
func (s *shard) cutShort(c *client) {
	if c.walk == nil || c.walk.state == walked {
		return
	}
	now := nowUs()
	s.tellUnknown(c, now)
	c.walk.tag++
	s.endWalk(c, journey.Ending{End: journey.Abandoned, Cause: runEnded}, now)
}

// dropStream hangs up what a step of the journey has opened.
func (s *shard) dropStream(c *client) {
	if !c.walks() {
		return
	}
	if c.status == open {
		s.counters.Open--
	}
	s.endSpan(c, nowUs(), "")
	s.hangUp(c)
	c.status = ended
	c.disconnectedUs = 0
	c.walk.unread = nil
}

// journeyDraws keeps the draws of journeys apart from those of slow readers, retries and traces.
const journeyDraws = 1 << 40

// draws are the same for the same seed, client and number of steps walked, whatever time those have taken.
func (s *shard) draws(c *client) journey.Draw {
	id, use := s.id(c), uint64(journeyDraws)+uint64(c.walk.steps)<<8+uint64(c.walk.attempt)<<4
	return func() float64 {
		use++
		return s.plan.random(id, use)
	}
}

// makeScope makes what templates see, once: it allocates nothing for an event.
func (s *shard) makeScope() {
	s.scope.Random = func() uint64 {
		w := s.scopeClient.walk
		w.randoms++
		return s.identity(s.scope.Client, 1<<63|uint64(w.randoms))
	}
	s.scope.Draw = func() float64 {
		w := s.scopeClient.walk
		w.randoms++
		return s.plan.random(s.scope.Client, 2*journeyDraws+uint64(w.randoms))
	}
	s.scope.Key = func(step int) uint64 {
		return s.identity(s.scope.Client, uint64(step)<<16|uint64(s.scopeClient.walk.visits[step]))
	}
}

func (s *shard) scopeOf(c *client) *journey.Scope {
	s.scopeClient = c
	s.scope.Client, s.scope.Journey, s.scope.Values = s.id(c), c.walk.journey, c.walk.values
	return &s.scope
}

// identity is another one for each client and use, and in each run: two runs against one system do not share their keys.
func (s *shard) identity(id int64, use uint64) uint64 {
	return mix(mix(uint64(s.engine.startUs)+uint64(s.plan.Seed)<<20+uint64(id)*0x9e3779b97f4a7c15) + use*0xbf58476d1ce4e5b9)
}

func (s *shard) appendHeaders(dst []http1.Header, headers []journey.Header, c *client) []http1.Header {
	scope := s.scopeOf(c)
	for i := range headers {
		dst = append(dst, http1.Header{Name: headers[i].Name, Value: headers[i].Value.String(scope)})
	}
	return dst
}
