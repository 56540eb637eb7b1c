package engine

import (
	"net/http/cookiejar"

	"github.com/matchday/crowd/coding"
	"github.com/matchday/crowd/envelope"
	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/matchstate"
	"github.com/matchday/crowd/sse"
	"github.com/matchday/crowd/tracker"
)

type status uint8

const (
	// unreleased: its planned instant has not come.
	unreleased status = iota
	// resolving: its host's name is being looked up.
	resolving
	connecting
	// awaiting: the request is sent, the response's header has not come.
	awaiting
	open
	// pausing: waits for its next attempt.
	pausing
	// ended: told to stop for good, by 204 or by a response that is no event stream.
	ended
	left
)

// client is one fan. There are up to 20,000 in a process, in one array: what is here counts.
type client struct {
	parser   sse.Parser
	response http1.Response
	// sequence is of contiguous ids, in epoch; trail, where it is not nil, of others.
	sequence tracker.Sequence
	epoch    *epoch
	trail    *tracker.Trail
	// bad is what was late; nil: nothing.
	bad *badTime
	// begunAgain is the number that would be the second of a numbering that has begun again; 0: nothing speaks for one.
	begunAgain uint64
	// older is a snapshot of this connection that was older than what the client had.
	older *envelope.Envelope
	// state is what the screen shows; nil before the first snapshot or event.
	state *matchstate.State
	// redirect is where a redirect of this attempt has led to.
	redirect *redirection
	// conn is the connection where it has a goroutine of its own.
	conn *goroutineConn
	// coding takes the content coding of its stream off; nil where that has none.
	coding *coding.Decoder
	// jar has the cookies that it was given; nil where there are none, or they are not kept.
	jar *cookiejar.Jar
	// walk is the client's journey; nil where it has none.
	walk *walk
	// disconnectedUs is when the stream was lost that the client has not caught up from; 0: it is up to date.
	disconnectedUs int64
	// catchUpTo is the greatest number that this generator had seen when this connection was accepted.
	catchUpTo uint64
	// owedFrom is the number that was next when the stream was lost.
	owedFrom uint64
	// k: this generator's k-th client.
	k       int32
	fd      int32
	attempt uint32
	// begunMs is when this attempt was begun, from the start.
	begunMs uint32
	stream  uint16
	edge    uint16
	status  status
	// hops counts the redirects of this attempt.
	hops uint8

	// handshaking: its native connection does not stand yet.
	handshaking bool
	slow        bool
	// throttled: a slow reader that does not read before its timer.
	throttled bool
	// accepted: it has had a stream.
	accepted bool
	// sawEvent: it has had an event or a snapshot.
	sawEvent bool
	// resumed: this connection is not its first.
	resumed bool
	// foreign: the numbers of sequence are ids of events that are not in our envelope.
	foreign bool
	// snapshotted: this connection brought a whole state.
	snapshotted bool
}

// walks: its stream is one that a step of its journey has opened.
func (c *client) walks() bool { return c.walk != nil && c.walk.stream != nil }

// tag names one connection of one client: what a poller says of an earlier one is void.
func (c *client) tag() uint32 { return c.attempt<<5 | uint32(c.hops) }

// caughtUp: it has all that this generator had seen when the connection was accepted. What an older gap has left open
// is no part of the resume, and neither is what a snapshot stands for.
func (c *client) caughtUp() bool {
	if c.catchUpTo > 0 && c.sequence.Next() <= c.catchUpTo {
		return false
	}
	if c.snapshotted {
		return true
	}
	for _, missing := range c.sequence.Missing() {
		if missing.To >= c.owedFrom && (missing.From <= c.catchUpTo || c.foreign) {
			return false
		}
	}
	return true
}
