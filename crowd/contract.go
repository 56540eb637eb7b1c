// Package crowd holds what generators and the conductor say to each other: the Go mirror of contract.ts and of the
// crowd's records in common/records.ts. Times in …Ms count from the start instant; times in …Us are microseconds
// since the Unix epoch.
package crowd

import "encoding/json"

// Config is what one generator plays: CrowdConfig of contract.ts.
type Config struct {
	Version int `json:"version"`
	// The generator plays the clients Generator + k*Generators.
	Generator  int `json:"generator"`
	Generators int `json:"generators"`
	// Clients of the whole crowd.
	Clients       int                `json:"clients"`
	SourceAddress string             `json:"sourceAddress,omitempty"`
	Target        Target             `json:"target"`
	Streams       []Stream           `json:"streams"`
	Arrivals      Arrivals           `json:"arrivals"`
	LeaveAtMs     float64            `json:"leaveAtMs"`
	Phases        []Phase            `json:"phases"`
	DeadlinesMs   map[string]float64 `json:"deadlinesMs"`
	// Names of server-sent events that are none: heartbeats.
	Ignore []string `json:"ignore,omitempty"`
	// Nil: events that are not in Matchday's envelope have no time.
	Age *AgeField `json:"age,omitempty"`
	// The class whose sourceAtUs is the quote on the screen.
	QuoteClass       string      `json:"quoteClass"`
	QuoteSampleMs    float64     `json:"quoteSampleMs"`
	Reconnect        Reconnect   `json:"reconnect"`
	ConnectTimeoutMs float64     `json:"connectTimeoutMs"`
	SlowReaders      SlowReaders `json:"slowReaders"`
	Seed             int64       `json:"seed"`
	AnomalySample    int         `json:"anomalySample"`
	// The longest line of a stream, and the most data of one event; 0: sse.DefaultLimit.
	EventLimitBytes int64 `json:"eventLimitBytes,omitempty"`
	// Cookies that an answer sets are kept for the client that got it.
	Cookies bool `json:"cookies,omitempty"`
	// Nil when a person runs the script with plain k6: then it starts at once.
	Conductor *Conductor `json:"conductor,omitempty"`
	// Nil: nothing is written.
	Files *Files `json:"files,omitempty"`
	// What clients do beside following a stream (common/journey.ts); package journey reads them.
	Journeys []json.RawMessage `json:"journeys,omitempty"`
	// Base URLs by the name that journeys use.
	Targets map[string][]string `json:"targets,omitempty"`
	// Nil: no request is traced.
	Trace *TracePlan `json:"trace,omitempty"`
}

type Target struct {
	Edges []string `json:"edges"`
	// {match}, {stream} and {client} are replaced, here and in header values.
	Path        string            `json:"path"`
	Headers     map[string]string `json:"headers"`
	InsecureTLS bool              `json:"insecureTls,omitempty"`
	// Host, with a port or without, that the edges are spoken to as, wherever their URLs say that they are.
	ServerName string `json:"serverName,omitempty"`
}

type Stream struct {
	ID    string  `json:"id"`
	Match string  `json:"match"`
	Share float64 `json:"share"`
	// What the ids of its events say. Empty: contiguous for events in Matchday's envelope, none for all others.
	IDs IDMode `json:"ids,omitempty"`
}

// AgeField is where events that are not in Matchday's envelope carry the time of their publishing: AgeField of contract.ts.
type AgeField struct {
	Path string   `json:"path"`
	Unit TimeUnit `json:"unit"`
	// Of events whose name is in no DeadlinesMs; nil: they are measured and not judged.
	DeadlineMs *float64 `json:"deadlineMs,omitempty"`
}

// TimeUnit is how a time since the Unix epoch is written.
type TimeUnit string

const (
	Seconds      TimeUnit = "s"
	Milliseconds TimeUnit = "ms"
	Microseconds TimeUnit = "us"
	ISO8601      TimeUnit = "iso"
)

// IDMode is what may be concluded from the ids of a stream's events.
type IDMode string

const (
	// Contiguous: each is one more than the one before; what is missing was lost.
	Contiguous IDMode = "contiguous"
	// Ordered: they grow, by any step.
	Ordered IDMode = "ordered"
	// Opaque: they identify, together with the content.
	Opaque IDMode = "opaque"
	// NoIDs: nothing.
	NoIDs IDMode = "none"
)

