package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	crowd "github.com/matchday/crowd"
)

func beat(id int) string { return fmt.Sprintf("id: %d\nevent: heartbeat\ndata: {}\n\n", id) }

func TestNumbersOfIgnoredEventsAreNoGaps(t *testing.T) {
	odds := func(seq int) string { return frameOf(seq, "odds", nowUs(), "") }
	for _, test := range []struct {
		name        string
		ids         crowd.IDMode
		connections []string
		want        judgedOf
	}{
		{"counted with the events", crowd.Contiguous,
			[]string{numbered(1, 2, 1, "x") + beat(3) + foreign(4, "x4") + beat(5) + beat(6) + foreign(7, "x7")}, judgedOf{notJudged: 4}},
		{"one is lost before it, one after it", crowd.Contiguous,
			[]string{foreign(1, "x1") + beat(3) + foreign(5, "x5")}, judgedOf{notJudged: 2, lost: 2}},
		{"counted apart", crowd.Contiguous,
			[]string{foreign(1, "x1") + beat(1) + beat(2) + beat(3) + numbered(2, 4, 1, "x")}, judgedOf{notJudged: 4}},
		{"repeating the last id", crowd.Contiguous,
			[]string{foreign(1, "x1") + beat(1) + foreign(2, "x2") + beat(2)}, judgedOf{notJudged: 2}},
		{"numbered by the clock", crowd.Contiguous,
			[]string{foreign(1, "x1") + beat(1_700_000_000_000) + foreign(2, "x2")}, judgedOf{notJudged: 2}},
		{"out of order", crowd.Contiguous,
			[]string{foreign(1, "x1") + foreign(3, "x3") + beat(2) + foreign(4, "x4")}, judgedOf{notJudged: 3}},
		{"missed by a resume", crowd.Contiguous,
			[]string{foreign(1, "x1") + beat(2) + foreign(3, "x3"), foreign(4, "x4") + beat(5) + foreign(6, "x6")},
			judgedOf{notJudged: 4, resumes: 1, reconnects: 1}},
		{"in our envelope", "", []string{snapshotFrame(0) + goal(1) + strings.Replace(odds(2), "event: odds", "event: heartbeat", 1) + goal(3)},
			judgedOf{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) {
				v.say(header + test.connections[min(v.n, len(test.connections)-1)])
				if v.n >= len(test.connections)-1 {
					v.stay()
				}
			})
			config := configFor(1, 300, server.url)
			config.Streams[0].IDs = test.ids
			config.Ignore = []string{"heartbeat"}
			equal(t, "concluded", concluded(play(t, config)), test.want)
		})
	}
}

func TestIgnoredNumbersAreBoundedAndInOrder(t *testing.T) {
	var numbers ignoredNumbers
	for number := uint64(1000); number > 0; number-- {
		numbers.add(number)
		numbers.add(number)
	}
	for number := uint64(1001); number <= 2000; number++ {
		numbers.add(number)
	}
	equal(t, "numbers", len(numbers), ignoredMost)
	if got := numbers.between(1997, 1999); !slices.Equal(got, []uint64{1997, 1998}) {
		t.Errorf("%v", got)
	}
	equal(t, "none", len(numbers.between(5, 3)), 0)
}
