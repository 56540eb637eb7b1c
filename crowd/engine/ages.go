package engine

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/envelope"
	"github.com/matchday/crowd/journey"
	"github.com/matchday/crowd/sse"
)

const (
	// futureMostUs is how far ahead a time of publishing may be, beyond the error of the clocks.
	futureMostUs = 1_000_000
	// earliestUs is 2000-01-01: a time before it is in another unit, or no time.
	earliestUs = 946_684_800_000_000
)

// judgeAge measures how old an event is that has just come, and judges it by its deadline. What was published at an
// impossible time is not judged.
func (s *shard) judgeAge(c *client, class envelope.Class, className string, publishedUs, deadlineUs int64, limited bool) judgement {
	ageUs := s.arrivalUs + s.engine.offsetUs - publishedUs
	if ageUs < 0 {
		s.count("clock: negative age")
		if ageUs < -futureMostUs-s.engine.clockErrorUs {
			return notJudged
		}
		ageUs = 0
	}
	if publishedUs < earliestUs {
		s.count("clock: before the year 2000")
		return notJudged
	}
	s.engine.measures.recordAge(class, className, publishedUs-s.engine.offsetUs-s.engine.startUs, ageUs)
	if limited && ageUs > deadlineUs {
		s.wasLate(c, class, s.arrivalUs-ageUs+deadlineUs)
		return late
	}
	return onTime
}

// ageField is where events that are not in our envelope carry the time of their publishing.
type ageField struct {
	// inID: it is the id, not in the data.
	inID       bool
	path       journey.Path
	unit       crowd.TimeUnit
	deadlineUs int64
	limited    bool
}

// lastTime is what the last event said: everybody gets the same at about the same time.
type lastTime struct {
	data []byte
	us   int64
	ok   bool
}

// judgeForeign judges an event that is not in our envelope. Its class is its name.
func (s *shard) judgeForeign(c *client, event *sse.Event) judgement {
	age := s.engine.age
	if age == nil {
		return notJudged
	}
	us, ok := s.timeOf(age, event)
	if !ok {
		s.count("age: no time at " + s.plan.Age.Path)
		return notJudged
	}
	className := string(unnamedEvent)
	if len(event.Type) > 0 {
		className = string(event.Type)
	}
	deadlineUs, limited := s.plan.deadlines[className]
	if !limited {
		deadlineUs, limited = age.deadlineUs, age.limited
	}
	judged := s.judgeAge(c, envelope.ClassOf(className), className, us, deadlineUs, limited)
	if !limited {
		return notJudged
	}
	return judged
}

func (s *shard) timeOf(age *ageField, event *sse.Event) (us int64, ok bool) {
	if age.inID {
		return age.publishedUs(event)
	}
	last := &s.lastTime
	if len(last.data) == 0 || !bytes.Equal(last.data, event.Data) {
		us, ok = age.publishedUs(event)
		*last = lastTime{append(last.data[:0], event.Data...), us, ok}
	}
	return last.us, last.ok
}

// readAge reads AgeField of the contract; nil: there is none.
func readAge(age *crowd.AgeField) (*ageField, error) {
	if age == nil {
		return nil, nil
	}
	if _, known := unitUs[age.Unit]; !known {
		return nil, fmt.Errorf("age.unit is %q; it must be ms, s, us or iso", age.Unit)
	}
	field := &ageField{unit: age.Unit}
	if age.DeadlineMs != nil {
		field.deadlineUs, field.limited = usOf(*age.DeadlineMs), true
	}
	if age.Path == "id" {
		field.inID = true
		return field, nil
	}
	rest, ok := strings.CutPrefix(age.Path, "data")
	if !ok || (rest != "" && rest[0] != '.' && rest[0] != '[') {
		return nil, fmt.Errorf("age.path is %q; it must be id, data, or begin with data. as data.ts does", age.Path)
	}
	var err error
	if field.path, err = journey.ParsePath("$" + rest); err != nil {
		return nil, fmt.Errorf("age.path is %q: %w", age.Path, err)
	}
	return field, nil
}

// publishedUs reads the time of an event, in microseconds since the Unix epoch.
func (a *ageField) publishedUs(event *sse.Event) (us int64, ok bool) {
	raw := event.ID
	if a.inID {
		ok = event.OwnID
	} else {
		raw, ok = a.path.Find(event.Data)
	}
	if raw = bytes.TrimSpace(raw); !ok || len(raw) == 0 {
		return 0, false
	}
	if raw[0] == '"' {
		value, valid := journey.JSONValue(raw)
		if !valid {
			return 0, false
		}
		raw = []byte(value.Text)
	}
	return micros(string(raw), a.unit)
}

// unitUs is how many microseconds a unit has; 0 for texts.
var unitUs = map[crowd.TimeUnit]float64{crowd.Seconds: 1e6, crowd.Milliseconds: 1e3, crowd.Microseconds: 1, crowd.ISO8601: 0}

// isoLayouts are of ISO 8601, with an offset: a local time is not known. Fractions of a second are read with all of them.
var isoLayouts = [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07"}

// micros reads a time since the Unix epoch.
func micros(text string, unit crowd.TimeUnit) (us int64, ok bool) {
	if unit == crowd.ISO8601 {
		for _, layout := range isoLayouts {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UnixMicro(), true
			}
		}
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	number *= unitUs[unit]
	if err != nil || !(number > 0 && number < 1<<53) {
		return 0, false
	}
	return int64(number), true
}