type Arrivals struct {
	AtMs     float64 `json:"atMs"`
	WithinMs float64 `json:"withinMs"`
}

type Phase struct {
	Name   string  `json:"name"`
	FromMs float64 `json:"fromMs"`
	ToMs   float64 `json:"toMs"`
}

type Reconnect struct {
	MinMs float64 `json:"minMs"`
	MaxMs float64 `json:"maxMs"`
}

type SlowReaders struct {
	Share          float64 `json:"share"`
	BytesPerSecond float64 `json:"bytesPerSecond"`
}

type Conductor struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

type Files struct {
	Hlog      string `json:"hlog"`
	Jsonl     string `json:"jsonl"`
	Anomalies string `json:"anomalies"`
	// Empty: spans are not kept.
	Spans string `json:"spans,omitempty"`
	// Empty: histories are not kept.
	History string `json:"history,omitempty"`
}

// TracePlan says which requests are traced: a share of them, and all that begin within one of the windows.
type TracePlan struct {
	Share   float64  `json:"share"`
	Windows []Window `json:"windows"`
}

type Window struct {
	FromMs float64 `json:"fromMs"`
	ToMs   float64 `json:"toMs"`
}

// Ready is the body of POST /v1/generators/:n/ready.
type Ready struct {
	PID          int   `json:"pid"`
	BaseRSSBytes int64 `json:"baseRssBytes"`
}

// StartOrder is its answer, once all generators are ready.
type StartOrder struct {
	StartAtUs int64 `json:"startAtUs"`
}

// ClockReading answers GET /v1/clock.
type ClockReading struct {
	NowUs int64 `json:"nowUs"`
}

// IntervalReply answers an interval; Stop ends the crowd at once, with a final record.
type IntervalReply struct {
	Stop bool `json:"stop"`
}

// Interval is one second of one generator.
type Interval struct {
	Generator int     `json:"generator"`
	Index     int     `json:"index"`
	FromMs    float64 `json:"fromMs"`
	ToMs      float64 `json:"toMs"`
	Phase     string  `json:"phase"`
	// HdrHistogram V2, compressed, base64, by histogram key; left out of the jsonl file (they are in the hlog).
	Histograms map[string]string `json:"histograms,omitempty"`
	// Samples are how many each histogram of this interval holds: whoever reads the hlog knows by it whether a line is missing.
	Samples  map[string]int64 `json:"samples"`
	Counters Counters         `json:"counters"`
	Self     Self             `json:"self"`
}

// Counters all count from the start of the run, but Planned and Open.
type Counters struct {
	Planned       int64 `json:"planned"`
	Open          int64 `json:"open"`
	Connected     int64 `json:"connected"`
	ConnectErrors int64 `json:"connectErrors"`
	Disconnects   int64 `json:"disconnects"`
	Reconnects    int64 `json:"reconnects"`
	Resumes       int64 `json:"resumes"`
	Events        int64 `json:"events"`
	OnTime        int64 `json:"onTime"`
	Late          int64 `json:"late"`
	NotJudged     int64 `json:"notJudged"`
	Lost          int64 `json:"lost"`
	Duplicate     int64 `json:"duplicate"`
	Reordered     int64 `json:"reordered"`
	Misdelivered  int64 `json:"misdelivered"`
	Bytes         int64 `json:"bytes"`

	JourneysCompleted int64 `json:"journeysCompleted"`
	JourneysRejected  int64 `json:"journeysRejected"`
	JourneysAbandoned int64 `json:"journeysAbandoned"`
	JourneysFailed    int64 `json:"journeysFailed"`
}

// Self is the generator on itself.
type Self struct {
	CPUUs               int64 `json:"cpuUs"`
	RSSBytes            int64 `json:"rssBytes"`
	HeapBytes           int64 `json:"heapBytes"`
	GCPauseUs           int64 `json:"gcPauseUs"`
	GCCount             int64 `json:"gcCount"`
	Goroutines          int64 `json:"goroutines"`
	QuoteSamplesSkipped int64 `json:"quoteSamplesSkipped"`
}

