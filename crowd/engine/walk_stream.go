package engine

import (
	"slices"
	"strconv"

	"github.com/matchday/crowd/journey"
	"github.com/matchday/crowd/sse"
)

// opened: the stream of a step was accepted.
func (s *shard) opened(c *client) {
	if !c.walks() {
		return
	}
	w := c.walk
	s.tellStream(c, "ok", 200, "")
	if w.state != opening {
		return
	}
	s.recordStep(requestMeasure(w.stream.Name), w.dueUs, s.arrivalUs)
	w.decide(w.stream.Then, s.arrivalUs)
}

// recordStep measures from when a step was due to an instant, in the phase in which it was due.
func (s *shard) recordStep(key string, dueUs, atUs int64) {
	s.engine.measures.recordWalked(key, dueUs-s.engine.startUs, max(atUs-dueUs, 0))
}

// refused: the answer to the opening of a stream is another status than 200. The journey may say what that means, unless the
// client is at something else meanwhile: then it tries again, as it does with whatever the journey says nothing of.
func (s *shard) refused(c *client, code int) {
	w := c.walk
	next, known := w.stream.On.Of(journey.StatusOutcome(code))
	if !known || (w.state != opening && w.state != waiting) {
		s.busy(c)
		return
	}
	s.firstAnswer(c, s.arrivalUs)
	s.tellStream(c, "fail", code, "")
	if w.state == opening {
		s.recordStep(requestMeasure(w.stream.Name), w.dueUs, s.arrivalUs)
	}
	s.endSpan(c, s.arrivalUs, "")
	s.hangUp(c)
	c.status = ended
	s.goOn(c, next, s.arrivalUs)
}

// unreadMost bounds the events that are kept for a wait to come; of each name there is one.
const unreadMost = 8

// unreadEvent came while nothing waited for it.
type unreadEvent struct {
	name, data []byte
	atUs       int64
}

var unnamedEvent = []byte("message")

// takeOfJourney is called for every event of a stream that a step has opened.
func (s *shard) takeOfJourney(c *client, event *sse.Event) {
	w := c.walk
	s.counters.Events++
	s.sawEvent(c)
	name := event.Type
	if len(name) == 0 {
		name = unnamedEvent
	}
	for i := range w.stream.Listen {
		if match := &w.stream.Listen[i]; match.Matches(name, event.Data, s.scopeOf(c)) {
			s.takeMatch(c, match, event.Data, s.arrivalUs)
		}
	}
	if !w.journey.Awaits(name) {
		return
	}
	if w.state == waiting {
		step := w.journey.Steps[w.step].(*journey.Wait)
		if next, matches := s.awaited(c, step, name, event.Data, s.arrivalUs); matches {
			w.decide(next, s.arrivalUs)
			return
		}
	}
	w.keepUnread(name, event.Data, s.arrivalUs)
}

// awaited: one of those that a wait is for.
func (s *shard) awaited(c *client, step *journey.Wait, name, data []byte, atUs int64) (next journey.Next, matches bool) {
	for i := range step.For {
		if match := &step.For[i]; match.Matches(name, data, s.scopeOf(c)) {
			s.takeMatch(c, &match.Match, data, atUs)
			s.recordStep(waitMeasure(step.Name), c.walk.dueUs, atUs)
			return match.Next, true
		}
	}
	return next, false
}

// takeMatch takes from an event what is captured and measured. An event that is too large to be kept is not captured.
func (s *shard) takeMatch(c *client, match *journey.Match, data []byte, atUs int64) {
	for _, capture := range match.Captures {
		if raw, found := capture.Path.Find(data); found {
			if value, valid := journey.JSONValue(raw); valid && c.walk.values.Put(c.walk.journey, capture.Slot, value) {
				continue
			}
		}
		s.count("event " + match.Event + ": cannot be captured")
	}
	if match.Age != nil {
		s.measureAge(match, data, atUs)
	}
}

func (s *shard) measureAge(match *journey.Match, data []byte, atUs int64) {
	raw, found := match.Age.Path.Find(data)
	asOfUs, ok := parseDecimal(raw)
	if !found || !ok {
		s.count("event " + match.Event + ": no time at " + match.Age.Path.String())
		return
	}
	ageUs := atUs + s.engine.offsetUs - asOfUs
	if ageUs < 0 {
		s.count("clock: negative age")
		ageUs = 0
	}
	// It is old in the phase in which it was seen: what an outage made old is no fault of the quiet time before.
	s.engine.measures.recordWalked(match.Age.Measure, atUs-s.engine.startUs, ageUs)
}

// parseDecimal reads a whole number without a copy of its text.
func parseDecimal(raw []byte) (n int64, ok bool) {
	if len(raw) == 0 || len(raw) > 18 {
		return 0, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			n, err := strconv.ParseFloat(string(raw), 64)
			return int64(n), err == nil
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// keepUnread keeps the newest of each name.
func (w *walk) keepUnread(name, data []byte, atUs int64) {
	w.unread = slices.DeleteFunc(w.unread, func(other unreadEvent) bool { return string(other.name) == string(name) })
	if len(w.unread) == unreadMost || len(data) > journey.MaxCaptured/unreadMost {
		return
	}
	w.unread = append(w.unread, unreadEvent{slices.Clone(name), slices.Clone(data), atUs})
}

// takeUnread: what a wait is for may have come before the client got there.
func (s *shard) takeUnread(c *client, step *journey.Wait) (found bool, atUs int64) {
	w := c.walk
	for i, event := range w.unread {
		if next, matches := s.awaited(c, step, event.name, event.data, event.atUs); matches {
			w.next = next
			w.unread = slices.Delete(w.unread, i, i+1)
			return true, event.atUs
		}
	}
	return false, 0
}
