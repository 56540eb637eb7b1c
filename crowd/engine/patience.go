package engine

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// spans of time that causes tell; exact ones would make a cause of each attempt.
var toldSeconds = []int64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600}

// atLeast is the longest of the told spans that is within a time; 0 below the first.
func atLeast(us int64) (seconds int64) {
	for _, told := range toldSeconds {
		if us < told*1_000_000 {
			break
		}
		seconds = told
	}
	return seconds
}

// atMost is the shortest of the told spans that a time is within.
func atMost(us int64) int64 {
	for _, told := range toldSeconds {
		if us <= told*1_000_000 {
			return told
		}
	}
	return toldSeconds[len(toldSeconds)-1]
}

// waiting says what an attempt was waiting for; empty where none is under way.
func (s *shard) waiting(c *client) string {
	switch c.status {
	case resolving:
		return "connect: the host's name was not resolved"
	case connecting:
		if c.conn != nil && c.conn.standing.Load() {
			return "connect: no end of the TLS handshake"
		}
		return "connect: no connection"
	case awaiting:
		if c.response.Begun() {
			return "response: no whole header"
		}
		return "response: no answer"
	}
	return ""
}

// unanswered tells an attempt that is still waiting when its client leaves: an error as any other that a run ends on, or
// nobody would learn why clients have no stream.
func (s *shard) unanswered(c *client) {
	what := s.waiting(c)
	if what == "" {
		return
	}
	if seconds := atLeast(nowUs() - s.engine.startUs - int64(c.begunMs)*1000); seconds > 0 {
		what += fmt.Sprintf(" within %d s", seconds)
		// What has been asked for a moment ago may well come.
		s.fails++
	}
	s.counters.ConnectErrors++
	s.count(what + ": still waiting when the run ended")
}

// maxRetryAfter bounds how long a server can send a client away for.
const maxRetryAfter = 10 * time.Minute

// retryAfterUs is how long an answer asks to stay away (RFC 9110, 10.2.3); told: it asks. A time is read against the server's
// own clock where it says what that shows.
func (s *shard) retryAfterUs(c *client) (us int64, told bool) {
	fields := c.response.Fields()
	if fields.RetryAfter == "" {
		return 0, false
	}
	wait, ok := retryAfter(fields.RetryAfter, fields.Date, time.Now())
	return min(wait, maxRetryAfter).Microseconds(), ok
}

func retryAfter(value, date string, now time.Time) (wait time.Duration, ok bool) {
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return maxRetryAfter, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if told, err := http.ParseTime(date); err == nil {
		now = told
	}
	return max(at.Sub(now), 0), true
}

// busy: the server is there, and has no stream now. An EventSource gives up at any status but 200 (HTML, 9.2.3), and the page
// makes a new one, which a crowd does itself; Retry-After is the server's own word for when.
func (s *shard) busy(c *client) {
	cause := fmt.Sprintf("response: status %d", c.response.Status())
	waitUs, told := s.retryAfterUs(c)
	if told {
		cause += fmt.Sprintf(", Retry-After up to %d s", atMost(waitUs))
	}
	s.loseFor(c, cause, waitUs)
}
