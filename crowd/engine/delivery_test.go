package engine

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
)

func readAnomalies(t *testing.T, config *crowd.Config) (anomalies []crowd.Anomaly) {
	t.Helper()
	file, err := os.Open(config.Files.Anomalies)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var anomaly crowd.Anomaly
		if err := json.Unmarshal(lines.Bytes(), &anomaly); err != nil {
			t.Fatal(err)
		}
		anomalies = append(anomalies, anomaly)
	}
	return anomalies
}

func kinds(anomalies []crowd.Anomaly, kind string) (seqs []uint64) {
	for _, anomaly := range anomalies {
		if anomaly.Kind == kind {
			seqs = append(seqs, anomaly.Seq)
		}
	}
	slices.Sort(seqs)
	return seqs
}

func TestFaultsOfDeliveryAreCountedExactly(t *testing.T) {
	old := nowUs() - 3_000_000
	server := serve(t, func(v *visit) {
		twice := goal(12)
		v.say(header + snapshotFrame(10))
		v.say(goal(11) +
			twice + twice +
			goal(14) + goal(13) + // in the wrong order
			frameOf(9, "goal", old, "") + // older than the snapshot: not owed
			frameOf(15, "goal", nowUs(), `"to":77,`) + // another client's
			frameOf(15, "goal", nowUs(), `"stream":"match:other",`) + // another stream's
			frameOf(15, "goal", nowUs(), `"to":0,`) + // its own
			frameOf(16, "goal", old, "") + // late
			goal(19) + // 17 and 18 never come
			frameOf(20, "goal", nowUs()+60_000_000, "")) // from the future
		v.stay()
	})
	config := withFiles(t, configFor(1, 300, server.url))
	final := play(t, config)
	equal(t, "events", final.Counters.Events, 12)
	equal(t, "on time", final.Counters.OnTime, 6)
	equal(t, "late", final.Counters.Late, 1)
	equal(t, "not judged", final.Counters.NotJudged, 1)
	equal(t, "duplicate", final.Counters.Duplicate, 1)
	equal(t, "reordered", final.Counters.Reordered, 1)
	equal(t, "misdelivered", final.Counters.Misdelivered, 2)
	equal(t, "negative ages", final.Errors["clock: negative age"], 1)

	stream := final.Streams[streamID]
	equal(t, "cohorts", len(stream.Cohorts), 1)
	equal(t, "cohort", stream.Cohorts[0], crowd.Cohort{FromSeq: 10, LeaveMs: 300, Clients: 1})
	var seqs []uint64
	for _, event := range stream.Events {
		seqs = append(seqs, event.Seq)
		equal(t, "deliveries", event.OnTime+event.Late+event.NotJudged, 1)
	}
	if !slices.Equal(seqs, []uint64{11, 12, 13, 14, 15, 16, 19, 20}) {
		t.Errorf("delivered were %v", seqs)
	}
	anomalies := readAnomalies(t, config)
	for kind, want := range map[string][]uint64{"duplicate": {12}, "reordered": {13}, "misdelivered": {15, 15}, "lost": {17, 18}} {
		if got := kinds(anomalies, kind); !slices.Equal(got, want) {
			t.Errorf("%s were %v; %v is right", kind, got, want)
		}
	}
}

func TestTheTailThatOthersGotIsLost(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0) + goal(1))
		if v.n == 0 {
			v.say(goal(2) + goal(3))
		}
		v.stay()
	})
	config := withFiles(t, configFor(2, 1300, server.url))
	equal(t, "lost", play(t, config).Counters.Lost, 2)
	if got := kinds(readAnomalies(t, config), "lost"); !slices.Equal(got, []uint64{2, 3}) {
		t.Errorf("lost were %v", got)
	}
}

func TestForeignServersAreFollowedByTheirIDs(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header + "id: 5\nevent: tick\ndata: hello\n\nid: 6\ndata: 1\n\nid: 8\ndata: 2\n\n")
		v.stay()
	})
	config := withFiles(t, configFor(1, 200, server.url))
	config.Streams[0].IDs = crowd.Contiguous
	final := play(t, config)
	equal(t, "events", final.Counters.Events, 3)
	equal(t, "on time", final.Counters.OnTime, 0)
	equal(t, "not judged", final.Counters.NotJudged, 3)
	equal(t, "lost, counted", final.Counters.Lost, 1)
	equal(t, "owed from", final.Streams[streamID].Cohorts[0].FromSeq, 4)
	if got := kinds(readAnomalies(t, config), "lost"); !slices.Equal(got, []uint64{7}) {
		t.Errorf("lost were %v", got)
	}
}

