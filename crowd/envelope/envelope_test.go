package envelope

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/matchday/crowd/matchstate"
)

const (
	goal = `{"v":1,"stream":"match:m1","seq":12,"class":"goal","sourceAtUs":1795266000000000,"publishedAtUs":1795266000001000,` +
		`"event":{"type":"GOAL","factId":"g1","version":1,"team":"home","minute":12,"player":"Silva"}}`
	odds = `{"v":1,"stream":"match:m1","seq":13,"class":"odds","sourceAtUs":1795266000500000,"publishedAtUs":1795266000501000,` +
		`"event":{"type":"ODDS","home":1.85,"draw":3.4,"away":4.2}}`
	snapshot = `{"v":1,"stream":"match:m1","seq":14,"class":"snapshot","publishedAtUs":1795266000600000,"state":[` +
		`{"type":"GOAL","factId":"g1","version":1,"team":"home","minute":12,"player":"Silva"},` +
		`{"type":"RETRACT","factId":"g1","version":2,"reason":"offside"},` +
		`{"type":"STATUS","factId":"status","version":1,"status":"FIRST_HALF"}],` +
		`"odds":{"sourceAtUs":1795266000500000,"odds":{"type":"ODDS","home":1.85,"draw":3.4,"away":4.2}}}`
)

func newCache() (*Cache, *matchstate.Machine) {
	machine := matchstate.NewMachine()
	return NewCache(machine, "odds"), machine
}

func lookup(t *testing.T, c *Cache, data string) *Envelope {
	t.Helper()
	e := c.Lookup([]byte(data))
	if e.Malformed != nil {
		t.Fatal(e.Malformed)
	}
	return e
}

func TestAnEvent(t *testing.T) {
	c, machine := newCache()
	e := lookup(t, c, goal)
	id := machine.Intern(matchstate.Event{Type: "GOAL", FactID: "g1", Version: 1,
		Team: "home", HasTeam: true, Minute: 12, HasMinute: true, Player: "Silva", HasPlayer: true})
	want := Envelope{Class: ClassGoal, ClassName: "goal", Stream: "match:m1", Seq: 12, To: Everybody, Event: id,
		SourceAtUs: 1795266000000000, PublishedAtUs: 1795266000001000}
	if *e != want {
		t.Errorf("got %+v\nwant %+v", *e, want)
	}
	if e.IsSnapshot() {
		t.Error("an event is a snapshot")
	}
}

func TestOddsChangeTheQuoteAndNotTheState(t *testing.T) {
	c, _ := newCache()
	e := lookup(t, c, odds)
	if e.Event != 0 || e.QuoteAtUs != 1795266000500000 || e.Class != ClassOdds {
		t.Errorf("%+v", *e)
	}
	other := NewCache(matchstate.NewMachine(), "goal")
	if e := lookup(t, other, odds); e.QuoteAtUs != 0 {
		t.Errorf("odds are a quote although goals are: %+v", *e)
	}
	if e := lookup(t, other, goal); e.QuoteAtUs != 1795266000000000 {
		t.Errorf("a goal is no quote: %+v", *e)
	}
}

func TestASnapshot(t *testing.T) {
	c, machine := newCache()
	e := lookup(t, c, snapshot)
	if !e.IsSnapshot() || e.Class != ClassSnapshot || e.Seq != 14 || e.QuoteAtUs != 1795266000500000 || e.Event != 0 || e.SourceAtUs != 0 {
		t.Errorf("%+v", *e)
	}
	if screen := machine.Screen(e.Snapshot); screen != "FIRST_HALF 0-0 g1:GOAL:home:12:Silva:retracted" {
		t.Error(screen)
	}
	// The same state by events is the same pointer.
	state := machine.Apply(nil, lookup(t, c, goal).Event)
	for _, event := range []string{
		`{"type":"STATUS","factId":"status","version":1,"status":"FIRST_HALF"}`,
		`{"type":"RETRACT","factId":"g1","version":2,"reason":"offside"}`,
	} {
		state = machine.Apply(state, lookup(t, c, with(goal, `"event":`, `"event":`+event+`,"x":`)).Event)
	}
	if state != e.Snapshot {
		t.Errorf("by events the screen is %q", machine.Screen(state))
	}
	// Before anything is published there is no time of it.
	empty := lookup(t, c, `{"v":1,"stream":"s","seq":0,"class":"snapshot","publishedAtUs":0,"state":[],"odds":null}`)
	if empty.Snapshot != machine.Empty() || empty.QuoteAtUs != 0 {
		t.Errorf("%+v", *empty)
	}
}

// with replaces the first old by new.
func with(json, old, new string) string {
	if !strings.Contains(json, old) {
		panic("there is no " + old)
	}
	return strings.Replace(json, old, new, 1)
}

