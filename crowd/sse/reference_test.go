package sse

import (
	"bytes"
	"strings"
)

// got is an event, copied.
type got struct{ Type, Data, ID string }

// outcome is all that a stream leads to.
type outcome struct {
	Events   []got
	LastID   string
	Retry    int
	HasRetry bool
}

// interpret is the standard's "interpreting an event stream", word for word, over a whole stream; slow, and without a limit.
func interpret(stream []byte) (o outcome) {
	rest := string(bytes.TrimPrefix(stream, []byte("\xEF\xBB\xBF")))
	var data, eventType, idBuffer string
	for {
		end := strings.IndexAny(rest, "\r\n")
		if end < 0 {
			// "Once the end of the file is reached, any pending data must be discarded."
			return o
		}
		line := rest[:end]
		if strings.HasPrefix(rest[end:], "\r\n") {
			end++
		}
		rest = rest[end+1:]

		if line == "" {
			o.LastID = idBuffer
			if data != "" {
				o.Events = append(o.Events, got{Type: eventType, Data: strings.TrimSuffix(data, "\n"), ID: o.LastID})
			}
			data, eventType = "", ""
			continue
		}
		name, value, hasColon := strings.Cut(line, ":")
		if hasColon && name == "" {
			continue
		}
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			eventType = value
		case "data":
			data += value + "\n"
		case "id":
			if !strings.Contains(value, "\x00") {
				idBuffer = value
			}
		case "retry":
			if value != "" && strings.Trim(value, "0123456789") == "" {
				o.Retry, o.HasRetry = cappedMs(value), true
			}
		}
	}
}

// cappedMs is the number that the digits write, or the largest int32.
func cappedMs(digits string) int {
	digits = strings.TrimLeft(digits, "0")
	if len(digits) > 10 {
		return 1<<31 - 1
	}
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return min(n, 1<<31-1)
}

// run feeds the pieces to a new Parser.
func run(pieces ...[]byte) outcome {
	var p Parser
	return runOn(&p, pieces...)
}

func runOn(p *Parser, pieces ...[]byte) (o outcome) {
	for _, piece := range pieces {
		// A copy that is spoilt afterwards, so that a reference that is kept shows.
		b := bytes.Clone(piece)
		p.Feed(b, func(e *Event) {
			o.Events = append(o.Events, got{string(e.Type), string(e.Data), string(e.ID)})
		})
		for i := range b {
			b[i] = '#'
		}
	}
	o.LastID = p.LastEventID()
	o.Retry, o.HasRetry = p.Retry()
	return o
}
