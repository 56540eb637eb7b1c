package engine

// timer is due for one attempt of one client: when the client is at another attempt by then, it is void. So nothing
// needs to be cancelled.
type timer struct {
	atUs    int64
	client  int32
	attempt uint32
	kind    timerKind
}

type timerKind uint8

const (
	retryTimer timerKind = iota
	connectTimeout
	slowReadTimer
	// walkTimer is due for one state of a client's walk: its attempt is the walk's tag.
	walkTimer
)

// timers is a binary heap by due time.
type timers []timer

func (t *timers) push(x timer) {
	h := append(*t, x)
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].atUs <= x.atUs {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = x
	*t = h
}

// pop takes the earliest; there must be one.
func (t *timers) pop() timer {
	h := *t
	first, x := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*t = h
	if len(h) == 0 {
		return first
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].atUs < h[child].atUs {
			child++
		}
		if x.atUs <= h[child].atUs {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = x
	return first
}