func TestWhatIsTaken(t *testing.T) {
	c, machine := newCache()
	if e := lookup(t, c, with(goal, `"v":1`, `"to":199999,"v":1`)); e.To != 199999 {
		t.Errorf("to is %d", e.To)
	}
	if e := lookup(t, c, with(goal, `"v":1`, `"to":0,"v":1`)); e.To != 0 {
		t.Errorf("to is %d", e.To)
	}
	if e := lookup(t, c, with(goal, `"v":1`, `"to":null,"v":1`)); e.To != Everybody {
		t.Errorf("to is %d", e.To)
	}
	if e := lookup(t, c, with(goal, `"v":1`, `"SEQ":99,"more":{"seq":3},"v":1`)); e.Seq != 12 {
		t.Errorf("unknown fields: seq is %d", e.Seq)
	}
	if e := lookup(t, c, " "+with(goal, "1795266000000000", "1795266000000000.75")+"\n"); e.SourceAtUs != 1795266000000000 {
		t.Errorf("a time with a fraction is %d", e.SourceAtUs)
	}
	if e := lookup(t, c, with(goal, `"class":"goal"`, `"class":"substitution"`)); e.Class != ClassOther || e.ClassName != "substitution" {
		t.Errorf("another class: %+v", *e)
	}
	amend := with(goal, `{"type":"GOAL","factId":"g1","version":1,"team":"home","minute":12,`, `{"type":"AMEND","factId":"g1","version":2,`)
	state := machine.Apply(machine.Apply(nil, lookup(t, c, with(amend, "Silva", "Roy")).Event), lookup(t, c, goal).Event)
	if screen := machine.Screen(state); screen != "NOT_STARTED 1-0 g1:GOAL:home:12:Roy" {
		t.Error(screen)
	}
}

func TestWhatIsMalformed(t *testing.T) {
	c, machine := newCache()
	tests := map[string]string{
		"":                                   "unexpected end of JSON input",
		"{":                                  "unexpected end of JSON input",
		"null":                               "null is no event",
		"[]":                                 "cannot unmarshal array",
		`"x"`:                                "cannot unmarshal string",
		goal[:100]:                           "unexpected end of JSON input",
		goal + "x":                           "invalid character 'x' after top-level value",
		with(goal, `"v":1`, `"v":2`):         "v is 2, not 1",
		with(goal, `"v":1,`, ``):             "v is missing",
		with(goal, `"seq":12,`, ``):          "seq is missing",
		with(goal, `"seq":12`, `"seq":0`):    "seq of an event is at least 1",
		with(goal, `"seq":12`, `"seq":-1`):   "seq is -1, not a whole number",
		with(goal, `"seq":12`, `"seq":1.5`):  "seq is 1.5, not a whole number",
		with(goal, `"seq":12`, `"seq":"12"`): `seq is "12", not a whole number`,
		with(goal, `"seq":12`, `"seq":9007199254740992`):                "not a whole number",
		with(goal, `"stream":"match:m1"`, `"stream":1`):                 "stream is 1, not a text",
		with(goal, `"publishedAtUs":1795266000001000,`, ``):             "publishedAtUs is missing",
		with(goal, `1795266000001000`, `0`):                             "publishedAtUs is 0, not a time",
		with(goal, `1795266000000000`, `true`):                          "sourceAtUs is true, not a time",
		with(goal, `"v":1`, `"to":-1,"v":1`):                            "to is -1, not a whole number",
		with(goal, `"event":{`, `"event":null,"x":{`):                   "event is no object",
		with(goal, `"event":{`, `"x":{`):                                "event is no object",
		with(goal, `"type":"GOAL",`, ``):                                "type is missing",
		with(goal, `"factId":"g1",`, ``):                                "factId is missing",
		with(goal, `"version":1`, `"version":1.5`):                      "version is 1.5",
		with(goal, `"minute":12`, `"minute":"12"`):                      "minute is",
		with(odds, `"seq":13`, `"seq":[`+strings.Repeat("1,", 40)+`1]`): "…, not a whole number",
		with(snapshot, `"publishedAtUs":`, `"publishedAtUs":0,"x":`):    "publishedAtUs is 0, not a time",
		with(snapshot, `"state":[`, `"x":[`):                            "state of a snapshot is no list",
		with(snapshot, `"state":[`, `"state":[7,`):                      "event is no object",
		with(snapshot, `"odds":{`, `"odds":7,"x":{`):                    "odds of a snapshot",
		with(snapshot, `"odds":{"sourceAtUs"`, `"odds":{"x"`):           "sourceAtUs is missing",
	}
	for data, want := range tests {
		e := c.Lookup([]byte(data))
		if e.Malformed == nil || !strings.Contains(e.Malformed.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", data, e.Malformed, want)
			continue
		}
		if e.To != Everybody || e.Seq != 0 || e.Snapshot != nil || e.Stream != "" {
			t.Errorf("%s: %+v", data, *e)
		}
	}
	if machine.Event(1) != nil {
		t.Error("a malformed payload left an event behind")
	}
}

