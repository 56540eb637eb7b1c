package hdr

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

var update = flag.Bool("update", false, "write testdata/golden.hlog and golden.json anew")

// goldenLine is what golden.json says of a line of golden.hlog; golden.test.ts holds the JavaScript library to it.
type goldenLine struct {
	Tag         string           `json:"tag"`
	FromMs      int64            `json:"fromMs"`
	Count       int64            `json:"count"`
	MaxUs       int64            `json:"maxUs"`
	Percentiles map[string]int64 `json:"percentiles"`
}

// golden writes a log as a generator does: three measures, the last of them with a cell that outgrows 16 bits.
func golden(t *testing.T) (log []byte, lines []goldenLine, want []*hdrhistogram.Histogram) {
	const startUs = 1_795_266_000_250_000
	var out bytes.Buffer
	writer, err := NewLogWriter(&out, startUs, "golden; payloads in microseconds")
	if err != nil {
		t.Fatal(err)
	}
	var encoder Encoder
	var taken Interval
	for second := range int64(2) {
		for i, tag := range []string{"event_age{class=goal}@fault", "connect@arrive", "read_lag"} {
			var r Recorder
			for v := int64(1 + i); v < MaxUs; v += v/97 + 1 + second {
				r.Record(v)
			}
			if i == 2 {
				r.RecordN(1500, 70_000)
			}
			r.DrainInto(&taken)
			payload, err := encoder.Encode(&taken)
			if err != nil {
				t.Fatal(err)
			}
			if err := writer.Write(tag, float64(second)*1000, float64(second+1)*1000, taken.MaxUs(), payload); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, goldenLine{
				Tag: tag, FromMs: second * 1000, Count: taken.Count(), MaxUs: taken.MaxUs(),
				Percentiles: map[string]int64{
					"50": taken.ValueAtQuantile(50), "95": taken.ValueAtQuantile(95),
					"99": taken.ValueAtQuantile(99), "99.9": taken.ValueAtQuantile(99.9),
				},
			})
			want = append(want, taken.Histogram())
		}
	}
	return out.Bytes(), lines, want
}

// TestGolden compares what the log says, not its bytes: those are the compressor's, and may change with Go.
func TestGolden(t *testing.T) {
	log, lines, want := golden(t)
	said, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	said = append(said, '\n')
	if *update {
		if err := os.WriteFile("testdata/golden.hlog", log, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/golden.json", said, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var keptLines []goldenLine
	if err := json.Unmarshal(kept, &keptLines); err != nil {
		t.Fatal(err)
	}
	if again, err := json.MarshalIndent(keptLines, "", "  "); err != nil || !bytes.Equal(append(again, '\n'), said) {
		t.Errorf("golden.json says otherwise (%v)", err)
	}
	keptLog, err := os.Open("testdata/golden.hlog")
	if err != nil {
		t.Fatal(err)
	}
	defer keptLog.Close()
	reader := hdrhistogram.NewHistogramLogReader(keptLog)
	for i, h := range want {
		got, err := reader.NextIntervalHistogram()
		if err != nil || got == nil || !got.Equals(h) || got.Tag() != lines[i].Tag {
			t.Fatalf("line %d of golden.hlog: %v", i, err)
		}
	}
}
