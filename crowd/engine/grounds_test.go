package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
)

func TestWhatARunGivesToJudge(t *testing.T) {
	deadlineMs := 60_000.0
	for name, of := range map[string]struct {
		ids  crowd.IDMode
		age  bool
		sent string
		want Grounds
	}{
		"silence":                   {"", true, ": hello\n\n", Grounds{Opened: true}},
		"nothing that is read":      {"", false, numbered(1, 3, 1, "a"), Grounds{Opened: true}},
		"contiguous ids":            {crowd.Contiguous, false, numbered(1, 3, 1, "a"), Grounds{Opened: true, Numbered: true, Ordered: true, Identified: true}},
		"ids that grow":             {crowd.Ordered, false, numbered(1, 9, 2, "a"), Grounds{Opened: true, Ordered: true, Identified: true}},
		"ids that identify":         {crowd.Opaque, false, foreign("x", "a"), Grounds{Opened: true, Identified: true}},
		"ids that are no numbers":   {crowd.Contiguous, false, foreign("x", "a"), Grounds{Opened: true}},
		"ids that are not believed": {crowd.NoIDs, false, numbered(1, 3, 1, "a"), Grounds{Opened: true}},
		"times":                     {"", true, foreign("x", fmt.Sprintf(`{"ts":%d}`, time.Now().UnixMilli())), Grounds{Opened: true, Timed: true}},
		"times that cannot be":      {"", true, foreign("x", `{"ts":5}`), Grounds{Opened: true}},
		"a snapshot":                {"", false, snapshotFrame(3), Grounds{Opened: true, Addressed: true}},
		"our envelope": {"", false, snapshotFrame(1) + goal(2),
			Grounds{Opened: true, Timed: true, Numbered: true, Ordered: true, Identified: true, Addressed: true}},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(v *visit) {
				v.say(header + of.sent)
				v.stay()
			})
			config := configFor(1, 300, server.url)
			config.Streams[0].IDs = of.ids
			if of.age {
				config.Age = &crowd.AgeField{Path: "data.ts", Unit: crowd.Milliseconds, DeadlineMs: &deadlineMs}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var got Grounds
			if _, err := Run(ctx, config, Options{Ended: func(ended *Ended) { got = ended.Grounds }}); err != nil {
				t.Fatal(err)
			}
			equal(t, "grounds", got, of.want)
		})
	}
}
