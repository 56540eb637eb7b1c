package matchstate

import (
	"strconv"
	"strings"
)

const undefined = "undefined"

func orUndefined(s string, has bool) string {
	if has {
		return s
	}
	return undefined
}

func minuteOf(e *Event) string {
	if e.HasMinute {
		return strconv.FormatInt(e.Minute, 10)
	}
	return undefined
}

// screenOf folds events, which are in order, into the line that a fan sees:
// `FULL_TIME 1-0 g1:GOAL:home:15:Silva g2:GOAL:away:60:Roy:retracted`.
func screenOf(events []*Event) string {
	status := "NOT_STARTED"
	var facts []fact
	for _, e := range events {
		if e.Type == "STATUS" {
			status = e.Status
			continue
		}
		// Events are sorted by fact, so that those of one fact lie together.
		if last := len(facts) - 1; last < 0 || facts[last].event.FactID != e.FactID {
			facts = append(facts, fact{event: Event{FactID: e.FactID}})
		}
		facts[len(facts)-1].take(e)
	}

	home, away := 0, 0
	var shown strings.Builder
	for i := range facts {
		f := &facts[i]
		if !f.typed {
			continue
		}
		if f.event.Type == "GOAL" && !f.retracted {
			switch f.event.Team {
			case "home":
				home++
			case "away":
				away++
			}
		}
		f.write(&shown)
	}
	return status + " " + strconv.Itoa(home) + "-" + strconv.Itoa(away) + shown.String()
}
