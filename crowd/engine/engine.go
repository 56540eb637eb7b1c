// Package engine plays one generator's part of a crowd: thousands of EventSource clients in one process, each released
// at its planned instant, with every delivery checked and timed.
//
// Plain http runs on native sockets, which a few pollers read (Linux): a client is a record of some 300 bytes. TLS, and
// every other system, takes a goroutine a connection.
package engine

import (
	"context"
	"crypto/tls"
	"fmt"
	"hash/maphash"
	"net/netip"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/envelope"
	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/httpurl"
	"github.com/matchday/crowd/matchstate"
)

// Options of a run; the zero value is right.
type Options struct {
	// Tick is called once a second.
	Tick func(Tick)
	// Ended is called once, after the last Tick.
	Ended func(*Ended)
	// Log gets what a person should know at once, although the run goes on.
	Log func(string)
}

// Engine is one generator that plays.
type Engine struct {
	plan           *plan
	ctx            context.Context
	shards         []*shard
	measures       *measures
	anomalies      *anomalies
	spans          *spans
	machine        *matchstate.Machine
	envelopes      *envelope.Cache
	origins        origins
	edges          []edgeRoute
	journeys       journeys
	targets        map[string]*target
	histories      histories
	paths          []streamPath
	headers        []http1.Header
	personal       bool
	source         netip.Addr
	sessions       tls.ClientSessionCache
	dials          chan struct{}
	connectTimeout time.Duration
	// slowRead is the most that a slow reader takes at once.
	slowRead int
	// deadlines by class, for the classes that are an index; -1: none.
	deadlines [envelope.NumClasses]int64
	// numberings are what is known of the ids, by stream.
	numberings []*numbering
	// seed is of the hashes of what events say.
	seed maphash.Seed
	// age is where events that are not in our envelope carry their time; nil: nowhere.
	age *ageField
	// clockErrorUs is how far offsetUs may be wrong.
	clockErrorUs int64
	// offsetUs is what to add to this machine's clock for the conductor's.
	offsetUs int64
	// startUs is the start instant by this machine's clock.
	startUs int64
	// stopUs is when the run was ended before its time; 0: it was not.
	stopUs    atomic.Int64
	stopCause atomic.Pointer[error]
	connected atomic.Int64
	openedCPU atomic.Int64
}

// engineMade lets a test reach into a run.
var engineMade func(*Engine)

// gcPercent: clients are few large arrays without garbage, so that a small heap costs little CPU.
const gcPercent = 50

// Run plays a configuration until its clients have left, ctx ends, or the conductor asks for it. The final record is
// returned (and written, and sent) also when the run ended early; the error says what went wrong.
func Run(ctx context.Context, config *crowd.Config, options Options) (*crowd.Final, error) {
	if problems := Problems(config); len(problems) > 0 {
		return nil, &Failure{Code: "CROWD_CONFIG_INVALID", Fact: strings.Join(problems, "; "),
			Hint: "correct the configuration that MATCHDAY_CROWD_CONFIG names, or the script's environment"}
	}
	record, err := openRecord(config.Files)
	if err != nil {
		return nil, err
	}
	final, err := run(ctx, config, options, record)
	if closed := record.close(); closed != nil && err == nil {
		err = closed
	}
	return final, err
}

func run(ctx context.Context, config *crowd.Config, options Options, record *record) (*crowd.Final, error) {
	stopStamping, err := keepStamping()
	if err != nil {
		return nil, err
	}
	defer stopStamping()
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	debug.FreeOSMemory()
	baseRSS := rssBytes()

	// Work goes on for a moment after ctx: clients leave, records are sent.
	working, endWork := context.WithCancel(context.WithoutCancel(ctx))
	defer endWork()
	e := newEngine(working, config)
	if err := e.findEdges(ctx); err != nil {
		return nil, err
	}
	e.tellSkipped(options.Log)
	if err := e.makeShards(); err != nil {
		return nil, err
	}
	if engineMade != nil {
		engineMade(e)
	}
	var control *conductor
	var clock crowd.ClockOffset
	e.startUs = nowUs()
	if config.Conductor != nil {
		control = newConductor(config.Conductor, config.Generator)
		if clock, err = control.clock(ctx); err != nil {
			return nil, err
		}
		order, err := control.ready(ctx, baseRSS)
		if err != nil {
			return nil, err
		}
		e.offsetUs, e.clockErrorUs = clock.OffsetUs, clock.ErrorUs
		e.startUs = order.StartAtUs - clock.OffsetUs
	}
	record.begin(e.startUs, config.Generator)
	go e.origins.keepFresh(working)
	defer context.AfterFunc(ctx, func() { e.stop(nil) })()

	c := newCollector(e, record, baseRSS, options)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.send(working, control, e.stop)
	}()
	played := make(chan struct{})
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		c.run(played)
	}()
	e.play()
	close(played)
	<-collected
	if options.Ended != nil {
		c.ended.Grounds = e.grounds()
		options.Ended(&c.ended)
	}
	close(c.outbox)
	<-sent
	if dropped := e.spans.dropped.Load(); dropped > 0 && options.Log != nil {
		options.Log((&Failure{Code: "SPANS_DROPPED",
			Fact: fmt.Sprintf("%d requests went untraced: a generator traces the first %d", dropped, e.spans.most),
			Hint: "trace a smaller share, or shorter windows"}).Error())
	}

	final := e.final(&c.usage, clock)
	record.final(final)
	err = e.cause()
	if control != nil && err == nil {
		err = control.final(working, final)
	}
	return final, err
}