func TestEachPayloadIsReadOnce(t *testing.T) {
	c, _ := newCache()
	const payloads = 300
	var clients sync.WaitGroup
	var first [payloads]*Envelope
	for i := range first {
		first[i] = c.Lookup(numbered(i))
	}
	for range 8 {
		clients.Go(func() {
			for i := range first {
				data := numbered(i)
				if e := c.Lookup(data); e != first[i] || e.Seq != uint64(i+1) {
					t.Errorf("payload %d gives another envelope", i)
				}
				for j := range data {
					data[j] = '#'
				}
			}
		})
	}
	clients.Wait()
	if c.Parsed() != payloads {
		t.Errorf("%d payloads were read %d times", payloads, c.Parsed())
	}
	c.Lookup([]byte("no json"))
	if c.Lookup([]byte("no json")); c.Parsed() != payloads+1 {
		t.Error("a malformed payload is read again")
	}
}

func TestABurstIsReadOnce(t *testing.T) {
	c, _ := newCache()
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			for i := range 50 {
				if e := c.Lookup(numbered(i)); e.Seq != uint64(i+1) {
					t.Errorf("seq %d", e.Seq)
				}
			}
		})
	}
	clients.Wait()
	if c.Parsed() != 50 {
		t.Errorf("50 payloads were read %d times", c.Parsed())
	}
}

func numbered(i int) []byte { return []byte(with(goal, `"seq":12`, fmt.Sprintf(`"seq":%d`, i+1))) }

func TestItIsBounded(t *testing.T) {
	c, _ := newCache()
	for i := range 3 * ways << setBits {
		if e := c.Lookup([]byte(fmt.Sprintf("%d", i))); e.Malformed == nil {
			t.Fatal("a number is an event")
		}
	}
	kept, size := count(c)
	if kept > ways<<setBits || kept < ways<<setBits*9/10 || size != c.bytes {
		t.Errorf("%d entries of %d bytes, counted as %d", kept, size, c.bytes)
	}
	large := strings.Repeat(" ", 5<<20)
	for i := range 20 {
		lookup(t, c, string(numbered(i))+large)
		if c.bytes > maxBytes {
			t.Fatalf("%d bytes are kept", c.bytes)
		}
	}
	if _, size := count(c); size != c.bytes {
		t.Errorf("%d bytes, counted as %d", size, c.bytes)
	}
	before := c.bytes
	if lookup(t, c, goal+strings.Repeat(" ", maxBytes/ways)); c.bytes != before {
		t.Error("a payload beyond all measure is kept")
	}
}

func count(c *Cache) (entries, size int) {
	for i := range c.sets {
		for j := range c.sets[i] {
			if e := c.sets[i][j].Load(); e != nil {
				entries++
				size += len(e.data)
			}
		}
	}
	return entries, size
}

func TestClasses(t *testing.T) {
	for c := range NumClasses {
		if ClassOf(c.String()) != c {
			t.Errorf("%v is not its own name", c)
		}
	}
	if ClassOf("substitution") != ClassOther || Class(99).String() != "other" {
		t.Error("an unknown class is not other")
	}
}

func TestAHitDoesNotAllocate(t *testing.T) {
	c, _ := newCache()
	data := []byte(goal)
	c.Lookup(data)
	if allocs := testing.AllocsPerRun(1000, func() { c.Lookup(data) }); allocs > 0 {
		t.Errorf("%g allocations", allocs)
	}
}

// FuzzLookup: any bytes are read or refused, and what is read says what its JSON says.
func FuzzLookup(f *testing.F) {
	for _, seed := range []string{goal, odds, snapshot, "null", `{"v":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, machine := newCache()
		e := c.Lookup(data)
		if c.Lookup(data) != e {
			t.Fatal("the second look differs")
		}
		if e.Malformed != nil {
			return
		}
		var o map[string]any
		if err := json.Unmarshal(data, &o); err != nil {
			t.Fatalf("no JSON, and taken: %v", err)
		}
		if o["v"] != 1.0 || o["stream"] != e.Stream || o["class"] != e.ClassName || o["seq"] != float64(e.Seq) {
			t.Fatalf("%s\n%+v", data, *e)
		}
		if e.IsSnapshot() {
			if events := o["state"].([]any); e.Snapshot.Len() > len(events) || machine.Screen(e.Snapshot) == "" {
				t.Fatalf("%d events make a state of %d", len(events), e.Snapshot.Len())
			}
			return
		}
		isOdds := o["event"].(map[string]any)["type"] == "ODDS"
		if isOdds != (e.Event == 0) {
			t.Fatalf("event %d", e.Event)
		}
	})
}

func BenchmarkLookupHit(b *testing.B) {
	c, _ := newCache()
	data := []byte(goal)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		c.Lookup(data)
	}
}

func BenchmarkLookupHitParallel(b *testing.B) {
	c, _ := newCache()
	data := []byte(goal)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Lookup(data)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	machine := matchstate.NewMachine()
	data := []byte(goal)
	b.ReportAllocs()
	for b.Loop() {
		parse(data, machine, "odds")
	}
}
