package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/matchday/crowd/matchstate"
)

// object is a JSON object whose names are matched exactly: encoding/json would also take `SEQ` for `seq`.
type object map[string]json.RawMessage

// parse reads one payload. Fields that it does not know are ignored.
func parse(data []byte, machine *matchstate.Machine, quoteClass string) *Envelope {
	e, err := read(data, machine, quoteClass)
	if err != nil {
		return &Envelope{Malformed: fmt.Errorf("envelope: %w", err), Class: ClassOther, To: Everybody}
	}
	return e
}

func read(data []byte, machine *matchstate.Machine, quoteClass string) (*Envelope, error) {
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errors.New("null is no event")
	}
	e := &Envelope{To: Everybody}
	f := fields{object: o}
	if v := f.integer("v"); f.err == nil && v != 1 {
		return nil, fmt.Errorf("v is %d, not 1", v)
	}
	e.Stream = f.text("stream")
	e.Seq = uint64(f.integer("seq"))
	e.ClassName = f.text("class")
	e.Class = ClassOf(e.ClassName)
	// The state of a stream that nothing has been published on is of no time.
	if ofNothing := e.Class == ClassSnapshot && e.Seq == 0 && string(o["publishedAtUs"]) == "0"; !ofNothing {
		e.PublishedAtUs = f.micros("publishedAtUs")
	}
	if f.err != nil {
		return nil, f.err
	}
	if e.Class == ClassSnapshot {
		return e, readSnapshot(e, o, machine)
	}

	e.SourceAtUs = f.micros("sourceAtUs")
	if f.has("to") {
		e.To = f.integer("to")
	}
	if f.err != nil {
		return nil, f.err
	}
	if e.Seq == 0 {
		return nil, errors.New("seq of an event is at least 1")
	}
	event, isOdds, err := readEvent(o["event"])
	if err != nil {
		return nil, err
	}
	if !isOdds {
		e.Event = machine.Intern(event)
	}
	if e.ClassName == quoteClass {
		e.QuoteAtUs = e.SourceAtUs
	}
	return e, nil
}

func readSnapshot(e *Envelope, o object, machine *matchstate.Machine) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(o["state"], &raw); err != nil || raw == nil {
		return errors.New("state of a snapshot is no list")
	}
	events := make([]matchstate.Event, 0, len(raw))
	for _, one := range raw {
		event, isOdds, err := readEvent(one)
		if err != nil {
			return err
		}
		if !isOdds {
			events = append(events, event)
		}
	}
	var odds object
	if f := (fields{object: o}); f.has("odds") {
		if err := json.Unmarshal(o["odds"], &odds); err != nil {
			return fmt.Errorf("odds of a snapshot: %w", err)
		}
		quote := fields{object: odds}
		e.QuoteAtUs = quote.micros("sourceAtUs")
		if quote.err != nil {
			return fmt.Errorf("odds of a snapshot: %w", quote.err)
		}
	}
	// Interned last, so that what is malformed leaves nothing behind.
	ids := make([]matchstate.EventID, len(events))
	for i := range events {
		ids[i] = machine.Intern(events[i])
	}
	e.Snapshot = machine.Snapshot(ids)
	return nil
}

// readEvent reads a MatchEvent, or notices Odds, which are not part of the match's state.
func readEvent(raw json.RawMessage) (event matchstate.Event, isOdds bool, err error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return event, false, errors.New("event is no object")
	}
	f := fields{object: o}
	event.Type = f.text("type")
	if f.err == nil && event.Type == "ODDS" {
		return event, true, nil
	}
	event.FactID = f.text("factId")
	event.Version = f.integer("version")
	switch event.Type {
	case "STATUS":
		event.Status = f.text("status")
	case "RETRACT":
		if f.has("reason") {
			event.Reason = f.text("reason")
		}
	default:
		if event.HasTeam = f.has("team"); event.HasTeam {
			event.Team = f.text("team")
		}
		if event.HasMinute = f.has("minute"); event.HasMinute {
			event.Minute = f.integer("minute")
		}
		if event.HasPlayer = f.has("player"); event.HasPlayer {
			event.Player = f.text("player")
		}
	}
	return event, false, f.err
}

// fields reads fields of one object, and keeps the first error.
type fields struct {
	object object
	err    error
}

func (f *fields) fail(name, want string) {
	if f.err != nil {
		return
	}
	if raw, there := f.object[name]; there {
		f.err = fmt.Errorf("%s is %s, not %s", name, shortened(raw), want)
	} else {
		f.err = fmt.Errorf("%s is missing", name)
	}
}

func shortened(raw []byte) string {
	const most = 40
	if len(raw) > most {
		return string(raw[:most]) + "…"
	}
	return string(raw)
}

// has: the field is there, and not null.
func (f *fields) has(name string) bool {
	raw, there := f.object[name]
	return there && string(raw) != "null"
}

func (f *fields) text(name string) string {
	var s string
	if raw := f.object[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		f.fail(name, "a text")
	}
	return s
}

// maxInteger is the largest integer that JavaScript holds exactly.
const maxInteger = 1<<53 - 1

func (f *fields) integer(name string) int64 {
	n, err := strconv.ParseInt(string(f.object[name]), 10, 64)
	if err != nil || n < 0 || n > maxInteger {
		f.fail(name, "a whole number")
		return 0
	}
	return n
}

// micros reads a time, which may have a fraction: clocks in JavaScript do.
func (f *fields) micros(name string) int64 {
	t, err := strconv.ParseFloat(string(f.object[name]), 64)
	if err != nil || !(t > 0 && t <= maxInteger) {
		f.fail(name, "a time in microseconds")
		return 0
	}
	return int64(math.Floor(t))
}