func newEngine(ctx context.Context, config *crowd.Config) *Engine {
	p := newPlan(config)
	walked := newJourneys(config)
	machine := matchstate.NewMachine()
	e := &Engine{
		plan:           p,
		ctx:            ctx,
		measures:       newMeasures(p, walked.all),
		journeys:       walked,
		histories:      histories{kept: config.Files != nil && config.Files.History != ""},
		anomalies:      &anomalies{most: config.AnomalySample},
		spans:          &spans{most: maxSpans},
		machine:        machine,
		envelopes:      envelope.NewCache(machine, config.QuoteClass),
		source:         sourceOf(config.SourceAddress),
		origins:        origins{source: sourceOf(config.SourceAddress)},
		sessions:       tls.NewLRUClientSessionCache(64),
		dials:          make(chan struct{}, dialsAtOnce),
		connectTimeout: time.Duration(usOf(config.ConnectTimeoutMs)) * time.Microsecond,
		slowRead:       max(1, min(int(config.SlowReaders.BytesPerSecond), slowReceiveBuffer)),
		seed:           maphash.MakeSeed(),
	}
	// What is wrong with it is one of the Problems.
	e.age, _ = readAge(config.Age)
	for class := range e.deadlines {
		e.deadlines[class] = -1
		if deadline, limited := p.deadlines[envelope.Class(class).String()]; limited {
			e.deadlines[class] = deadline
		}
	}
	for _, stream := range config.Streams {
		e.numberings = append(e.numberings, newNumbering(stream.IDs))
		replace := strings.NewReplacer("{match}", url.PathEscape(stream.Match), "{stream}", url.PathEscape(stream.ID))
		e.paths = append(e.paths, streamPathOf(replace.Replace(config.Target.Path)))
	}
	e.personal = strings.Contains(config.Target.Path, clientPlace)
	for name, value := range config.Target.Headers {
		e.headers = append(e.headers, http1.Header{Name: name, Value: value})
		e.personal = e.personal || strings.Contains(value, "{")
	}
	slices.SortFunc(e.headers, func(a, b http1.Header) int { return strings.Compare(a.Name, b.Name) })
	return e
}

// findEdges looks the target's names up, once for all clients. A name that is not known now may be later: that is for
// the clients to find out.
func (e *Engine) findEdges(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.connectTimeout)
	defer cancel()
	var err error
	if e.edges, err = e.routesTo(ctx, e.plan.Target.Edges); err != nil {
		return err
	}
	return e.findTargets(ctx)
}

func (e *Engine) routesTo(ctx context.Context, urls []string) (routes []edgeRoute, err error) {
	for _, base := range urls {
		dialled, err := httpurl.Parse(base)
		if err != nil {
			return nil, &Failure{Code: "CROWD_CONFIG_INVALID", Fact: "a target's URL", Cause: err}
		}
		u := *dialled
		if e.plan.Target.ServerName != "" && slices.Contains(e.plan.Target.Edges, base) {
			named, err := httpurl.Parse(u.Scheme + "://" + e.plan.Target.ServerName)
			if err != nil {
				return nil, &Failure{Code: "CROWD_CONFIG_INVALID", Fact: "target.serverName", Cause: err}
			}
			u.Host = named.Host
		}
		o := e.origins.at(&u, dialled)
		if o.addresses.Load() == nil {
			_ = o.lookUp(ctx)
		}
		shown := base
		if dialled.User != nil {
			anonymous := *dialled
			anonymous.User = nil
			shown = anonymous.String()
		}
		routes = append(routes, edgeRoute{origin: o, path: strings.TrimSuffix(u.EscapedPath(), "/"), query: u.RawQuery,
			basic: httpurl.Basic(u.User), url: shown})
	}
	return routes, nil
}

