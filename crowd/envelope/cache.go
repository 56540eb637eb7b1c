package envelope

import (
	"bytes"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/matchday/crowd/matchstate"
)

const (
	// A stream at two ticks a second fills 4,096 entries in half an hour; a payload that fell out is read again.
	setBits = 10
	ways    = 4
	// maxBytes bounds the payloads that are kept; beyond it the cache starts afresh.
	maxBytes = 64 << 20
)

type entry struct {
	hash     uint64
	data     []byte
	envelope *Envelope
}

// Cache reads each distinct payload once. It is safe for concurrent use; finding what it knows takes no lock and
// allocates nothing. Make one with NewCache.
type Cache struct {
	seed       maphash.Seed
	machine    *matchstate.Machine
	quoteClass string
	sets       [1 << setBits][ways]atomic.Pointer[entry]

	mu sync.Mutex
	// evict is the way that the next full set gives up.
	evict  [1 << setBits]uint8
	bytes  int
	parsed atomic.Uint64
}

// NewCache reads payloads for machine; quoteClass is the class whose source time is the quote on the screen.
func NewCache(machine *matchstate.Machine, quoteClass string) *Cache {
	return &Cache{seed: maphash.MakeSeed(), machine: machine, quoteClass: quoteClass}
}

// Lookup gives the Envelope of a payload, of which it keeps no reference. It never is nil: see Malformed.
func (c *Cache) Lookup(data []byte) *Envelope {
	hash := maphash.Bytes(c.seed, data)
	set := &c.sets[hash>>(64-setBits)]
	for i := range set {
		if e := set[i].Load(); e != nil && e.hash == hash && bytes.Equal(e.data, data) {
			return e.envelope
		}
	}
	return c.add(hash, data)
}

// Parsed is how many payloads had to be read.
func (c *Cache) Parsed() uint64 { return c.parsed.Load() }

// add reads a payload under the lock, so that a burst of one new event is one reading.
func (c *Cache) add(hash uint64, data []byte) *Envelope {
	c.mu.Lock()
	defer c.mu.Unlock()
	index := hash >> (64 - setBits)
	set := &c.sets[index]
	free := -1
	for i := range set {
		e := set[i].Load()
		if e == nil {
			free = i
		} else if e.hash == hash && bytes.Equal(e.data, data) {
			return e.envelope
		}
	}
	c.parsed.Add(1)
	envelope := parse(data, c.machine, c.quoteClass)
	if len(data) > maxBytes/ways {
		return envelope
	}
	if c.bytes+len(data) > maxBytes {
		c.clear()
		free = 0
	}
	if free < 0 {
		free = int(c.evict[index])
		c.evict[index] = uint8((free + 1) % ways)
		c.bytes -= len(set[free].Load().data)
	}
	c.bytes += len(data)
	set[free].Store(&entry{hash: hash, data: bytes.Clone(data), envelope: envelope})
	return envelope
}

func (c *Cache) clear() {
	for i := range c.sets {
		for j := range c.sets[i] {
			c.sets[i][j].Store(nil)
		}
	}
	c.bytes = 0
}
