package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	crowd "github.com/matchday/crowd"
)

func unreachableAfterForTest(t *testing.T, after time.Duration) {
	before := unreachableAfter
	unreachableAfter = after
	t.Cleanup(func() { unreachableAfter = before })
}

func steady(t *testing.T) *rawServer {
	return serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0) + goal(1))
		v.stay()
	})
}

func TestBarrierIntervalsAndFinal(t *testing.T) {
	c := conduct(t)
	config := withFiles(t, c.of(configFor(30, 2300, steady(t).url)))
	config.Generators, config.Generator, config.Clients = 3, 1, 90
	final := play(t, config)

	equal(t, "tokens", len(c.tokens), 1)
	equal(t, "token", c.tokens["Bearer secret"], true)
	equal(t, "pid", c.ready.PID, os.Getpid())
	equal(t, "intervals", len(c.intervals), 3)
	for i, interval := range c.intervals {
		equal(t, "index", interval.Index, i)
		equal(t, "generator", interval.Generator, 1)
		equal(t, "from", interval.FromMs, float64(i)*1000)
		if i < 2 {
			equal(t, "to", interval.ToMs, float64(i+1)*1000)
			equal(t, "planned", interval.Counters.Planned, 30)
			equal(t, "open", interval.Counters.Open, 30)
		}
	}
	within(t, "last interval", usOf(c.intervals[2].ToMs), 2300, 2500)
	equal(t, "open at the end", c.intervals[2].Counters.Open, 0)
	equal(t, "connects", c.histogram(t, "connect@arrive").TotalCount(), 30)
	equal(t, "ages", c.histogram(t, "event_age{class=goal}@").TotalCount(), 30)
	equal(t, "final", c.final.Connected, final.Connected)
	equal(t, "connected", final.Connected, 30)
	if final.OpenWithinMs <= 0 || final.OpenWithinMs > 200 {
		t.Errorf("all open within %g ms", final.OpenWithinMs)
	}

	// What is written is what was sent.
	lines := readLines(t, config.Files.Jsonl)
	equal(t, "lines", len(lines), 4)
	var interval crowd.Interval
	if err := json.Unmarshal([]byte(lines[0]), &interval); err != nil {
		t.Fatal(err)
	}
	equal(t, "first line", interval.Counters, c.intervals[0].Counters)
	equal(t, "histograms in the jsonl", len(interval.Histograms), 0)
	equal(t, "samples of connects in it", interval.Samples["connect@arrive"], 30)
	for i, sent := range c.intervals {
		equal(t, "measures with samples", len(sent.Samples), len(sent.Histograms))
		for key, samples := range sent.Samples {
			decoded, err := hdrhistogram.Decode([]byte(sent.Histograms[key]))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, fmt.Sprintf("samples of %s in interval %d", key, i), samples, decoded.TotalCount())
		}
	}
	if !strings.HasPrefix(lines[3], `{"final":{"generator":1,`) {
		t.Errorf("last line is %.60s", lines[3])
	}
	log, err := os.Open(config.Files.Hlog)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var logged int64
	for reader := hdrhistogram.NewHistogramLogReader(log); ; {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		if strings.HasPrefix(h.Tag(), "connect@") {
			logged += h.TotalCount()
		}
	}
	equal(t, "connects in the log", logged, 30)
}

func readLines(t *testing.T, path string) (lines []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines
}

func TestConductorMayEndTheCrowd(t *testing.T) {
	c := conduct(t)
	c.stop = func(interval crowd.Interval) bool { return true }
	began := time.Now()
	final := play(t, c.of(configFor(5, 60_000, steady(t).url)))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the crowd ended after %s", took)
	}
	equal(t, "connected", final.Connected, 5)
	equal(t, "sent final", c.final != nil, true)
	within(t, "leave", usOf(final.Streams[streamID].Cohorts[0].LeaveMs), 1000, 2000)
}