func TestKernelTimestampsLeaveTheReadersDelayOut(t *testing.T) {
	if !nativeSockets {
		t.Skip("no kernel timestamps here")
	}
	sent := make(chan struct{})
	server := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0))
		// Published 100 ms before it is sent: that is its age, however late it is read.
		time.Sleep(50 * time.Millisecond)
		v.say(frameOf(1, "goal", nowUs()-100_000, ""))
		close(sent)
		v.stay()
	})
	c := conduct(t)
	config := c.of(configFor(1, 800, server.url))
	e := make(chan *Engine, 1)
	engineMade = func(made *Engine) { e <- made }
	t.Cleanup(func() { engineMade = nil })
	starved := make(chan struct{})
	go func() {
		defer close(starved)
		shard := (<-e).shards[0]
		<-time.After(50 * time.Millisecond)
		// A reader that gets no CPU: it holds still from before the event until 300 ms after.
		shard.mu.Lock()
		defer shard.mu.Unlock()
		<-sent
		time.Sleep(300 * time.Millisecond)
	}()
	final := play(t, config)
	<-starved
	equal(t, "reader's timestamps", final.Timestamps.Reader, 0)
	within(t, "age", c.histogram(t, "event_age{class=goal}@").Max(), 100, 115)
	within(t, "read lag", c.histogram(t, "read_lag@").Max(), 280, 340)
}

func TestClockOffsetOfTheConductorCorrectsAges(t *testing.T) {
	c := conduct(t)
	c.skewUs = 5_000_000
	server := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0))
		v.say(frameOf(1, "goal", nowUs()+c.skewUs-40_000, ""))
		v.stay()
	})
	final := play(t, c.of(configFor(1, 200, server.url)))
	within(t, "offset", final.Clock.OffsetUs, 4990, 5010)
	within(t, "age", c.histogram(t, "event_age{class=goal}@").Max(), 38, 60)
	equal(t, "negative ages", final.Errors["clock: negative age"], 0)
	equal(t, "planned", final.Connected, 1)
}

func TestQuoteAgesThroughAnOutage(t *testing.T) {
	c := conduct(t)
	server := serve(t, func(v *visit) {
		if v.n > 0 {
			// Away for the rest of the run.
			return
		}
		v.say(header + snapshotFrame(0) + frameOf(1, "odds", nowUs(), ""))
		time.Sleep(30 * time.Millisecond)
	})
	config := c.of(configFor(1, 1000, server.url))
	final := play(t, config)
	stale := c.histogram(t, "stale_odds_age@")
	within(t, "oldest quote", stale.Max(), 880, 1000)
	if count := stale.TotalCount(); count < 17 || count > 20 {
		t.Errorf("%d samples; one each 50 ms is right", count)
	}
	equal(t, "not caught up", final.Errors["resume: not caught up at the end"], 1)
}

func TestSlowReadersStayAndAreKeptApart(t *testing.T) {
	c := conduct(t)
	filler := ": " + strings.Repeat("x", 1000) + "\n"
	server := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0) + goal(1) + strings.Repeat(filler, 40) + goal(2))
		v.stay()
	})
	config := c.of(configFor(4, 700, server.url))
	config.SlowReaders = crowd.SlowReaders{Share: 1, BytesPerSecond: 4000}
	final := play(t, config)
	equal(t, "connected", final.Connected, 4)
	equal(t, "disconnects", final.Counters.Disconnects, 0)
	equal(t, "on time", final.Counters.OnTime, 0)
	stream := final.Streams[streamID]
	equal(t, "slow cohort", stream.Cohorts[0].Slow, true)
	equal(t, "events of others", len(stream.Events), 0)
	equal(t, "screens of others", len(stream.Screens), 0)
	equal(t, "slow screens", stream.SlowScreens["NOT_STARTED 1-0 g1:GOAL:home:1:P"], 4)
	// At 4,000 bytes a second each, and one full read at the start.
	if most := int64(4 * (4000*0.7 + 2*slowReceiveBuffer)); final.Counters.Bytes > most {
		t.Errorf("%d bytes were read; at most %d are right", final.Counters.Bytes, most)
	}
	equal(t, "ages of slow readers", c.histogram(t, "event_age").TotalCount(), 0)
}
