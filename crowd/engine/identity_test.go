package engine

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/sse"
)

// judgedOf is what the crowd concluded from the order of events.
type judgedOf struct{ duplicate, reordered, lost, notJudged, resumes, reconnects int64 }

func concluded(final *crowd.Final) judgedOf {
	c := final.Counters
	return judgedOf{c.Duplicate, c.Reordered, c.Lost, c.NotJudged, c.Resumes, c.Reconnects}
}

func foreign(id any, data string) string { return fmt.Sprintf("id: %v\ndata: %s\n\n", id, data) }

func numbered(from, to, step int, data string) string {
	var all strings.Builder
	for id := from; id <= to; id += step {
		all.WriteString(foreign(id, fmt.Sprintf("%s%d", data, id)))
	}
	return all.String()
}

// identified plays one client that reads what is sent, a connection after the other, the last of which stays.
func identified(t *testing.T, ids crowd.IDMode, connections ...string) *crowd.Final {
	t.Helper()
	server := serve(t, func(v *visit) {
		v.say(header + connections[min(v.n, len(connections)-1)])
		if v.n >= len(connections)-1 {
			v.stay()
		}
	})
	config := configFor(1, 300, server.url)
	config.Streams[0].IDs = ids
	return play(t, config)
}

func TestWhatIsConcludedFromIDs(t *testing.T) {
	frame := func(seq int) string { return goal(seq) }
	first := [...]string{frame(1), frame(2), frame(3)}
	time.Sleep(time.Millisecond)
	begunAgain := frame(1) + frame(2) + frame(3) + frame(4)
	heartbeat := "event: heartbeat\ndata: {}\n\n"
	for _, test := range []struct {
		name        string
		ids         crowd.IDMode
		connections []string
		want        judgedOf
	}{
		{"nothing declared", "", []string{foreign(5, "a") + foreign(5, "a") + foreign(9, "b") + foreign(7, "c")}, judgedOf{notJudged: 4}},
		{"none", crowd.NoIDs, []string{first[0] + first[0] + first[2]}, judgedOf{}},
		{"heartbeats without an id of their own, in our envelope", "",
			[]string{first[0] + heartbeat + heartbeat + first[1] + heartbeat}, judgedOf{notJudged: 3}},
		{"heartbeats without an id of their own", crowd.Contiguous,
			[]string{foreign(1, "a") + heartbeat + heartbeat + foreign(2, "b")}, judgedOf{notJudged: 4}},
		{"a cursor at the start", crowd.Ordered, []string{foreign(7, "hello") + "data: tick\n\ndata: tick\n\n"}, judgedOf{notJudged: 3}},
		{"an id that is taken back", crowd.Opaque, []string{"id: a\ndata: 1\n\nid\ndata: 1\n\nid\ndata: 1\n\n"}, judgedOf{notJudged: 3}},

		{"contiguous: a gap, a repeat, an exchange", crowd.Contiguous,
			[]string{numbered(1, 3, 1, "x") + foreign(3, "x3") + foreign(5, "x5") + foreign(4, "x4") + foreign(8, "x8")},
			judgedOf{duplicate: 1, reordered: 1, lost: 2, notJudged: 6}},
		{"contiguous: ids that are no numbers", crowd.Contiguous, []string{foreign("a", "1") + foreign("a", "1")}, judgedOf{notJudged: 2}},
		{"contiguous: the last one twice, contents all the same", crowd.Contiguous,
			[]string{foreign(1, "x") + foreign(2, "x") + foreign(2, "x")}, judgedOf{duplicate: 1, notJudged: 2}},
		{"contiguous: old events are sent again", crowd.Contiguous,
			[]string{numbered(1, 40, 1, "x"), numbered(1, 50, 1, "x")},
			judgedOf{duplicate: 40, notJudged: 50, resumes: 1, reconnects: 1}},
		{"contiguous: begun again", crowd.Contiguous,
			[]string{numbered(1, 40, 1, "x"), numbered(1, 30, 1, "y")},
			judgedOf{notJudged: 70, reconnects: 1}},
		{"contiguous: begun again on one connection, beyond where it was", crowd.Contiguous,
			[]string{numbered(1, 40, 1, "x") + numbered(1, 90, 1, "y")}, judgedOf{notJudged: 130}},
		{"contiguous: begun again twice", crowd.Contiguous,
			[]string{numbered(1, 40, 1, "x"), numbered(1, 20, 1, "y"), numbered(1, 30, 1, "z")}, judgedOf{notJudged: 90, reconnects: 2}},
		{"contiguous: begun again, and sent again", crowd.Contiguous,
			[]string{numbered(1, 40, 1, "x"), numbered(1, 20, 1, "y"), numbered(11, 25, 1, "y")},
			judgedOf{duplicate: 10, notJudged: 65, resumes: 1, reconnects: 2}},
		{"contiguous: begun again with contents that are all the same", crowd.Contiguous,
			[]string{foreign(1, "x") + foreign(2, "x") + foreign(3, "x") + foreign(4, "x"),
				foreign(1, "x") + foreign(2, "x") + foreign(3, "x")}, judgedOf{notJudged: 7, reconnects: 1}},
		{"contiguous: not resumed, there is a gap", crowd.Contiguous,
			[]string{numbered(1, 3, 1, "x"), numbered(7, 9, 1, "x")}, judgedOf{lost: 3, notJudged: 6, reconnects: 1}},

		{"our envelope: begun again", "", []string{snapshotFrame(0) + first[0] + first[1] + first[2], begunAgain},
			judgedOf{notJudged: 1, reconnects: 1, resumes: 1}},
		{"our envelope: old events are sent again", "", []string{snapshotFrame(0) + first[0] + first[1] + first[2],
			first[0] + first[1] + first[2]}, judgedOf{duplicate: 3, reconnects: 1, resumes: 1}},

		{"ordered: no gap is concluded", crowd.Ordered, []string{numbered(1000, 90_000, 1000, "x")}, judgedOf{notJudged: 90}},
		{"ordered: a repeat, an exchange", crowd.Ordered,
			[]string{foreign(10, "a") + foreign(30, "c") + foreign(30, "c") + foreign(20, "b") + foreign(40, "d")},
			judgedOf{duplicate: 1, reordered: 1, notJudged: 4}},
		{"ordered: two events in one millisecond", crowd.Ordered,
			[]string{foreign(10, "a") + foreign(10, "b") + foreign(20, "a") + foreign(20, "b")}, judgedOf{notJudged: 4}},
		{"ordered: our envelope, filtered", crowd.Ordered, []string{frame(3) + frame(6) + frame(9)}, judgedOf{}},
		{"ordered: begun again on one connection", crowd.Ordered,
			[]string{numbered(3, 90, 3, "x") + numbered(3, 180, 3, "y")}, judgedOf{notJudged: 90}},
		{"ordered: old events are sent again", crowd.Ordered,
			[]string{numbered(3, 90, 3, "x"), numbered(60, 120, 3, "x")},
			judgedOf{duplicate: 11, notJudged: 40, reconnects: 1}},

		{"opaque: no order", crowd.Opaque, []string{foreign(9, "a") + foreign("x", "b") + foreign(2, "c")}, judgedOf{notJudged: 3}},
		{"opaque: a repeat", crowd.Opaque, []string{foreign("a", "1") + foreign("b", "2") + foreign("a", "1")},
			judgedOf{duplicate: 1, notJudged: 2}},
		{"opaque: one id for different events", crowd.Opaque, []string{foreign("a", "1") + foreign("a", "2") + foreign("a", "3")},
			judgedOf{notJudged: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			equal(t, "concluded", concluded(identified(t, test.ids, test.connections...)), test.want)
		})
	}
}