func TestInterruptLeavesWithAFinalRecord(t *testing.T) {
	c := conduct(t)
	config := withFiles(t, c.of(configFor(1000, 60_000, steady(t).url)))
	config.Arrivals.WithinMs = 60_000
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(400*time.Millisecond, cancel)
	final, err := Run(ctx, config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "planned", final.Planned, 1000)
	equal(t, "all accounted for", final.Connected+final.Failed+final.Skipped, 1000)
	if final.Skipped < 950 {
		t.Errorf("%d were skipped", final.Skipped)
	}
	equal(t, "sent final", c.final != nil, true)
	lines := readLines(t, config.Files.Jsonl)
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, `{"final":`) {
		t.Errorf("last line is %.60s", last)
	}
}

func TestConductorThatFailsForAMomentLosesNothing(t *testing.T) {
	c := conduct(t)
	var failures atomic.Int64
	c.fail = func(path string) bool {
		return strings.HasSuffix(path, "/intervals") && failures.Add(1) <= 3
	}
	play(t, c.of(configFor(2, 1500, steady(t).url)))
	equal(t, "intervals", len(c.intervals), 2)
	equal(t, "final", c.final != nil, true)
}

func TestConductorThatStaysAwayEndsTheRun(t *testing.T) {
	unreachableAfterForTest(t, 300*time.Millisecond)
	c := conduct(t)
	c.fail = func(path string) bool { return strings.HasSuffix(path, "/intervals") }
	config := withFiles(t, c.of(configFor(2, 60_000, steady(t).url)))
	final, err := Run(t.Context(), config, Options{})
	equal(t, "code", CodeOf(err), "CONDUCTOR_UNREACHABLE")
	equal(t, "connected", final.Connected, 2)
	lines := readLines(t, config.Files.Jsonl)
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, `{"final":`) {
		t.Errorf("last line is %.60s", last)
	}
}

func TestConductorThatRefusesTheToken(t *testing.T) {
	c := conduct(t)
	config := c.of(configFor(1, 100, steady(t).url))
	config.Conductor.URL = c.URL + "/elsewhere"
	_, err := Run(t.Context(), config, Options{})
	equal(t, "code", CodeOf(err), "CONDUCTOR_REFUSES")
}

func TestUnwritableRecord(t *testing.T) {
	config := withFiles(t, configFor(1, 100, steady(t).url))
	config.Files.Jsonl = t.TempDir()
	_, err := Run(t.Context(), config, Options{})
	equal(t, "code of a folder", CodeOf(err), "RUN_FOLDER_UNWRITABLE")

	// A disk that is full: every write to it fails.
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	c := conduct(t)
	config = c.of(withFiles(t, configFor(3, 1300, steady(t).url)))
	config.Files.Jsonl = "/dev/full"
	final, err := Run(t.Context(), config, Options{})
	equal(t, "code of a full disk", CodeOf(err), "RUN_FOLDER_UNWRITABLE")
	equal(t, "the run went on", final.Connected, 3)
	equal(t, "intervals sent all the same", len(c.intervals), 2)
}

func TestWhatHelpsAgainstAnUnwritableRecord(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "free disk space there",
		syscall.EDQUOT: "free some of your disk quota there",
		syscall.EROFS:  "the file system there is read-only: mount it for writing",
		syscall.EACCES: "see that this user has the right to it",
		syscall.EMFILE: "raise the limit of open files (ulimit -n)",
		syscall.EIO:    "see that it can be written",
	} {
		failure := unwritable(&os.PathError{Op: "open", Path: "x", Err: errno}).(*Failure)
		equal(t, errno.Error(), failure.Hint, want+", or choose another place with --out DIR")
	}
}

func TestEveryProblemOfAConfigurationIsNamed(t *testing.T) {
	_, err := Run(t.Context(), &crowd.Config{Version: 2, Target: crowd.Target{Edges: []string{"ftp://x"}, Path: "x"}}, Options{})
	equal(t, "code", CodeOf(err), "CROWD_CONFIG_INVALID")
	for _, part := range []string{"version", "generator", "clients", "ftp://x", "path", "streams", "leaveAtMs", "phases", "connectTimeoutMs"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not named: %s", part, err)
		}
	}
}
