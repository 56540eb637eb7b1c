package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	crowd "github.com/matchday/crowd"
)

const (
	// clockProbes: the one with the shortest round trip says the most.
	clockProbes = 16
	// callTimeout of one call that is answered at once.
	callTimeout = 5 * time.Second
	retryEvery  = 200 * time.Millisecond
)

// unreachableAfter is how long the conductor may stay away.
var unreachableAfter = 10 * time.Second

// conductor is the client of the run's control server.
type conductor struct {
	base, token string
	http        *http.Client
	patience    time.Duration
}

func newConductor(c *crowd.Conductor, generator int) *conductor {
	return &conductor{
		base:     fmt.Sprintf("%s/v1/generators/%d", strings.TrimSuffix(c.URL, "/"), generator),
		token:    c.Token,
		http:     &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute}},
		patience: unreachableAfter,
	}
}

// refused is an answer that no retry will change.
type refused struct{ status string }

func (r *refused) Error() string { return "answered " + r.status }

func (c *conductor) call(ctx context.Context, method, url string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode >= 400 && response.StatusCode < 500:
		return &refused{response.Status}
	case response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent:
		return fmt.Errorf("answered %s", response.Status)
	case answer == nil || len(content) == 0:
		return nil
	}
	return json.Unmarshal(content, answer)
}

// persist calls until there is an answer, for as long as the conductor may be away. timeout bounds each try; 0: none.
func (c *conductor) persist(ctx context.Context, timeout time.Duration, method, url string, body, answer any) error {
	var content []byte
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = encoded
	}
	for since := time.Now(); ; {
		attempt, cancel := ctx, context.CancelFunc(func() {})
		if timeout > 0 {
			attempt, cancel = context.WithTimeout(ctx, timeout)
		}
		err := c.call(attempt, method, url, content, answer)
		cancel()
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if no, ok := errors.AsType[*refused](err); ok {
			return &Failure{Code: "CONDUCTOR_REFUSES", Fact: "the conductor refuses " + url, Cause: no,
				Hint: "check the conductor's url and token in the crowd's configuration"}
		}
		if time.Since(since) >= c.patience {
			return &Failure{Code: "CONDUCTOR_UNREACHABLE", Cause: err,
				Fact: fmt.Sprintf("the conductor does not answer %s for %s", url, c.patience),
				Hint: "see whether matchday run still lives"}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryEvery):
		}
	}
}

// clock compares the conductor's clock with this machine's: offset is what to add to a local time. An offset within its
// error is no offset.
func (c *conductor) clock(ctx context.Context) (crowd.ClockOffset, error) {
	url := c.base[:strings.LastIndex(c.base, "/generators/")] + "/clock"
	best := crowd.ClockOffset{ErrorUs: 1 << 62}
	for range clockProbes {
		var reading crowd.ClockReading
		before := time.Now()
		if err := c.persist(ctx, callTimeout, http.MethodGet, url, nil, &reading); err != nil {
			return crowd.ClockOffset{}, err
		}
		// The round trip by the monotonic clock, placed on the wall clock by its begin.
		half := time.Since(before).Microseconds() / 2
		if half < best.ErrorUs {
			best = crowd.ClockOffset{OffsetUs: reading.NowUs - before.UnixMicro() - half, ErrorUs: half}
		}
	}
	if best.OffsetUs >= -best.ErrorUs && best.OffsetUs <= best.ErrorUs {
		best.OffsetUs = 0
	}
	return best, nil
}

// ready reports this generator, and waits for the order that all get together.
func (c *conductor) ready(ctx context.Context, baseRSS int64) (crowd.StartOrder, error) {
	var order crowd.StartOrder
	body := crowd.Ready{PID: os.Getpid(), BaseRSSBytes: baseRSS}
	// No timeout: the barrier waits for the slowest generator.
	err := c.persist(ctx, 0, http.MethodPost, c.base+"/ready", body, &order)
	if err == nil && order.StartAtUs <= 0 {
		err = &Failure{Code: "CONDUCTOR_REFUSES", Fact: "the conductor's start order names no instant"}
	}
	return order, err
}

func (c *conductor) interval(ctx context.Context, interval *crowd.Interval) (stop bool, err error) {
	var reply crowd.IntervalReply
	err = c.persist(ctx, callTimeout, http.MethodPost, c.base+"/intervals", interval, &reply)
	return reply.Stop, err
}

func (c *conductor) final(ctx context.Context, final *crowd.Final) error {
	return c.persist(ctx, callTimeout, http.MethodPost, c.base+"/final", final, nil)
}
