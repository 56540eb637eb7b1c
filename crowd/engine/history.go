package engine

import (
	"encoding/json"
	"sync"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/journey"
)

// valuesMost bounds what one line of a history says of a client's captures.
const valuesMost = 2 << 10

// histories keeps what clients asked for and were told, all of it, until it is written. Safe for concurrent use.
type histories struct {
	kept  bool
	mu    sync.Mutex
	fresh []*crowd.HistoryEntry
}

// drain takes the entries that came since the last time.
func (h *histories) drain() []*crowd.HistoryEntry {
	h.mu.Lock()
	defer h.mu.Unlock()
	fresh := h.fresh
	h.fresh = nil
	return fresh
}

// tell adds an entry on the present step of a client's walk.
func (s *shard) tell(c *client, entry crowd.HistoryEntry) {
	h := &s.engine.histories
	if !h.kept {
		return
	}
	entry.Client = s.id(c)
	if entry.Step == "" {
		entry.Step = c.walk.journey.Steps[c.walk.step].Label()
	}
	entry.AtUs += s.engine.offsetUs
	entry.Values = valuesOf(c.walk)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fresh = append(h.fresh, &entry)
}

// valuesOf are the captures that there are, as many as fit.
func valuesOf(w *walk) map[string]json.RawMessage {
	var values map[string]json.RawMessage
	size := 0
	for slot, name := range w.journey.Captures {
		if !w.values.Has(slot) {
			continue
		}
		encoded := w.values[slot].AppendJSON(nil)
		if size += len(name) + len(encoded); size > valuesMost {
			size -= len(name) + len(encoded)
			continue
		}
		if values == nil {
			values = map[string]json.RawMessage{}
		}
		values[name] = encoded
	}
	return values
}

// tellStream tells of an attempt to open the stream of a step.
func (s *shard) tellStream(c *client, kind string, status int, cause string) {
	if c.walks() {
		atUs := s.arrivalUs
		if status == 0 {
			atUs = nowUs()
		}
		s.tell(c, crowd.HistoryEntry{Step: c.walk.stream.Name, Type: kind, AtUs: atUs, Attempt: c.attempt, Status: status, Cause: cause})
	}
}

// tellLost: an attempt to open a stream has come to nothing. Whether the server has taken it is known only where it said so.
func (s *shard) tellLost(c *client, cause string) {
	switch {
	case c.status == open:
	case c.response.HeaderDone():
		s.tellStream(c, kindOf5xx(c.response.Status()), c.response.Status(), cause)
	default:
		s.tellStream(c, "info", 0, cause)
	}
}

// kindOf5xx is what an answer that is no success means: refused, or, where a server or a gateway has failed underway, unknown.
// 503 is a refusal: it says that the request was not handled (RFC 9110, 15.6.4).
func kindOf5xx(status int) string {
	if status >= 500 && status != 503 {
		return "info"
	}
	return "fail"
}

// tellAnswer tells how a request that is recorded has turned out.
func (s *shard) tellAnswer(c *client, step *journey.Request, a *answer) {
	if !step.Recorded {
		return
	}
	entry := crowd.HistoryEntry{Type: "ok", AtUs: a.atUs, Attempt: c.walk.attempt, Status: a.status, Cause: a.cause}
	switch {
	case a.failure != "":
		entry.Type = "info"
	case a.status >= 400:
		entry.Type = kindOf5xx(a.status)
	}
	s.tell(c, entry)
}

func (s *shard) tellCall(c *client, step *journey.Request, atUs int64) {
	if step.Recorded {
		s.tell(c, crowd.HistoryEntry{Type: "invoke", AtUs: atUs, Attempt: c.walk.attempt})
	}
}

// tellUnknown: the run ends while a request is under way.
func (s *shard) tellUnknown(c *client, atUs int64) {
	w := c.walk
	if request, is := w.journey.Steps[w.step].(*journey.Request); is && w.exchange != nil {
		s.tellAnswer(c, request, &answer{failure: journey.Connection, cause: runEnded, atUs: atUs})
	}
	if c.walks() && (c.status == connecting || c.status == resolving || c.status == awaiting) {
		s.tellStream(c, "info", 0, runEnded)
	}
}

func (s *shard) tellEnd(c *client, how journey.Ending, atUs int64) {
	s.tell(c, crowd.HistoryEntry{Type: "end", AtUs: atUs, End: string(how.End), Cause: how.Cause})
}