// A client that is away gets, or does not get, what another one got meanwhile.
func TestAResumeIsOneWhenWhatWasMissedCameAgain(t *testing.T) {
	for _, test := range []struct {
		name   string
		ids    crowd.IDMode
		resume string
		want   int64
	}{
		{"ordered: all came", crowd.Ordered, numbered(2000, 5000, 1000, "x"), 1},
		{"ordered: one did not", crowd.Ordered, numbered(2000, 4000, 1000, "x"), 0},
		{"opaque: all came", crowd.Opaque, numbered(2000, 5000, 1000, "x"), 1},
		{"opaque: other events with these ids", crowd.Opaque, numbered(2000, 5000, 1000, "y"), 0},
		{"nothing declared", "", numbered(2000, 5000, 1000, "x"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			made := make(chan *Engine, 1)
			engineMade = func(e *Engine) { made <- e }
			t.Cleanup(func() { engineMade = nil })
			engine := sync.OnceValue(func() *Engine { return <-made })
			awaited := func(v *visit, holds func(*Engine) bool) {
				for !holds(engine()) && v.ended.Err() == nil {
					time.Sleep(time.Millisecond)
				}
			}
			server := serve(t, func(v *visit) {
				switch v.n {
				case 0:
					v.say(header + foreign(1000, "x1000"))
					awaited(v, func(e *Engine) bool { return e.sum().counters.Events == 2 })
				case 1:
					v.say(header + foreign(1000, "x1000"))
					awaited(v, func(e *Engine) bool { return e.sum().counters.Disconnects == 1 })
					v.say(numbered(2000, 5000, 1000, "x"))
					v.stay()
				default:
					awaited(v, func(e *Engine) bool { return e.sum().counters.Events == 6 })
					v.say(header + test.resume)
					v.stay()
				}
			})
			config := configFor(2, 400, server.url)
			config.Streams[0].IDs = test.ids
			final := play(t, config)
			equal(t, "reconnects", final.Counters.Reconnects, 1)
			equal(t, "resumes", final.Counters.Resumes, test.want)
		})
	}
}

