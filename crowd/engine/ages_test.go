package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/sse"
)

func TestTimesInSomebodysPayload(t *testing.T) {
	const us = 1_795_266_000_123_456
	for _, test := range []struct {
		path string
		unit crowd.TimeUnit
		data string
		want int64
	}{
		{"data.ts", "ms", `{"ts":1795266000123}`, us - 456},
		{"data.ts", "ms", `{"ts":"1795266000123.456"}`, us},
		{"data.ts", "s", `{"ts":1795266000}`, us - 123_456},
		{"data.ts", "s", `{"ts":1.795266e9}`, us - 123_456},
		{"data.meta.at", "us", `{"meta":{"at":1795266000123456}}`, us},
		{`data["sent at"]`, "us", `{"sent at":1795266000123456}`, us},
		{"data[1]", "us", `[0,1795266000123456]`, us},
		{"data", "us", ` 1795266000123456 `, us},
		{"data.ts", "iso", `{"ts":"2026-11-21T13:00:00.123456Z"}`, us},
		{"data.ts", "iso", `{"ts":"2026-11-21T14:00:00.123456+01:00"}`, us},
		{"data.ts", "iso", `{"ts":"2026-11-21T14:00:00,123456+0100"}`, us},
		{"id", "us", `x`, us},

		{"data.ts", "iso", `{"ts":"2026-11-21T13:00:00"}`, 0},
		{"data.ts", "iso", `{"ts":"yesterday"}`, 0},
		{"data.ts", "iso", `{"ts":1795266000}`, 0},
		{"data.ts", "ms", `{"ts":null}`, 0},
		{"data.ts", "ms", `{"ts":"NaN"}`, 0},
		{"data.ts", "ms", `{"ts":-5}`, 0},
		{"data.ts", "s", `{"ts":1e300}`, 0},
		{"data.ts", "ms", `{"at":1795266000123}`, 0},
		{"data.ts", "ms", `hello`, 0},
		{"data.ts", "ms", ``, 0},
	} {
		field, err := readAge(&crowd.AgeField{Path: test.path, Unit: test.unit})
		if err != nil {
			t.Fatal(err)
		}
		event := &sse.Event{Data: []byte(test.data), ID: fmt.Append(nil, us), OwnID: true}
		if got, ok := field.publishedUs(event); got != test.want || ok != (test.want != 0) {
			t.Errorf("%s in %s of %s is %d, %v; %d is right", test.path, test.unit, test.data, got, ok, test.want)
		}
	}
	for _, wrong := range []crowd.AgeField{{Path: "ts", Unit: "ms"}, {Path: "database", Unit: "ms"}, {Path: "data.ts", Unit: "minutes"},
		{Path: "data.", Unit: "ms"}, {Unit: "ms"}} {
		config := configFor(1, 100, "http://127.0.0.1:1")
		config.Age = &wrong
		if problems := Problems(config); len(problems) != 1 || !strings.Contains(problems[0], "age.") {
			t.Errorf("%+v: %q", wrong, problems)
		}
	}
}

func TestEventsOfOthersAreJudgedByTheirOwnTime(t *testing.T) {
	now := time.Now().UnixMilli()
	event := func(name string, atMs int64) string {
		return fmt.Sprintf("event: %s\ndata: {\"ts\":%d}\n\n", name, atMs)
	}
	server := serve(t, func(v *visit) {
		v.say(header + event("score", now) + event("score", now-60_000) + event("slow", now-60_000) +
			event("score", now+60_000) + // in the future
			event("score", now/1000) + // in seconds
			"event: score\ndata: hello\n\n" + // without a time
			event("ping", now) + "data: {}\n\n")
		v.stay()
	})
	deadlineMs := 2000.0
	for _, test := range []struct {
		deadlineMs              *float64
		onTime, late, notJudged int64
	}{{&deadlineMs, 2, 1, 4}, {nil, 1, 0, 6}} {
		c := conduct(t)
		config := c.of(configFor(1, 200, server.url))
		config.Ignore = []string{"heartbeat", "ping"}
		config.Age = &crowd.AgeField{Path: "data.ts", Unit: crowd.Milliseconds, DeadlineMs: test.deadlineMs}
		config.DeadlinesMs["slow"] = 120_000
		final := play(t, config)
		equal(t, "events", final.Counters.Events, 7)
		equal(t, "on time", final.Counters.OnTime, test.onTime)
		equal(t, "late", final.Counters.Late, test.late)
		equal(t, "not judged", final.Counters.NotJudged, test.notJudged)
		equal(t, "ages", c.histogram(t, "event_age{class=score}").TotalCount(), 2)
		within(t, "age", c.histogram(t, "event_age{class=score}").Max(), 59_900, 61_000)
		equal(t, "events without a time", final.Errors["age: no time at data.ts"], 2)
	}
}

func TestIgnoredEventsAreNone(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header + "id: 1\nevent: connect\ndata: {}\n\nevent: ping\ndata: {}\n\ndata: {}\n\n" + snapshotFrame(0) + goal(1))
		v.stay()
	})
	config := configFor(1, 200, server.url)
	config.Ignore = []string{"connect", "ping", "message"}
	final := play(t, config)
	equal(t, "events", final.Counters.Events, 1)
	equal(t, "on time", final.Counters.OnTime, 1)
	equal(t, "not judged", final.Counters.NotJudged, 0)
}

func TestClassesThatATargetInventsAreBounded(t *testing.T) {
	p := newPlan(configFor(1, 100, "http://127.0.0.1:1"))
	m := newMeasures(p, nil)
	for i := range 10 * othersMost {
		for range 2 {
			m.recordAge(6, fmt.Sprintf("class-%d", i), 0, 1000)
		}
	}
	classes := 0
	m.others.Range(func(any, any) bool { classes++; return true })
	equal(t, "classes", classes, othersMost)
}
