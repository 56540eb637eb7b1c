package hdr

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// LogWriter writes a HdrHistogram log, format 1.3: what any HdrHistogram tool reads. Times of its lines count from the
// start that its header names; Interval_Max is in milliseconds, the payload's values in microseconds. It is not safe for
// concurrent use.
type LogWriter struct {
	w io.Writer
}

// NewLogWriter writes the header. comment is one line for people.
func NewLogWriter(w io.Writer, startUs int64, comment string) (*LogWriter, error) {
	// The library writes whole seconds as the start; the format has three decimals, and so has this.
	iso := time.UnixMicro(startUs).UTC().Format("2006-01-02T15:04:05.000Z07:00")
	seconds := float64(startUs) / 1e6
	lines := fmt.Sprintf(
		"#%s\n#[Histogram log format version %s]\n#[StartTime: %.3f (seconds since epoch), %s]\n"+
			"#[BaseTime: %.3f (seconds since epoch)]\n",
		oneLine(comment), hdrhistogram.HISTOGRAM_LOG_FORMAT_VERSION, seconds, iso, seconds)
	if _, err := io.WriteString(w, lines); err != nil {
		return nil, fmt.Errorf("hdr: log header: %w", err)
	}
	if err := hdrhistogram.NewHistogramLogWriter(w).OutputLegend(); err != nil {
		return nil, fmt.Errorf("hdr: log header: %w", err)
	}
	return &LogWriter{w: w}, nil
}

// Write appends one line: an interval from fromMs to toMs after the start, and its payload as an Encoder gives it, so
// that what was sent and what was written are the same bytes. The tag has no comma, blank or line end.
func (l *LogWriter) Write(tag string, fromMs, toMs float64, maxUs int64, payload string) error {
	if strings.ContainsAny(tag, ", \t\r\n") {
		return fmt.Errorf("hdr: a log's tag has no comma, blank or line end: %q", tag)
	}
	if fromMs < 0 || toMs < fromMs {
		return fmt.Errorf("hdr: a log's interval is after the start and not negative: %g to %g ms", fromMs, toMs)
	}
	prefix := ""
	if tag != "" {
		prefix = "Tag=" + tag + ","
	}
	_, err := fmt.Fprintf(l.w, "%s%.3f,%.3f,%.3f,%s\n",
		prefix, fromMs/1000, (toMs-fromMs)/1000, float64(maxUs)/1000, payload)
	if err != nil {
		return fmt.Errorf("hdr: log line: %w", err)
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