// Snapshots say more of a stream than the events that have come: what comes late of it is of no new numbering.
func TestEventsBehindASnapshotBeginNoNumbering(t *testing.T) {
	frames := []string{"", goal(1), goal(2), goal(3), goal(4), goal(5)}
	server := serve(t, func(v *visit) {
		if v.n == 0 {
			v.say(header + snapshotFrame(0) + frames[1])
			time.Sleep(50 * time.Millisecond)
			v.say(strings.Join(frames[2:], ""))
		} else {
			// As of 4, with some that were under way.
			v.say(header + snapshotFrame(4) + frames[2] + frames[3] + frames[4])
			time.Sleep(50 * time.Millisecond)
			v.say(frames[5])
		}
		v.stay()
	})
	final := play(t, configFor(3, 300, server.url))
	equal(t, "concluded", concluded(final), judgedOf{})
	equal(t, "on time", final.Counters.OnTime, 5+1+1)
	equal(t, "deliveries of the ledger's numbering", len(final.Streams[streamID].Events), 5)
	equal(t, "of the last", final.Streams[streamID].Events[4].OnTime, 3)
}

func TestAnEventInOurEnvelopeAllocatesNothing(t *testing.T) {
	e := newEngine(t.Context(), configFor(64, 1000, "http://127.0.0.1:1"))
	if err := e.makeShards(); err != nil {
		t.Fatal(err)
	}
	for _, s := range e.shards {
		t.Cleanup(s.closePoller)
	}
	s := e.shards[0]
	s.arrivalUs = nowUs()
	e.startUs = s.arrivalUs
	events := make([]sse.Event, 200)
	for i := range events {
		_, data, _ := strings.Cut(strings.TrimSpace(goal(1+i)), "data: ")
		events[i] = sse.Event{Data: []byte(data), OwnID: true}
	}
	read := func(c *client) func() {
		next := 0
		return func() {
			s.current = c
			s.take(&events[next])
			next++
		}
	}
	// The first of all clients reads what is new to everybody.
	first := read(&s.clients[0])
	for range events {
		first()
	}
	second := read(&s.clients[1])
	second()
	if allocations := testing.AllocsPerRun(len(events)-2, second); allocations > 0 {
		t.Errorf("%g allocations an event", allocations)
	}
	equal(t, "on time", s.counters.OnTime, int64(2*len(events)))
}