// Final is what one generator has to say at the end.
type Final struct {
	Generator      int                    `json:"generator"`
	Planned        int64                  `json:"planned"`
	Connected      int64                  `json:"connected"`
	Failed         int64                  `json:"failed"`
	Skipped        int64                  `json:"skipped"`
	OpenWithinMs   float64                `json:"openWithinMs"`
	BaseRSSBytes   int64                  `json:"baseRssBytes"`
	BytesPerClient float64                `json:"bytesPerClient"`
	CPUUsPerOpen   float64                `json:"cpuUsPerOpen"`
	CPUUsPerEvent  float64                `json:"cpuUsPerEvent"`
	Timestamps     Timestamps             `json:"timestamps"`
	Clock          ClockOffset            `json:"clock"`
	Errors         map[string]int64       `json:"errors"`
	Streams        map[string]StreamFinal `json:"streams"`
	Counters       Counters               `json:"counters"`
	Users          Users                  `json:"users"`
	// Journey → end, with its cause → clients.
	Journeys map[string]map[string]int64 `json:"journeys,omitempty"`
}

// Users counts clients, slow readers apart.
type Users struct {
	// With at least one late event, by its class.
	Late map[string]int64 `json:"late"`
}

// Timestamps counts reads by where their arrival time comes from.
type Timestamps struct {
	Kernel int64 `json:"kernel"`
	Reader int64 `json:"reader"`
}

// ClockOffset is the conductor's clock minus this machine's; 0 when it was within its error.
type ClockOffset struct {
	OffsetUs int64 `json:"offsetUs"`
	ErrorUs  int64 `json:"errorUs"`
}

type StreamFinal struct {
	Cohorts     []Cohort         `json:"cohorts"`
	Events      []EventCount     `json:"events"`
	Screens     map[string]int64 `json:"screens"`
	SlowScreens map[string]int64 `json:"slowScreens"`
}

// Cohort counts clients by what they are owed.
type Cohort struct {
	FromSeq uint64  `json:"fromSeq"`
	LeaveMs float64 `json:"leaveMs"`
	Slow    bool    `json:"slow"`
	Clients int64   `json:"clients"`
}

type EventCount struct {
	Seq       uint64 `json:"seq"`
	OnTime    int64  `json:"onTime"`
	Late      int64  `json:"late"`
	Recovered int64  `json:"recovered"`
	NotJudged int64  `json:"notJudged,omitempty"`
}

type Anomaly struct {
	Kind   string  `json:"kind"`
	Client int64   `json:"client"`
	Stream string  `json:"stream"`
	Seq    uint64  `json:"seq"`
	AtMs   float64 `json:"atMs"`
	Detail string  `json:"detail,omitempty"`
}

// Span is one traced request: SpanRecord of common/records.ts.
type Span struct {
	// 32 and 16 hex digits (W3C trace context).
	TraceID    string         `json:"traceId"`
	SpanID     string         `json:"spanId"`
	ParentID   string         `json:"parentSpanId,omitempty"`
	Name       string         `json:"name"`
	Kind       string         `json:"kind"`
	Part       string         `json:"part"`
	StartUs    int64          `json:"startUs"`
	EndUs      int64          `json:"endUs"`
	Error      string         `json:"error,omitempty"`
	Attributes SpanAttributes `json:"attributes"`
}

type SpanAttributes struct {
	Client int64 `json:"client"`
	// One of these two.
	Stream  string `json:"stream,omitempty"`
	Journey string `json:"journey,omitempty"`
	// Base URL of the edge that was asked.
	Edge string `json:"edge,omitempty"`
	// The client's attempts count from 1.
	Attempt     uint32 `json:"attempt,omitempty"`
	LastEventID string `json:"lastEventId,omitempty"`
	// Of the response; 0: there was none.
	Status int `json:"status,omitempty"`
	// Planned instant to release, where this is the client's first attempt.
	ReleaseLagMs *float64 `json:"releaseLagMs,omitempty"`
	// Snapshot: the resume was answered with a whole state.
	Snapshot bool `json:"snapshot,omitempty"`
}

// HistoryEntry is what one client asked for, was told, or came to: HistoryEntry of common/journey.ts.
type HistoryEntry struct {
	Client  int64                      `json:"client"`
	Step    string                     `json:"step"`
	Type    string                     `json:"type"`
	AtUs    int64                      `json:"atUs"`
	Attempt uint32                     `json:"attempt,omitempty"`
	Status  int                        `json:"status,omitempty"`
	End     string                     `json:"end,omitempty"`
	Cause   string                     `json:"cause,omitempty"`
	Values  map[string]json.RawMessage `json:"values,omitempty"`
}
