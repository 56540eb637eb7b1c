package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/hdr"
)

// record is the files of one generator, each appended to as the run goes. After its first error it writes no more, and
// keeps the error: the run goes on for the conductor, and ends with it.
type record struct {
	err                    error
	hlog, jsonl, anomalies *recordFile
	// spans and history are nil where they are not kept.
	spans, history *recordFile
	log            *hdr.LogWriter
}

type recordFile struct {
	file *os.File
	*bufio.Writer
}

// openRecord makes the files; nil files: nothing is written.
func openRecord(files *crowd.Files) (*record, error) {
	r := &record{}
	if files == nil {
		return r, nil
	}
	for _, want := range []struct {
		path     string
		into     **recordFile
		optional bool
	}{{files.Hlog, &r.hlog, false}, {files.Jsonl, &r.jsonl, false}, {files.Anomalies, &r.anomalies, false},
		{files.Spans, &r.spans, true}, {files.History, &r.history, true}} {
		if want.path == "" && want.optional {
			continue
		}
		file, err := os.OpenFile(want.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
		if err != nil {
			r.close()
			return nil, unwritable(err)
		}
		*want.into = &recordFile{file, bufio.NewWriter(file)}
	}
	return r, nil
}

func unwritable(err error) error {
	return &Failure{Code: "RUN_FOLDER_UNWRITABLE", Fact: "the crowd's record cannot be written", Cause: err,
		Hint: writeRemedyOf(err) + ", or choose another place with --out DIR"}
}

// writeRemedyOf says what helps where something cannot be written, in the harness's own words.
func writeRemedyOf(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "free disk space there"
	case errors.Is(err, syscall.EDQUOT):
		return "free some of your disk quota there"
	case errors.Is(err, syscall.EROFS):
		return "the file system there is read-only: mount it for writing"
	case errors.Is(err, fs.ErrPermission):
		return "see that this user has the right to it"
	case errors.Is(err, syscall.EMFILE):
		return "raise the limit of open files (ulimit -n)"
	}
	return "see that it can be written"
}

// begin writes the log's header.
func (r *record) begin(startUs int64, generator int) {
	if r.hlog == nil {
		return
	}
	log, err := hdr.NewLogWriter(r.hlog, startUs, fmt.Sprintf("Matchday crowd, generator %d; payloads in microseconds", generator))
	r.log = log
	r.keep(err)
}

func (r *record) keep(err error) {
	if err != nil && r.err == nil {
		r.err = unwritable(err)
	}
}

// histogram is one measure of one interval, encoded.
type histogram struct {
	key     string
	payload string
	maxUs   int64
}

// interval appends one second: counters to the jsonl, histograms to the log, anomalies, spans and histories to theirs.
func (r *record) interval(interval *crowd.Interval, histograms []histogram, anomalies []crowd.Anomaly, spans []*crowd.Span,
	history []*crowd.HistoryEntry) {
	if r.hlog == nil || r.err != nil {
		return
	}
	for _, h := range histograms {
		r.keep(r.log.Write(h.key, interval.FromMs, interval.ToMs, h.maxUs, h.payload))
	}
	line := *interval
	line.Histograms = nil
	r.line(r.jsonl, line)
	for _, anomaly := range anomalies {
		r.line(r.anomalies, anomaly)
	}
	if r.spans != nil {
		for _, span := range spans {
			r.line(r.spans, span)
		}
	}
	if r.history != nil {
		for _, entry := range history {
			r.line(r.history, entry)
		}
	}
	r.flush()
}

func (r *record) final(final *crowd.Final) {
	if r.hlog == nil || r.err != nil {
		return
	}
	r.line(r.jsonl, map[string]any{"final": final})
	r.flush()
}

func (r *record) line(to *recordFile, value any) {
	encoded, err := json.Marshal(value)
	if err == nil {
		_, err = to.Write(append(encoded, '\n'))
	}
	r.keep(err)
}

func (r *record) flush() {
	for _, file := range r.files() {
		r.keep(file.Flush())
	}
}

func (r *record) files() (files []*recordFile) {
	for _, file := range []*recordFile{r.hlog, r.jsonl, r.anomalies, r.spans, r.history} {
		if file != nil {
			files = append(files, file)
		}
	}
	return files
}

// close says what could not be written, if anything.
func (r *record) close() error {
	for _, file := range r.files() {
		err := errors.Join(file.Flush(), file.file.Close())
		// A buffer that failed before fails again: the first error says why.
		r.keep(err)
	}
	return r.err
}