// tellSkipped says which hosts have addresses that the source address does not reach.
func (e *Engine) tellSkipped(log func(string)) {
	var hosts []string
	for _, o := range e.origins.byName {
		if o.skipped.Load() {
			hosts = append(hosts, o.dialled)
		}
	}
	if len(hosts) == 0 || log == nil {
		return
	}
	slices.Sort(hosts)
	log((&Failure{Code: "SOURCE_FAMILY",
		Fact: fmt.Sprintf("addresses of %s are skipped: the source %s is %s, and they are not",
			strings.Join(slices.Compact(hosts), ", "), e.source, family(e.source)),
		Hint: "give a source address of the other family to reach them"}).Error())
}

func (e *Engine) makeShards() error {
	// One for each processor is as fast as it gets; more than eight are never needed for a process's 20,000 clients.
	e.shards = make([]*shard, max(1, min(runtime.GOMAXPROCS(0), 8, e.plan.clients)))
	for i := range e.shards {
		s, err := newShard(e, i, len(e.shards))
		if err != nil {
			for _, made := range e.shards[:i] {
				made.poller.close()
			}
			return &Failure{Code: "CROWD_CANNOT_START", Fact: "no poller for the clients' sockets", Cause: err,
				Hint: "raise the limit of open files (ulimit -n)"}
		}
		e.shards[i] = s
	}
	return nil
}

// play waits for the start and returns when all clients have left.
func (e *Engine) play() {
	var playing sync.WaitGroup
	for _, s := range e.shards {
		playing.Go(func() {
			if err := s.run(); err != nil {
				e.stop(&Failure{Code: "CROWD_POLLER_FAILED", Fact: "the clients' sockets cannot be watched", Cause: err})
			}
		})
	}
	playing.Wait()
}

// stop ends the run now; the first cause counts.
func (e *Engine) stop(cause error) {
	if cause != nil {
		e.stopCause.CompareAndSwap(nil, &cause)
	}
	if e.stopUs.CompareAndSwap(0, nowUs()) {
		for _, s := range e.shards {
			s.mu.Lock()
			s.wake()
			s.mu.Unlock()
		}
	}
}

func (e *Engine) cause() error {
	if cause := e.stopCause.Load(); cause != nil {
		return *cause
	}
	return nil
}

// leaveAt is when every client leaves, by this machine's clock.
func (e *Engine) leaveAt() int64 {
	planned := e.startUs + e.plan.leaveAtUs
	if stopped := e.stopUs.Load(); stopped != 0 {
		return min(stopped, planned)
	}
	return planned
}

func (e *Engine) leaving(now int64) bool { return now >= e.leaveAt() }

func (e *Engine) deadlineOf(of *envelope.Envelope) (us int64, limited bool) {
	if of.Class != envelope.ClassOther {
		us = e.deadlines[of.Class]
		return us, us >= 0
	}
	us, limited = e.plan.deadlines[of.ClassName]
	return us, limited
}

// firstConnect notes what it has cost once every client has had a stream.
func (e *Engine) firstConnect() {
	if e.connected.Add(1) == int64(e.plan.clients) {
		e.openedCPU.Store(cpuUs())
	}
}

// sums of all shards.
type sums struct {
	counters        crowd.Counters
	failed, streams int64
	samplesSkipped  int64
}

func (e *Engine) sum() (all sums) {
	for _, s := range e.shards {
		s.mu.Lock()
		c := &s.counters
		all.counters.Open += c.Open
		all.counters.Connected += c.Connected
		all.counters.ConnectErrors += c.ConnectErrors
		all.counters.Disconnects += c.Disconnects
		all.counters.Reconnects += c.Reconnects
		all.counters.NotJudged += c.NotJudged
		all.counters.Lost += c.Lost
		all.counters.Resumes += c.Resumes
		all.counters.Events += c.Events
		all.counters.OnTime += c.OnTime
		all.counters.Late += c.Late
		all.counters.Duplicate += c.Duplicate
		all.counters.Reordered += c.Reordered
		all.counters.Misdelivered += c.Misdelivered
		all.counters.Bytes += c.Bytes
		all.counters.JourneysCompleted += c.JourneysCompleted
		all.counters.JourneysRejected += c.JourneysRejected
		all.counters.JourneysAbandoned += c.JourneysAbandoned
		all.counters.JourneysFailed += c.JourneysFailed
		all.failed += s.fails
		all.streams += s.accepts
		all.samplesSkipped += s.samplesSkipped
		s.mu.Unlock()
	}
	return all
}
